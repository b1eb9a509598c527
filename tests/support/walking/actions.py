"""What a walk is made of: actions chosen by a seed, each of them meaningful wherever it falls."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence

import msgspec


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that the person does.

    Places are fractions of whatever there is at that moment, so that an action keeps its sense when others before it
    are left out.
    """

    name: str
    cell: float = 0.0
    """Which cell, from the first (0) to the last (1)."""
    place: float = 0.0
    """Where in its text."""
    count: int = 1
    """How many cells or times."""
    text: str = ""


WORDS = (
    "x = 1\n",
    "print('gestern')",
    "loans",
    "# 数据 ",
    "データ",
    "😀",
    "👩‍👩‍👧",
    "𝒳 = 2",
    "1/0\n",
    "é",
    "\u200b",
    "\n\n",
    "if x:\n",
    "(",
    '"""',
    "%who\n",
    "a b c",
)
"""What is typed: one word each; several planes of Unicode, zero-width joiners, line ends, magics, errors."""

KEYS = (
    "Backspace",
    "Delete",
    "ArrowLeft",
    "ArrowUp",
    "Home",
    "End",
    "Control+Backspace",
    "Control+Delete",
    "Shift+ArrowLeft",
    "Shift+ArrowUp",
    "Control+a",
    "Control+x",
    "Control+v",
    "Control+c",
    "Control+/",
    "Control+d",
    "Alt+ArrowUp",
    "Enter",
    "Control+]",
)
"""Keys pressed in an editor. Those that leave it are no part of this."""

WEIGHTS = {
    "type": 30,
    "keys": 18,
    "insert text": 6,
    "editor undo": 6,
    "editor redo": 4,
    "undo": 6,
    "redo": 5,
    "run": 7,
    "run and insert": 3,
    "run and next": 3,
    "run all": 2,
    "run long": 1,
    "interrupt": 1,
    "add above": 4,
    "add below": 5,
    "delete": 4,
    "delete all": 0.5,
    "cut": 3,
    "copy": 3,
    "paste": 5,
    "paste above": 2,
    "paste and replace": 2,
    "duplicate": 2,
    "move up": 4,
    "move down": 4,
    "split": 5,
    "merge": 4,
    "merge above": 2,
    "merge below": 2,
    "to code": 2,
    "to markdown": 3,
    "to raw": 2,
    "heading": 2,
    "write by a tool": 3,
    "save": 4,
    "second view": 0.7,
    "close second view": 0.7,
    "revert": 1,
    "checkpoint": 0.7,
    "change on disk": 0.7,
    "rename": 0.8,
    "reload while typing": 0.6,
    "reload": 0.6,
    "close and reopen": 0.6,
}
"""How often each action is chosen, relative to the others."""


def make_walk(seed: int, length: int) -> list[Action]:
    """The actions of a seed; the last one saves."""
    chance = random.Random(seed)  # a walk, no secret
    names, weights = list(WEIGHTS), list(WEIGHTS.values())
    walk = [_action(chance, name) for name in chance.choices(names, weights, k=length - 1)]
    return [*walk, Action("save")]


def _action(chance: random.Random, name: str) -> Action:
    text = ""
    if name in ("type", "insert text", "write by a tool", "reload while typing"):
        text = "".join(chance.choices(WORDS, k=chance.randint(1, 3)))
    elif name == "keys":
        text = " ".join(chance.choices(KEYS, k=chance.randint(1, 4)))
    count = chance.choices((1, 2, 3, 5), (6, 3, 2, 1))[0]
    return Action(name, round(chance.random(), 3), round(chance.random(), 3), count, text)


def script_of(walk: Iterable[Action]) -> str:
    """One line of JSON for each action: what ``--walk-script`` reads."""
    return "\n".join(json.dumps(msgspec.to_builtins(action)) for action in walk)


def walk_of(script: str) -> Sequence[Action]:
    """The actions of a script. Raises ``msgspec.DecodeError`` for lines that are none."""
    return [msgspec.json.decode(line, type=Action) for line in script.splitlines() if line.strip()]
