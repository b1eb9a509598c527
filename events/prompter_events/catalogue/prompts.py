"""The life of a prompt, from the rule that wished for it to the answer."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from .base import Body, CellIdField, Count, Micros, Millis, Name, PositionField, event

Question = Annotated[str, Meta(max_length=2000)]
AnswerText = Annotated[str, Meta(max_length=100_000)]


@event("prompt.suppressed")
class PromptSuppressed(Body, frozen=True, kw_only=True):
    """A prompt that a rule proposed and that was held back; once per rule and cell version."""

    cell_id: CellIdField
    rule: Name
    reason: Name
    """Why: ``condition``, ``hourly cap``, ``daily cap``, ``spacing``, ``open prompt``, ``superseded``, ``stale``."""
    decided_at: Micros
    after: PositionField
    """The policy's checkpoint when it decided."""
    run_id: UUID | None = None
    cell_version: Count = 0
    question: Question = ""


@event("prompt.issued")
class PromptIssued(Body, frozen=True, kw_only=True):
    """A question about one version of one cell."""

    prompt_id: UUID
    notebook_id: UUID
    cell_id: CellIdField
    run_id: UUID | None
    cell_version: Count
    """How many runs the cell had had, this one included."""
    question: Question
    choices: list[Name]
    language: Name
    author: Name
    """``rule``, or the researcher who asked."""
    rule: Name
    trigger: PositionField
    """The event that made the rule propose it."""
    deliver: Literal["now", "end"]
    decided_at: Micros
    after: PositionField
    """The policy's checkpoint when it decided."""


@event("prompt.shown")
class PromptShown(Body, frozen=True, kw_only=True):
    """Half of the prompt was visible for a second in a visible document."""

    prompt_id: UUID


@event("prompt.focused")
class PromptFocused(Body, frozen=True, kw_only=True):
    """The person put the focus into the prompt."""

    prompt_id: UUID


@event("prompt.answered")
class PromptAnswered(Body, frozen=True, kw_only=True):
    """A characterization."""

    prompt_id: UUID
    text: AnswerText
    choice: Name | None
    drafting_ms: Millis
    """From the first focus to sending."""


@event("prompt.dismissed")
class PromptDismissed(Body, frozen=True, kw_only=True):
    """The person would not answer."""

    prompt_id: UUID
    reason: Literal["skip", "never"]


@event("prompt.snoozed")
class PromptSnoozed(Body, frozen=True, kw_only=True):
    """The person wants to be asked later."""

    prompt_id: UUID
    until: Micros


@event("prompt.expired")
class PromptExpired(Body, frozen=True, kw_only=True):
    """Nobody answered in time, or a newer version of the cell is asked about."""

    prompt_id: UUID
    decided_at: Micros
    after: PositionField


@event("prompt.withdrawn")
class PromptWithdrawn(Body, frozen=True, kw_only=True):
    """The question makes no sense any more: its cell is gone."""

    prompt_id: UUID
    decided_at: Micros
    after: PositionField


@event("prompt.amended")
class PromptAmended(Body, frozen=True, kw_only=True):
    """The person changed an answer; the earlier one stays in the log."""

    prompt_id: UUID
    text: AnswerText
    choice: Name | None


@event("review.opened")
class ReviewOpened(Body, frozen=True, kw_only=True):
    """The review at the end began, with so many questions."""

    n: Count


@event("review.closed")
class ReviewClosed(Body, frozen=True, kw_only=True):
    """The review ended."""

    answered: Count
    left: Count
