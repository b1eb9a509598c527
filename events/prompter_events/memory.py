"""A log in memory: the readable specification of the contract. It is gone with its object."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from msgspec.structs import replace

from .append import Batch, Head, Plan, ProducerState, Receipt, last_seq_of, plan_append
from .catalogue.study import ParticipantErased
from .chain import GENESIS
from .clock import now_micros
from .erasure import Progress, erasure_event
from .errors import BatchRefused, CheckpointMoved, ErasedParticipant, LogUnavailable
from .event import START, Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from .log import CommitWatch, Log
from .news import News
from .transaction import (
    NEW_CHECKPOINT,
    Checkpoint,
    Forgetting,
    Relation,
    Transaction,
    Value,
    check_complete,
    check_forgetting,
    check_relation,
    check_selection,
    stored_row,
    stored_value,
)

_Key = tuple[int | float | str | bytes | None, ...]


class MemoryLog(Log):
    """Lists and dictionaries. Each method runs to its end without awaiting, so each is atomic.

    ``clock`` gives µs since the epoch, UTC, and ``new_id`` the ids of participants and notebooks.
    """

    def __init__(self, *, clock: Callable[[], int] = now_micros, new_id: Callable[[], UUID] = uuid4) -> None:
        self._clock = clock
        self._new_id = new_id
        self._epoch = uuid4()
        self._events: list[Event] = []
        self._head = Head(START, GENESIS)
        self._producers: dict[ProducerId, ProducerState] = {}
        self._participants: dict[str, ParticipantId] = {}
        self._notebooks: dict[tuple[ParticipantId, str, str], NotebookId] = {}
        self._checkpoints: dict[str, Checkpoint] = {}
        self._leases: dict[str, tuple[UUID, int]] = {}
        self._erased: set[ParticipantId] = set()
        self._rows: dict[str, dict[_Key, dict[str, Value]]] = {}
        self._news = News()
        self._closed = False
        self._watch: CommitWatch = lambda events, seconds: None

    def watch_commits(self, watch: CommitWatch) -> None:
        self._watch = watch

    @property
    def epoch(self) -> UUID:
        return self._epoch

    async def append_batches(self, batches: Sequence[Batch]) -> list[Receipt]:
        if not batches or not all(batch.events for batch in batches):
            raise ValueError("an append of no events")
        self._check_open()
        plan = self._plan(batches)
        self._store(plan)
        self._watch(plan.events, 0.0)
        receipts = []
        for outcome in plan.outcomes:
            if isinstance(outcome, BatchRefused):
                raise outcome
            receipts.append(outcome)
        return receipts

    def _plan(self, batches: Sequence[Batch]) -> Plan:
        return plan_append(self._head, self._producers, batches, self._clock(), self._erased)

    def _store(self, plan: Plan) -> None:
        self._events.extend(plan.events)
        self._producers.update(plan.producers)
        self._head = plan.head
        self._news.announce(plan.head.position)

    async def read(
        self,
        after: Position = START,
        session: SessionId | None = None,
        types: Collection[str] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Event]:
        self._check_open()
        left = len(self._events) if limit is None else limit
        # The slice is the head as it was when reading began.
        for event in self._events[after:]:
            if left <= 0:
                return
            if session not in (None, event.session_id) or (types is not None and event.type not in types):
                continue
            left -= 1
            yield event

    async def wait(self, after: Position, timeout: float | None = None) -> Position:
        return await self._news.wait(after, timeout)

    async def head(self) -> Head:
        self._check_open()
        return self._head

    async def last_seq(self, producer_id: ProducerId, of: ParticipantId | None = None) -> int:
        return last_seq_of(producer_id, self._producers.get(producer_id), of)

    async def session_owner(self, session_id: SessionId) -> ParticipantId | None:
        return next((event.participant_id for event in self._events if event.session_id == session_id), None)

    async def participant(self, name: str) -> ParticipantId:
        return self._participants.setdefault(name, ParticipantId(self._new_id()))

    async def participant_names(self) -> dict[ParticipantId, str]:
        return {participant_id: name for name, participant_id in self._participants.items()}

    async def notebook(self, participant_id: ParticipantId, study: str, path: str) -> NotebookId:
        if participant_id in self._erased:
            raise ErasedParticipant(participant_id)
        return self._notebooks.setdefault((participant_id, study, path), NotebookId(self._new_id()))

    async def rename_notebook(self, notebook_id: NotebookId, path: str) -> None:
        # Whatever had that path before lost its file.
        for key, known in list(self._notebooks.items()):
            if known == notebook_id:
                del self._notebooks[key]
                self._notebooks[key[0], key[1], path] = notebook_id

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        transaction = Transaction()
        yield transaction
        self._check_open()
        # Everything that may be refused comes before the first change.
        for forgetting in transaction.forgettings:
            check_forgetting(forgetting)
        saves = []
        for relation, rows in transaction.saves:
            check_relation(relation)
            for given in rows:
                relation.check(given)
            saves.append((relation, [stored_row(relation, row) for row in rows]))
        checkpoints = dict(self._checkpoints)
        for move in transaction.moves:
            found = checkpoints.get(move.projection, NEW_CHECKPOINT)
            holder, _ = self._leases.get(move.projection, (None, 0))
            if found != move.expected or move.holder not in (None, holder):
                raise CheckpointMoved(move.projection, move.expected.position, found.position)
            checkpoints[move.projection] = move.to
        plan = self._plan(transaction.batches)
        check_complete(transaction.batches, plan.outcomes)

        for forgetting in transaction.forgettings:
            self._forget(forgetting)
        for relation, stored in saves:
            table = self._rows.setdefault(relation.name, {})
            for values in stored:
                row: dict[str, Value] = {}
                row.update(zip(relation.names, values, strict=True))
                table[tuple(values[: len(relation.key)])] = row
        self._checkpoints = checkpoints
        self._store(plan)
        transaction.appended = plan.events
        if plan.events:
            self._watch(plan.events, None)

    def _forget(self, forgetting: Forgetting) -> None:
        table = self._rows.get(forgetting.relation.name, {})
        wanted = {name: stored_value(value) for name, value in forgetting.equal.items()}
        column, start = forgetting.prefix or ("", b"")
        for key, row in list(table.items()):
            begins = row.get(column)
            if all(row.get(name) == value for name, value in wanted.items()) and (
                not column or (isinstance(begins, bytes) and begins.startswith(start))
            ):
                del table[key]

    async def checkpoint(self, projection: str) -> Checkpoint:
        return self._checkpoints.get(projection, NEW_CHECKPOINT)

    async def lease(self, projection: str, holder: UUID, seconds: float) -> bool:
        now = self._clock()
        owner, until = self._leases.get(projection, (holder, 0))
        if owner != holder and until > now:
            return False
        self._leases[projection] = (holder, now + round(seconds * 1_000_000))
        return True

    async def release(self, projection: str, holder: UUID) -> None:
        if self._leases.get(projection, (None, 0))[0] == holder:
            del self._leases[projection]

    async def rows(
        self, relation: Relation, equal: Mapping[str, Value], present: Iterable[str] = ()
    ) -> list[dict[str, Value]]:
        present = tuple(present)
        check_selection(relation, equal, present)
        table = self._rows.get(relation.name, {})
        wanted = {name: stored_value(value) for name, value in equal.items()}
        return [
            {name: row.get(name) for name in relation.names}
            for _, row in sorted(table.items())
            if all(row.get(name) == value for name, value in wanted.items())
            and all(row.get(name) is not None for name in present)
        ]

    async def erase(
        self, participant_id: ParticipantId, *, by: str, progress: Progress | None = None
    ) -> ParticipantErased:
        self._check_open()
        self._erased.add(participant_id)
        self._participants = {name: one for name, one in self._participants.items() if one != participant_id}
        self._notebooks = {key: one for key, one in self._notebooks.items() if key[0] != participant_id}
        sessions, removed = set(), 0
        for index, event in enumerate(self._events):
            if event.participant_id == participant_id:
                removed += event.payload is not None
                sessions.add(event.session_id)
                self._events[index] = replace(event, payload=None, salt=None)
        if progress:
            progress(removed, removed)
        body = ParticipantErased(participant_id=participant_id, sessions=sorted(sessions), events=removed, by=by)
        told = erasure_event(body, self._clock())
        await self.append(told.producer_id, [told])
        return body

    async def is_erased(self, participant_id: ParticipantId) -> bool:
        return participant_id in self._erased

    async def renew_epoch(self) -> UUID:
        self._epoch = uuid4()
        return self._epoch

    async def aclose(self) -> None:
        self._closed = True
        await self._news.aclose()

    def _check_open(self) -> None:
        if self._closed:
            raise LogUnavailable("the log is closed")
