"""Whatever people do, at whatever moments: what the policy promises holds. Each promise has a policy that breaks it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from doing import Action, act, actions
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from watch import Broken, Watch

import prompter.policy.prompting as deciding
from prompter.policy import Prompting, by_hand, proposing, reactions, requests
from prompter.policy.memory import ParticipantMemory, Proposal, Request
from prompter.policy.pacer import Ask, Verdict, pace
from prompter.study import WITHOUT_STUDY, Pace, Study
from prompter_events import Position
from prompter_events.catalogue.notebook import NotebookRenamed
from prompter_events.catalogue.prompts import PromptIssued
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from support.desk import DAY, HOUR, MINUTE, SECOND, Desk

STUDY = replace(WITHOUT_STUDY, pace=Pace(hour=3, day=5, apart=3 * 60_000))
OFTEN = replace(WITHOUT_STUDY, pace=Pace(hour=99, day=99, apart=0))
SPACED = replace(WITHOUT_STUDY, pace=Pace(hour=99, day=99, apart=10 * 60_000, expires=60_000))
HOURLY = replace(WITHOUT_STUDY, pace=Pace(hour=2, day=99, apart=0, expires=60_000))
DAILY = replace(WITHOUT_STUDY, adaptive=False, pace=Pace(hour=99, day=3, apart=0))

studies = st.sampled_from([STUDY, OFTEN, SPACED, HOURLY, DAILY])
conditions = st.sampled_from(["EXP_CTS", "EXP_END", "EXP_NONE", "NO_EXP"])

LIVES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def live(study: Study, stream: list[Action], condition: str = "EXP_CTS") -> Desk:
    """A participant who does all this, under watch."""
    desk, watch = Desk(study, condition, given=("a", "b")), Watch(study)
    for action in stream:
        act(desk, action)
        watch.look(desk)
    desk.wait(DAY)
    watch.ended(desk)
    return desk


@LIVES
@given(studies, actions(end=True, asks=True), conditions)
def test_no_question_breaks_a_cap_or_comes_at_a_bad_moment_or_twice_and_every_proposal_ends_once(
    study: Study, stream: list[Action], condition: str
) -> None:
    live(study, stream, condition)


@LIVES
@given(studies, actions(end=True, asks=True), conditions)
def test_the_same_work_leads_to_the_same_decisions_through_restarts_at_any_point(
    study: Study, stream: list[Action], condition: str
) -> None:
    desk = live(study, stream, condition)  # encodes and decodes its state after each decision
    policy, state, emitted = Prompting(study), None, []
    for event in desk.events:
        while state is not None and (due := policy.due(state)) is not None and due <= event.recorded_at:
            state, said = policy.decide(state, due, Position(event.position - 1))
            emitted.extend(emission.body for emission in said)
        state, said = policy.decide(policy.fold(state, event), event.recorded_at, event.position)
        emitted.extend(emission.body for emission in said)
    while state is not None and (due := policy.due(state)) is not None and due <= desk.now:
        state, said = policy.decide(state, due, Position(desk.events[-1].position))
        emitted.extend(emission.body for emission in said)
    assert [_told(body) for body in emitted] == [_told(emission.body) for _, emission in desk.emitted]
    assert state == desk.state


def _told(body: Any) -> Any:
    """A decision but for ``after``: a timer's checkpoint depends on what the worker has read by then."""
    return replace(body, after=0)


@LIVES
@given(studies, actions(end=True, asks=True))
def test_a_decision_taken_again_at_the_same_moment_says_and_changes_nothing(study: Study, stream: list[Action]) -> None:
    desk = Desk(study, given=("a", "b"))
    for action in stream:
        act(desk, action)
        assert desk.state is not None
        state, said = desk.policy.decide(desk.state, desk.now, Position(0))
        assert (state, list(said)) == (desk.state, [])
        due = desk.policy.due(desk.state)
        assert due is None or due > desk.now


@LIVES
@given(studies, actions(answers=False), st.sampled_from(["at once", "the next day"]), st.booleans())
def test_running_all_after_a_reload_asks_about_nothing_that_was_asked_about(
    study: Study, stream: list[Action], when: str, renamed: bool
) -> None:
    desk = live(study, stream)
    asked = {prompt.cell_id: prompt for prompt in desk.issued}
    runs = {body.run_id: body for event in desk.events if isinstance(body := event.body, RunScheduled)}
    unchanged = {
        cell
        for cell, prompt in asked.items()
        if prompt.run_id is not None and desk.sources.get(cell) == runs[prompt.run_id].source
    }
    before = len(desk.issued)
    desk.wait(DAY if when == "the next day" else MINUTE)
    if renamed:
        desk.say(NotebookRenamed(path="b.ipynb"))
    desk.reload()
    for _ in range(3):
        act(desk, ("run all", "a", SECOND))
        desk.wait(2 * HOUR)
    assert not unchanged & {prompt.cell_id for prompt in desk.issued[before:]}


# The controls. Each breaks one promise; a search must find a life in which the watch says so.


def _always(*_: Any, **__: Any) -> Verdict:
    return Ask()


def _without_caps(memory: ParticipantMemory, proposal: Proposal, limits: Pace, **options: Any) -> Verdict:
    return pace(memory, proposal, replace(limits, hour=999, day=999, apart=0), **options)


def _while_typing(memory: ParticipantMemory, proposal: Proposal, *args: Any, **options: Any) -> Verdict:
    return pace(replace(memory, last_key_at=0), proposal, *args, **options)


def _while_running(memory: ParticipantMemory, proposal: Proposal, *args: Any, **options: Any) -> Verdict:
    return pace(replace(memory, runs={}), proposal, *args, **options)


def _blind_to_pages(memory: ParticipantMemory, proposal: Proposal, *args: Any, **options: Any) -> Verdict:
    return pace(memory, replace(proposal, unseen=False), *args, **options)


_EXPIRE = deciding.Prompting._expire
_SUPPRESS = deciding.Prompting._suppress


def _expires_by_time_alone(self: Any, decision: Any, prompt_id: Any, prompt: Any) -> None:
    if decision.now >= prompt.waits_since + self._study.pace.expires * 1000:
        _EXPIRE(self, decision, prompt_id, prompt)


def _says_twice(self: Any, decision: Any, proposal: Any, reason: str) -> None:
    _SUPPRESS(self, decision, proposal, reason)
    _SUPPRESS(self, decision, proposal, reason)


def _forgets(self: Any, decision: Any, proposal: Any) -> None:
    for prompt_id, prompt in decision.memory.open.items():
        if prompt.place == proposal.place:
            self._expire(decision, prompt_id, prompt)


def _loses(self: Any, decision: Any, proposal: Any, reason: str) -> None:
    return None


_VERDICT = by_hand.verdict
_READY = requests._ready


def _without_caps_by_hand(memory: ParticipantMemory, request: Request, limits: Pace, **options: Any) -> Verdict:
    return _VERDICT(memory, replace(request, urgent=True), limits, **options)


def _typing_by_hand(memory: ParticipantMemory, *args: Any, **options: Any) -> Verdict:
    return _VERDICT(replace(memory, last_key_at=0), *args, **options)


def _deaf_to_the_wish(memory: ParticipantMemory, *args: Any) -> Any:
    return _READY(replace(memory, quiet_until=0), *args)


def _deaf_to_never(memory: ParticipantMemory, *args: Any) -> Any:
    cells = {
        notebook_id: {cell_id: replace(cell, muted=False) for cell_id, cell in cells.items()}
        for notebook_id, cells in memory.cells.items()
    }
    return _READY(replace(memory, cells=cells), *args)


def _blind_to_what_is_open(memory: ParticipantMemory, *args: Any) -> Any:
    return _READY(replace(memory, open={}), *args)


def _whatever_runs(memory: ParticipantMemory, request: Request) -> Any:
    return requests.standing_of(memory, request.session_id).breakpoint


def _never_over(memory: ParticipantMemory, *_: Any) -> ParticipantMemory:
    return memory


CONTROLS: dict[str, tuple[str, Study, Any, str, Any]] = {
    "no hourly cap": ("hourly cap", HOURLY, deciding, "pace", _without_caps),
    "no daily cap": ("daily cap", DAILY, deciding, "pace", _without_caps),
    "no spacing": ("spacing", SPACED, deciding, "pace", _without_caps),
    "deaf to keys": ("not while typing", OFTEN, deciding, "pace", _while_typing),
    "blind to runs": ("not while the cell runs", OFTEN, deciding, "pace", _while_running),
    "blind to pages": ("not where nobody sees the cell", OFTEN, deciding, "pace", _blind_to_pages),
    "asks at once": ("not while typing", OFTEN, deciding, "pace", _always),
    "keeps old questions open": (
        "one open for each cell",
        OFTEN,
        deciding.Prompting,
        "_expire",
        _expires_by_time_alone,
    ),
    "says it twice": ("every proposal ends once", OFTEN, deciding.Prompting, "_suppress", _says_twice),
    "says nothing": ("every proposal ends", HOURLY, deciding.Prompting, "_suppress", _loses),
    "forgets the version": ("a version is asked about once", OFTEN, deciding.Prompting, "_select", _forgets),
    "no spacing by hand": ("spacing", SPACED, by_hand, "verdict", _without_caps_by_hand),
    "deaf to keys by hand": ("not while typing", OFTEN, by_hand, "verdict", _typing_by_hand),
    "blind to runs by hand": (
        "by hand not while a run goes on",
        OFTEN,
        requests,
        "breakpoint_of",
        _whatever_runs,
    ),
    "deaf to the wish for quiet": ("quiet hour", OFTEN, requests, "_ready", _deaf_to_the_wish),
    "deaf to never": ("never for this cell", OFTEN, requests, "_ready", _deaf_to_never),
    "opens a second one": ("one open for each cell", OFTEN, requests, "_ready", _blind_to_what_is_open),
    "asks who withdrew": ("nothing is asked when it is over", OFTEN, reactions, "turn_down", _never_over),
    "loses requests": ("every request ends", OFTEN, by_hand, "_suppress", lambda *_: None),
    "says requests twice": ("every request ends once", OFTEN, by_hand, "_drop", lambda *_: None),
    "forgets the source": ("what was asked about is not asked again", OFTEN, proposing, "_covered", lambda *_: False),
}


@pytest.mark.parametrize("control", CONTROLS)
def test_a_policy_that_breaks_a_promise_is_caught(control: str, monkeypatch: pytest.MonkeyPatch) -> None:
    promise, study, owner, name, broken = CONTROLS[control]
    monkeypatch.setattr(owner, name, broken)

    def caught(stream: list[Action]) -> bool:
        try:
            live(study, stream)
        except Broken as found:
            return found.promise == promise
        except AssertionError:
            return False
        return False

    asks = owner in (by_hand, requests, reactions)
    quick = settings(max_examples=500, deadline=None, phases=[Phase.generate], database=None)
    find(actions(asks=asks), caught, settings=quick, random=Random(20260609))


def test_a_timer_that_changes_something_unsaid_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = Prompting.decide

    def restless(self: Prompting, state: ParticipantMemory, now: int, after: Position) -> Any:
        state, said = decide(self, state, now, after)
        return (state if said else replace(state, last_run_at=state.last_run_at + 1)), said

    monkeypatch.setattr(Prompting, "decide", restless)
    monkeypatch.setattr(deciding, "next_look", lambda memory, proposal, *_, **__: proposal.proposed_at + 1)
    desk = Desk(STUDY)
    desk.add("new")
    desk.run("new")
    with pytest.raises(AssertionError, match="unsaid"):
        desk.wait(MINUTE)


def test_the_watch_sees_questions_at_all() -> None:
    """A watch that never sees anything would find every policy good."""
    stream: list[Action] = [("add", "c", SECOND), ("run", "c", SECOND), ("wait", "c", 20 * MINUTE)]
    desk = live(STUDY, stream)
    assert [body.cell_id for body in desk.bodies(PromptIssued) if isinstance(body, PromptIssued)] == ["c"]
    assert any(isinstance(event.body, RunFinished) for event in desk.events)
