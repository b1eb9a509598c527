"""Objects may do anything when they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def guarded(look: Callable[..., _T], *arguments: object) -> _T | None:
    """None where an object does not let itself be looked at. An interrupt that comes meanwhile came too late."""
    try:
        return look(*arguments)
    except BaseException:
        return None
