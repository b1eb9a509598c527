"""What tests of the worker need: a projection, a policy, a log that fails when told, a clock set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec
from making import BEGIN, SECOND
from msgspec.structs import replace

from prompter_events import CheckpointMoved, LogReadOnly, LogUnavailable, ParticipantId, Position, SessionId
from prompter_events.catalogue.prompts import PromptExpired, PromptIssued
from prompter_events.event import Event
from prompter_events.memory import MemoryLog
from prompter_events.transaction import Relation, Row, Transaction, Value
from prompter_projections import Emission, Worker
from prompter_projections.fold import Projection
from prompter_projections.relations import RUN

TALLY = Relation("tally_row", key=("generation", "session_id"), columns=("events", "last_position"))
EXPIRY = 10 * SECOND

Fault = Literal["before commit", "after commit", "moved", "disk full"]


class Clock:
    """µs since the epoch, as told."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> int:
        return self.now


class ShakyLog(MemoryLog):
    """Fails at the transactions that ``faults`` names: before anything is written, or when all is."""

    def __init__(self, clock: Clock | None = None, faults: Iterable[Fault | None] = ()) -> None:
        super().__init__(clock=clock or Clock())
        self.faults = list(faults)
        self.transactions = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        self.transactions += 1
        fault = self.faults.pop(0) if self.faults else None
        async with super().transaction() as transaction:
            yield transaction
            if fault == "before commit":
                raise LogUnavailable("the power went")
            if fault == "disk full":
                raise LogReadOnly("the disk is full")
            if fault == "moved":
                raise CheckpointMoved("tally", 0, 1)
        if fault == "after commit":
            raise LogUnavailable("the answer got lost")


class Tally:
    """Counts the events of each session; refuses events of the type ``poison``."""

    name = "tally"
    relations: tuple[Relation, ...] = ()

    def __init__(self, poison: str = "") -> None:
        self.poison = poison
        self.refused = 0

    def key(self, event: Event) -> bytes | None:
        return event.session_id.bytes

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        return [session_id.bytes for session_id in sessions]

    def fold(self, state: tuple[int, int] | None, event: Event) -> tuple[int, int]:
        if event.type == self.poison:
            self.refused += 1
            raise RuntimeError("this one cannot be counted")
        return (state[0] if state else 0) + 1, event.position

    def rows(self, before: tuple[int, int] | None, after: tuple[int, int]) -> Iterable[tuple[Relation, Sequence[Row]]]:
        return ()

    def encode(self, state: tuple[int, int]) -> bytes:
        return msgspec.msgpack.encode(state)

    def decode(self, data: bytes) -> tuple[int, int]:
        return msgspec.msgpack.decode(data, type=tuple[int, int])


class AskingState(msgspec.Struct, frozen=True):
    participant_id: UUID
    session_id: UUID
    runs: int = 0
    asked: int = 0
    open: tuple[tuple[UUID, int], ...] = ()


class Asking:
    """Asks once for each run that ended, and gives up a question after ten seconds."""

    name = "asking"
    relations: tuple[Relation, ...] = ()

    def key(self, event: Event) -> bytes | None:
        return event.participant_id.bytes

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        return [participant_id.bytes]

    def fold(self, state: AskingState | None, event: Event) -> AskingState:
        state = state or AskingState(event.participant_id, event.session_id)
        return replace(state, session_id=event.session_id, runs=state.runs + (event.type == "run.finished"))

    def rows(self, before: AskingState | None, after: AskingState) -> Iterable[tuple[Relation, Sequence[Row]]]:
        return ()

    def encode(self, state: AskingState) -> bytes:
        return msgspec.msgpack.encode(state)

    def decode(self, data: bytes) -> AskingState:
        return msgspec.msgpack.decode(data, type=AskingState)

    def decide(self, state: AskingState, now: int, after: Position) -> tuple[AskingState, Sequence[Emission]]:
        emissions = []

        def emit(body: Any) -> None:
            emissions.append(Emission(SessionId(state.session_id), ParticipantId(state.participant_id), body))

        for prompt_id, until in state.open:
            if until <= now:
                emit(PromptExpired(prompt_id=prompt_id, decided_at=now, after=after))
        still_open = [item for item in state.open if item[1] > now]
        for n in range(state.asked, state.runs):
            prompt_id = question_of(state.participant_id, n)
            emit(
                PromptIssued(
                    prompt_id=prompt_id,
                    notebook_id=UUID(int=1),
                    cell_id="a",
                    run_id=None,
                    cell_version=1,
                    question="?",
                    choices=[],
                    language="en",
                    author="rule",
                    rule="r",
                    trigger=after,
                    deliver="now",
                    decided_at=now,
                    after=after,
                )
            )
            still_open.append((prompt_id, now + EXPIRY))
        return replace(state, asked=state.runs, open=tuple(still_open)), emissions

    def due(self, state: AskingState) -> int | None:
        return min((until for _, until in state.open), default=None)


class Recounting(Asking):
    """An ``Asking`` with a read model: a row for each question, as if it were a run."""

    relations = (RUN,)

    def rows(self, before: AskingState | None, after: AskingState) -> Iterable[tuple[Relation, Sequence[Row]]]:
        asked = range(before.asked if before else 0, after.asked)
        yield RUN, [run_row(after.session_id, question_of(after.participant_id, number)) for number in asked]


def question_of(participant_id: UUID, number: int) -> UUID:
    """The id of a participant's question, counted from 0."""
    return uuid5(participant_id, str(number))


def run_row(session_id: UUID, run_id: UUID) -> Row:
    """A row of ``RUN`` that says little."""
    said: dict[str, Value] = {
        "generation": 0,
        "session_id": session_id,
        "run_id": run_id,
        "cell_id": "a",
        "version": 1,
        "source": "",
    }
    return {**dict.fromkeys(RUN.columns), **said, "scheduled_at": 0, "status": "ok", "position": 0}


async def at_once(seconds: float) -> None:
    """A pause that takes no time."""
    await asyncio.sleep(0)


@asynccontextmanager
async def at_work(log: Any, projection: Projection[Any], **options: Any) -> AsyncIterator[Worker[Any]]:
    """A worker that runs until the block ends; its errors come out there."""
    options = {"pause": at_once, "clock": Clock(), **options}
    worker: Worker[Any] = Worker(log, projection, **options)
    task = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(120):  # a test that hangs must fail
            yield worker
    finally:
        worker.stop()
        await task
