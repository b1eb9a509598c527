"""Bodies to bytes and back.

Bytes are made by the msgpack package. They are read by one typed msgspec decode, which checks every field on the way.
A payload of an older version is lifted first; the stored bytes stay as they are.
"""

from __future__ import annotations

from functools import cache
from uuid import UUID

import msgpack
import msgspec

from .catalogue import CATALOGUE, MAX_EVENT_BYTES, Body, type_of
from .catalogue.lifts import lifted
from .errors import EventInvalid


def pack(body: Body) -> bytes:
    """Pack a body into the bytes that are stored: one msgpack map, ids as 16 bytes."""
    plain = msgspec.to_builtins(body, builtin_types=(bytes, UUID))
    packed: bytes = msgpack.packb(plain, use_bin_type=True, default=_extension)
    if len(packed) > MAX_EVENT_BYTES:
        raise EventInvalid(f"a {type_of(body).name} of {len(packed)} bytes; the limit is {MAX_EVENT_BYTES}")
    return packed


def unpack(type_name: str, schema_version: int, payload: bytes) -> Body:
    """Read a payload as the catalogue's own version. Fields that this program does not know are passed over.

    Raises ``EventInvalid`` for an unknown type, a version newer than the catalogue's, a payload that is too large,
    or one that does not fit the type.
    """
    entry = CATALOGUE.get(type_name)
    if entry is None:
        raise EventInvalid(f"unknown event type {type_name!r}")
    if not 1 <= schema_version <= entry.version:
        raise EventInvalid(f"{type_name} of version {schema_version}; this program knows 1 to {entry.version}")
    if len(payload) > MAX_EVENT_BYTES:
        raise EventInvalid(f"a {type_name} of {len(payload)} bytes; the limit is {MAX_EVENT_BYTES}")
    try:
        if schema_version != entry.version:
            payload = lifted(payload, schema_version, entry.lifts)
        return _decoder(entry.body).decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EventInvalid(f"{type_name}: {error}") from None


@cache
def _decoder(body: type[Body]) -> msgspec.msgpack.Decoder[Body]:
    return msgspec.msgpack.Decoder(body)


def _extension(value: object) -> bytes:
    if isinstance(value, UUID):
        return value.bytes
    raise TypeError(f"{type(value).__name__} cannot be packed")
