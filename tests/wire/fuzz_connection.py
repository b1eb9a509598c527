"""Frames made up by libFuzzer, which is led by what they reach in our code: ``test_fuzzing.py`` runs it.

python tests/wire/fuzz_connection.py [-runs=N] [-seed=N] [more of libFuzzer's options] [directory of a corpus]
"""

from __future__ import annotations

import random
import sys
from typing import Any

import atheris
import msgpack

with atheris.instrument_imports(include=["prompter", "prompter_events"]):
    from hostile import NOW, PRODUCER, fresh, greeted, sound

    from prompter.connection import Close, Greet


EDGES = (
    0,
    1,
    -1,
    2**7,
    2**31,
    2**32 - 1,
    2**53,
    2**53 - 1,
    2**63,
    2**64 - 1,
    -(2**63),
    0.5,
    float("nan"),
    None,
    "",
    [],
)


def frames_of(data: bytes) -> list[bytes]:
    """An input's frames, each behind its length in two bytes; the first byte tells whether hello was said."""
    frames, at = [], 1
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        frames.append(data[at + 2 : end])
        at = end
    return frames


def one_input(data: bytes) -> None:
    """All frames of an input, to one connection."""
    producer_id = PRODUCER
    connection = greeted() if data[:1] == b"g" else fresh()
    for at, frame in enumerate(frames_of(data)):
        step = connection.receive(frame, NOW + at)
        if isinstance(step, Greet):
            producer_id = step.producer_id
        sound(step, frame, producer_id)
        if isinstance(step, Close):
            return
        connection.beat(NOW + at)


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Another input: mostly one with a field of a message changed, so that the frame can still be read."""
    dice = random.Random(seed)
    frames = frames_of(data)
    if not frames or dice.random() < 0.3:
        return bytes(atheris.Mutate(data, most))
    chosen = dice.randrange(len(frames))
    try:
        message = msgpack.unpackb(frames[chosen], strict_map_key=False)
        frames[chosen] = msgpack.packb(_changed(message, dice))
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException):
        frames[chosen] = bytes(atheris.Mutate(frames[chosen] or b"\x80", 2**15))
    if dice.random() < 0.1:
        frames.insert(dice.randrange(len(frames) + 1), dice.choice(frames))
    return (data[:1] + b"".join(len(frame).to_bytes(2) + frame for frame in frames if len(frame) < 2**16))[:most]


def _changed(value: Any, dice: random.Random) -> Any:
    if isinstance(value, dict) and value:
        key = dice.choice(list(value))
        return {**value, key: _changed(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        at = dice.randrange(len(value))
        return [*value[:at], *[_changed(value[at], dice)] * dice.choice((0, 1, 1, 1, 2)), *value[at + 1 :]]
    return dice.choice(EDGES) if dice.random() < 0.2 else _changed_leaf(value, dice)


def _changed_leaf(value: Any, dice: random.Random) -> Any:
    if isinstance(value, bytes):
        return bytes(atheris.Mutate(value or b"\0", len(value) + 16))
    if isinstance(value, str):
        raw = bytes(atheris.Mutate(value.encode() or b"a", len(value) + 16))
        return raw.decode(errors="replace")
    if isinstance(value, int):
        return value + dice.choice((-1, 1, dice.randrange(256), -value + dice.randrange(256)))
    return dice.choice(EDGES)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input, custom_mutator=mutated)
    atheris.Fuzz()
