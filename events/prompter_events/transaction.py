"""A projection's transaction: what it collects to be written together, and what every log checks about it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from .append import Batch, Outcome
from .errors import BatchRefused, CheckpointMoved, ErasedParticipant
from .event import START, Event, Position, ProducerId

Value = int | float | str | bytes | UUID | None
"""What a column of a read model may hold. UUIDs are stored as 16 bytes and come back as bytes."""

Row = Mapping[str, Value]


@dataclass(frozen=True)
class Relation:
    """A table of a read model, as a projection writes it. Its DDL is a migration of the projection's package."""

    name: str
    key: tuple[str, ...]
    """The primary key; a saved row replaces the one with the same key."""
    columns: tuple[str, ...]
    """All other columns."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The key's columns and the others, in the order in which a row's values are stored."""
        return (*self.key, *self.columns)

    @cached_property
    def _names_of_a_row(self) -> frozenset[str]:
        return frozenset(self.names)

    def check(self, row: Row) -> None:
        """Raises ``ValueError`` unless the row has a value for each name, and no other."""
        if row.keys() != self._names_of_a_row:
            raise ValueError(f"a row of {self.name} has {sorted(row)}; the relation has {sorted(self.names)}")


@dataclass(frozen=True)
class Checkpoint:
    """How far a projection has come, and under which generation its rows are."""

    position: Position
    generation: int


@dataclass(frozen=True)
class Move:
    """A compare-and-set of a projection's checkpoint."""

    projection: str
    expected: Checkpoint
    to: Checkpoint
    holder: UUID | None = None
    """Who must hold the projection's lease; none: whoever moves it."""


@dataclass(frozen=True)
class Cost:
    """How long a transaction kept those waiting who append, in seconds; nothing that it waited for itself."""

    statements: float = 0.0
    commit: float = 0.0
    """COMMIT alone, most of which is the disk's and depends little on how much is written."""


@dataclass(frozen=True)
class Forgetting:
    """Rows of a read model to delete: those whose columns equal these values, and whose key column starts so."""

    relation: Relation
    equal: Row
    prefix: tuple[str, bytes] | None = None
    """A column of 16 bytes or more, and what its value begins with."""


@dataclass
class Transaction:
    """What a projection commits together: its rows, its checkpoint, and the events that it emits.

    Everything is collected here and written when the ``async with`` block ends, rows first, then the checkpoint's
    compare-and-set, the head last; so the head lock is held for a moment only. Fold before you open it.
    """

    forgettings: list[Forgetting] = field(default_factory=list)
    saves: list[tuple[Relation, Sequence[Row]]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    cost: Cost = Cost()
    appended: Sequence[Event] = ()
    """What was appended, as it is in the log. Both are known once it is written."""

    def forget(self, relation: Relation, equal: Row, prefix: tuple[str, bytes] | None = None) -> None:
        """Delete rows, before any are saved. Raises ``ValueError`` at the end for a selection of everything."""
        self.forgettings.append(Forgetting(relation, equal, prefix))

    def save(self, relation: Relation, rows: Sequence[Row]) -> None:
        """Insert or replace rows by their key."""
        if rows:
            self.saves.append((relation, rows))

    def move(self, projection: str, expected: Checkpoint, to: Checkpoint, holder: UUID | None = None) -> None:
        """Move a projection's checkpoint, if it still is where ``expected`` says; else nothing at all is written.

        With ``holder`` only while they hold the projection's lease. That fences a worker which lost it, also where the
        checkpoint does not move, and lets a COMMIT whose answer got lost be recognised.
        """
        self.moves.append(Move(projection, expected, to, holder))

    def append(self, producer_id: ProducerId, events: Sequence[Event]) -> None:
        """Append events, numbered by their producer. Those of an erased participant are passed over."""
        if events:
            self.batches.append(Batch(producer_id, events))


NEW_CHECKPOINT = Checkpoint(START, 1)
"""Where a projection stands that was never seen."""

_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,63}")


def stored_value(value: Value) -> int | float | str | bytes | None:
    """A value as its column holds it: UUIDs are 16 bytes."""
    return value.bytes if isinstance(value, UUID) else value


def stored_row(relation: Relation, row: Row) -> list[int | float | str | bytes | None]:
    """The values of a row that was checked, in the order of the relation's key and columns."""
    return [value.bytes if isinstance(value := row[name], UUID) else value for name in relation.names]


def check_relation(relation: Relation) -> None:
    """Refuse names that would need quoting. Raises ``ValueError``."""
    for name in (relation.name, *relation.names):
        if not _IDENTIFIER.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a table or a column")
    if not relation.key:
        raise ValueError(f"{relation.name} has no key")


def check_selection(relation: Relation, equal: Mapping[str, Value], present: Iterable[str]) -> None:
    """Refuse columns that the relation does not have. Raises ``ValueError``."""
    check_relation(relation)
    unknown = {*equal, *present} - {*relation.key, *relation.columns}
    if unknown:
        raise ValueError(f"{relation.name} has no column {', '.join(sorted(unknown))}")


def check_forgetting(forgetting: Forgetting) -> None:
    """Refuse to delete everything, and columns that the relation does not have. Raises ``ValueError``."""
    prefix = forgetting.prefix
    check_selection(forgetting.relation, forgetting.equal, [prefix[0]] if prefix else [])
    if not forgetting.equal and prefix is None:
        raise ValueError(f"all rows of {forgetting.relation.name} would be deleted")


def prefix_range(start: bytes) -> tuple[bytes, bytes]:
    """The first and the last key that begin so; keys are at most 64 bytes."""
    return start, start + b"\xff" * 64


def check_complete(batches: Sequence[Batch], outcomes: Sequence[Outcome], *, again: bool = False) -> None:
    """A transaction is all or nothing: a refused batch, a hole in its numbering or a duplicate refuses the whole.

    A duplicate means that somebody else appends under these numbers: the rows beside it may contradict the log. Only
    where the transaction runs ``again``, after a COMMIT whose answer got lost, may all its events be there already.

    What a worker says about a participant who was erased meanwhile is passed over: it is about to learn of that.
    Raises ``ForeignProducer``, ``CheckpointMoved`` or ``ValueError``.
    """
    for batch, outcome in zip(batches, outcomes, strict=True):
        if isinstance(outcome, ErasedParticipant):
            continue
        if isinstance(outcome, BatchRefused):
            raise outcome
        if outcome.duplicates and not (again and outcome.duplicates == len(batch.events)):
            before = batch.events[0].producer_seq - 1
            raise CheckpointMoved(f"producer {batch.producer_id}", before, outcome.last_seq - outcome.stored)
        if outcome.last_seq < batch.events[-1].producer_seq:
            raise ValueError(
                f"producer {batch.producer_id} is at {outcome.last_seq}; "
                f"the transaction's events reach {batch.events[-1].producer_seq} and leave a hole"
            )
