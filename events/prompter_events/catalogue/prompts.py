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
    """Why: ``condition``, ``hourly cap``, ``daily cap``, ``spacing``, ``superseded``, ``stale``, ``review cap`` …

    All of them stand in ``docs/prompting.md``.
    """
    decided_at: Micros
    after: PositionField
    """The policy's checkpoint when it decided."""
    run_id: UUID | None = None
    cell_version: Count = 0
    question: Question = ""


@event("prompt.requested")
class PromptRequested(Body, frozen=True, kw_only=True):
    """A researcher wants to ask about the cell that the participant is at. The policy decides when."""

    request_id: UUID
    question: Question
    choices: list[Name]
    language: Name
    by: Name
    """The researcher."""
    urgent: bool = False
    """At the next moment that disturbs little, whatever was asked before."""
    override: bool = False
    """Also where the condition asks nothing, or at the end alone: a deviation from the study."""
    multiple: bool = False
    """Whether several choices may be taken."""
    text: Literal["optional", "required", "none"] = "optional"


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
    multiple: bool = False
    """Whether several choices may be taken."""
    text: Literal["optional", "required", "none"] = "optional"
    """Whether an answer has words of its own beside the choices."""
    deviation: bool = False
    """Asked although the participant's condition would have asked nothing, or nothing then."""


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
    """The first of ``choices``; none without one."""
    drafting_ms: Millis
    """From the first focus to sending."""
    choices: list[Name] = []
    """All that were taken, where several may be."""


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


@event("prompt.quiet")
class PromptQuiet(Body, frozen=True, kw_only=True):
    """The person wants no questions for a while, in any of their pages."""

    for_ms: Millis
    """From now on, such as an hour; 0 ends it."""


@event("prompt.expired")
class PromptExpired(Body, frozen=True, kw_only=True):
    """Nobody answered in time, or a newer version of the cell is asked about."""

    prompt_id: UUID
    decided_at: Micros
    after: PositionField


@event("prompt.withdrawn")
class PromptWithdrawn(Body, frozen=True, kw_only=True):
    """The question is taken back: its cell is gone, the review has no room for it, or consent was withdrawn."""

    prompt_id: UUID
    decided_at: Micros
    after: PositionField


@event("prompt.amended")
class PromptAmended(Body, frozen=True, kw_only=True):
    """The person changed an answer; the earlier one stays in the log."""

    prompt_id: UUID
    text: AnswerText
    choice: Name | None
    choices: list[Name] = []


@event("review.opened")
class ReviewOpened(Body, frozen=True, kw_only=True):
    """The review at the end began, with so many questions."""

    n: Count


@event("review.closed")
class ReviewClosed(Body, frozen=True, kw_only=True):
    """The review ended."""

    answered: Count
    left: Count
