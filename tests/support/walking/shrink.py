"""Makes a walk that fails short: what can be left out without the failure going away is left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from .actions import Action


def shrunk(walk: Sequence[Action], fails: Callable[[Sequence[Action]], bool], seconds: float) -> list[Action]:
    """The shortest failing walk that is found in so many seconds: whole stretches are left out, then smaller ones."""
    until = time.monotonic() + seconds
    left = list(walk)
    size = max(1, len(left) // 2)
    while time.monotonic() < until:
        at, fewer = 0, False
        while at < len(left) and time.monotonic() < until:
            without = [*left[:at], *left[at + size :]]
            if without and fails(without):
                left, fewer = without, True
            else:
                at += size
        if size == 1 and not fewer:
            break
        size = max(1, size // 2)
    return left
