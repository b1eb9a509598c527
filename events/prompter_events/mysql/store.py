"""The store on a MySQL or MariaDB server."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

import aiomysql

from ..append import Batch, Head, Plan, ProducerState
from ..errors import LogUnavailable
from ..event import Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from ..numbered import Directory
from ..store import DataRefused, Store
from ..transaction import Checkpoint, Cost, Relation, Transaction, Value, check_complete
from ..url import MysqlUrl
from . import people, read_models, statements, tables
from .connections import Account, Connections
from .password import find_password

READERS = 4
"""Connections for reading. The writer has one of its own, and so have read models, so that neither holds it up."""

LEAST_PACKET = 4 * 1024 * 1024
"""max_allowed_packet must hold one event of 1 MiB with every byte escaped, twice over."""


async def open_store(
    url: MysqlUrl,
    password: str | None,
    directories: Sequence[Directory],
    clock: Callable[[], int],
    new_id: Callable[[], UUID],
) -> MysqlStore:
    """Look whether the server is there and migrated, and make a store of it.

    Raises ``LogUnavailable``, ``LogNotMigrated`` or ``LogTooNew`` at once, without trying again.
    """
    account = Account(url, url.user, find_password(password, url.user))
    packet = await tables.check(account, directories)
    if packet < LEAST_PACKET:
        raise LogUnavailable(
            f"{url}: max_allowed_packet is {packet} bytes and must be at least {LEAST_PACKET}; raise it on the server"
        )
    return MysqlStore(account, clock, packet, new_id)


class MysqlStore(Store):
    """``clock`` gives µs since the epoch, UTC; ``packet`` is the server's max_allowed_packet in bytes.

    ``new_id`` gives the ids of participants and notebooks.
    """

    writes_beside = True

    def __init__(self, account: Account, clock: Callable[[], int], packet: int, new_id: Callable[[], UUID]) -> None:
        self._clock = clock
        self._new_id = new_id
        self._writer = Connections(account, 1)
        self._models = Connections(account, 1)
        self._readers = Connections(account, READERS)
        # Escaping at most doubles a value, so that no statement outgrows the packet.
        self._statement_bytes = packet * 9 // 20
        self._epoch = UUID(int=0)

    async def epoch(self) -> UUID:
        self._epoch = await self._readers.run(statements.read_epoch)
        return self._epoch

    async def commit(self, batches: Sequence[Batch]) -> Plan:
        async def append(connection: aiomysql.Connection) -> Plan:
            await connection.begin()
            plan = await self._append(connection, batches)
            await (connection.commit() if plan.events else connection.rollback())
            return plan

        return await self._writer.run(append)

    async def fits(self, batches: Sequence[Batch]) -> bool:
        async def probe(connection: aiomysql.Connection) -> None:
            await connection.begin()
            await self._append(connection, batches)
            await connection.rollback()

        try:
            await self._writer.run(probe)
        except DataRefused:
            return False
        return True

    async def transact(self, transaction: Transaction) -> Position:
        unanswered = False

        async def run(connection: aiomysql.Connection) -> Position:
            nonlocal unanswered
            await connection.begin()
            if unanswered and any([await read_models.was_moved(connection, move) for move in transaction.moves]):
                await connection.rollback()
                return (await statements.read_head(connection, self._epoch)).position
            began = time.monotonic()
            await self._write(connection, transaction)
            written = time.monotonic()
            if transaction.batches:
                plan = await self._append(connection, transaction.batches)
                check_complete(transaction.batches, plan.outcomes, again=unanswered)
                transaction.appended = plan.events
                position = plan.head.position
            else:
                # The head row stays unlocked for those who append.
                position = (await statements.read_head(connection, self._epoch)).position
            unanswered = True
            sent = time.monotonic()
            await connection.commit()
            transaction.cost = Cost(written - began, time.monotonic() - sent)
            return position

        return await (self._writer if transaction.batches else self._models).run(run)

    async def _write(self, connection: aiomysql.Connection, transaction: Transaction) -> None:
        for forgetting in transaction.forgettings:
            await read_models.forget(connection, forgetting)
        for relation, rows in transaction.saves:
            await read_models.save(connection, relation, rows, self._statement_bytes)
        for move in transaction.moves:
            await read_models.move(connection, move)

    async def head(self) -> Head:
        return await self._readers.run(partial(statements.read_head, epoch=self._epoch))

    async def page(
        self,
        after: Position,
        upto: Position,
        count: int,
        *,
        session: SessionId | None,
        types: Collection[str] | None,
    ) -> list[Event]:
        return await self._readers.run(
            lambda connection: statements.page(connection, after, upto, count, session=session, types=types)
        )

    async def beyond_head(self) -> Position | None:
        return await self._readers.run(statements.beyond_head)

    async def producer(self, producer_id: ProducerId) -> ProducerState | None:
        return await self._readers.run(partial(statements.producer, producer_id=producer_id))

    async def session_owner(self, session_id: SessionId) -> ParticipantId | None:
        return await self._readers.run(partial(statements.session_owner, session_id=session_id))

    async def participant(self, name: str) -> ParticipantId:
        return await self._writer.transact(
            partial(people.participant, name=name, now=self._clock(), new_id=self._new_id())
        )

    async def participant_names(self) -> dict[ParticipantId, str]:
        return await self._readers.run(people.participant_names)

    async def notebook(self, participant_id: ParticipantId, study: str, path: str) -> NotebookId:
        return await self._writer.transact(
            partial(
                people.notebook,
                participant_id=participant_id,
                study=study,
                path=path,
                now=self._clock(),
                new_id=self._new_id(),
            )
        )

    async def rename_notebook(self, notebook_id: NotebookId, path: str) -> None:
        await self._writer.transact(partial(people.rename_notebook, notebook_id=notebook_id, path=path))

    async def checkpoint(self, projection: str) -> Checkpoint:
        return await self._readers.run(partial(read_models.checkpoint, projection=projection))

    async def lease(self, projection: str, holder: UUID, seconds: float) -> bool:
        async def take(connection: aiomysql.Connection) -> bool:
            now = self._clock()
            return await read_models.lease(connection, projection, holder, now, now + round(seconds * 1_000_000))

        return await self._writer.transact(take)

    async def release(self, projection: str, holder: UUID) -> None:
        await self._writer.transact(partial(read_models.release, projection=projection, holder=holder))

    async def rows(
        self, relation: Relation, equal: Mapping[str, Value], present: Iterable[str]
    ) -> list[dict[str, Value]]:
        return await self._readers.run(lambda connection: read_models.rows(connection, relation, equal, present))

    async def bar(self, participant_id: ParticipantId) -> dict[ProducerId, int]:
        return await self._writer.transact(
            lambda connection: people.bar(connection, participant_id, self._clock(), self._epoch)
        )

    async def erase(self, producer_id: ProducerId, first: int, last: int) -> tuple[int, set[SessionId]]:
        return await self._writer.transact(lambda connection: people.erase(connection, producer_id, first, last))

    async def is_erased(self, participant_id: ParticipantId) -> bool:
        return await self._readers.run(partial(people.is_erased, participant_id=participant_id))

    async def renew_epoch(self, epoch: UUID) -> None:
        await self._writer.transact(partial(statements.renew_epoch, epoch=epoch))
        self._epoch = epoch

    async def _append(self, connection: aiomysql.Connection, batches: Sequence[Batch]) -> Plan:
        return await statements.append(connection, batches, self._clock(), self._statement_bytes, epoch=self._epoch)

    async def aclose(self) -> None:
        await self._writer.aclose()
        await self._models.aclose()
        await self._readers.aclose()
