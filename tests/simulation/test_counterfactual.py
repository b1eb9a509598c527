"""What a simulated policy sees of the reactions in the log, and what it is said to have come to."""

from __future__ import annotations

import tracemalloc
from typing import Any

from living import MINUTE, SECOND, Clock, Life
from msgspec.structs import replace

from prompter.simulation import Record, Simulated, Simulation, Verdict, compared
from prompter.simulation.verdicts import Verdicts
from prompter.study import WITHOUT_STUDY, Pace, Study
from prompter_events import Event, ProducerId, draft
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.catalogue.prompts import PromptIssued, PromptSuppressed, PromptWithdrawn
from prompter_events.memory import MemoryLog
from support.events import event as an_event
from support.events import new_producer
from support.lifelike import Desk, uuid

STUDY = replace(WITHOUT_STUDY, name="loans", digest=bytes(range(32)), pace=Pace(apart=60_000))


def other(**pace: Any) -> Study:
    return replace(STUDY, digest=bytes(32), pace=replace(STUDY.pace, **pace))


async def worked(life: Life, *cells: str, then: str = "answer", passes: int = 2 * MINUTE) -> None:
    """Write and run each cell, and react to what is asked about it."""
    for cell in cells:
        await life.people[0].write(cell, f"look({cell})")
        await life.people[0].run(cell)
        life.clock.now += 3 * SECOND
        await life.turn()
        life.clock.now += 5 * SECOND
        await life.people[0].react(then)
        life.clock.now += passes
        await life.turn()


def a_life(*conditions: str) -> Life:
    clock = Clock()
    return Life(MemoryLog(clock=clock), clock, STUDY, conditions or ["EXP_CTS"])


def through(events: list[Event], *studies: Study) -> Simulated:
    """The log through studies; ``first``, ``second`` … are their names."""
    record = Record()
    for event in events:
        record.take(event)
    simulated = Simulated(zip(["first", "second", "third"], studies, strict=False), record)
    simulated.take(events)
    simulated.end()
    return simulated


def verdicts(events: list[Event], study: Study) -> list[Verdict]:
    return list(through(events, study).policies[0].verdicts)


async def test_a_prompt_that_both_policies_ask_has_the_answer_of_the_log() -> None:
    life = a_life()
    await life.begin()
    await worked(life, "a")
    await worked(life, "b", then="skip")
    await life.finish()
    events = await life.events()
    for study in (STUDY, other(quiet_run=500)):
        assert [(one.cell_id, one.fate) for one in verdicts(events, study)] == [("a", "answered"), ("b", "dismissed")]


async def test_a_prompt_that_is_asked_later_has_its_answer_as_long_after() -> None:
    life = a_life()
    await life.begin()
    await worked(life, "a")
    await life.people[0].write("b", "the log goes on")
    await life.finish()
    events = await life.events()
    [log_asked] = verdicts(events, STUDY)
    [log_answered] = [event for event in events if event.type == "prompt.answered"]
    patient = through(events, other(quiet_run=30_000)).policies[0]
    [asked] = patient.verdicts
    assert asked.fate == "answered"
    assert asked.decided_at > log_answered.recorded_at
    record = Record()
    for event in events:
        record.take(event)
    [answered] = [
        event for event in Simulation(other(quiet_run=30_000), record).take(events) if event.type == "prompt.answered"
    ]
    assert answered.recorded_at - asked.decided_at == log_answered.recorded_at - log_asked.decided_at


async def test_what_the_policy_holds_back_has_no_fate() -> None:
    life = a_life()
    await life.begin()
    await worked(life, "a", "b")
    await life.finish()
    sparing = verdicts(await life.events(), other(hour=1))
    assert [(one.cell_id, one.kind, one.fate, one.reason) for one in sparing] == [
        ("a", "asked", "answered", ""),
        ("b", "held back", None, "hourly cap"),
    ]


async def test_what_the_log_held_back_is_new_and_gets_no_reaction() -> None:
    life = a_life()
    await life.begin()
    await worked(life, *"abcdefgh")
    await life.finish()
    events = await life.events()
    assert [one.reason for one in verdicts(events, STUDY)][-2:] == ["hourly cap", "hourly cap"]
    generous = verdicts(events, other(hour=60))
    assert [one.fate for one in generous] == ["answered"] * 6 + ["new"] * 2


async def test_a_reaction_to_a_prompt_that_is_not_asked_here_changes_nothing() -> None:
    """Two dismissals and an expiry would double the spacing; those of prompts that were never asked do not."""
    life = a_life()
    await life.begin()
    await worked(life, *"abc", then="skip")
    await worked(life, "d", passes=0)
    await life.finish()
    events = await life.events()
    late = replace(other(apart=4 * 60_000, waits=3 * 60_000), adaptive=True)
    silent = [event for event in events if not event.type.startswith("prompt.")]
    kept = [(one.cell_id, one.kind) for one in verdicts(events, late)]
    dropped = [replace(event, position=number) for number, event in enumerate(silent, 1)]  # type: ignore[arg-type]
    assert kept == [(one.cell_id, one.kind) for one in verdicts(dropped, late)]


async def test_an_answer_to_a_researchers_question_is_seen_whatever_the_policy() -> None:
    life = a_life()
    await life.begin()
    person = life.people[0]
    question = PromptIssued(
        prompt_id=uuid("by hand"),
        notebook_id=uuid("notebook"),
        cell_id="a",
        run_id=None,
        cell_version=1,
        question="And this?",
        choices=[],
        language="en",
        author="researcher",
        rule="",
        trigger=1,
        deliver="now",
        decided_at=life.clock.now,
        after=1,
    )
    opened = (await life.events())[-1]
    producer = ProducerId(uuid("researcher"))
    await life.log.append(
        producer,
        [
            draft(
                question,
                session_id=opened.session_id,
                producer_id=producer,
                producer_seq=1,
                participant_id=person.participant_id,
                occurred_at=life.clock.now,
            )
        ],
    )
    await person.react("answer")
    await worked(life, "a")
    await life.finish()
    events = await life.events()
    record = Record()
    for event in events:
        record.take(event)
    assert question.prompt_id not in record.prompts
    assert [one.cell_id for one in verdicts(events, STUDY)] == ["a"]


async def test_who_is_asked_nothing_is_counted_apart_and_as_asked() -> None:
    life = a_life("EXP_NONE")
    await life.begin()
    await worked(life, "a", "b")
    await life.finish()
    simulated = through(await life.events(), STUDY)
    figures = simulated.policies[0].figures(simulated.worked)
    assert (figures.asked, figures.fates["silent"], figures.held_back) == (2, 2, 0)


def test_what_the_review_has_no_room_for_is_held_back_and_not_asked() -> None:
    common: dict[str, Any] = {"decided_at": 1, "after": 1, "run_id": uuid("run"), "cell_version": 1, "question": "?"}
    asked = PromptIssued(
        prompt_id=uuid("prompt"),
        notebook_id=uuid("notebook"),
        cell_id="a",
        choices=[],
        language="en",
        author="rule",
        rule="first_run",
        trigger=1,
        deliver="end",
        **common,
    )
    capped = PromptSuppressed(cell_id="a", rule="first_run", reason="review cap", **common)
    withdrawn = PromptWithdrawn(prompt_id=asked.prompt_id, decided_at=1, after=1)
    gathered = Verdicts(Record(), lambda participant_id, run_id, cell_id: "look(a)")
    for number, body in enumerate((asked, capped, withdrawn), 1):
        gathered.take(an_event(new_producer(), number, body))
    [verdict] = gathered.verdicts
    assert (verdict.kind, verdict.reason, verdict.fate) == ("held back", "review cap", None)


async def test_an_hour_is_an_hour_of_work() -> None:
    life = a_life()
    await life.begin()
    await worked(life, "a", passes=0)
    life.clock.now += 60 * MINUTE  # at lunch
    await worked(life, "b", passes=0)
    await life.finish()
    simulated = through(await life.events(), STUDY)
    assert simulated.worked == 16 * SECOND
    figures = simulated.policies[0].figures(simulated.worked)
    assert figures.an_hour(figures.asked) == 2 * 3600 / 16


async def test_two_policies_are_compared_run_by_run() -> None:
    life = a_life()
    await life.begin()
    await worked(life, *"abcd")
    await life.finish()
    first, second = through(await life.events(), STUDY, other(apart=3 * 60_000, waits=30_000)).policies
    comparison = compared(first.verdicts, second.verdicts)
    assert [one.cell_id for one, _ in comparison.both] == ["a", "c"]
    assert [(one.cell_id, held.reason) for one, held in comparison.only_first if held] == [
        ("b", "spacing"),
        ("d", "spacing"),
    ]
    assert comparison.only_second == []
    turned = compared(second.verdicts, first.verdicts)
    assert [two.cell_id for _, two in turned.only_second] == ["b", "d"]


async def test_only_those_who_are_named_are_told_of() -> None:
    life = a_life("EXP_CTS", "EXP_CTS")
    await life.begin()
    for person in life.people:
        await person.write("a", "look(a)")
        await person.run("a")
    life.clock.now += 3 * SECOND
    await life.turn()
    await life.people[0].open()
    await life.people[0].write("b", "look(b)")
    life.clock.now += 3 * MINUTE
    await life.people[0].run("b")
    life.clock.now += 3 * SECOND
    await life.finish()
    events = await life.events()
    record = Record()
    for event in events:
        record.take(event)
    whole = Simulated([("first", STUDY)], record, participants=[life.people[0].participant_id])
    whole.take(events)
    whole.end()
    assert [one.cell_id for one in whole.policies[0].verdicts] == ["a", "b"]
    session = whole.policies[0].verdicts[1].session_id
    one = Simulated([("first", STUDY)], record, sessions=[session])
    one.take(events)
    one.end()
    assert [verdict.cell_id for verdict in one.policies[0].verdicts] == ["b"]
    assert set(one.scene.sessions) == {session}


def test_memory_does_not_grow_with_what_is_typed() -> None:
    desk = Desk(first_position=1)
    desk.open(("a", "code", "x"))
    simulated = Simulated([("first", STUDY)], Record())

    def typing(bursts: int) -> int:
        """So many bursts and a run; what is held afterwards, in bytes."""
        for _ in range(bursts):
            desk.emit(CellEdited(cell_id="a", changes=[(0, [0, "x"])], cause="user"))
            desk.wait(0.4)
        desk.finish(desk.schedule("a"))
        simulated.take(desk.events)
        desk.first_position += len(desk.events)
        desk.events = []
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        few = typing(500)
        many = typing(5_000)
    finally:
        tracemalloc.stop()
    # 5,000 events are three megabytes. What grows is a line for each decision, a number for each minute, and what was
    # compared lately.
    assert many - few < 300_000
