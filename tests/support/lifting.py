"""An event type with a past: three versions of it, entered in the catalogue for a test's duration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgpack

from prompter_events import CATALOGUE, Body
from prompter_events.catalogue import base
from prompter_events.catalogue.lifts import Lift, Plain, integer, without

NAME = "test.remarked"

VERSIONS: dict[int, dict[str, Any]] = {
    1: {"remark": "why twice?", "who": "Ada Lovelace", "took_ms": 1500, "about": b"\x07" * 16},
    2: {"text": "why twice?", "who": "Ada Lovelace", "took_ms": 1500, "about": b"\x07" * 16},
    3: {"text": "why twice?", "first": "Ada", "last": "Lovelace", "took": 1_500_000, "about": b"\x07" * 16},
}
"""The same remark, as each version says it."""


def remark_became_text(plain: Plain) -> Plain:
    """From version 1."""
    return {**without(plain, "remark"), "text": plain["remark"]}


def names_and_micros(plain: Plain) -> Plain:
    """From version 2."""
    first, _, last = plain["who"].partition(" ")
    return {**without(plain, "who", "took_ms"), "first": first, "last": last, "took": integer(plain, "took_ms") * 1000}


LIFTS: Mapping[int, Lift] = {1: remark_became_text, 2: names_and_micros}


def packed(version: int) -> bytes:
    """The remark as a page of that version packs it."""
    payload: bytes = msgpack.packb(VERSIONS[version])
    return payload


@contextmanager
def entered(body: type[Body], name: str = NAME, version: int = 3, lifts: Mapping[int, Lift] = LIFTS) -> Iterator[None]:
    """The type is in the catalogue within the block, and gone after it."""
    before = set(CATALOGUE)
    base.event(name, version, lifts)(body)
    try:
        yield
    finally:
        entry = base._BY_NAME.pop(name)
        del base._BY_BODY[entry.body]
        assert set(CATALOGUE) == before
