"""The projection ``snapshots``: notebooks as they stood at some positions, so that a replay need not begin anew.

Snapshots come in chains: the first is the whole notebook, each other one what changed since the one before. What a
thousand events change is small beside them, however large the notebook, so the snapshots stay a small part of the log.
A new chain begins when the changes take as much as the whole did, so that no more than twice as much is ever read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from msgspec.structs import replace

from prompter_events.catalogue.notebook import CellEdited
from prompter_events.event import NO_SESSION, START, Event, ParticipantId, Position, SessionId
from prompter_events.log import Log
from prompter_events.transaction import Relation, Row, Value

from .change import change
from .fold import body_of
from .moments import whole_at
from .nearest import SNAPSHOTS, nearest
from .notebook import EMPTY, NotebookState
from .packing import fold_digest, packed
from .relations import SNAPSHOT
from .replayer import Replayer

EVENT_BYTES = 300
"""What the log stores for an event besides its payload: ids, times, digests and indexes."""

MOST_BYTES = 4 * 1024 * 1024
"""The largest snapshot, as kept. Escaped it may take twice that; servers take 16 MiB where nobody told them more."""


@dataclass(frozen=True)
class Spacing:
    """How far apart the snapshots of a session are, in events and bytes of the log."""

    least: int = 1_000
    """Events that are replayed faster than anybody notices: 30 to 40 ms."""
    most: int = 5_000
    """Events whose replay takes about a fifth of a second on MariaDB, at 25 µs to read one and 7 µs to fold it."""
    share: int = 10
    """How many times the last change's size the log must have grown by before the next is made, but for ``most``."""

    def is_due(self, events: int, grown: int, size: int) -> bool:
        """Whether it is time for a snapshot, so many events and bytes after the last one, which took ``size`` bytes."""
        return events >= self.most or (events >= self.least and grown >= self.share * size)


class SnapshotsState(msgspec.Struct, frozen=True):
    """One session, as far as it was folded."""

    session_id: UUID
    position: int = START
    replayer: Replayer = Replayer()
    whole_at: int = 0
    """µs since the epoch. From this instant on all events so far are past."""
    events: int = 0
    """Since the last snapshot was made, or was found too large."""
    grown: int = 0
    """By how many bytes the log grew with these events."""
    chain: int = START
    """The last snapshot that was kept as a whole; 0 if there is none."""
    sizes: tuple[int, int, int] = (0, 0, 0)
    """Bytes of that one, of all changes since, and of the last change."""
    last: NotebookState = EMPTY
    """What the last snapshot of the chain tells."""
    made: tuple[Row, ...] = ()
    """Snapshots since the last commit."""


class SnapshotsProjection:
    """Notebooks at some positions of each session."""

    name = SNAPSHOTS
    relations = (SNAPSHOT,)

    def __init__(self, spacing: Spacing | None = None) -> None:
        self._spacing = spacing or Spacing()

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        """The sessions."""
        return [session_id.bytes for session_id in sessions]

    def key(self, event: Event) -> bytes | None:
        """The session."""
        return None if event.session_id == NO_SESSION else event.session_id.bytes

    def fold(self, state: SnapshotsState | None, event: Event) -> SnapshotsState:
        """The session after an event, with a snapshot if one is due."""
        if state is None:
            state = SnapshotsState(event.session_id)
        body = body_of(event) if event.type == "cell.edited" else None
        if isinstance(body, CellEdited):
            replayer = state.replayer.take_burst(event, body)
        else:
            replayer = state.replayer.take(event)
        state = replace(
            state,
            position=event.position,
            replayer=replayer,
            whole_at=max(state.whole_at, whole_at(event, body) or 0),
            events=state.events + 1,
            grown=state.grown + EVENT_BYTES + len(event.payload or b""),
        )
        is_due = self._spacing.is_due(state.events, state.grown, state.sizes[2])
        return self._with_snapshot(state, event) if is_due else state

    def _with_snapshot(self, state: SnapshotsState, event: Event) -> SnapshotsState:
        notebook = state.replayer.state
        state = replace(state, replayer=Replayer(notebook), events=0, grown=0)
        whole, changes, _ = state.sizes
        if state.chain and changes < whole:
            chain, data = state.chain, packed(change(state.last, notebook))
            sizes = whole, changes + len(data), len(data)
        else:
            chain, data = state.position, packed(notebook)
            sizes = len(data), 0, 0
        if len(data) > MOST_BYTES:
            return state
        row: dict[str, Value] = {
            "generation": 0,
            "session_id": state.session_id,
            "chain": chain,
            "position": state.position,
            "fold": fold_digest(),
            "whole_at": state.whole_at,
            "event_hash": event.hash,
            "notebook": data,
        }
        return replace(state, chain=chain, sizes=sizes, last=notebook, made=(*state.made, row))

    def rows(self, before: SnapshotsState | None, after: SnapshotsState) -> Iterable[tuple[Relation, Sequence[Row]]]:
        """The snapshots that were made since the last commit."""
        yield SNAPSHOT, after.made

    def settle(self, state: SnapshotsState) -> SnapshotsState:
        """Snapshots are in their rows."""
        return replace(state, made=()) if state.made else state

    def encode(self, state: SnapshotsState) -> bytes:
        """Up to where it was folded: the rest is in the log, and in the snapshots."""
        return msgspec.msgpack.encode((state.session_id, state.position))

    def decode(self, data: bytes) -> SnapshotsState:
        """A state that must be resumed."""
        session_id, position = msgspec.msgpack.decode(data, type=tuple[UUID, int])
        return SnapshotsState(session_id, position)

    async def resume(self, log: Log, generation: int, state: SnapshotsState) -> SnapshotsState:
        """The notebook folded again, from the last snapshot on."""
        session_id = SessionId(state.session_id)
        snapshot = await nearest(log, session_id, generation=generation, position=state.position)
        resumed = SnapshotsState(session_id)
        if snapshot is not None:
            whole, *changes = snapshot.sizes
            resumed = replace(
                resumed,
                position=snapshot.position,
                replayer=Replayer(snapshot.notebook),
                whole_at=snapshot.whole_at,
                chain=snapshot.chain,
                sizes=(whole, sum(changes), changes[-1] if changes else 0),
                last=snapshot.notebook,
            )
        made_again = False
        async for event in log.read(after=Position(resumed.position), session=session_id):
            if event.position > state.position:
                break
            resumed = self.fold(resumed, event)
            made_again = made_again or bool(resumed.made)
            resumed = self.settle(resumed)
        # What came due on the way is there already, but this fold may not use it, so nothing may build on it either.
        return replace(resumed, chain=START, sizes=(0, 0, 0)) if made_again else resumed

    def weight(self, state: SnapshotsState) -> int:
        """Three times what the snapshots of the chain take, for they are compressed, and the growth since."""
        return 3 * (state.sizes[0] + state.sizes[1]) + state.grown
