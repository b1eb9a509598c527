"""A log over a store: what SQLite and MySQL have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

from .append import Batch, Head, Receipt, last_seq_of
from .catalogue.study import ParticipantErased
from .clock import now_micros
from .erasure import ERASE_EVENTS, Progress, erasure_event
from .errors import LogRestored
from .event import START, Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from .log import CommitWatch, Log
from .news import News
from .reader import HOLE_SECONDS, read_pages
from .store import RESTORED, Store
from .transaction import (
    Checkpoint,
    Relation,
    Transaction,
    Value,
    check_forgetting,
    check_relation,
    check_selection,
)
from .writer import Writer


class StoredLog(Log):
    """A log on disk. What appends goes through one writer, in turn; reads go beside it.

    So does what writes read models alone, where the store can: those who append wait for each other and for nothing
    else.
    """

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
        upto = (await self.head()).position

        async def fetch(after: Position, upto: Position, count: int) -> list[Event]:
            return await self._store.page(after, upto, count, session=session, types=types)

        whole = session is None and types is None
        async for event in read_pages(fetch, after, upto, limit, contiguous=whole, hole_seconds=self.hole_seconds):
            yield event

    def watch_commits(self, watch: CommitWatch) -> None:
        self._writer.watch = watch

    async def wait(self, after: Position, timeout: float | None = None) -> Position:
        return await self._news.wait(after, timeout)

    async def _look(self) -> Position:
        return (await self.head()).position

    async def head(self) -> Head:
        seen = self._news.seen
        head = await self._store.head()
        if head.position < seen:
            raise LogRestored(f"the log ends at {head.position} and went on to {seen} before: {RESTORED}")
        return head

    async def beyond_head(self) -> Position | None:
        return await self._store.beyond_head()

    async def last_seq(self, producer_id: ProducerId, of: ParticipantId | None = None) -> int:
        return last_seq_of(producer_id, await self._store.producer(producer_id), of)

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
        for forgetting in transaction.forgettings:
            check_forgetting(forgetting)
        for relation, rows in transaction.saves:
            check_relation(relation)
            for row in rows:
                relation.check(row)
        if transaction.batches or not self._store.writes_beside:
            await self._writer.run(partial(self._transact, transaction))
        elif transaction.forgettings or transaction.saves or transaction.moves:
            await self._transact(transaction)

    async def _transact(self, transaction: Transaction) -> None:
        # Announced by the job itself: the caller may have given up between COMMIT and here.
        position = await self._store.transact(transaction)
        if transaction.appended:
            self._writer.watch(transaction.appended, None)
        self._news.announce(position)

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

    async def erase(
        self, participant_id: ParticipantId, *, by: str, progress: Progress | None = None
    ) -> ParticipantErased:
        producers = await self._writer.run(partial(self._store.bar, participant_id))
        total = sum(producers.values())
        done, removed, sessions = 0, 0, set[SessionId]()
        for producer_id, last_seq in producers.items():
            for first in range(1, last_seq + 1, ERASE_EVENTS):
                last = min(first + ERASE_EVENTS - 1, last_seq)
                count, of = await self._writer.run(partial(self._store.erase, producer_id, first, last))
                done, removed, sessions = done + last + 1 - first, removed + count, sessions | of
                if progress:
                    progress(done, total)
        body = ParticipantErased(participant_id=participant_id, sessions=sorted(sessions), events=removed, by=by)
        told = erasure_event(body, now_micros())
        await self.append(told.producer_id, [told])
        await self._writer.run(self._store.scrub)
        return body

    async def is_erased(self, participant_id: ParticipantId) -> bool:
        return await self._store.is_erased(participant_id)

    async def renew_epoch(self) -> UUID:
        epoch = uuid4()
        await self._writer.run(partial(self._store.renew_epoch, epoch))
        self._epoch = epoch
        return epoch

    async def aclose(self) -> None:
        await self._writer.aclose()
        await self._news.aclose()
        await self._store.aclose()
