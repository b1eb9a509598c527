"""The projection ``prompts``: the read model ``prompt``, one state for each prompt.

It is keyed by participant and prompt, not by session: a prompt may be answered after a reload, in another session of
the same notebook.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
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
    PromptSnoozed,
    PromptWithdrawn,
)
from prompter_events.event import Event, NotebookId, ParticipantId, Position, SessionId
from prompter_events.log import Log
from prompter_events.transaction import Relation, Row, Value

from .fold import body_of
from .relations import PROMPT, STATE

PromptStatus = Literal["issued", "shown", "snoozed", "answered", "dismissed", "expired", "withdrawn"]

OPEN = frozenset({"issued", "shown", "snoozed"})

_Life = (
    PromptIssued
    | PromptShown
    | PromptSnoozed
    | PromptAnswered
    | PromptAmended
    | PromptDismissed
    | PromptExpired
    | PromptWithdrawn
)
_ENDS: dict[type, PromptStatus] = {
    PromptDismissed: "dismissed",
    PromptExpired: "expired",
    PromptWithdrawn: "withdrawn",
}
_TYPES = frozenset(
    f"prompt.{what}"
    for what in ("issued", "shown", "snoozed", "answered", "amended", "dismissed", "expired", "withdrawn")
)


class CurrentPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """One question and what became of it. Times in µs since the epoch, UTC."""

    prompt_id: UUID
    session_id: UUID
    participant_id: UUID
    notebook_id: UUID
    cell_id: str
    run_id: UUID | None
    cell_version: int
    rule: str
    question: str
    choices: tuple[str, ...]
    language: str
    deliver: Literal["now", "end"]
    status: PromptStatus
    issued_at: int
    shown_at: int | None = None
    ended_at: int | None = None
    choice: str | None = None
    text: str | None = None
    position: int
    """That of ``prompt.issued``."""


class PromptState(msgspec.Struct, frozen=True):
    """The prompt, if the log holds its ``prompt.issued``, and what the read model has no column for."""

    prompt: CurrentPrompt | None = None
    multiple: bool = False
    """Whether several choices may be taken."""
    wants: Literal["optional", "required", "none"] = "optional"
    """Whether an answer has words of its own."""
    taken: tuple[str, ...] = ()
    """The choices of the answer."""
    amended_at: int | None = None
    """When the answer was last changed, µs since the epoch."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PromptState)


class PromptsProjection:
    """Prompts as they are now."""

    name = "prompts"
    relations = (PROMPT,)

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        """The participant."""
        return [participant_id.bytes]

    def key(self, event: Event) -> bytes | None:
        """Participant and prompt: nobody changes another person's prompt."""
        if event.type not in _TYPES:
            return None
        body = body_of(event)
        return event.participant_id.bytes + body.prompt_id.bytes if isinstance(body, _Life) else None

    def fold(self, state: PromptState | None, event: Event) -> PromptState:
        """The prompt after an event. What comes before ``prompt.issued`` or makes no sense changes nothing."""
        state = state or PromptState()
        body = body_of(event)
        if isinstance(body, PromptIssued):
            if state.prompt is not None:
                return state
            return PromptState(_issued(event, body), multiple=body.multiple, wants=body.text)
        if state.prompt is None or not isinstance(body, _Life):
            return state
        prompt = _lived(state.prompt, event, body)
        if prompt is state.prompt or not isinstance(body, PromptAnswered | PromptAmended):
            return replace(state, prompt=prompt)
        return replace(
            state,
            prompt=prompt,
            taken=tuple(body.choices) or (() if body.choice is None else (body.choice,)),
            amended_at=event.occurred_at if isinstance(body, PromptAmended) else None,
        )

    def rows(self, before: PromptState | None, after: PromptState) -> Iterable[tuple[Relation, Sequence[Row]]]:
        """The prompt's row."""
        if after.prompt is not None and (before is None or after.prompt != before.prompt):
            yield PROMPT, [_row(after.prompt)]

    def encode(self, state: PromptState) -> bytes:
        """msgpack."""
        return _encoder.encode(state)

    def decode(self, data: bytes) -> PromptState:
        """What ``encode`` made."""
        return _decoder.decode(data)


async def answered_prompts(
    log: Log, participant_id: ParticipantId, notebook_id: NotebookId, limit: int
) -> list[PromptState]:
    """What a participant answered in a notebook, the latest answers first, at most ``limit`` of them."""
    projection = PromptsProjection()
    while True:
        checkpoint = await log.checkpoint(projection.name)
        mine: dict[str, Value] = {
            "generation": checkpoint.generation,
            "participant_id": participant_id,
            "notebook_id": notebook_id,
        }
        rows = await log.rows(PROMPT, mine)
        prompts = [_prompt(row) for row in rows if row["status"] == "answered"]
        states: dict[bytes, PromptState] = {}
        for prompt in sorted(prompts, key=lambda prompt: prompt.ended_at or 0, reverse=True)[:limit]:
            key = participant_id.bytes + prompt.prompt_id.bytes
            await _recall(log, projection, checkpoint.generation, key, states)
        async for event in log.read(after=checkpoint.position, types=_TYPES):
            # The read model may lag behind what was answered just now.
            changed = projection.key(event)
            if changed is not None and event.participant_id == participant_id:
                await _recall(log, projection, checkpoint.generation, changed, states)
                states[changed] = projection.fold(states.get(changed), event)
        if (await log.checkpoint(projection.name)).generation == checkpoint.generation:
            break
    answered = [
        (state.prompt.ended_at or 0, state)
        for state in states.values()
        if state.prompt and state.prompt.status == "answered" and state.prompt.notebook_id == notebook_id
    ]
    return [state for _, state in sorted(answered, key=lambda pair: pair[0], reverse=True)][:limit]


async def _recall(
    log: Log, projection: PromptsProjection, generation: int, key: bytes, states: dict[bytes, PromptState]
) -> None:
    if key not in states:
        place: dict[str, Value] = {"projection": projection.name, "generation": generation, "state_key": key}
        for row in await log.rows(STATE, place):
            states[key] = projection.decode(bytes(row["state"]))  # type: ignore[arg-type]  # a column of bytes


async def open_prompts(log: Log, participant_id: ParticipantId) -> tuple[list[CurrentPrompt], Position]:
    """The prompts that wait for a participant, oldest first, and up to which position they were read.

    What the log holds beyond that position may have opened or ended others.
    """
    while True:
        checkpoint = await log.checkpoint(PromptsProjection.name)
        rows = await log.rows(PROMPT, {"generation": checkpoint.generation, "participant_id": participant_id})
        if (await log.checkpoint(PromptsProjection.name)).generation == checkpoint.generation:
            break
    prompts = [_prompt(row) for row in rows if row["status"] in OPEN]
    return sorted(prompts, key=lambda prompt: prompt.position), checkpoint.position


def _issued(event: Event, body: PromptIssued) -> CurrentPrompt:
    return CurrentPrompt(
        prompt_id=body.prompt_id,
        session_id=event.session_id,
        participant_id=event.participant_id,
        notebook_id=body.notebook_id,
        cell_id=body.cell_id,
        run_id=body.run_id,
        cell_version=body.cell_version,
        rule=body.rule,
        question=body.question,
        choices=tuple(body.choices),
        language=body.language,
        deliver=body.deliver,
        status="issued",
        issued_at=body.decided_at,
        position=event.position,
    )


def _lived(prompt: CurrentPrompt, event: Event, body: _Life) -> CurrentPrompt:
    is_open = prompt.status in OPEN
    if isinstance(body, PromptShown):
        prompt = replace(prompt, shown_at=prompt.shown_at or event.occurred_at)
        return replace(prompt, status="shown") if is_open else prompt
    if isinstance(body, PromptAnswered):
        # An answer counts even if it comes late: a page may have been offline when its prompt expired.
        answered = replace(prompt, status="answered", ended_at=event.occurred_at, choice=body.choice, text=body.text)
        return prompt if prompt.status == "answered" else answered
    if isinstance(body, PromptAmended):
        return replace(prompt, choice=body.choice, text=body.text) if prompt.status == "answered" else prompt
    if is_open and isinstance(body, PromptSnoozed):
        return replace(prompt, status="snoozed")
    ended = _ENDS.get(type(body)) if is_open else None
    return prompt if ended is None else replace(prompt, status=ended, ended_at=event.occurred_at)


def _row(prompt: CurrentPrompt) -> Row:
    return {
        "generation": 0,
        **msgspec.structs.asdict(prompt),
        "choices": json.dumps(prompt.choices, ensure_ascii=False),
    }


def _prompt(row: dict[str, Value]) -> CurrentPrompt:
    """A row read back. Raises ``msgspec.ValidationError`` if somebody else wrote into the table."""
    fields = {name: value for name, value in row.items() if name != "generation"}
    fields["choices"] = json.loads(str(row["choices"]))
    return msgspec.convert(fields, CurrentPrompt, builtin_types=(bytes,))
