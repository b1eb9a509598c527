"""A projection made anew from the first event, aside; one checkpoint update switches to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from prompter_events.clock import now_micros
from prompter_events.errors import CheckpointMoved, PrompterError
from prompter_events.event import START, Position
from prompter_events.log import Checkpoint, Log

from .fold import Policy, Projection
from .states import States
from .step import FoldFailed, advance, keys_of

S = TypeVar("S")


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
    batch: int = 2_000,
    progress: Callable[[Position], None] | None = None,
) -> Checkpoint:
    """Fold the whole log into a new generation, then switch to it; the checkpoint afterwards.

    A worker may go on meanwhile; at the switch it notices and continues under the new generation. Nothing is emitted.
    ``progress`` hears each position reached. Raises ``RebuildStopped``; ``CheckpointMoved`` if two rebuilds meet;
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
    while True:
        events = [event async for event in log.read(after=at.position, limit=batch)]
        if events:
            to = Checkpoint(events[-1].position, generation)
            try:
                keys = keys_of(projection, events, {})
                kept = await states.load({key for key in keys if key is not None})
                step = advance(projection, kept, zip(keys, events, strict=True), at.position, {})
            except FoldFailed as failure:
                raise RebuildStopped(name, failure.letter.position, failure.letter.trace) from failure
            await states.commit(step, at, to, now_micros(), checkpoint_name=aside_name)
            at = to
            if progress is not None:
                progress(at.position)
            continue
        live = await log.checkpoint(name)
        if live.position > at.position:
            continue
        try:
            async with log.transaction() as transaction:
                transaction.move(name, live, at)
        except CheckpointMoved:
            # The worker took another batch; so do we.
            continue
        return at
