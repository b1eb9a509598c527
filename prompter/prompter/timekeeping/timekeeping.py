"""Keeps the time limits of a study: says when work on a task begins and ends, and when the study ends by the clock.

Time is the server's, and wall clock: it runs from the first work that reached the log, through pauses of the recording,
reloads and closed pages, until the person works on another task. Who comes back has the time that was left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from msgspec.structs import replace

from prompter_events import Event, ParticipantId, Position, Relation, SessionId
from prompter_events.catalogue import Body
from prompter_events.catalogue.study import PARTICIPANT, TIME_LIMIT, StudyEnded, TaskBegan, TaskEnded
from prompter_events.event import START
from prompter_events.transaction import Row
from prompter_projections.fold import Emission, body_of

from ..study import Study
from .noting import Terms, note
from .sheet import Running, Sheet, Spent

_MINUTE = 60 * 1_000_000

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Sheet)


@dataclass
class _Decision:
    """What one call of ``decide`` has come to so far."""

    sheet: Sheet
    now: int
    emissions: list[Emission] = field(default_factory=list)

    def emit(self, session_id: UUID, body: Body) -> None:
        participant_id = ParticipantId(self.sheet.participant_id)
        self.emissions.append(Emission(SessionId(session_id), participant_id, body))


class Timekeeping:
    """The limits of one study, as a projection that also emits.

    ``since``: sessions that the server accepted up to that position were under no limit, and come under none now.
    """

    name = "timekeeping"
    relations: Collection[Relation] = ()

    def __init__(self, study: Study, since: Position = START) -> None:
        self._terms = Terms.of(study, since)
        self._types = self._terms.types
        self._limits = {
            (period.name, task.name): task.minutes * _MINUTE
            for period in study.periods
            for task in period.tasks
            if task.minutes
        }
        self._periods = {period.name: period.minutes * _MINUTE for period in study.periods if period.minutes}

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        """The participant."""
        return [participant_id.bytes]

    def key(self, event: Event) -> bytes | None:
        """One state for each participant: nobody works on two tasks at once, whatever their pages."""
        return event.participant_id.bytes if event.type in self._types else None

    def fold(self, state: Sheet | None, event: Event) -> Sheet:
        """Note an event."""
        sheet = state or Sheet(participant_id=event.participant_id)
        body = body_of(event)
        return sheet if body is None else note(sheet, event, body, self._terms)

    def rows(self, before: Sheet | None, after: Sheet) -> Iterable[tuple[Relation, Sequence[Row]]]:
        """There is no read model: what is decided is in the log."""
        return ()

    def encode(self, state: Sheet) -> bytes:
        """msgpack."""
        return _encoder.encode(state)

    def decode(self, data: bytes) -> Sheet:
        """What ``encode`` made, by this version or an earlier one."""
        return _decoder.decode(data)

    def decide(self, state: Sheet, now: int, after: Position) -> tuple[Sheet, Sequence[Emission]]:
        """Begin and end what is due at ``now`` (µs)."""
        due = self.due(state)
        if state.entered is None and not state.ended and (due is None or now < due):
            return state, ()
        decision = _Decision(state, now)
        running = state.running
        if running is not None and any(moment <= now for moment in self._ends(state, running)):
            self._end_task(decision, TIME_LIMIT)
        self._end_periods(decision)
        if state.ended:
            decision.sheet = replace(decision.sheet, ended="")
            if decision.sheet.running is not None:
                self._end_task(decision, state.ended)
        if state.entered is not None:
            decision.sheet = replace(decision.sheet, entered=None)
            self._begin_task(decision, state.entered.session_id, state.entered.name)
        return decision.sheet, decision.emissions

    def due(self, state: Sheet) -> int | None:
        """When the next limit is reached."""
        moments = [began + self._periods[period] for period, began in self._open_periods(state)]
        if state.running is not None:
            moments.extend(self._ends(state, state.running))
        return min(moments, default=None)

    def _ends(self, sheet: Sheet, running: Running) -> Iterator[int]:
        """The moments at which the running task ends by the clock."""
        if running.accepted <= self._terms.since:
            return
        limit = self._limits.get((running.period, running.name))
        if limit is not None:
            yield running.since + max(0, limit - _spent(sheet, running).micros)
        if running.period in self._periods:
            yield sheet.began[running.period] + self._periods[running.period]

    def _open_periods(self, sheet: Sheet) -> Iterator[tuple[str, int]]:
        """The limited periods that have not ended in some open session, and when they began."""
        for session in sheet.sessions.values():
            if not session.over and session.period in self._periods and session.accepted > self._terms.since:
                yield session.period, sheet.began[session.period]

    def _end_periods(self, decision: _Decision) -> None:
        """Say in each open session of a period whose time is up that the study has ended."""
        over = {
            period
            for period, began in self._open_periods(decision.sheet)
            if decision.now >= began + self._periods[period]
        }
        if not over:
            return
        sessions = dict(decision.sheet.sessions)
        for session_id, session in sessions.items():
            if session.period in over and not session.over and session.accepted > self._terms.since:
                sessions[session_id] = replace(session, over=True)
                decision.emit(session_id, StudyEnded(by=TIME_LIMIT))
        decision.sheet = replace(decision.sheet, sessions=sessions)

    def _begin_task(self, decision: _Decision, session_id: UUID, name: str) -> None:
        sheet, now = decision.sheet, decision.now
        session = sheet.sessions.get(session_id)
        if session is None or session.over:
            return
        if sheet.running is not None:
            self._end_task(decision, PARTICIPANT)
            sheet = decision.sheet
        running = Running(name, session.period, now, session_id, session.notebook_id, session.accepted)
        limit = self._limits.get((session.period, name))
        # Rounded up: 0 would say that there is no limit.
        minutes = 0 if limit is None else max(1, -((_spent(sheet, running).micros - limit) // _MINUTE))
        decision.sheet = replace(sheet, running=running)
        decision.emit(session_id, TaskBegan(name=name, minutes=minutes))

    def _end_task(self, decision: _Decision, by: str) -> None:
        """The running task ends; what was spent on it counts when the person comes back."""
        sheet, running = decision.sheet, decision.sheet.running
        if running is None:
            return
        limit = self._limits.get((running.period, running.name))
        # A clock of another server may be a little behind.
        micros = _spent(sheet, running).micros + max(0, decision.now - running.since)
        spent = Spent(micros, over=limit is not None and micros >= limit)
        of_period = {**sheet.spent.get(running.period, {}), running.name: spent}
        decision.sheet = replace(sheet, running=None, spent={**sheet.spent, running.period: of_period})
        decision.emit(running.session_id, TaskEnded(name=running.name, by=by))


def _spent(sheet: Sheet, running: Running) -> Spent:
    return sheet.spent.get(running.period, {}).get(running.name, _NOTHING)


_NOTHING = Spent()
