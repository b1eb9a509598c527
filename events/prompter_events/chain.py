"""The hash chain that makes the log tamper-evident, and the digest of a notebook."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import blake2b

from .event import Event

GENESIS = bytes(32)
"""The hash before the first event."""

SALT_BYTES = 16

# position, producer_seq, occurred_at, recorded_at, schema_version: all below 2**63.
_NUMBERS = struct.Struct(">QQQQI")


def payload_digest(payload: bytes, salt: bytes) -> bytes:
    """BLAKE2b-256 of the payload, keyed with its salt."""
    return blake2b(payload, key=salt, digest_size=32).digest()


def event_hash(previous: bytes, event: Event) -> bytes:
    """BLAKE2b-256 over the previous hash, the event's fields in the design's order, and its payload digest."""
    name = event.type.encode()
    parts = (
        previous,
        _NUMBERS.pack(event.position, event.producer_seq, event.occurred_at, event.recorded_at, event.schema_version),
        event.session_id.bytes,
        event.producer_id.bytes,
        event.participant_id.bytes,
        len(name).to_bytes(2, "big"),
        name,
        event.payload_digest,
    )
    return blake2b(b"".join(parts), digest_size=32).digest()


def notebook_digest(cells: Iterable[tuple[str, str, str]]) -> bytes:
    """BLAKE2b-256 of a notebook's ordered (cell_id, cell_type, source) triples.

    Each text enters as its length in UTF-8 bytes (4 bytes, big-endian) and the bytes; the page computes the same.
    """
    digest = blake2b(digest_size=32)
    for cell in cells:
        for text in cell:
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(4, "big"))
            digest.update(encoded)
    return digest.digest()
