"""What a projection is: a pure fold over the log, kept current by a worker (``worker.py``).

A projection's state is split by key (a session, a participant, a prompt), so that the cost of an event depends on its
own state and never on the length of the log. All that is asked of a projection is pure: it opens nothing, sleeps on
nothing and reads no clock.

A policy is a projection that also emits events. The worker calls it like this, for each event of a batch in order::

    while due(state) <= event.recorded_at:                 # timers that came before the event
        state, emissions = decide(state, due(state), after=the position before the event)
    state = fold(state, event)
    state, emissions = decide(state, event.recorded_at, after=event.position)

and when the log is read to its end, whenever the clock reaches ``due(state)``::

    state, emissions = decide(state, clock(), after=checkpoint)

States, rows, emissions and checkpoint are committed together, so each decision is taken once. What a policy emits
changes its state inside ``decide``; its own events are passed over when they are read back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar, runtime_checkable
from uuid import UUID, uuid5

from prompter_events.catalogue import Body
from prompter_events.errors import EventInvalid
from prompter_events.event import Event, ParticipantId, Position, ProducerId, SessionId
from prompter_events.log import Log
from prompter_events.transaction import Relation, Row

S = TypeVar("S")

# Fixed for ever: a projection's producers are known by it.
_PRODUCERS = UUID("5f0c5a4e-3d0b-5c0e-9f5e-8d6a2c1b7e90")


@dataclass(frozen=True)
class Emission:
    """An event that a policy wants in the log. Its ``occurred_at`` is the ``now`` of the decision."""

    session_id: SessionId
    participant_id: ParticipantId
    body: Body


class Projection(Protocol[S]):
    """A fold whose states are kept by key. All methods are pure."""

    @property
    def name(self) -> str:
        """The name of its checkpoint, lease and states; it never changes."""

    @property
    def relations(self) -> Collection[Relation]:
        """Every relation that ``rows`` writes; each has a column ``participant_id`` or ``session_id``."""

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        """What the keys of a participant's states begin with; ``sessions`` are all sessions of theirs."""

    def key(self, event: Event) -> bytes | None:
        """Which state an event belongs to, at most 64 bytes; none: the event does not matter here."""

    def fold(self, state: S | None, event: Event) -> S:
        """The state after an event; ``state`` is none before the key's first one."""

    def rows(self, before: S | None, after: S) -> Iterable[tuple[Relation, Sequence[Row]]]:
        """The rows of the read model that differ between two states of one key.

        Each relation's key begins with ``generation``, which the worker fills in.
        """

    def encode(self, state: S) -> bytes:
        """A state as it is kept."""

    def decode(self, data: bytes) -> S:
        """What ``encode`` made, read back."""


@runtime_checkable
class Settling(Projection[S], Protocol[S]):
    """A projection whose states carry what only the next rows need, such as runs that ended."""

    def settle(self, state: S) -> S:
        """The state without that; the worker calls it once the rows are made, and keeps the result."""


@runtime_checkable
class Resuming(Projection[S], Protocol[S]):
    """A projection whose states are too large to be saved at each commit, and can be made again from the log.

    ``encode`` keeps only up to where a state had come, and what ``decode`` reads back must be resumed before it is
    used. Its folding may take long at single events, so it happens in a thread.
    """

    async def resume(self, log: Log, generation: int, state: S) -> S:
        """The state as it was when it was saved. The one method of a projection that reads."""

    def weight(self, state: S) -> int:
        """About how many bytes of memory a state takes."""


@runtime_checkable
class Policy(Projection[S], Protocol[S]):
    """A projection that also emits events: after each event, and when time has come."""

    def decide(self, state: S, now: int, after: Position) -> tuple[S, Sequence[Emission]]:
        """What to do now (µs since the epoch), with everything up to ``after`` folded.

        The state that comes back knows what was emitted. A decision at a due time emits something or changes nothing.
        """

    def due(self, state: S) -> int | None:
        """When this state wants its next decision without an event, in µs since the epoch; none: never.

        After a decision at ``now`` it must be later than ``now``.
        """


@lru_cache(maxsize=4096)
def producer_of(projection: str, participant_id: ParticipantId) -> ProducerId:
    """The producer under which a projection emits events of one participant.

    One for each participant, because a producer belongs to one participant for ever.
    """
    return ProducerId(uuid5(_PRODUCERS, f"{projection}/{participant_id}"))


def is_own(projection: str, event: Event) -> bool:
    """Whether the projection itself emitted this event."""
    return event.producer_id == producer_of(projection, event.participant_id)


def body_of(event: Event) -> Body | None:
    """The event's typed payload; none if it was erased, is of an unknown type or version, or cannot be read."""
    if event.payload is None:
        return None
    try:
        return event.body
    except EventInvalid:
        return None
