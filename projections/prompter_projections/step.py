"""One step of a projection, without I/O: events and states in, everything that must be committed out."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prompter_events.event import NO_SESSION, Event, Position, SessionId, draft
from prompter_events.transaction import Relation, Row, Value

from .fold import Emission, Policy, Projection, Settling, is_own, producer_of

S = TypeVar("S")


# µs. A policy that wants to decide again at once, against its contract, must not keep the worker busy.
_PUT_OFF = 1_000_000


@dataclass(frozen=True)
class Kept(Generic[S]):
    """What a projection holds under one key."""

    state: S | None = None
    due: int | None = None
    """When the state wants a decision, µs since the epoch."""
    stopped_at: int | None = None
    """The position of the event that could not be folded; nothing is folded under this key since."""


@dataclass(frozen=True)
class Letter:
    """An event that could not be folded, and why."""

    position: Position
    session_id: SessionId
    trace: str


class FoldFailed(Exception):
    """A projection's own code raised. ``letter`` says where; ``key`` is none if the key itself could not be told."""

    def __init__(self, letter: Letter, key: bytes | None) -> None:
        super().__init__(f"the fold failed at position {letter.position}")
        self.letter = letter
        self.key = key


@dataclass
class Step(Generic[S]):
    """What one step changes."""

    changed: dict[bytes, Kept[S]] = field(default_factory=dict)
    blobs: dict[bytes, bytes | None] = field(default_factory=dict)
    """The changed states, encoded."""
    rows: dict[Relation, list[Row]] = field(default_factory=dict)
    emitted: list[Event] = field(default_factory=list)
    """Drafts whose numbers are still to be given."""
    letters: list[Letter] = field(default_factory=list)

    def followed_by(self, later: Step[S]) -> None:
        """Take in what a later step changes, so that both are written as one."""
        self.changed.update(later.changed)
        self.blobs.update(later.blobs)
        for relation, rows in later.rows.items():
            self.rows.setdefault(relation, []).extend(rows)
        self.emitted.extend(later.emitted)
        self.letters.extend(later.letters)


def keys_of(
    projection: Projection[S], events: Sequence[Event], failed: Mapping[tuple[Position, bytes | None], Letter]
) -> list[bytes | None]:
    """The key of each event; none for those that are passed over: they do not matter here, or are the policy's own."""
    emits = isinstance(projection, Policy)
    keys: list[bytes | None] = []
    for event in events:
        key = None
        if not (emits and is_own(projection.name, event)) and (event.position, None) not in failed:
            try:
                key = projection.key(event)
            except Exception as error:
                raise FoldFailed(_letter(event.position, event.session_id, error), None) from error
        keys.append(key)
    return keys


def advance(
    projection: Projection[S],
    kept: Mapping[bytes, Kept[S]],
    keyed: Iterable[tuple[bytes | None, Event]],
    after: Position,
    failed: Mapping[tuple[Position, bytes | None], Letter],
) -> Step[S]:
    """Fold events, in order; a policy decides after each, and at the due times that came before it.

    ``kept`` holds every key. At the events in ``failed`` their keys are stopped. Raises ``FoldFailed``.
    """
    policy = projection if isinstance(projection, Policy) else None
    settling = projection if isinstance(projection, Settling) else None
    step = Step[S]()
    last: dict[bytes, Event] = {}
    for key, event in keyed:
        if key is not None:
            held = step.changed.get(key) or kept[key]
            if held.stopped_at is None:
                last[key] = event
                if (event.position, key) in failed:
                    step.changed[key] = Kept(held.state, None, event.position)
                else:
                    try:
                        step.changed[key] = _folded(projection, policy, held, event, after, emitted=step.emitted)
                    except Exception as error:
                        raise FoldFailed(_letter(event.position, event.session_id, error), key) from error
        after = event.position
    for key, held in list(step.changed.items()):
        try:
            _write(projection, settling, kept[key], held, key=key, step=step)
        except Exception as error:
            # The rows are those of all the key's events; the last one is where it came to light.
            raise FoldFailed(_letter(last[key].position, last[key].session_id, error), key) from error
    step.letters.extend(failed.values())
    return step


def tick(
    policy: Policy[S],
    kept: Mapping[bytes, Kept[S]],
    keys: Collection[bytes],
    now: int,
    after: Position,
    *,
    failed: Mapping[tuple[Position, bytes | None], Letter],
) -> Step[S]:
    """Decide for the keys whose time has come, with the log read up to ``after``. Raises ``FoldFailed``."""
    settling = policy if isinstance(policy, Settling) else None
    step = Step[S]()
    for key in keys:
        held = kept[key]
        if held.stopped_at is not None or held.state is None:
            continue
        try:
            if (after, key) in failed:
                new = Kept(held.state, None, after)
            else:
                new = _decided(policy, held.state, now, after, step.emitted)
                if new.due is not None and new.due <= now:
                    new = Kept(new.state, now + _PUT_OFF)
            step.changed[key] = new
            _write(policy, settling, held, new, key=key, step=step)
        except Exception as error:
            raise FoldFailed(_letter(after, NO_SESSION, error), key) from error
    step.letters.extend(failed.values())
    return step


def _folded(
    projection: Projection[S],
    policy: Policy[S] | None,
    held: Kept[S],
    event: Event,
    after: Position,
    *,
    emitted: list[Event],
) -> Kept[S]:
    if policy is None:
        return Kept(projection.fold(held.state, event))
    drafts: list[Event] = []
    while held.state is not None and held.due is not None and held.due <= event.recorded_at:
        moment = held.due
        held = _decided(policy, held.state, moment, after, drafts)
        if held.due is not None and held.due <= moment:
            break  # the policy has nothing to say at its own time; the event comes next
    state, emissions = policy.decide(policy.fold(held.state, event), event.recorded_at, event.position)
    drafts.extend(_drafts(policy, emissions, event.recorded_at))
    due = policy.due(state)
    emitted.extend(drafts)
    return Kept(state, due)


def _decided(policy: Policy[S], state: S, now: int, after: Position, emitted: list[Event]) -> Kept[S]:
    decided, emissions = policy.decide(state, now, after)
    emitted.extend(_drafts(policy, emissions, now))
    return Kept(decided, policy.due(decided))


def _drafts(policy: Policy[S], emissions: Sequence[Emission], now: int) -> list[Event]:
    return [
        draft(
            emission.body,
            session_id=emission.session_id,
            producer_id=producer_of(policy.name, emission.participant_id),
            producer_seq=0,
            participant_id=emission.participant_id,
            occurred_at=now,
        )
        for emission in emissions
    ]


# Asking whether a projection keeps a protocol takes as long as many a fold: once a step, not once a key.
def _write(
    projection: Projection[S],
    settling: Settling[S] | None,
    before: Kept[S],
    after: Kept[S],
    *,
    key: bytes,
    step: Step[S],
) -> None:
    if after.state is before.state and (after.due, after.stopped_at) == (before.due, before.stopped_at):
        return
    if after.state is not None and after.state is not before.state:
        for relation, rows in projection.rows(before.state, after.state):
            if rows:
                step.rows.setdefault(relation, []).extend(rows)
        if settling is not None:
            after = Kept(settling.settle(after.state), after.due, after.stopped_at)
    step.changed[key] = after
    step.blobs[key] = None if after.state is None else projection.encode(after.state)


def _letter(position: Position, session_id: SessionId, error: Exception) -> Letter:
    return Letter(position, session_id, "".join(traceback.format_exception(error)))


def state_rows(projection: str, generation: int, step: Step[S]) -> list[dict[str, Value]]:
    """The changed states as rows of ``relations.STATE``."""
    return [
        {
            "projection": projection,
            "generation": generation,
            "state_key": key,
            "due_at": step.changed[key].due,
            "stopped_at": step.changed[key].stopped_at,
            "state": blob,
        }
        for key, blob in step.blobs.items()
    ]
