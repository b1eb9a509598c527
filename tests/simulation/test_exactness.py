"""Simulating the policy that ran takes its decisions again: the same ones, at the same moments, in the same order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from living import BEGIN, MINUTE, SECOND, Clock, Life, decisions
from msgspec.structs import replace

from prompter.policy import RULES
from prompter.simulation import Record, Simulation
from prompter.storage import DIRECTORIES
from prompter.study import WITHOUT_STUDY, Pace, Rule, Study
from prompter_events import Event, open_log
from prompter_events.catalogue.prompts import PromptIssued
from prompter_events.memory import MemoryLog

STUDY = replace(WITHOUT_STUDY, name="loans", digest=bytes(range(32)))
HURRIED = replace(STUDY, pace=Pace(apart=30_000, hour=4, expires=120_000, snooze=60_000, waits=90_000))
EVERY_RULE = replace(
    HURRIED,
    rules=tuple(
        Rule(use=use, ask="aim", priority=number % 3, runs=2, away=120_000, pause=60_000)
        for number, use in enumerate(RULES)
    ),
    pace=replace(HURRIED.pace, hour=30, day=60),
    review_at_most=2,
)
PATIENT = replace(STUDY, pace=Pace(quiet_typing=20_000, quiet_run=40_000, hour=60), adaptive=False)

Script = Sequence[tuple[Any, ...]]

WHO = st.integers(0, 2)
CELL = st.sampled_from(["given", "a", "b"])
SOURCE = st.sampled_from(["", "x = 1", "model.fit(X, y)", "x = 1  # again", "%time f()", "plot(model, data)\nshow()"])
REACTIONS = ["show", "answer", "skip", "never", "snooze"]
REQUESTS = ["", "urgent", "override", "urgent override"]
TOLD = ["focus", "focus", "leave", "idle", "awake", "frame", "model", "restart", "close", "end"]
PASSES = st.sampled_from([0, 1, SECOND // 2, SECOND, 2 * SECOND, 7 * SECOND, 40 * SECOND, 5 * MINUTE, 30 * MINUTE])
ACTION = st.one_of(
    st.tuples(st.just("write"), WHO, CELL, SOURCE),
    st.tuples(st.just("run"), WHO, CELL, st.sampled_from(["ok", "ok", "ok", "error"])),
    st.tuples(st.just("schedule"), WHO, CELL),
    st.tuples(st.just("finish"), WHO, st.sampled_from([0, 3 * MINUTE])),
    st.tuples(st.just("remove"), WHO, CELL),
    st.tuples(st.just("open"), WHO),
    st.tuples(st.just("react"), WHO, st.sampled_from(REACTIONS), st.integers(-2, 0)),
    st.tuples(st.just("tell"), WHO, st.sampled_from(TOLD), CELL),
    st.tuples(st.just("request"), WHO, st.sampled_from(REQUESTS)),
    st.tuples(st.just("pass"), PASSES),
    st.tuples(st.just("turn"), st.sampled_from([0, 1, 2, 3, 10_000, 10_000])),
    st.tuples(st.just("stop")),
    st.tuples(st.just("die")),
)


async def live(life: Life, script: Script) -> list[Event]:
    """Live through a script; the log afterwards."""
    await life.begin()
    for action, *details in script:
        match action:
            case "pass":
                life.clock.now += details[0]
            case "turn" | "stop" | "die":
                await getattr(life, action)(*details)
            case "finish":
                await life.people[details[0]].finish("ok", details[1])
            case _:
                await getattr(life.people[details[0]], action)(*details[1:])
    await life.finish()
    assert life.policy.breaches == []
    return await life.events()


def simulated(events: Sequence[Event], study: Study, record: Record | None = None, portion: int = 7) -> list[Event]:
    """What a simulation over a log yields."""
    if record is None:
        record = Record()
        for event in events:
            record.take(event)
    simulation = Simulation(study, record)
    yielded: list[Event] = []
    for at in range(0, len(events), portion):
        yielded.extend(simulation.take(events[at : at + portion]))
    yielded.extend(simulation.end(max(event.recorded_at for event in events)))
    assert not simulation.failures
    return yielded


def in_memory(study: Study) -> Life:
    clock = Clock()
    return Life(MemoryLog(clock=clock), clock, study, ["EXP_CTS", "EXP_NONE", "EXP_END"])


BUSY: Script = [
    *[("write", 0, "a", "x = 1"), ("run", 0, "a", "ok"), ("pass", 3 * SECOND), ("turn", 10_000), ("pass", 123_457)],
    *[("turn", 10_000), ("react", 0, "answer", -1), ("write", 0, "b", "model.fit(X, y)"), ("run", 0, "b", "ok")],
    *[("turn", 2), ("pass", 5 * MINUTE), ("turn", 10_000), ("die",), ("pass", 30 * MINUTE), ("turn", 10_000)],
    *[("write", 0, "a", "plot(model, data)\nshow()"), ("run", 0, "a", "ok"), ("pass", 40 * SECOND), ("turn", 10_000)],
]
"""The worker is late by a fraction of a second, reads half of what there is, dies and comes back half an hour later."""


WATCHED: Script = [
    *[("write", 0, "a", "x = 1"), ("request", 0, ""), ("turn", 3), ("run", 0, "a", "ok"), ("pass", 3 * SECOND)],
    *[("turn", 10_000), ("pass", 1234), ("react", 0, "answer", -1), ("request", 1, ""), ("request", 0, "urgent")],
    *[("request", 1, "override"), ("write", 1, "b", "f(1)"), ("run", 1, "b", "error"), ("pass", 7 * SECOND)],
    *[("turn", 10_000), ("request", 0, ""), ("request", 2, ""), ("run", 2, "given", "ok"), ("pass", 2 * SECOND)],
    *[("turn", 10_000), ("die",), ("pass", 30 * MINUTE), ("turn", 10_000), ("tell", 2, "end", "a"), ("request", 2, "")],
]
"""A researcher asks people in all three conditions; some requests come to nothing."""


@settings(max_examples=200, deadline=None)
@given(st.lists(ACTION, max_size=70), st.sampled_from([STUDY, HURRIED, EVERY_RULE, PATIENT]), st.integers(1, 9))
@example(BUSY, STUDY, 1)
@example(WATCHED, STUDY, 2)
def test_the_policy_that_ran_takes_its_decisions_again(script: Script, study: Study, portion: int) -> None:
    events = asyncio.run(live(in_memory(study), script))
    assert decisions(simulated(events, study, portion=portion)) == decisions(events)


async def test_requests_in_the_log_are_decided_on_again() -> None:
    events = await live(in_memory(STUDY), WATCHED)
    assert decisions(simulated(events, STUDY)) == decisions(events)
    bodies = [body for said in decisions(events).values() for _, _, body in said]
    by_hand = [body for body in bodies if getattr(body, "rule", "") == "researcher"]
    told = [
        (body.deliver, body.deviation) if isinstance(body, PromptIssued) else body.reason  # type: ignore[attr-defined]
        for body in by_hand
    ]
    assert told == [
        *[("now", False), ("now", False), "stale"],
        *["condition", ("now", True)],
        *[("end", False), "session over"],
    ]
    # Another policy hears the same requests, and decides for itself.
    seldom = replace(STUDY, pace=replace(STUDY.pace, day=0), digest=bytes(32))
    others = [body for said in decisions(simulated(events, seldom)).values() for _, _, body in said]
    reasons = [getattr(body, "reason", "asked") for body in others if getattr(body, "rule", "") == "researcher"]
    assert sorted(reasons) == ["asked", "condition", *["daily cap"] * 4, "session over"]


def random_script(seed: int, length: int) -> Script:
    """Somebody's long afternoon, mostly typing and running, with a worker that mostly keeps up."""
    chance = random.Random(seed)
    script: list[tuple[Any, ...]] = []
    sources = ["x = 1", "model.fit(X, y)", "plot(model, data)\nshow()", "df.dropna()", "f(1)\ng(2)"]
    for _ in range(length):
        who, cell = chance.randrange(3), chance.choice("abcdefgh")
        script.append(
            chance.choice(
                [
                    ("write", who, cell, chance.choice(sources)),
                    ("write", who, cell, chance.choice(sources)),
                    ("run", who, cell, chance.choice(["ok", "ok", "error"])),
                    ("run", who, cell, "ok"),
                    ("request", who, chance.choice(REQUESTS)),
                    ("react", who, chance.choice(["show", "answer", "answer", "skip", "snooze"]), -1),
                    ("schedule", who, cell),
                    ("tell", who, chance.choice(TOLD[: -1 if chance.random() < 0.9 else None]), cell),
                    ("tell", who, chance.choice(["focus", "frame", "model"]), cell),
                    ("finish", who, chance.choice([0, 0, 20 * SECOND])),
                    ("open", who) if chance.random() < 0.2 else ("turn", 3),
                    ("die",) if chance.random() < 0.3 else ("turn", 10_000),
                ]
            )
        )
        script.append(("pass", round(chance.expovariate(1 / 20) * SECOND)))
        if chance.random() < 0.8:
            script.append(("turn", 10_000))
    return script


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_long_afternoon_in_a_log_on_disk_comes_out_the_same(tmp_path: Path, seed: int) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'study.db'}"
    async with open_log(url, migrate=True, migrations=DIRECTORIES, clock=clock) as log:
        events = await live(Life(log, clock, EVERY_RULE, ["EXP_CTS", "EXP_NONE", "EXP_END"]), random_script(seed, 300))
    recorded = decisions(events)
    assert sum(map(len, recorded.values())) > 20
    assert decisions(simulated(events, EVERY_RULE)) == recorded


def test_thirty_afternoons_come_out_the_same() -> None:
    taken = missed = 0
    for seed in range(30):
        study = [STUDY, EVERY_RULE, EVERY_RULE, PATIENT][seed % 4]
        events = asyncio.run(live(in_memory(study), random_script(seed, 60)))
        recorded = decisions(events)
        assert decisions(simulated(events, study)) == recorded
        taken += sum(map(len, recorded.values()))
        missed += decisions(simulated(events, study, Record())) != recorded
    assert taken > 60
    # Without the recorded ticks nearly every afternoon comes out otherwise: they are what makes it exact.
    assert missed > 15


async def test_a_policy_with_one_changed_threshold_decides_otherwise() -> None:
    events = await live(in_memory(STUDY), BUSY)
    other = replace(STUDY, pace=replace(STUDY.pace, apart=STUDY.pace.apart + 60_000), digest=bytes(32))
    assert decisions(simulated(events, STUDY)) == decisions(events)
    assert decisions(simulated(events, other)) != decisions(events)


async def test_without_the_recorded_ticks_the_decisions_come_out_at_other_moments() -> None:
    events = await live(in_memory(STUDY), BUSY)
    assert decisions(simulated(events, STUDY, Record())) != decisions(events)


async def test_another_policy_decides_as_soon_as_it_is_due_however_late_the_one_was_that_ran() -> None:
    patient = replace(PATIENT, digest=bytes(32))
    script: Script = [("write", 0, "a", "x = 1"), ("run", 0, "a", "ok"), ("pass", 41 * SECOND), ("turn", 10_000)]
    events = await live(in_memory(PATIENT), script)
    [(_, asked_at, _)] = decisions(events)[events[0].participant_id]
    assert asked_at == BEGIN + 41 * SECOND
    quicker = replace(patient, pace=replace(PATIENT.pace, quiet_typing=2_000, quiet_run=1_000))
    [(_, sooner, _)] = decisions(simulated(events, quicker))[events[0].participant_id]
    assert sooner == BEGIN + 2 * SECOND
