"""The prompts of one session as its events tell them."""

from __future__ import annotations

from uuid import UUID

import msgspec

from prompter_events.catalogue import Body
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

from .model import Fate, Prompt

_ENDS: dict[type[Body], Fate] = {
    PromptDismissed: "dismissed",
    PromptExpired: "expired",
    PromptWithdrawn: "withdrawn",
}


class Asked:
    """What was asked so far. A prompt of an earlier session that ends in this one belongs to the earlier timeline."""

    def __init__(self) -> None:
        self._prompts: dict[UUID, Prompt] = {}

    def step(self, body: Body, at: int, position: int) -> tuple[str, Prompt | UUID] | None:
        """Take one fact. A new prompt comes back with its cell: itself, or its id as long as it may change."""
        match body:
            case PromptSuppressed():
                return body.cell_id, Prompt(
                    position=position,
                    issued=at,
                    shown=None,
                    ended=None,
                    fate="held back",
                    question=body.question,
                    rule=body.rule,
                    reason=body.reason,
                    run_id=body.run_id,
                    positions=(position,),
                )
            case PromptIssued() if body.prompt_id not in self._prompts:
                self._prompts[body.prompt_id] = Prompt(
                    position=position,
                    issued=at,
                    shown=None,
                    ended=None,
                    fate="open",
                    question=body.question,
                    rule=body.rule,
                    run_id=body.run_id,
                    positions=(position,),
                )
                return body.cell_id, body.prompt_id
            case PromptShown():
                if (prompt := self._prompts.get(body.prompt_id)) is not None and prompt.shown is None:
                    self._change(body.prompt_id, position, shown=at)
            case PromptAnswered():
                self._change(
                    body.prompt_id, position, fate="answered", ended=at, text=body.text, choice=body.choice, reason=""
                )
            case PromptAmended():
                self._change(body.prompt_id, position, text=body.text, choice=body.choice, amended=True)
            case PromptDismissed() | PromptExpired() | PromptWithdrawn():
                known = self._prompts.get(body.prompt_id)
                # What was answered stays answered, whatever a timer says later.
                if known is not None and known.fate == "open":
                    reason = body.reason if isinstance(body, PromptDismissed) else ""
                    self._change(body.prompt_id, position, fate=_ENDS[type(body)], ended=at, reason=reason)
            case _:
                pass
        return None

    def finished(self, prompt: Prompt | UUID) -> Prompt:
        """A prompt as it ended."""
        return self._prompts[prompt] if isinstance(prompt, UUID) else prompt

    def _change(self, prompt_id: UUID, position: int, **changes: object) -> None:
        prompt = self._prompts.get(prompt_id)
        if prompt is not None:
            told = (*prompt.positions, position)
            self._prompts[prompt_id] = msgspec.structs.replace(prompt, positions=told, **changes)
