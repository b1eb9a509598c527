"""Recomputing the hash chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hmac import compare_digest

from .chain import GENESIS, event_hash, payload_digest
from .errors import LogCorrupt
from .event import START, Event, Position
from .log import Log

REPORT_EVENTS = 1000
"""How many events pass between two reports of progress."""


async def verify(
    log: Log,
    progress: Callable[[int, int], None] | None = None,
    *,
    anchors: Mapping[Position, bytes] | None = None,
) -> int:
    """Recompute the chain from the first event to the head, and return how many events were checked.

    ``progress`` is told (events done, events in all). ``anchors`` are head hashes that were kept elsewhere, by
    position. Raises ``LogCorrupt`` with the first position that was changed, removed, inserted or swapped. An erased
    payload is vouched for by its digest.
    """
    anchors = anchors or {}
    head = await log.head()
    done, last_hash = START, GENESIS
    if anchors and max(anchors) > head.position:
        raise LogCorrupt(head.position + 1, f"the log ends here, but an anchor knows position {max(anchors)}")
    async for event in log.read(limit=head.position):
        _check(event, last_hash)
        done, last_hash = event.position, event.hash
        if done in anchors and not compare_digest(anchors[done], last_hash):
            raise LogCorrupt(done, "the hash is not the anchored one: the chain was recomputed")
        if progress and (done % REPORT_EVENTS == 0 or done == head.position):
            progress(done, head.position)
    if done != head.position or not compare_digest(last_hash, head.hash):
        raise LogCorrupt(done, "the head row does not match the last event")
    stray = await log.beyond_head()
    if stray is not None:
        raise LogCorrupt(stray, "an event lies behind the head")
    return done


def _check(event: Event, last_hash: bytes) -> None:
    if (event.payload is None) != (event.salt is None):
        raise LogCorrupt(event.position, "payload and salt were not erased together")
    if event.payload is not None and event.salt is not None:
        try:
            digest = payload_digest(event.payload, event.salt)
        except ValueError:  # a salt of 65 bytes or more
            raise LogCorrupt(event.position, "the salt was changed") from None
        if not compare_digest(digest, event.payload_digest):
            raise LogCorrupt(event.position, "the payload was changed")
    try:
        expected = event_hash(last_hash, event)
    except Exception:  # fields that no event can have
        raise LogCorrupt(event.position, "a field was changed") from None
    if not compare_digest(expected, event.hash):
        raise LogCorrupt(event.position, "the event was changed, or one before it removed, inserted or swapped")
