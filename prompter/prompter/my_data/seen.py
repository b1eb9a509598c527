"""What of their own events participants may see while a study goes on. Pure.

Nothing names the condition, and what was held back or kept for the end comes only once the session was ended: to read
those questions before would be to be asked, and to learn how one is treated. ``prompter_projections.timeline.live``
draws by the same rule.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from prompter_events import Body, Event, SessionId
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptFocused,
    PromptIssued,
    PromptShown,
    PromptSnoozed,
    PromptSuppressed,
    PromptWithdrawn,
)
from prompter_events.catalogue.study import StudyEnded
from prompter_projections.fold import body_of

_BEFORE_THEIR_EYES = (PromptShown, PromptFocused, PromptAnswered, PromptDismissed, PromptSnoozed, PromptAmended)
_AFTERWARDS = (PromptExpired, PromptWithdrawn)

LOOKED_AT = frozenset(
    {
        "session.accepted",
        "study.ended",
        "prompt.issued",
        *(f"prompt.{what}" for what in ("shown", "focused", "answered", "dismissed", "snoozed", "amended")),
    }
)
"""The types of events that decide about others."""

_THE_TEAM_S = frozenset({"note.added", "prompt.requested"})
"""What researchers wrote for themselves: their remarks, and questions that were not put yet."""

_UNTOLD: dict[str, tuple[str, ...]] = {
    "session.accepted": ("condition",),
    "participant.assigned": ("condition", "by", "reason", "place"),
    "prompt.suppressed": ("reason", "rule"),
    "prompt.issued": ("rule", "deliver", "deviation", "author"),
    "study.ended": ("by",),
}
"""Fields that name the condition, tell how it treats people, or name a researcher."""


class Seen:
    """One person's sessions. First ``look`` at the events of the types ``LOOKED_AT``, then ask about each event."""

    def __init__(self) -> None:
        self._before_eyes: set[UUID] = set()
        self._issued_in: dict[UUID, SessionId] = {}
        self._began: dict[SessionId, int] = {}
        self._notebooks: dict[SessionId, UUID] = {}
        self._ended: dict[UUID, int] = {}

    def look(self, event: Event) -> None:
        """Events of one session in their order, session after session."""
        self._began.setdefault(event.session_id, event.position)
        match body_of(event):
            case SessionAccepted(notebook_id=notebook_id):
                self._notebooks[event.session_id] = notebook_id
            case PromptIssued(prompt_id=prompt_id):
                self._issued_in[prompt_id] = event.session_id
            case StudyEnded():
                notebook = self._notebook(event.session_id)
                self._ended[notebook] = max(event.position, self._ended.get(notebook, 0))
            case body if isinstance(body, _BEFORE_THEIR_EYES):
                self._before_eyes.add(body.prompt_id)
            case _:
                pass

    def is_told(self, event: Event) -> bool:
        """Whether the person may have this event now."""
        if event.type in _THE_TEAM_S:
            return False
        match body_of(event):
            case PromptSuppressed():
                return self._is_over(event.session_id)
            case PromptIssued(prompt_id=prompt_id):
                return prompt_id in self._before_eyes or self._is_over(event.session_id)
            case body if isinstance(body, _AFTERWARDS):
                issued_in = self._issued_in.get(body.prompt_id, event.session_id)
                return body.prompt_id in self._before_eyes or self._is_over(issued_in)
            case _:
                return True

    def notebook_of(self, session_id: SessionId) -> UUID:
        """The notebook's id; the session's own where the server never accepted it."""
        return self._notebook(session_id)

    def _notebook(self, session_id: SessionId) -> UUID:
        return self._notebooks.get(session_id, session_id)

    def _is_over(self, session_id: SessionId) -> bool:
        """Whether this session, or a later one on its notebook, was ended."""
        return self._ended.get(self._notebook(session_id), 0) > self._began.get(session_id, 0)


def told_fields(event: Event, body: Body, own: UUID) -> Any:
    """A payload for its own participant: as it is, without fields that are not told. ``own`` is their id."""
    untold = _UNTOLD.get(event.type, ())
    author = getattr(body, "author", None)
    strange = isinstance(author, UUID) and author != own
    if not untold and not strange:
        return body
    told: dict[str, Any] = {name: value for name, value in msgspec.structs.asdict(body).items() if name not in untold}
    if strange:
        # A collaborator, whose id stands for somebody else's data.
        told["author"] = None
    return told
