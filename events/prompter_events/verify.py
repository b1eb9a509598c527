"""Recomputing the hash chain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from hmac import compare_digest

from .append import Head
from .chain import GENESIS, event_hash, payload_digest
from .erasure import Progress
from .errors import LogCorrupt
from .event import START, Event, Position, ProducerId
from .log import Log

REPORT_EVENTS = 1000
"""How many events pass between two reports of progress."""


async def verify(log: Log, progress: Progress | None = None, *, anchors: Mapping[Position, bytes] | None = None) -> int:
    """Recompute the chain from the first event to the head, and return how many events were checked.

    The head row and the producers' rows must agree with the events, else some would be refused as sent already.
    ``progress`` is told (events done, events in all). ``anchors`` are head hashes that were kept elsewhere, by
    position; see ``anchors.py``. Raises ``LogCorrupt`` with the first position that was changed, removed, inserted or
    swapped. An erased payload is vouched for by its digest.
    """
    return (await verified_head(log, progress, anchors=anchors)).position


async def verified_head(
    log: Log, progress: Progress | None = None, *, anchors: Mapping[Position, bytes] | None = None
) -> Head:
    """As ``verify``; returns the head up to which all was checked."""
    anchors = anchors or {}
    head = await log.head()
    done, last_hash = START, GENESIS
    last_of: dict[ProducerId, tuple[int, Position]] = {}
    async for event in _events(log, head.position):
        _check(event, last_hash)
        done, last_hash = event.position, event.hash
        if done in anchors and not compare_digest(anchors[done], last_hash):
            raise LogCorrupt(done, "the hash is not the anchored one: the chain was recomputed")
        last_of[event.producer_id] = event.producer_seq, done
        if progress and (done % REPORT_EVENTS == 0 or done == head.position):
            progress(done, head.position)
    if done != head.position or not _same(last_hash, head.hash):
        raise LogCorrupt(done, "the head row does not match the last event")
    stray = await log.beyond_head()
    if stray is not None:
        raise LogCorrupt(stray, "an event lies behind the head")
    if anchors and max(anchors) > done:
        raise LogCorrupt(
            done + 1,
            f"the log ends before it, but an anchor knows position {max(anchors)}: "
            "its end was cut off, or an older backup put in its place",
        )
    await _check_producers(log, done, last_of)
    return head


async def _events(log: Log, upto: Position) -> AsyncIterator[Event]:
    """All events; those before one that cannot even be read come first, since one of them may be wrong too."""
    done = START
    try:
        async for event in log.read(limit=upto):
            yield event
            done = event.position
    except LogCorrupt as damage:
        async for event in log.read(after=done, limit=damage.position - 1 - done):
            yield event
        raise


def _check(event: Event, last_hash: bytes) -> None:
    if (event.payload is None) != (event.salt is None):
        raise LogCorrupt(event.position, "payload and salt were not erased together")
    if event.payload is not None and event.salt is not None:
        try:
            digest = payload_digest(event.payload, event.salt)
        except (TypeError, ValueError):  # a text, or a salt of 65 bytes or more
            raise LogCorrupt(event.position, "the payload or its salt was changed") from None
        if not _same(digest, event.payload_digest):
            raise LogCorrupt(event.position, "the payload was changed")
    try:
        expected = event_hash(last_hash, event)
    except Exception:  # fields that no event can have
        raise LogCorrupt(event.position, "a field was changed") from None
    if not _same(expected, event.hash):
        raise LogCorrupt(event.position, "the event was changed, or one before it removed, inserted or swapped")


def _same(expected: bytes, found: object) -> bool:
    """SQLite takes a text for bytes, so what was found may be anything."""
    return isinstance(found, bytes) and compare_digest(expected, found)


async def _check_producers(log: Log, done: Position, last_of: dict[ProducerId, tuple[int, Position]]) -> None:
    said: dict[ProducerId, object] = {producer_id: await log.last_seq(producer_id) for producer_id in last_of}
    ahead = {one: seq for one, seq in said.items() if isinstance(seq, int) and seq > last_of[one][0]}
    if ahead:
        # Whoever is at work has gone on since; what their rows said is in the log by now.
        async for event in log.read(after=done):
            if event.producer_seq <= ahead.get(event.producer_id, 0):
                last_of[event.producer_id] = event.producer_seq, event.position
    wrong = [(position, one, seq) for one, (seq, position) in last_of.items() if said[one] != seq]
    if wrong:
        position, producer_id, seq = min(wrong)
        raise LogCorrupt(
            position, f"producer {producer_id} ends here with number {seq}; its row says {said[producer_id]}"
        )
