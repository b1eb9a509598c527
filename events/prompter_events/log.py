"""The contract of a log. ``memory.py`` is its readable specification; ``sqlite/`` and ``mysql/`` keep it on disk.

Seven promises, each tested under its name in ``tests/events/test_log_contract.py``:

1. *Atomic*: the events of one ``append`` are in the log whole, or not at all.
2. *Exactly once*: (producer_id, producer_seq) is stored once, whatever is resent, by whichever process.
3. *Gapless total order*: positions are 1..N in commit order, with several processes writing.
4. *No reader skips*: a reader delivers position p only after p - 1.
5. *Durable before acknowledged*: ``append`` returns only after COMMIT did.
6. *Append-only*: nothing changes or removes an event, but erasure.
7. *Tamper-evident*: the hash chain names the first changed, missing or inserted event.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self
from uuid import UUID

from .append import Batch, Head, Receipt
from .catalogue.study import ParticipantErased
from .erasure import Progress
from .event import START, Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from .transaction import Checkpoint, Relation, Transaction, Value

CommitWatch = Callable[[Sequence[Event], float | None], None]
"""Told which events one commit held, in the order of their positions, and how many seconds it took; none for those of a
``transaction``, which writes more than events."""


class Log(ABC):
    """An append-only event log. Open one with ``open_log(url)``; it is an async context manager.

    Every method may raise ``LogUnavailable`` (try again later), ``LogReadOnly``, or ``LogRestored`` (open it again);
    reads may raise ``LogCorrupt``.
    """

    @property
    @abstractmethod
    def epoch(self) -> UUID:
        """Changes when the log is restored from a backup: positions read under another epoch are void."""

    @abstractmethod
    async def append_batches(self, batches: Sequence[Batch]) -> list[Receipt]:
        """Append several producers' events in one commit. Returns after COMMIT, one receipt for each batch.

        An event that no log holds as it came, such as one of more than 1 MiB, is kept as ``capture.invalid`` under its
        own number, so that it stops nobody else.

        Raises ``ForeignProducer`` if a batch's producer belongs to another participant, ``ErasedParticipant`` if its
        participant was erased; the other batches are stored.
        """

    async def append(self, producer_id: ProducerId, events: Sequence[Event]) -> Receipt:
        """Append one producer's events, numbered by it. Returns after COMMIT.

        What the log holds already counts as a duplicate and is not stored again; what lies behind a hole in the
        numbering is left out, and ``receipt.last_seq`` tells from where to resend. Raises ``ForeignProducer`` or
        ``ErasedParticipant``.
        """
        if not events:
            raise ValueError("an append of no events")
        [receipt] = await self.append_batches([Batch(producer_id, events)])
        return receipt

    @abstractmethod
    def read(
        self,
        after: Position = START,
        session: SessionId | None = None,
        types: Collection[str] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Event]:
        """Events after a position, in order, up to the head as it was when reading began.

        ``session`` and ``types`` select, ``limit`` bounds the number of events. Memory stays bounded: events come in
        pages. Without a selection, position p comes only after p - 1: the reader waits at a hole, and raises
        ``LogCorrupt`` if it stays for 5 s.
        """

    @abstractmethod
    def watch_commits(self, watch: CommitWatch) -> None:
        """Have ``watch``, and nobody else, told of each commit of appended events by this object.

        It is told before ``wait`` wakes. Of a transaction whose COMMIT lost its answer it is told nothing: those events
        have to be read.
        """

    @abstractmethod
    async def wait(self, after: Position, timeout: float | None = None) -> Position:
        """Wait until something newer than ``after`` is committed; at most ``timeout`` seconds. Returns the head.

        An append in this process wakes at once; one in another process within 200 ms. All waiters of a process cost
        one poll.
        """

    @abstractmethod
    async def head(self) -> Head:
        """The end of the log."""

    async def beyond_head(self) -> Position | None:
        """The first event behind the head, where none may be: only tampering puts one there."""
        return None

    @abstractmethod
    async def last_seq(self, producer_id: ProducerId, of: ParticipantId | None = None) -> int:
        """The producer's last durable number; 0 for one that was never seen.

        Raises ``ForeignProducer`` if it was bound to somebody else than ``of``.
        """

    @abstractmethod
    async def session_owner(self, session_id: SessionId) -> ParticipantId | None:
        """Whose session it is: the participant of its first event."""

    @abstractmethod
    async def participant(self, name: str) -> ParticipantId:
        """The id of a participant by their name, made at first sight. Names live in this one table."""

    @abstractmethod
    async def participant_names(self) -> dict[ParticipantId, str]:
        """All participants."""

    @abstractmethod
    async def notebook(self, participant_id: ParticipantId, study: str, path: str) -> NotebookId:
        """The id of (study, participant, file), made at first sight. Raises ``ErasedParticipant``."""

    @abstractmethod
    async def rename_notebook(self, notebook_id: NotebookId, path: str) -> None:
        """Give a notebook's file its new path."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Collect a projection's rows, checkpoint and events; all are written when the block ends, or none.

        Raises ``CheckpointMoved`` at the end of the block if another worker moved the checkpoint, took the lease, or
        appended under the same numbers.
        """

    @abstractmethod
    async def checkpoint(self, projection: str) -> Checkpoint:
        """Where a projection stands; position 0, generation 1 for a new one."""

    @abstractmethod
    async def lease(self, projection: str, holder: UUID, seconds: float) -> bool:
        """Take or renew the right to run a projection. False while another holder's lease lasts."""

    @abstractmethod
    async def release(self, projection: str, holder: UUID) -> None:
        """Give a lease back, so that the next worker need not wait for its end."""

    @abstractmethod
    async def rows(
        self, relation: Relation, equal: Mapping[str, Value], present: Iterable[str] = ()
    ) -> list[dict[str, Value]]:
        """Rows of a read model whose columns equal the given values and whose ``present`` columns are not NULL."""

    @abstractmethod
    async def erase(
        self, participant_id: ParticipantId, *, by: str, progress: Progress | None = None
    ) -> ParticipantErased:
        """Remove a participant's payloads and salts, their name and the paths of their notebooks; what was removed.

        From the first moment on their events are refused. Digests stay, so that ``verify`` passes as before. The last
        step is ``participant.erased``, at which the projections forget. ``by`` says who did it. Running it again
        finishes what was interrupted. On MySQL it needs the eraser's account; another one raises ``LogReadOnly``.
        """

    @abstractmethod
    async def is_erased(self, participant_id: ParticipantId) -> bool:
        """Whether ``erase`` has begun with a participant: from then on nothing made of their events may be shown."""

    @abstractmethod
    async def renew_epoch(self) -> UUID:
        """Declare that the log was restored from a backup; the new epoch.

        Every log that is open elsewhere raises ``LogRestored`` from then on.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Finish what is under way, then let go of files and connections."""

    async def follow(self, after: Position = START) -> AsyncIterator[Event]:
        """Every event after a position, and then each new one as it is committed, without end."""
        while True:
            async for event in self.read(after=after):
                after = event.position
                yield event
            await self.wait(after)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
