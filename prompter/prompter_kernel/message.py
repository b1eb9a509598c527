"""The message's content: the catalogue's fields of ``kernel.facts``, and how it is kept small."""

from __future__ import annotations

import json
from typing import Any

from .budget import Budget

Content = dict[str, Any]

#: Names that are told as read, and as bound.
MOST_NAMES = 200

#: Characters of a name; a longer one is not looked at.
MOST_NAMED = 100

#: Frames that one run is told to have changed.
MOST_FRAMES = 50

MOST_ESTIMATORS = 20

#: The largest content, in bytes of JSON.
MOST_BYTES = 64 * 1024


def content_of(
    *,
    read: list[str],
    bound: list[str],
    frames: list[dict[str, Any]],
    estimators: list[dict[str, Any]],
    figures: int,
    budget: Budget,
) -> Content:
    """All that is to be told, cut to size; what was cut is noted in ``truncated``."""
    content: Content = {
        "read": _few(read, MOST_NAMES, budget),
        "bound": _few(bound, MOST_NAMES, budget),
        "frames": _few(frames, MOST_FRAMES, budget),
        "estimators": _few(estimators, MOST_ESTIMATORS, budget),
        "figures": figures,
        "took_us": 0,
        "truncated": False,
    }
    if _weight(content) > MOST_BYTES:
        budget.truncated = True
        _shrink(content)
    content["took_us"] = budget.took_us
    content["truncated"] = budget.truncated
    return content


def _shrink(content: Content) -> None:
    """Leave out what is most and matters least, until the rest fits."""
    for frame in reversed(content["frames"]):
        for shape in (frame["before"], frame["after"]):
            if shape is not None:
                shape.update(names=[], dtypes=[])
        if _weight(content) <= MOST_BYTES:
            return
    for estimator in content["estimators"]:
        estimator["parameters"] = {}
    for field in ("bound", "read", "frames", "estimators"):
        if _weight(content) > MOST_BYTES:
            del content[field][MOST_ESTIMATORS:]


def _few(parts: list[Any], most: int, budget: Budget) -> list[Any]:
    budget.truncated |= len(parts) > most
    return parts[:most]


def _weight(content: Content) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
