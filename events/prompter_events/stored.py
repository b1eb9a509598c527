"""A log over a store: what SQLite and MySQL have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

from .append import Batch, Head, Receipt
from .event import START, Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from .log import Checkpoint, Log, Relation, Transaction, Value
from .news import News
from .reader import HOLE_SECONDS, read_pages
from .store import Store
from .transaction import check_relation, check_selection, stored_row
from .writer import Writer


class StoredLog(Log):
    """A log on disk. Everything that writes goes through one writer, in turn; reads go beside it."""

    def __init__(self, store: Store, epoch: UUID, seen: Position) -> None:
        self._store = store
        self._epoch = epoch
        self._news = News(seen, self._look)
        self._writer = Writer(store, self._news.announce)
        self.hole_seconds = HOLE_SECONDS
        """How long a reader waits at a hole before it calls the log corrupt."""

    @property
    def epoch(self) -> UUID:
        return self._epoch

    async def append_batches(self, batches: Sequence[Batch]) -> list[Receipt]:
        return await self._writer.append(batches)

    async def read(
        self,
        after: Position = START,
        session: SessionId | None = None,
        types: Collection[str] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Event]:
        # The head first: what is read then lies below it, and can be checked for holes.
        upto = (await self._store.head()).position

        async def fetch(after: Position, upto: Position, count: int) -> list[Event]:
            return await self._store.page(after, upto, count, session=session, types=types)

        whole = session is None and types is None
        async for event in read_pages(fetch, after, upto, limit, contiguous=whole, hole_seconds=self.hole_seconds):
            yield event

    async def wait(self, after: Position, timeout: float | None = None) -> Position:
        return await self._news.wait(after, timeout)

    async def _look(self) -> Position:
        return (await self._store.head()).position

    async def head(self) -> Head:
        return await self._store.head()

    async def beyond_head(self) -> Position | None:
        return await self._store.beyond_head()

    async def last_seq(self, producer_id: ProducerId) -> int:
        return await self._store.last_seq(producer_id)

    async def session_owner(self, session_id: SessionId) -> ParticipantId | None:
        return await self._store.session_owner(session_id)

    async def participant(self, name: str) -> ParticipantId:
        return await self._writer.run(partial(self._store.participant, name))

    async def participant_names(self) -> dict[ParticipantId, str]:
        return await self._store.participant_names()

    async def notebook(self, participant_id: ParticipantId, study: str, path: str) -> NotebookId:
        return await self._writer.run(partial(self._store.notebook, participant_id, study, path))

    async def rename_notebook(self, notebook_id: NotebookId, path: str) -> None:
        await self._writer.run(partial(self._store.rename_notebook, notebook_id, path))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        transaction = Transaction()
        yield transaction
        for relation, rows in transaction.saves:
            check_relation(relation)
            for row in rows:
                stored_row(relation, row)
        if transaction.saves or transaction.moves or transaction.batches:
            head = await self._writer.run(partial(self._store.transact, transaction))
            self._news.announce(head)

    async def checkpoint(self, projection: str) -> Checkpoint:
        return await self._store.checkpoint(projection)

    async def lease(self, projection: str, holder: UUID, seconds: float) -> bool:
        return await self._writer.run(partial(self._store.lease, projection, holder, seconds))

    async def release(self, projection: str, holder: UUID) -> None:
        await self._writer.run(partial(self._store.release, projection, holder))

    async def rows(
        self, relation: Relation, equal: Mapping[str, Value], present: Iterable[str] = ()
    ) -> list[dict[str, Value]]:
        present = tuple(present)
        check_selection(relation, equal, present)
        return await self._store.rows(relation, equal, present)

    async def aclose(self) -> None:
        await self._writer.aclose()
        await self._news.aclose()
        await self._store.aclose()
