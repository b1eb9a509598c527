"""Where everything stands in a plot: a block for each session, a lane for each rule, time across, sizes in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prompter_projections.timeline.scale import FOLD_PX, Fold, Scale

from .scene import PAUSE, Session
from .simulated import Simulated
from .verdicts import Verdict

LEFT = 206
"""Room for the lanes' labels: a rule and the policy's letter."""

HEAD = 22
"""The line that says whose session it is."""

WORK = 26
"""Axis and bars of work."""

LANE = 19

GAP = 22
"""Between sessions."""


@dataclass(frozen=True)
class Lane:
    """What one policy made of one rule's wishes."""

    rule: str
    policy: int
    """Its place among the policies."""
    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class Block:
    """One session."""

    session: Session
    end: int
    """Its last event or decision, µs."""
    scale: Scale
    lanes: Sequence[Lane]

    @property
    def height(self) -> float:
        """Of the whole block."""
        return HEAD + WORK + LANE * len(self.lanes) + 6

    def x(self, micros: int) -> float:
        """A moment's pixel, kept within the session."""
        return self.scale((min(max(micros, self.session.began_at), self.end) - self.session.began_at) / 1e6)


def planned(simulated: Simulated, width: float) -> list[Block]:
    """Lay the sessions out in which some rule wished to ask, by participant and begin.

    A minute is as wide in each of them; long pauses are folded.
    """
    sessions = sorted(
        simulated.scene.sessions.values(), key=lambda session: (session.participant_id.bytes, session.began_at)
    )
    lanes = {session.session_id: _lanes(simulated, session) for session in sessions}
    sessions = [session for session in sessions if lanes[session.session_id]]
    spans = [_span(session, lanes[session.session_id]) for session in sessions]
    room = width - LEFT
    per_second = min(
        (max(room - FOLD_PX * len(folds), room / 2) / _live(length, folds) for _, length, folds in spans), default=1.0
    )
    blocks = []
    for session, (end, length, folds) in zip(sessions, spans, strict=True):
        live, folded = _live(length, folds) * per_second, FOLD_PX * len(folds)
        # As a scale has it: many folds share what there is, and half the width stays with the work.
        right = LEFT + (live + folded if folded <= live else 2 * live)
        blocks.append(Block(session, end, Scale(LEFT, right, length, folds), lanes[session.session_id]))
    return blocks


def _lanes(simulated: Simulated, session: Session) -> list[Lane]:
    """A lane for each rule that wished for something here under any policy, those of one rule below each other."""
    here = [
        [verdict for verdict in policy.verdicts if verdict.session_id == session.session_id]
        for policy in simulated.policies
    ]
    known = [rule for policy in simulated.policies for rule in policy.rules]
    wished = {verdict.rule for verdicts in here for verdict in verdicts}
    rules = [rule for rule in dict.fromkeys([*known, *sorted(wished)]) if rule in wished]
    return [
        Lane(rule, number, [verdict for verdict in verdicts if verdict.rule == rule])
        for rule in rules
        for number, verdicts in enumerate(here)
    ]


def _span(session: Session, lanes: Sequence[Lane]) -> tuple[int, float, list[Fold]]:
    """(end in µs, length in seconds, pauses): a decision may come after the last event."""
    begin, end = session.began_at, session.last_at
    pauses = list(session.pauses)
    for moment in sorted(verdict.decided_at for lane in lanes for verdict in lane.verdicts):
        if moment - end > PAUSE:
            pauses.append((end, moment))
        end = max(end, moment)
    folds = [Fold((one - begin) / 1e6, (other - begin) / 1e6) for one, other in pauses]
    return end, max(1.0, (end - begin) / 1e6), folds


def _live(length: float, folds: Sequence[Fold]) -> float:
    return max(1.0, length - sum(fold.end - fold.begin for fold in folds))
