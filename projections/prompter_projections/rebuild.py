"""A projection made anew from the first event, aside; one checkpoint update switches to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar, cast

from prompter_events.errors import CheckpointMoved, PrompterError
from prompter_events.event import START, Event, Position
from prompter_events.log import Log
from prompter_events.transaction import Checkpoint, Relation, Row

from .fold import Policy, Projection
from .forgetting import erasure_in, forget, taken_together
from .portion import Portion
from .relations import DEAD_LETTER, STATE
from .states import States
from .step import FoldFailed, Step, advance, keys_of

S = TypeVar("S")

BATCH_BYTES = 16 * 1024 * 1024
"""Payload that is folded at once, at most but for one event; a second batch is being read meanwhile."""

MOST_ROWS = 2_000
"""Rows of one transaction, where the disk is fast enough for so many."""


class RebuildStopped(PrompterError):
    """An event cannot be folded. ``position`` and ``trace`` say where and why; the old generation stays in force."""

    def __init__(self, projection: str, position: Position, trace: str) -> None:
        super().__init__(
            f"the rebuild of {projection} stopped at position {position}: {trace.strip().splitlines()[-1]}"
        )
        self.position = position
        self.trace = trace


async def rebuild(
    log: Log,
    projection: Projection[S],
    *,
    batch: int = 10_000,
    progress: Callable[[Position], None] | None = None,
) -> Checkpoint:
    """Fold the whole log into a new generation, then switch to it; the checkpoint afterwards.

    A worker may go on meanwhile; at the switch it notices and continues under the new generation. Nothing is emitted.
    ``batch`` events are folded together. Nobody sees the rows before the switch, so they are written in as many small
    transactions as it takes to hold up nobody who appends (see ``Portion``).
    ``progress`` hears each position reached. Events that could not be folded before, and can now, leave ``dead_letter``
    with the switch. Raises ``RebuildStopped``; ``CheckpointMoved`` if two rebuilds meet;
    ``ValueError`` for a policy, whose decisions are facts of the log and not taken again.
    """
    name = projection.name
    if isinstance(projection, Policy):
        raise ValueError(f"{name} is a policy: its decisions are facts and are not taken again")
    aside_name = f"{name}/rebuild"
    aside = await log.checkpoint(aside_name)
    # A fresh number for each try: what an interrupted rebuild left must not show through.
    generation = max(aside.generation, (await log.checkpoint(name)).generation) + 1
    at = Checkpoint(START, generation)
    async with log.transaction() as transaction:
        transaction.move(aside_name, aside, at)
    states = States(log, projection, generation)
    portion = Portion(MOST_ROWS)
    reading = asyncio.create_task(_batch(log, START, batch))
    try:
        while True:
            events = await reading
            if events:
                to = Checkpoint(events[-1].position, generation)
                reading = asyncio.create_task(_batch(log, to.position, batch))
                step = await _folded(projection, states, events, at.position)
                await _write(log, await asyncio.to_thread(states.rows, step), portion)
                states.keep(step)
                async with log.transaction() as transaction:
                    if (erased := erasure_in(events)) is not None:
                        forget(transaction, projection, erased, generation)
                        states.drop(erased)
                    transaction.move(aside_name, at, to)
                at = to
                if progress is not None:
                    progress(at.position)
                continue
            live = await log.checkpoint(name)
            if live.position <= at.position and await _switched(log, name, live, at):
                return at
            # The worker is further on; so shall we be.
            reading = asyncio.create_task(_batch(log, at.position, batch))
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _batch(log: Log, after: Position, batch: int) -> Sequence[Event]:
    events: list[Event] = []
    size = 0
    # Every log's ``read`` is a generator, and this one may stop before its end.
    async with aclosing(cast(AsyncGenerator[Event], log.read(after=after, limit=batch))) as reading:
        async for event in reading:
            events.append(event)
            size += len(event.payload or b"")
            if size >= BATCH_BYTES:
                break
    return taken_together(events)


async def _folded(projection: Projection[S], states: States[S], events: Sequence[Event], after: Position) -> Step[S]:
    try:
        keys = keys_of(projection, events, {})
        kept = await states.load({key for key in keys if key is not None})
        # In a thread, since it takes a while: the loop has other things to do, such as to read what comes next.
        return await asyncio.to_thread(advance, projection, kept, zip(keys, events, strict=True), after, {})
    except FoldFailed as failure:
        raise RebuildStopped(projection.name, failure.letter.position, failure.letter.trace) from failure


async def _write(log: Log, written: Iterable[tuple[Relation, Sequence[Row]]], portion: Portion) -> None:
    rows = [(relation, row) for relation, some in written for row in some]
    done = 0
    while done < len(rows):
        part = rows[done : done + portion.size]
        async with log.transaction() as transaction:
            for relation, some in groupby(part, key=itemgetter(0)):
                transaction.save(relation, [row for _, row in some])
        portion.took(len(part), transaction.cost)
        done += len(part)


async def _switched(log: Log, name: str, live: Checkpoint, to: Checkpoint) -> bool:
    try:
        async with log.transaction() as transaction:
            transaction.move(name, live, to)
            # What the worker could not fold was folded now; it adds none while it is not past this position.
            transaction.forget(DEAD_LETTER, {"projection": name})
    except CheckpointMoved:
        # The worker took another batch.
        return False
    return True


async def clear_before(log: Log, projection: Projection[Any], generation: int, former: int = 1) -> None:
    """Delete the rows and states of the generations before one that is in force: nobody reads them any more.

    In portions by how keys begin, so that nobody who appends waits long. ``former`` was in force before: what is older
    was cleared then, and is gone through again only where that was interrupted.
    """
    for older in range(1, generation):
        if older < former and not await _is_left(log, projection, older):
            continue
        for first in range(256):
            async with log.transaction() as transaction:
                for relation in projection.relations:
                    transaction.forget(relation, {"generation": older}, (relation.key[1], bytes([first])))
                transaction.forget(
                    STATE, {"projection": projection.name, "generation": older}, ("state_key", bytes([first]))
                )


async def _is_left(log: Log, projection: Projection[Any], generation: int) -> bool:
    """Whether anything is left of a generation."""
    places: list[tuple[Relation, Row]] = [(relation, {"generation": generation}) for relation in projection.relations]
    places.append((STATE, {"projection": projection.name, "generation": generation}))
    for relation, equal in places:
        if await log.rows(Relation(relation.name, relation.key, columns=()), equal):
            return True
    return False
