"""What one append does, without I/O: which events are new, their numbers, stamps and hashes.

Every log runs this function under its head lock, with what it read there. Nothing computed here survives the lock: a
retry runs it again.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from .chain import SALT_BYTES, event_hash, payload_digest
from .errors import BatchRefused, ErasedParticipant, ForeignProducer
from .event import Event, ParticipantId, Position, ProducerId, is_any_erased
from .invalid import as_invalid, invalidity


@dataclass(frozen=True)
class Head:
    """The end of the log: its last position, and the hash there."""

    position: Position
    hash: bytes


# Flat values, of which a commit makes many: the garbage collector need not look at them.
class ProducerState(msgspec.Struct, frozen=True, gc=False):
    """What the log holds of a producer: the last number stored, and whose it is."""

    last_seq: int
    participant_id: ParticipantId


def last_seq_of(producer_id: ProducerId, state: ProducerState | None, of: ParticipantId | None) -> int:
    """See ``Log.last_seq``."""
    if state is None:
        return 0
    if of not in (None, state.participant_id):
        raise ForeignProducer(producer_id)
    return state.last_seq


class Batch(msgspec.Struct, frozen=True):
    """Events of one producer, in the order of their numbers. Raises ``ValueError`` for one that was erased."""

    producer_id: ProducerId
    events: Sequence[Event]

    def __post_init__(self) -> None:
        # Said here, to the one who asks for it: in a commit it would fail the others' batches too.
        if is_any_erased(self.events):
            raise ValueError("an erased event cannot be appended")


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What became of one batch."""

    last_seq: int
    """The producer's last durable number: what to acknowledge, and where to resend from after a hole."""
    position: Position
    """The head after this append; every event up to ``last_seq`` lies at or before it."""
    stored: int
    """How many events were new."""
    duplicates: int
    """How many were in the log already."""


Outcome = Receipt | BatchRefused
"""What became of one batch: stored, or refused by itself."""


@dataclass(frozen=True)
class Plan:
    """What one append writes."""

    events: list[Event]
    producers: dict[ProducerId, ProducerState]
    """The producers whose row changes."""
    head: Head
    outcomes: list[Outcome]
    """One for each batch, in their order."""


def plan_append(
    head: Head,
    producers: Mapping[ProducerId, ProducerState],
    batches: Sequence[Batch],
    now: int,
    erased: Collection[ParticipantId] = (),
) -> Plan:
    """Decide what is stored.

    Duplicates are dropped, what lies behind a hole in the numbering is left out, and the rest is numbered, stamped with
    ``now`` (µs since the epoch) and chained. What no log holds as it came becomes a ``capture.invalid`` with its
    number. A batch of a producer that belongs to somebody else, or of a participant who was ``erased``, is refused by
    itself.
    """
    changed: dict[ProducerId, ProducerState] = {}
    stored: list[Event] = []
    salts = _salts(sum(len(batch.events) for batch in batches))
    position, last_hash = head.position, head.hash
    outcomes: list[Outcome] = []
    for batch in batches:
        state = changed.get(batch.producer_id) or producers.get(batch.producer_id)
        owner = state.participant_id if state else batch.events[0].participant_id
        if any(event.participant_id != owner for event in batch.events):
            outcomes.append(ForeignProducer(batch.producer_id))
            continue
        if owner in erased:
            outcomes.append(ErasedParticipant(owner))
            continue
        last_seq = state.last_seq if state else 0
        before = len(stored)
        duplicates = 0
        for event in batch.events:
            if event.producer_seq <= last_seq:
                duplicates += 1
                continue
            if event.producer_seq != last_seq + 1:
                break
            position = Position(position + 1)
            placed = _place(event, position, now, next(salts), last_hash)
            last_hash = placed.hash
            last_seq = placed.producer_seq
            stored.append(placed)
        if len(stored) > before:
            changed[batch.producer_id] = ProducerState(last_seq, owner)
        outcomes.append(Receipt(last_seq, position, len(stored) - before, duplicates))
    new_head = Head(position, last_hash)
    return Plan(stored, changed, new_head, outcomes)


def _salts(count: int) -> Iterator[bytes]:
    # Asking the system for random bytes costs as much as a hash; so once for all.
    drawn = secrets.token_bytes(count * SALT_BYTES)
    return (drawn[start : start + SALT_BYTES] for start in range(0, len(drawn), SALT_BYTES))


def _place(event: Event, position: Position, now: int, salt: bytes, previous: bytes) -> Event:
    reason = invalidity(event)
    if reason is not None:
        event = as_invalid(event, reason)
    placed = msgspec.structs.replace(
        event,
        position=position,
        recorded_at=now,
        salt=salt,
        payload_digest=payload_digest(event.payload or b"", salt),
    )
    # Nobody has it yet: its hash is filled in, instead of into a second copy.
    msgspec.structs.force_setattr(placed, "hash", event_hash(previous, placed))
    return placed
