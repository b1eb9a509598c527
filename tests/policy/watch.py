"""Watches what is asked, by the events alone: it knows nothing of how the policy remembers them."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from prompter.policy.memory import ParticipantMemory
from prompter.policy.requests import RESEARCHER
from prompter.study import Pace, Study
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellRemoved,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptQuiet,
    PromptRequested,
    PromptSuppressed,
    PromptWithdrawn,
)
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn, StudyEnded
from support.desk import DAY, HOUR, Desk


class Broken(AssertionError):
    """A promise that was broken; ``promise`` says which."""

    def __init__(self, promise: str, detail: object = "") -> None:
        super().__init__(f"{promise}: {detail}")
        self.promise = promise


Wish = tuple[str, int, str]
"""Cell, version, rule."""


class Watch:
    """Reads what a desk says and hears, and raises ``Broken`` at the first promise that does not hold."""

    def __init__(self, study: Study) -> None:
        self._pace = study.pace
        # Why something counts as asked about though nobody was asked.
        self._selecting = {"condition", *(() if study.adaptive else ("never for this cell", "quiet hour"))}
        self._asked_at: list[int] = []
        self._open: dict[UUID, PromptIssued] = {}
        self._running: dict[UUID, tuple[UUID, str, str]] = {}
        self._last_key = 0
        self._sources: dict[str, str] = {}
        self._run_sources: dict[UUID, str] = {}
        self._went_well: set[UUID] = set()
        self._asked: dict[str, str] = {}
        self._asked_versions: set[tuple[str, int]] = set()
        self._wishes: set[Wish] = set()
        self._ends: Counter[Wish] = Counter()
        self._by_hand = ByHand(study.pace)
        self._pages = Pages()
        self._heard = 0
        self._said = 0

    def look(self, desk: Desk) -> None:
        """Check what is new on both sides, in the order of time."""
        said = [(event.recorded_at, 0, event) for event in desk.events[self._said :]]
        heard = [(moment, 1, emission) for moment, emission in desk.emitted[self._heard :]]
        self._said, self._heard = len(desk.events), len(desk.emitted)
        # What is emitted at the moment of an event comes after it.
        for moment, _, what in sorted(said + heard, key=lambda each: each[:2]):  # type: ignore[operator]
            body: Body = what.body
            if isinstance(body, PromptIssued):
                self._check(moment, what.session_id, body)
            self._by_hand.follow(moment, what, body)
            self._pages.follow(what.session_id, body)
            self._follow(moment, what.session_id, body)
        if desk.state is not None:
            self._proposals(desk.state)

    def ended(self, desk: Desk) -> None:
        """Check that nothing is left open once everything had its time."""
        self.look(desk)
        assert desk.state is not None
        if desk.state.proposals or desk.state.held_back:
            raise Broken("every proposal ends", desk.state.proposals)
        if lost := self._wishes - set(self._ends):
            raise Broken("every proposal ends", lost)
        self._by_hand.ended()

    def _check(self, now: int, session_id: UUID, prompt: PromptIssued) -> None:
        by_hand, cell = prompt.author != "rule", prompt.cell_id
        if not (by_hand and self._by_hand.is_urgent(prompt)):
            self._check_caps(now)
        if now < self._last_key + self._pace.quiet_typing * 1000:
            raise Broken("not while typing", now - self._last_key)
        if by_hand and any(page == session_id for page, _, _ in self._running.values()):
            raise Broken("by hand not while a run goes on", cell)
        if any((page, other) == (session_id, cell) for page, other, _ in self._running.values()):
            raise Broken("not while the cell runs", cell)
        if prompt.deliver == "now" and any(
            open_.cell_id == cell for open_ in self._open.values() if open_.deliver == "now"
        ):
            raise Broken("one open for each cell", cell)
        if by_hand:
            return
        if not self._pages.show(cell):
            raise Broken("not where nobody sees the cell", cell)
        if (cell, prompt.cell_version) in self._asked_versions:
            raise Broken("a version is asked about once", (cell, prompt.cell_version))
        if prompt.run_id is not None and self._asked.get(cell) == self._run_sources[prompt.run_id]:
            raise Broken("what was asked about is not asked again", cell)

    def _check_caps(self, now: int) -> None:
        limits = self._pace
        if sum(now - HOUR < moment for moment in self._asked_at) >= limits.hour:
            raise Broken("hourly cap", now)
        if sum(now - DAY < moment for moment in self._asked_at) >= limits.day:
            raise Broken("daily cap", now)
        if self._asked_at and now < self._asked_at[-1] + limits.apart * 1000:
            raise Broken("spacing", now)

    def _follow(self, now: int, session_id: UUID, body: Body) -> None:
        if isinstance(body, PromptIssued):
            self._asked_at.append(now)
            self._open[body.prompt_id] = body
            if body.author == "rule" or body.run_id is not None:
                self._asked_versions.add((body.cell_id, body.cell_version))
            if body.run_id is not None and (body.author == "rule" or body.run_id in self._went_well):
                self._asked[body.cell_id] = self._run_sources[body.run_id]
            if body.author == "rule":
                self._end(body.cell_id, body.cell_version, body.rule)
        elif isinstance(body, PromptSuppressed) and body.rule != RESEARCHER:
            if body.reason in self._selecting and body.run_id is not None:
                self._asked[body.cell_id] = self._run_sources[body.run_id]
            if body.reason != "review cap":
                self._end(body.cell_id, body.cell_version, body.rule)
        elif isinstance(body, PromptAnswered | PromptDismissed | PromptExpired | PromptWithdrawn):
            self._open.pop(body.prompt_id, None)
        elif isinstance(body, CellEdited):
            self._last_key = now
        else:
            self._follow_runs(session_id, body)

    def _follow_runs(self, session_id: UUID, body: Body) -> None:
        if isinstance(body, RunScheduled):
            self._running[body.run_id] = (session_id, body.cell_id, body.source)
            self._run_sources[body.run_id] = body.source
        elif isinstance(body, RunFinished):
            self._running.pop(body.run_id, None)
            if body.status == "ok":
                self._went_well.add(body.run_id)
        elif isinstance(body, ConsentWithdrawn):
            self._running = {}
        elif isinstance(body, CellRemoved):
            self._running = {run_id: run for run_id, run in self._running.items() if run[1] != body.cell_id}
        elif isinstance(body, SessionAccepted | SessionClosed):
            self._running = {run_id: run for run_id, run in self._running.items() if run[0] != session_id}
        elif isinstance(body, SessionOpened):
            self._running = {run_id: run for run_id, run in self._running.items() if run[0] != body.continues}

    def _end(self, cell: str, version: int, rule: str) -> None:
        wish = (cell, version, rule)
        self._ends[wish] += 1
        if self._ends[wish] > 1:
            raise Broken("every proposal ends once", wish)

    def _proposals(self, state: ParticipantMemory) -> None:
        for proposal in state.proposals:
            wish = (proposal.place.cell_id, proposal.version, proposal.rule)
            self._wishes.add(wish)
            if self._ends[wish]:
                raise Broken("every proposal ends once", wish)


class Pages:
    """Which cells the open pages have."""

    def __init__(self) -> None:
        self._cells: dict[UUID, set[str]] = {}
        self._closed: set[UUID] = set()

    def show(self, cell: str) -> bool:
        """Whether a page does."""
        return any(cell in cells for session_id, cells in self._cells.items() if session_id not in self._closed)

    def follow(self, session_id: UUID, body: Body) -> None:
        """The next event or decision."""
        if isinstance(body, SessionOpened):
            self._cells[session_id] = {cell.cell_id for cell in body.cells}
            if body.continues:
                self._closed.add(body.continues)
        elif isinstance(body, SessionClosed):
            self._closed.add(session_id)
        elif not isinstance(body, SessionAccepted | _DECISIONS):
            self._closed.discard(session_id)  # its page goes on, whatever it said
        if isinstance(body, CellAdded | CellEdited | RunScheduled):
            self._cells[session_id].add(body.cell_id)
        elif isinstance(body, CellRemoved):
            self._cells[session_id].discard(body.cell_id)


_DECISIONS = PromptIssued | PromptSuppressed | PromptExpired | PromptWithdrawn


class ByHand:
    """What researchers want to ask, and what becomes of it. Each asks something else, by which it is known again."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._requests: dict[str, tuple[int, UUID, PromptRequested]] = {}
        self._positions: dict[int, str] = {}
        self._ends: Counter[str] = Counter()
        self._quiet_until = 0
        self._withdrawn = False
        self._closed: set[UUID] = set()
        self._ended = False
        self._muted: set[str] = set()
        self._cells: dict[UUID, str] = {}
        self._conditions: dict[UUID, str] = {}

    def is_urgent(self, prompt: PromptIssued) -> bool:
        """Whether the researcher wanted it at once."""
        return self._requests[prompt.question][2].urgent

    def follow(self, now: int, what: Any, body: Body) -> None:
        """The next event or decision; what is asked by hand is checked."""
        session_id: UUID = what.session_id
        if isinstance(body, PromptRequested):
            self._requests[body.question] = (now, session_id, body)
            self._positions[what.position] = body.question
        elif isinstance(body, PromptIssued):
            self._cells[body.prompt_id] = body.cell_id
            if body.author != "rule":
                self._check(now, session_id, body)
        elif isinstance(body, PromptSuppressed) and (body.rule, body.reason != "review cap") == (RESEARCHER, True):
            self._end(body.question)
        elif isinstance(body, PromptQuiet):
            self._quiet_until = now + body.for_ms * 1000
        elif isinstance(body, PromptAnswered | PromptDismissed | PromptExpired | PromptWithdrawn):
            cell = self._cells.pop(body.prompt_id, None)  # what is over cannot be dismissed any more
            if cell is not None and isinstance(body, PromptDismissed) and body.reason == "never":
                self._muted.add(cell)
        elif isinstance(body, SessionAccepted):
            self._conditions[session_id] = body.condition
        elif isinstance(body, SessionClosed):
            self._closed.add(session_id)
        elif isinstance(body, ConsentGiven | ConsentWithdrawn):
            self._withdrawn = isinstance(body, ConsentWithdrawn)
        elif isinstance(body, StudyEnded):
            self._ended = True

    def ended(self) -> None:
        """Everything had its time."""
        if lost := self._requests.keys() - self._ends.keys():
            raise Broken("every request ends", lost)

    def _check(self, now: int, session_id: UUID, prompt: PromptIssued) -> None:
        self._end(prompt.question)
        asked_at, wanted_in, request = self._requests[prompt.question]
        if (session_id, self._positions[prompt.trigger]) != (wanted_in, prompt.question):
            raise Broken("the request is what is asked", prompt)
        if now >= asked_at + self._pace.expires * 1000:
            raise Broken("nothing waits too long", now - asked_at)
        if now < self._quiet_until and not request.urgent:
            raise Broken("quiet hour", now)
        if prompt.cell_id in self._muted:
            raise Broken("never for this cell", prompt.cell_id)
        if self._withdrawn or self._ended or session_id in self._closed:
            raise Broken("nothing is asked when it is over", session_id)
        condition = self._conditions[session_id]
        if condition == "EXP_NONE" and not request.override:
            raise Broken("the condition holds", condition)
        deviates = request.override and condition in {"EXP_NONE", "EXP_END"}
        later = condition == "EXP_END" and not request.override
        if (prompt.deviation, prompt.deliver, prompt.author) != (deviates, "end" if later else "now", request.by):
            raise Broken("the condition holds", prompt)

    def _end(self, question: str) -> None:
        self._ends[question] += 1
        if self._ends[question] > 1:
            raise Broken("every request ends once", question)
