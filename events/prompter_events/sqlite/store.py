"""The store in an SQLite file: one thread writes, another reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from uuid import UUID, uuid4

from ..append import Batch, Head, Plan, ProducerState
from ..event import Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from ..store import DataRefused, Store
from ..transaction import Checkpoint, Cost, Relation, Transaction, Value, check_complete
from . import people, read_models, statements
from .database import Database, Undo


class SqliteStore(Store):
    """``clock`` gives µs since the epoch, UTC, and ``new_id`` the ids of participants and notebooks."""

    def __init__(self, path: Path, clock: Callable[[], int], new_id: Callable[[], UUID] = uuid4) -> None:
        self._clock = clock
        self._new_id = new_id
        self._writer = Database(path, writing=True)
        self._reader = Database(path, writing=False)
        self._epoch = UUID(int=0)

    async def epoch(self) -> UUID:
        self._epoch = await self._reader.read(statements.read_epoch)
        return self._epoch

    async def commit(self, batches: Sequence[Batch]) -> Plan:
        def append(connection: sqlite3.Connection) -> Plan:
            return statements.append(connection, batches, self._clock(), self._epoch)

        return await self._writer.write(append)

    async def fits(self, batches: Sequence[Batch]) -> bool:
        def probe(connection: sqlite3.Connection) -> None:
            statements.append(connection, batches, self._clock(), self._epoch)
            raise Undo

        try:
            await self._writer.write(probe)
        except DataRefused:
            return False
        except Undo:
            return True
        raise AssertionError("a probe neither fitted nor failed")

    async def transact(self, transaction: Transaction) -> Position:
        def run(connection: sqlite3.Connection) -> Position:
            for forgetting in transaction.forgettings:
                read_models.forget(connection, forgetting)
            for relation, rows in transaction.saves:
                read_models.save(connection, relation, rows)
            for move in transaction.moves:
                read_models.move(connection, move)
            plan = statements.append(connection, transaction.batches, self._clock(), self._epoch)
            check_complete(transaction.batches, plan.outcomes)
            transaction.appended = plan.events
            return plan.head.position

        def written(cost: Cost) -> None:
            transaction.cost = cost

        # What is made of the log alone, the log tells again: a power cut may take it back, its checkpoint with it.
        position = await self._writer.write(run, written, durable=bool(transaction.batches or transaction.forgettings))
        if transaction.forgettings:
            await self._writer.scrub()
        return position

    async def head(self) -> Head:
        return await self._reader.read(lambda connection: statements.read_head(connection, self._epoch))

    async def page(
        self,
        after: Position,
        upto: Position,
        count: int,
        *,
        session: SessionId | None,
        types: Collection[str] | None,
    ) -> list[Event]:
        return await self._reader.read(
            lambda connection: statements.page(connection, after, upto, count, session=session, types=types)
        )

    async def beyond_head(self) -> Position | None:
        return await self._reader.read(statements.beyond_head)

    async def producer(self, producer_id: ProducerId) -> ProducerState | None:
        return await self._reader.read(lambda connection: statements.producer(connection, producer_id))

    async def session_owner(self, session_id: SessionId) -> ParticipantId | None:
        return await self._reader.read(lambda connection: statements.session_owner(connection, session_id))

    async def participant(self, name: str) -> ParticipantId:
        return await self._writer.write(
            lambda connection: people.participant(connection, name, self._clock(), self._new_id())
        )

    async def participant_names(self) -> dict[ParticipantId, str]:
        return await self._reader.read(people.participant_names)

    async def notebook(self, participant_id: ParticipantId, study: str, path: str) -> NotebookId:
        return await self._writer.write(
            lambda connection: people.notebook(
                connection, participant_id, study, path, now=self._clock(), new_id=self._new_id()
            )
        )

    async def rename_notebook(self, notebook_id: NotebookId, path: str) -> None:
        await self._writer.write(lambda connection: people.rename_notebook(connection, notebook_id, path))

    async def checkpoint(self, projection: str) -> Checkpoint:
        return await self._reader.read(lambda connection: read_models.checkpoint(connection, projection))

    async def lease(self, projection: str, holder: UUID, seconds: float) -> bool:
        def take(connection: sqlite3.Connection) -> bool:
            now = self._clock()
            return read_models.lease(connection, projection, holder, now, now + round(seconds * 1_000_000))

        return await self._writer.write(take)

    async def release(self, projection: str, holder: UUID) -> None:
        await self._writer.write(lambda connection: read_models.release(connection, projection, holder))

    async def rows(
        self, relation: Relation, equal: Mapping[str, Value], present: Iterable[str]
    ) -> list[dict[str, Value]]:
        return await self._reader.read(lambda connection: read_models.rows(connection, relation, equal, present))

    async def bar(self, participant_id: ParticipantId) -> dict[ProducerId, int]:
        return await self._writer.write(lambda connection: people.bar(connection, participant_id, self._clock()))

    async def erase(self, producer_id: ProducerId, first: int, last: int) -> tuple[int, set[SessionId]]:
        return await self._writer.write(lambda connection: people.erase(connection, producer_id, first, last))

    async def is_erased(self, participant_id: ParticipantId) -> bool:
        return await self._reader.read(lambda connection: people.is_erased(connection, participant_id))

    async def scrub(self) -> None:
        await self._writer.scrub()

    async def renew_epoch(self, epoch: UUID) -> None:
        await self._writer.write(lambda connection: statements.renew_epoch(connection, epoch))
        self._epoch = epoch

    async def aclose(self) -> None:
        await self._writer.aclose()
        await self._reader.aclose()
