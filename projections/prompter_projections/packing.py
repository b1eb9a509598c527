"""Notebooks as bytes, and which version of the fold made them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

import msgspec

from prompter_events.catalogue.digest import catalogue_digest
from prompter_events.catalogue.schemas import bare
from prompter_events.errors import PrompterError

from .change import NotebookChange, changed
from .notebook import NotebookState

FOLD_VERSION = 1
"""Raised by one whenever the fold tells of the same events another notebook than before; a test notices."""

# Sources and outputs shrink to a third. Higher levels take three to ten times as long for a tenth less.
_LEVEL = 1

_encoder = msgspec.msgpack.Encoder()
_notebook = msgspec.msgpack.Decoder(NotebookState)
_change = msgspec.msgpack.Decoder(NotebookChange)


class NotebookUnreadable(PrompterError):
    """These bytes are no notebook."""


def packed(kept: NotebookState | NotebookChange) -> bytes:
    """A notebook, or a change of one, as it is kept: msgpack, compressed by zlib."""
    return zlib.compress(_encoder.encode(kept), _LEVEL)


def unpacked(whole: bytes, changes: Sequence[bytes]) -> NotebookState:
    """A notebook with changes, each of the one before it, all of them ``packed``. Raises ``NotebookUnreadable``."""
    try:
        notebook = _notebook.decode(zlib.decompress(whole))
        for one in changes:
            notebook = changed(notebook, _change.decode(zlib.decompress(one)))
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError) as error:
        raise NotebookUnreadable(str(error)) from None
    if set(notebook.order) != notebook.table.keys():
        raise NotebookUnreadable("the cells are not those of its order")
    return notebook


@cache
def fold_digest() -> bytes:
    """16 bytes over what a folded notebook depends on: the fold's version, the catalogue, the fields that are kept."""
    layouts = [bare(msgspec.json.schema(kept)) for kept in (NotebookState, NotebookChange)]
    document = [FOLD_VERSION, catalogue_digest(), layouts]
    return blake2b(json.dumps(document, sort_keys=True).encode(), digest_size=16).digest()
