"""What became of each cell version that a rule wished to ask about, under one policy."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal
from uuid import UUID

import msgspec

from prompter_events import Event, ParticipantId, SessionId
from prompter_events.catalogue import Body
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptSuppressed,
    PromptWithdrawn,
)
from prompter_projections.fold import body_of

from ..policy import RESEARCHER
from .record import Record

Kind = Literal["asked", "held back"]

Fate = Literal["answered", "dismissed", "expired", "withdrawn", "open", "new", "silent"]
"""What became of what was asked. ``new``: the log holds no such prompt, so nobody could react to it. ``silent``: the
participant's condition asks nothing; it counts as asked, so that conditions compare."""

SILENT = "condition"
"""The reason by which the policy says that the condition alone kept it from asking."""

_ENDS: dict[type[Body], Fate] = {
    PromptDismissed: "dismissed",
    PromptExpired: "expired",
    PromptWithdrawn: "withdrawn",
}


class Verdict(msgspec.Struct, kw_only=True):
    """One prompt that was issued or held back."""

    participant_id: ParticipantId
    session_id: SessionId
    cell_id: str
    cell: str
    """How the cell's source begins."""
    run_id: UUID | None
    cell_version: int
    rule: str
    question: str
    kind: Kind
    reason: str = ""
    """Why it was held back."""
    prompt_id: UUID | None = None
    fate: Fate | None = None
    """None of what was held back."""
    decided_at: int
    """µs since the epoch."""
    after: int
    """The last position that the policy knew then."""

    @property
    def asked(self) -> bool:
        """Whether the policy chose it, whatever the condition does with that."""
        return self.kind == "asked"

    @property
    def about(self) -> tuple[UUID, UUID | None, str, int]:
        """What it is about, the same for every policy."""
        return self.participant_id, self.run_id, self.cell_id, self.cell_version


class Verdicts:
    """Gathers what a simulation yields. ``line`` tells how a cell begins; ``sessions``: only these, all if none."""

    def __init__(
        self,
        record: Record,
        line: Callable[[ParticipantId, UUID | None, str], str],
        sessions: Collection[SessionId] = (),
    ) -> None:
        self._record = record
        self._line = line
        self._sessions = frozenset(sessions)
        self._asked: dict[UUID, Verdict] = {}
        self._subjects: dict[tuple[object, ...], Verdict] = {}
        self.verdicts: list[Verdict] = []
        """In the order in which they were taken."""

    def take(self, event: Event) -> None:
        """A decision, or a reaction to one."""
        match body_of(event):
            case PromptIssued() as body:
                self._issued(event, body)
            case PromptSuppressed() as body:
                self._suppressed(event, body)
            case PromptAnswered(prompt_id=prompt_id) if prompt_id in self._asked:
                # An answer counts even if it comes late.
                self._asked[prompt_id].fate = "answered"
            case (PromptDismissed() | PromptExpired() | PromptWithdrawn()) as body:
                asked = self._asked.get(body.prompt_id)
                if asked is not None and asked.fate == "open":
                    asked.fate = _ENDS[type(body)]

    def _issued(self, event: Event, body: PromptIssued) -> None:
        verdict = Verdict(
            participant_id=event.participant_id,
            session_id=event.session_id,
            cell_id=body.cell_id,
            cell=self._line(event.participant_id, body.run_id, body.cell_id),
            run_id=body.run_id,
            cell_version=body.cell_version,
            rule=body.rule,
            question=body.question,
            kind="asked",
            prompt_id=body.prompt_id,
            fate="open" if body.prompt_id in self._record.prompts else "new",
            decided_at=body.decided_at,
            after=body.after,
        )
        self._asked[body.prompt_id] = self._subjects[_subject(verdict)] = verdict
        self._add(verdict)

    def _suppressed(self, event: Event, body: PromptSuppressed) -> None:
        # A researcher's question is turned down by the condition before anything is selected.
        silent = body.reason == SILENT and body.rule != RESEARCHER
        verdict = Verdict(
            participant_id=event.participant_id,
            session_id=event.session_id,
            cell_id=body.cell_id,
            cell=self._line(event.participant_id, body.run_id, body.cell_id),
            run_id=body.run_id,
            cell_version=body.cell_version,
            rule=body.rule,
            question=body.question,
            kind="asked" if silent else "held back",
            fate="silent" if silent else None,
            reason="" if silent else body.reason,
            decided_at=body.decided_at,
            after=body.after,
        )
        taken_back = self._subjects.get(_subject(verdict))
        if taken_back is None:
            self._add(verdict)
            return
        # It waited for the review at the end, and the review has no room for it.
        taken_back.kind, taken_back.fate, taken_back.reason = "held back", None, body.reason

    def _add(self, verdict: Verdict) -> None:
        if not self._sessions or verdict.session_id in self._sessions:
            self.verdicts.append(verdict)


def _subject(verdict: Verdict) -> tuple[object, ...]:
    """By which a prompt that the review has no room for is known: researchers may ask twice about one version."""
    return verdict.rule, verdict.question, verdict.about
