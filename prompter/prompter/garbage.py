"""Keeps Python's garbage collector from holding up every socket of the process.

A full collection looks at each object that may be part of a cycle, and nothing else runs meanwhile. A Jupyter server
holds some 200,000 of them before anybody opens a notebook, mostly modules and traits that live as long as it does: 150
ms on two cores (Python 3.11), every few seconds with 500 pages. With these spared, 500 pages still make it 60 to 125
ms every ten seconds, which is one in a hundred of all frames. ``benchmarks.stream`` shows it as the p99 of the
acknowledgements.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable

YOUNG = 10_000
"""New objects before a young collection. At Python's 700 much of what is on its way to the log grows old, and old
objects bring about full collections."""

SELDOM = 1_000_000
"""Collections of the middle generation before Python itself makes a full one: as good as never."""

FULL_SECONDS = 300.0
"""Between two full collections: what cycles hold of five minutes' work is some megabytes."""


def spare_the_long_lived() -> None:
    """Leave out of collections from here on what is alive now, and collect less often.

    Once a process, for all of it, when everything is imported. A threshold above ours stays, and so does whatever was
    spared before. What is garbage now is collected first, in some 0.2 s; cycles among what is spared are never freed.
    """
    if gc.get_freeze_count():
        return
    young, middle, full = gc.get_threshold()
    if 0 < young < YOUNG:
        gc.set_threshold(YOUNG, middle, full)
    gc.collect()
    gc.freeze()


async def collect_seldom(
    *, seconds: float = FULL_SECONDS, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Collect everything each so many ``seconds``, and keep Python from doing so more often, until cancelled.

    Where the host has switched collections off, or made full ones as rare, this does nothing.
    """
    young, middle, full = gc.get_threshold()
    if young == 0 or full >= SELDOM:
        return
    gc.set_threshold(young, middle, SELDOM)
    try:
        while True:
            await pause(seconds)
            gc.collect()
    finally:
        gc.set_threshold(young, middle, full)
