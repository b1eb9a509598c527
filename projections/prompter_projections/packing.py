"""Notebooks as bytes, and which version of the fold made them."""

from __future__ import annotations

import json
import zlib
from functools import cache
from hashlib import blake2b

import msgspec

from prompter_events.catalogue.digest import bare, catalogue_digest
from prompter_events.errors import PrompterError

from .notebook import NotebookState

FOLD_VERSION = 1
"""Raised by one whenever the fold tells of the same events another notebook than before; a test notices."""

# Sources and outputs shrink to a third. Higher levels take three to ten times as long for a tenth less.
_LEVEL = 1

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(NotebookState)


class NotebookUnreadable(PrompterError):
    """These bytes are no notebook."""


def packed(state: NotebookState) -> bytes:
    """A notebook as it is kept: msgpack, compressed by zlib."""
    return zlib.compress(_encoder.encode(state), _LEVEL)


def unpacked(data: bytes) -> NotebookState:
    """What ``packed`` made. Raises ``NotebookUnreadable``."""
    try:
        return _decoder.decode(zlib.decompress(data))
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotebookUnreadable(str(error)) from None


@cache
def fold_digest() -> bytes:
    """16 bytes over what a folded notebook depends on: the fold's version, the catalogue, the state's own fields."""
    layout = bare(msgspec.json.schema(NotebookState))
    document = [FOLD_VERSION, catalogue_digest(), layout]
    return blake2b(json.dumps(document, sort_keys=True).encode(), digest_size=16).digest()
