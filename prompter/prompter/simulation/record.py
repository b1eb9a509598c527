"""What the policy that ran decided, and at which moments: the ticks of its clock are nowhere else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from prompter_events import Event, ParticipantId, Position
from prompter_events.catalogue import Body
from prompter_events.catalogue.prompts import PromptExpired, PromptIssued, PromptSuppressed, PromptWithdrawn
from prompter_projections.fold import body_of, is_own

from ..policy import Prompting

DECIDED = ("prompt.issued", "prompt.suppressed", "prompt.expired", "prompt.withdrawn")
"""The types of the events that a policy emits."""

Said = tuple[object, ...]
"""What was decided, without its moment and its wording."""


@dataclass(frozen=True)
class Decision:
    """What one call of the policy emitted."""

    after: Position
    """The last position that was folded then."""
    decided_at: int
    """The policy's clock then, µs since the epoch."""
    said: tuple[Said, ...]


class Record:
    """The decisions in a log, by participant and in the order in which they were taken.

    Holds a line for each of them and nothing of the events between.
    """

    def __init__(self) -> None:
        self._decisions: defaultdict[ParticipantId, list[Decision]] = defaultdict(list)
        self.prompts: dict[UUID, int] = {}
        """Every prompt that the policy issued, and when, µs since the epoch."""

    def take(self, event: Event) -> None:
        """Keep a decision; events in the order of the log. Others change nothing, nor do those that were erased."""
        body = body_of(event) if is_own(Prompting.name, event) else None
        if not isinstance(body, PromptIssued | PromptSuppressed | PromptExpired | PromptWithdrawn):
            return
        if isinstance(body, PromptIssued):
            self.prompts[body.prompt_id] = body.decided_at
        taken = self._decisions[event.participant_id]
        before: tuple[Said, ...] = ()
        if taken and (taken[-1].after, taken[-1].decided_at) == (body.after, body.decided_at):
            before = taken.pop().said
        taken.append(Decision(Position(body.after), body.decided_at, (*before, said(body))))

    @property
    def count(self) -> int:
        """How many decisions there are."""
        return sum(map(len, self._decisions.values()))

    def shared(self, other: Record) -> int:
        """How many decisions another record has as well, taken at the same moments."""
        return sum(
            (Counter(taken) & Counter(other.of(participant_id))).total()
            for participant_id, taken in self._decisions.items()
        )

    def of(self, participant_id: ParticipantId) -> Sequence[Decision]:
        """A participant's decisions."""
        return self._decisions.get(participant_id, ())


def said(body: Body) -> Said:
    """What a body decides: two policies that ask the same in other words say the same."""
    match body:
        case PromptIssued() | PromptExpired() | PromptWithdrawn():
            return type(body).__name__, body.prompt_id
        case PromptSuppressed():
            return type(body).__name__, body.cell_id, body.cell_version, body.run_id, body.rule, body.reason
    return (type(body).__name__,)
