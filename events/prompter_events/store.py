"""What a log on disk must be able to do, each in one transaction of its own. ``stored.py`` makes a log of it."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from .append import Batch, Head, Plan, ProducerState
from .errors import LogError, LogRestored
from .event import Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from .transaction import Checkpoint, Relation, Transaction, Value

UNPLACEABLE = (struct.error, OverflowError, UnicodeError)
"""What Python raises for numbers and texts that no column and no hash can take."""


class DataRefused(LogError):
    """A value does not fit its column. The writer finds the event and keeps it as ``capture.invalid``.

    ``reason`` says why, without naming the server or file.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where} cannot hold the value: {reason}")
        self.reason = reason


RESTORED = "it was restored from a backup, and must be opened again"


def check_epoch(found: bytes, expected: UUID) -> None:
    """Raise ``LogRestored`` unless the head row is of the log that was opened."""
    if found != expected.bytes:
        raise LogRestored(f"the log has another epoch than when it was opened: {RESTORED}")


class Store(ABC):
    """One log's tables. Driver errors are translated, and what may pass is tried again, before anything is raised.

    ``epoch`` comes first: what reads or moves the head raises ``LogRestored`` once the log has another.
    """

    writes_beside = False
    """Whether a transaction that appends nothing may be written while something else is."""

    @abstractmethod
    async def epoch(self) -> UUID:
        """The log's epoch now; the store keeps to it from here on."""

    @abstractmethod
    async def commit(self, batches: Sequence[Batch]) -> Plan:
        """Append in one transaction, and tell what became of each batch. Raises ``DataRefused`` and stores nothing."""

    @abstractmethod
    async def fits(self, batches: Sequence[Batch]) -> bool:
        """Whether ``commit`` would take these; nothing is stored."""

    @abstractmethod
    async def transact(self, transaction: Transaction) -> Position:
        """Write a projection's rows, checkpoint and events; the head after it."""

    @abstractmethod
    async def head(self) -> Head:
        """The head row."""

    @abstractmethod
    async def page(
        self,
        after: Position,
        upto: Position,
        count: int,
        *,
        session: SessionId | None,
        types: Collection[str] | None,
    ) -> list[Event]:
        """At most ``count`` events in (after, upto], in order."""

    @abstractmethod
    async def beyond_head(self) -> Position | None:
        """The first event behind the head, where none may be."""

    @abstractmethod
    async def producer(self, producer_id: ProducerId) -> ProducerState | None:
        """What the log holds of a producer; none of one that was never seen."""

    @abstractmethod
    async def session_owner(self, session_id: SessionId) -> ParticipantId | None:
        """See ``Log``; so for all that follow."""

    @abstractmethod
    async def participant(self, name: str) -> ParticipantId: ...

    @abstractmethod
    async def participant_names(self) -> dict[ParticipantId, str]: ...

    @abstractmethod
    async def notebook(self, participant_id: ParticipantId, study: str, path: str) -> NotebookId: ...

    @abstractmethod
    async def rename_notebook(self, notebook_id: NotebookId, path: str) -> None: ...

    @abstractmethod
    async def checkpoint(self, projection: str) -> Checkpoint: ...

    @abstractmethod
    async def lease(self, projection: str, holder: UUID, seconds: float) -> bool: ...

    @abstractmethod
    async def release(self, projection: str, holder: UUID) -> None: ...

    @abstractmethod
    async def rows(
        self, relation: Relation, equal: Mapping[str, Value], present: Iterable[str]
    ) -> list[dict[str, Value]]: ...

    @abstractmethod
    async def bar(self, participant_id: ParticipantId) -> dict[ProducerId, int]:
        """Refuse the participant's events from now on, and forget their name and their notebooks' paths.

        Returns their producers with the last number of each.
        """

    @abstractmethod
    async def erase(self, producer_id: ProducerId, first: int, last: int) -> tuple[int, set[SessionId]]:
        """Remove the payloads of these numbers; how many there were, and whose sessions they are all of."""

    @abstractmethod
    async def is_erased(self, participant_id: ParticipantId) -> bool: ...

    async def scrub(self) -> None:
        """Let go of what the storage itself still keeps of erased payloads, where it does."""
        return

    @abstractmethod
    async def renew_epoch(self, epoch: UUID) -> None:
        """Give the log another epoch, and keep to it."""

    @abstractmethod
    async def aclose(self) -> None: ...
