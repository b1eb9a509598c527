"""The states of a projection: loaded when needed, kept while they are hot, committed with rows and checkpoint."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Collection
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from prompter_events.catalogue.study import ParticipantErased
from prompter_events.event import Event, ProducerId
from prompter_events.log import Log
from prompter_events.transaction import Checkpoint, Cost, Relation, Row, Value

from .fold import Policy, Projection, Resuming
from .forgetting import forget, is_forgotten
from .relations import DEAD_LETTER, STATE
from .step import Kept, Step, state_rows

S = TypeVar("S")

HOT_STATES = 1_000
"""How many states stay in memory: about as many sessions as one server has open."""

HOT_BYTES = 256 * 1024 * 1024
"""How much memory the large states of a ``Resuming`` projection may take: a thousand ordinary notebooks of 250 kB."""


class States(Generic[S]):
    """All states of one generation. With ``holder`` they change only while that worker holds the projection's lease.

    After an error in ``commit`` throw it away: only the log knows the truth.
    """

    def __init__(
        self,
        log: Log,
        projection: Projection[S],
        generation: int,
        hot: int = HOT_STATES,
        *,
        holder: UUID | None = None,
        hot_bytes: int = HOT_BYTES,
    ) -> None:
        self._log = log
        self._holder = holder
        self._projection = projection
        self._resuming = projection if isinstance(projection, Resuming) else None
        self._generation = generation
        self._hot_limit = hot
        self._hot: OrderedDict[bytes, Kept[S]] = OrderedDict()
        self._bytes_limit = hot_bytes
        self._weights: dict[bytes, int] = {}
        self._weight = 0
        self._due: dict[bytes, int] = {}
        # Pairs (due, key); those that `_due` does not confirm are out of date.
        self._queue: list[tuple[int, bytes]] = []
        self._last_seq: dict[ProducerId, int] = {}
        self._held = Step[S]()

    async def load_due(self) -> None:
        """Learn when the saved states want their decisions."""
        if not isinstance(self._projection, Policy):
            return
        for row in await self._log.rows(STATE, self._place(), present=["due_at"]):
            saved = _saved(row)
            self._schedule(saved.state_key, saved.due_at)

    async def load(self, keys: Collection[bytes]) -> dict[bytes, Kept[S]]:
        """What is held under each key."""
        found: dict[bytes, Kept[S]] = {}
        for key in keys:
            kept = self._held.changed.get(key) or self._hot.get(key)
            if kept is None:
                rows = await self._log.rows(STATE, {**self._place(), "state_key": key})
                kept = await self._kept(_saved(rows[0])) if rows else Kept()
            found[key] = kept
        return found

    def due_keys(self, now: int, limit: int) -> list[bytes]:
        """Keys whose time has come, at most ``limit``: those that waited longest."""
        found: list[bytes] = []
        while len(found) < limit and self._queue and self._queue[0][0] <= now:
            due, key = heapq.heappop(self._queue)
            if self._due.get(key) == due:
                del self._due[key]
                found.append(key)
        return found

    def next_due(self) -> int | None:
        """The earliest time that some state waits for, µs since the epoch."""
        while self._queue and self._due.get(self._queue[0][1]) != self._queue[0][0]:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def hold(self, step: Step[S]) -> None:
        """Go on from a step that is written with the next one: it emits nothing, and the log can tell it again."""
        self._held.followed_by(step)
        self.keep(step)

    async def commit(
        self, step: Step[S], expected: Checkpoint, to: Checkpoint, now: int, erased: ParticipantErased | None = None
    ) -> Cost:
        """Write a step, and those held before, in one transaction, and forget who was ``erased``.

        Of somebody who was erased nothing may be held. Returns what it cost those who append. Raises
        ``CheckpointMoved``, and whatever else the log raises.
        """
        self._held.followed_by(step)
        step, self._held = self._held, Step()
        emitted = await self._numbered(step)
        cost = Cost()
        if step.blobs or step.letters or emitted or expected != to:
            name = self._projection.name
            async with self._log.transaction() as transaction:
                if erased is not None:
                    forget(transaction, self._projection, erased, self._generation)
                for relation, rows in self.rows(step):
                    transaction.save(relation, rows)
                transaction.save(
                    DEAD_LETTER,
                    [
                        {
                            "projection": name,
                            "position": letter.position,
                            "session_id": letter.session_id,
                            "traceback": letter.trace,
                            "recorded_at": now,
                        }
                        for letter in step.letters
                    ],
                )
                transaction.move(name, expected, to, self._holder)
                for producer_id, events in emitted.items():
                    transaction.append(producer_id, events)
            cost = transaction.cost
        for producer_id, events in emitted.items():
            self._last_seq[producer_id] = events[-1].producer_seq
        if erased is not None:
            self.drop(erased)
        self.keep(step)
        return cost

    def drop(self, erased: ParticipantErased) -> None:
        """Hold nothing of a participant in memory."""
        for key in [key for key in self._hot if is_forgotten(self._projection, erased, key)]:
            self._cool(key)
        for key in [key for key in self._due if is_forgotten(self._projection, erased, key)]:
            del self._due[key]

    def rows(self, step: Step[S]) -> list[tuple[Relation, list[Row]]]:
        """What a step writes: the last version of each row of the read models, then the states."""
        written: list[tuple[Relation, list[Row]]] = []
        for relation, rows in step.rows.items():
            latest = {tuple(row.get(column) for column in relation.key): row for row in rows}
            written.append((relation, [{**row, "generation": self._generation} for row in latest.values()]))
        written.append((STATE, list(state_rows(self._projection.name, self._generation, step))))
        return written

    def keep(self, step: Step[S]) -> None:
        """Go on from a step that is written."""
        for key, kept in step.changed.items():
            self._hot[key] = kept
            self._hot.move_to_end(key)
            self._schedule(key, kept.due)
            if self._resuming is not None and kept.state is not None:
                weight = self._resuming.weight(kept.state)
                self._weight += weight - self._weights.get(key, 0)
                self._weights[key] = weight
        while len(self._hot) > self._hot_limit or self._weight > self._bytes_limit:
            self._cool(next(iter(self._hot)))

    def _cool(self, key: bytes) -> None:
        del self._hot[key]
        self._weight -= self._weights.pop(key, 0)

    async def _numbered(self, step: Step[S]) -> dict[ProducerId, list[Event]]:
        """The emitted events by producer, with their numbers."""
        emitted: dict[ProducerId, list[Event]] = {}
        for event in step.emitted:
            producer_id = event.producer_id
            if producer_id not in self._last_seq:
                self._last_seq[producer_id] = await self._log.last_seq(producer_id)
            events = emitted.setdefault(producer_id, [])
            seq = self._last_seq[producer_id] + len(events) + 1
            events.append(msgspec.structs.replace(event, producer_seq=seq))
        return emitted

    def _place(self) -> dict[str, Value]:
        return {"projection": self._projection.name, "generation": self._generation}

    async def _kept(self, saved: _Saved) -> Kept[S]:
        state = None if saved.state is None else self._projection.decode(saved.state)
        # Under a stopped key nothing is folded any more.
        if self._resuming is not None and state is not None and saved.stopped_at is None:
            state = await self._resuming.resume(self._log, self._generation, state)
        return Kept(state, saved.due_at, saved.stopped_at)

    def _schedule(self, key: bytes, due: int | None) -> None:
        if due is None:
            self._due.pop(key, None)
        elif self._due.get(key) != due:
            self._due[key] = due
            heapq.heappush(self._queue, (due, key))


class _Saved(msgspec.Struct, frozen=True):
    """A row of ``relations.STATE``."""

    state_key: bytes
    due_at: int | None
    stopped_at: int | None
    state: bytes | None


def _saved(row: dict[str, Value]) -> _Saved:
    return msgspec.convert(row, _Saved, builtin_types=(bytes,))
