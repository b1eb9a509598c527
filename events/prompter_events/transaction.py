"""What the logs share about a projection's transaction, without I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from .append import Batch, Outcome
from .errors import BatchRefused, CheckpointMoved, ErasedParticipant
from .event import START
from .log import Checkpoint, Forgetting, Relation, Row, Value

NEW_CHECKPOINT = Checkpoint(START, 1)
"""Where a projection stands that was never seen."""

_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,63}")


def stored_value(value: Value) -> int | float | str | bytes | None:
    """A value as its column holds it: UUIDs are 16 bytes."""
    return value.bytes if isinstance(value, UUID) else value


def stored_row(relation: Relation, row: Row) -> list[int | float | str | bytes | None]:
    """A row's values in the order of the relation's key and columns. Raises ``ValueError`` if the names differ."""
    names = (*relation.key, *relation.columns)
    if row.keys() != set(names):
        raise ValueError(f"a row of {relation.name} has {sorted(row)}; the relation has {sorted(names)}")
    return [stored_value(row[name]) for name in names]


def check_relation(relation: Relation) -> None:
    """Refuse names that would need quoting. Raises ``ValueError``."""
    for name in (relation.name, *relation.key, *relation.columns):
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
