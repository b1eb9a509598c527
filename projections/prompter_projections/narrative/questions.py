"""What the participant was asked about a session's cells, and what came of it, with the places in the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptShown,
    PromptSuppressed,
    PromptWithdrawn,
)
from prompter_events.event import Event

from ..fold import body_of

ASKED = frozenset(
    f"prompt.{what}"
    for what in ("issued", "suppressed", "shown", "answered", "amended", "dismissed", "expired", "withdrawn")
)
"""The types of events that tell it."""

End = Literal["answered", "dismissed", "expired", "withdrawn", "open"]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question. Times in µs since the epoch, by the page's clock."""

    prompt_id: UUID
    cell_id: str
    run_id: UUID | None
    rule: str
    question: str
    issued: int
    """Its position."""
    shown_at: int | None = None
    ended_at: int | None = None
    ended: int = 0
    """The position of what ended it, or of the latest wording of the answer; 0 while it is open."""
    end: End = "open"
    no_room: bool = False
    """Whether the review at the end had no room for it, so that nobody saw it."""
    text: str = ""
    choices: tuple[str, ...] = ()
    amended: bool = False
    elsewhere: bool = False
    """Whether it was answered in another session: after a reload, or on another day."""

    @property
    def delay(self) -> int | None:
        """From shown to its end, in µs."""
        return None if self.shown_at is None or self.ended_at is None else max(0, self.ended_at - self.shown_at)


class Questions:
    """Takes the events of one participant, in the order of the log; questions of other sessions do not count."""

    def __init__(self, session_id: UUID) -> None:
        self._session_id = session_id
        self._found: dict[UUID, Question] = {}
        self.held_back: list[int] = []
        """Positions of prompts that a rule wished for in vain."""

    def take(self, event: Event) -> None:
        """The next event."""
        if event.type not in ASKED:
            return
        here = event.session_id == self._session_id
        body = body_of(event)
        match body:
            case PromptIssued() if here and body.prompt_id not in self._found:
                self._found[body.prompt_id] = Question(
                    prompt_id=body.prompt_id,
                    cell_id=body.cell_id,
                    run_id=body.run_id,
                    rule=body.rule,
                    question=body.question,
                    issued=event.position,
                )
            case PromptSuppressed() if here:
                # The policy takes what the review has no room for back: that question is told as itself.
                if (capped := self._capped(body)) is not None:
                    self._found[capped.prompt_id] = replace(capped, no_room=True)
                else:
                    self.held_back.append(event.position)
            case PromptShown() if (known := self._found.get(body.prompt_id)) is not None and known.shown_at is None:
                self._found[body.prompt_id] = replace(known, shown_at=event.occurred_at)
            case PromptAnswered() | PromptAmended():
                self._answered(event, body, here)
            case PromptDismissed() | PromptExpired() | PromptWithdrawn():
                self._ended(event, body)
            case _:
                pass

    def all(self) -> tuple[Question, ...]:
        """In the order in which they were asked."""
        return tuple(self._found.values())

    def _capped(self, body: PromptSuppressed) -> Question | None:
        if body.reason != "review cap":
            return None
        about = (body.cell_id, body.run_id, body.rule)
        same = (one for one in self._found.values() if (one.cell_id, one.run_id, one.rule) == about)
        return next((one for one in same if one.end == "open" and not one.no_room), None)

    def _answered(self, event: Event, body: PromptAnswered | PromptAmended, here: bool) -> None:
        known = self._found.get(body.prompt_id)
        if known is None:
            return
        first = known.end != "answered"
        taken = tuple(body.choices) or ((body.choice,) if body.choice else ())
        self._found[body.prompt_id] = replace(
            known,
            end="answered",
            ended=event.position,
            ended_at=event.occurred_at if first else known.ended_at,
            text=body.text,
            choices=taken,
            amended=isinstance(body, PromptAmended),
            elsewhere=known.elsewhere or not here,
        )

    def _ended(self, event: Event, body: PromptDismissed | PromptExpired | PromptWithdrawn) -> None:
        known = self._found.get(body.prompt_id)
        # What was answered stays answered, whatever a timer says later.
        if known is None or known.end != "open":
            return
        end: End = "expired" if isinstance(body, PromptExpired) else "withdrawn"
        if isinstance(body, PromptDismissed):
            end = "dismissed"
        self._found[body.prompt_id] = replace(known, end=end, ended=event.position, ended_at=event.occurred_at)


def questions(session_id: UUID, events: Iterable[Event]) -> Questions:
    """What many events tell."""
    asked = Questions(session_id)
    for event in events:
        asked.take(event)
    return asked
