"""A made-up log is a log like any other: whole, replayable, decided by the real policy, and the same for one seed."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from prompter.demo import Made, Plan, make
from prompter.demo.answers import manner
from prompter.demo.page import Clock, Page
from prompter.demo.work import Fate, Sitting, Work
from prompter.policy import Prompting
from prompter.simulation import DECIDED, Record, Simulated
from prompter.storage import open_study_log
from prompter.study import load_study
from prompter_events import NO_SESSION, Event, Log, ParticipantId, SessionId, verify
from prompter_events.catalogue.notebook import CellEdited, Client, SessionAccepted
from prompter_events.catalogue.prompts import PromptAnswered, PromptIssued, PromptShown
from prompter_events.catalogue.study import ParticipantAssigned, StudyLoaded
from prompter_projections import (
    CurrentProjection,
    PromptsProjection,
    SnapshotsProjection,
    Worker,
    notebook_at,
    sessions,
)


def facts(event: Event) -> tuple[object, ...]:
    """All of an event but what is random in any log: its salt, and the digests made with that."""
    return (
        event.position,
        event.session_id,
        event.producer_id,
        event.producer_seq,
        event.participant_id,
        event.type,
        event.occurred_at,
        event.recorded_at,
        event.payload,
    )


async def events_of(plan: Plan, folder: Path) -> list[tuple[object, ...]]:
    done = await make(plan, folder / "demo.db", folder / "study")
    async with open_study_log(f"sqlite:///{done.log}") as log:
        return [facts(event) async for event in log.read()]


async def test_the_same_seed_gives_the_same_events_and_another_one_others(tmp_path: Path) -> None:
    plan = Plan(seed=3, participants=3, hours=0.1)
    once = await events_of(plan, tmp_path / "a")
    again = await events_of(plan, tmp_path / "b")
    other = await events_of(Plan(seed=4, participants=3, hours=0.1), tmp_path / "c")
    assert len(once) > 200
    assert once == again
    assert once != other


async def test_its_chain_is_whole_and_each_session_replays_to_what_was_saved(log: Log, told: list[Event]) -> None:
    assert await verify(log) == len(told)
    assert "notebook.saved" in {event.type for event in told}
    for session in await sessions(log):
        notebook = await notebook_at(log, SessionId(session.session_id), use_snapshots=False)
        assert notebook.divergences == ()


async def test_a_simulation_of_its_study_takes_every_decision_again(made: Made, told: list[Event]) -> None:
    record = Record()
    for event in told:
        if event.type in DECIDED:
            record.take(event)
    simulated = Simulated([("the study", load_study(made.study))], record)
    simulated.take(told)
    simulated.end()
    [policy] = simulated.policies
    assert record.count > 50
    assert policy.decisions.shared(record) == record.count == policy.decisions.count


async def test_workers_find_tables_and_policy_where_the_log_ends(made: Made, log: Log) -> None:
    head = (await log.head()).position
    policy = Prompting(load_study(made.study))
    projections: list[Any] = [CurrentProjection(), PromptsProjection(), SnapshotsProjection(), policy]
    assert [(await log.checkpoint(one.name)).position for one in projections] == [head] * 4
    worker = Worker(log, policy)
    task = asyncio.create_task(worker.run())
    await worker.caught_up(head)
    worker.stop()
    await task
    assert (await log.head()).position == head, "what is decided is not decided again"


async def test_somebody_is_the_pilot_somebody_withdraws_and_all_have_conditions(log: Log, told: list[Event]) -> None:
    names = await log.participant_names()
    assert sorted(names.values()) == ["P01", "P02", "P03", "P04", "P05", "pilot"]
    assert sorted(event.body.phase for event in told if isinstance(event.body, StudyLoaded)) == ["main", "pilot"]
    conditions = Counter(event.body.condition for event in told if isinstance(event.body, ParticipantAssigned))
    assert conditions == {"EXP_CTS": 2, "EXP_END": 2, "EXP_NONE": 2}
    [withdrawal] = [event for event in told if event.type == "consent.withdrawn"]
    later = [event for event in told if event.position > withdrawal.position]
    assert not [
        event for event in later if event.participant_id == withdrawal.participant_id and event.type[:7] != "prompt."
    ]


def test_numbers_have_no_holes_and_a_page_s_clock_never_runs_back(told: list[Event]) -> None:
    last: dict[UUID, tuple[int, int]] = {}
    for event in told:
        seq, occurred_at = last.get(event.producer_id, (0, 0))
        assert event.producer_seq == seq + 1
        assert event.occurred_at >= occurred_at
        last[event.producer_id] = event.producer_seq, event.occurred_at
    recorded = [event.recorded_at for event in told]
    assert recorded == sorted(recorded)


def test_there_is_of_everything_that_happens_at_work(told: list[Event]) -> None:
    types = {event.type for event in told}
    assert "capture.invalid" not in types
    assert {
        "cell.added", "cell.edited", "run.started", "kernel.facts", "notebook.saved", "focus.changed", "consent.given",
        "prompt.suppressed", "prompt.answered", "prompt.dismissed", "review.opened", "review.closed", "study.ended",
        "clock.jumped", "capture.lost",
    } <= types  # fmt: skip
    statuses = Counter(event.body.status for event in told if event.type == "run.finished")  # type: ignore[attr-defined]
    assert statuses["error"] > 5
    assert {event.body.cause for event in told if isinstance(event.body, CellEdited)} >= {"user", "paste"}
    late = [event for event in told if event.type == "cell.edited" and event.recorded_at - event.occurred_at > 15e6]
    assert late, "somebody lost the connection"


def test_answers_come_after_questions_that_were_seen(told: list[Event]) -> None:
    asked: dict[UUID, Event] = {}
    shown: defaultdict[UUID, int] = defaultdict(int)
    conditions: dict[UUID, str] = {}
    answers = 0
    for event in told:
        body = event.body
        if isinstance(body, SessionAccepted):
            conditions[event.participant_id] = body.condition
        elif isinstance(body, PromptIssued):
            asked[body.prompt_id] = event
            assert body.deliver == {"EXP_CTS": "now", "EXP_END": "end"}[conditions[event.participant_id]]
        elif isinstance(body, PromptShown):
            shown[body.prompt_id] = event.position
        elif isinstance(body, PromptAnswered):
            answers += 1
            assert asked[body.prompt_id].participant_id == event.participant_id
            assert asked[body.prompt_id].position < shown[body.prompt_id] < event.position
            assert body.text or body.choice
    assert answers > 5


async def test_every_session_belongs_to_a_notebook_of_its_participant(log: Log) -> None:
    found = await sessions(log)
    assert {one.notebook for one in found} == {"loans.ipynb"}
    # One browser was killed, one person withdrew.
    assert sum(not one.closed for one in found) == 2


def test_a_long_story_is_told_in_little_memory_and_leaves_nothing_out() -> None:
    random = Random("a long story")
    page = Page("x", ParticipantId(UUID(int=1)), begin=0, manner=manner(random), clock=Clock(0, 0), random=random)
    client = Client(lab="", extension="", browser="")
    sittings = [Sitting(day * 86_400, 3600) for day in range(12)]
    page.story = Work(page, sittings, "v", client=client, fate=Fate(), random=random).story()
    types = Counter[str]()
    most = 0
    while page.arrival() is not None:
        types.update(event.type for event in page.take().events)
        most = max(most, len(page._queue), len(page.cells), len(page._reactions))
    assert types.total() > 10_000
    assert {
        "cell.moved", "cell.removed", "kernel.restarted", "kernel.died", "kernel.interrupted", "idle.began",
        "recording.paused", "recording.resumed", "run.external", "session.closed",
    } <= set(types)  # fmt: skip
    assert most < 700, "one cell's typing, or one run of all cells"


@pytest.mark.parametrize("participants", [1, 2])
async def test_few_people_make_a_log_too(participants: int, tmp_path: Path) -> None:
    done = await make(Plan(1, participants, 0.05), tmp_path / "demo.db", tmp_path / "study")
    async with open_study_log(f"sqlite:///{done.log}") as log:
        people = {event.participant_id async for event in log.read() if event.session_id != NO_SESSION}
    assert len(people) == participants
