"""The log's reactions to prompts that a simulated policy asks later than the log's own did."""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from prompter_events import Event, Position
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptFocused,
    PromptShown,
    PromptSnoozed,
)
from prompter_projections.fold import body_of

from .record import Record

REACTION_TYPES = frozenset(
    f"prompt.{what}" for what in ("shown", "focused", "answered", "dismissed", "snoozed", "amended")
)

_Reaction = PromptShown | PromptFocused | PromptAnswered | PromptDismissed | PromptSnoozed | PromptAmended


def prompt_of(event: Event) -> UUID | None:
    """The prompt to which an event is a reaction; none if that cannot be read."""
    body = body_of(event)
    return body.prompt_id if isinstance(body, _Reaction) else None


class LateReactions:
    """Keeps reactions until their prompt is asked, and then for as long as the person took in truth. Times in µs.

    ``longest``: by how much later than the log's policy another one may ask about the same run.
    """

    def __init__(self, record: Record, longest: int) -> None:
        self._record = record
        self._longest = longest
        self._kept: dict[bytes, dict[UUID, list[Event]]] = {}
        self._coming: dict[bytes, list[tuple[int, Event]]] = {}

    def concern(self, key: bytes, now: int) -> bool:
        """Whether anything is kept for a participant. What will not be asked about any more is let go."""
        if kept := self._kept.get(key):
            for prompt_id in [one for one in kept if now > self._record.prompts[one] + self._longest]:
                del kept[prompt_id]
            if not kept:
                del self._kept[key]
        return key in self._kept or key in self._coming

    def keep(self, key: bytes, prompt_id: UUID, event: Event) -> None:
        """A reaction whose prompt is in the log, and not asked yet."""
        self._kept.setdefault(key, {}).setdefault(prompt_id, []).append(event)

    def asked(self, key: bytes, prompt_id: UUID, now: int) -> None:
        """A prompt is asked now: the reactions to it come."""
        delay = now - self._record.prompts.get(prompt_id, now)
        if events := self._kept.get(key, {}).pop(prompt_id, None):
            coming = self._coming.setdefault(key, [])
            coming.extend((event.recorded_at + delay, event) for event in events)
            coming.sort(key=lambda one: one[0])

    def next(self, key: bytes) -> int | None:
        """When the next reaction comes."""
        coming = self._coming.get(key)
        return coming[0][0] if coming else None

    def pop(self, key: bytes, position: Position) -> Event:
        """It, as if it came at its moment after an event at a position."""
        coming = self._coming[key]
        moment, event = coming.pop(0)
        if not coming:
            del self._coming[key]
        return replace(event, recorded_at=moment, position=position)
