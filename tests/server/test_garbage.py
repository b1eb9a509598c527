"""What is spared from garbage collection is spared once a process; so each case is a process of its own."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from prompter.garbage import SELDOM, collect_seldom


def collecting(before: str) -> list[int]:
    """The young threshold, and the objects spared after the first and after the second call."""
    program = f"""
import gc
from prompter.garbage import spare_the_long_lived
{before}
spare_the_long_lived()
first = gc.get_freeze_count()
later = [[] for _ in range(10_000)]
spare_the_long_lived()
print(gc.get_threshold()[0], first, gc.get_freeze_count())
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    return [int(word) for word in done.stdout.split()]


def test_what_is_alive_is_spared_once() -> None:
    threshold, first, second = collecting("")
    assert threshold == 10_000
    # What is freed meanwhile leaves; what came later does not join.
    assert 1_000 < second <= first


@pytest.mark.parametrize(("given", "kept"), [(700, 10_000), (50_000, 50_000), (0, 0)])
def test_a_hosts_own_higher_threshold_stays_and_so_does_no_collection(given: int, kept: int) -> None:
    threshold, _, _ = collecting(f"gc.set_threshold({given})")
    assert threshold == kept


class Knot:
    """A cycle: only a collection frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("thresholds")
async def test_full_collections_come_when_it_is_time_and_at_no_other() -> None:
    gc.set_threshold(700, 10, 10)
    pauses: asyncio.Queue[float] = asyncio.Queue()
    over = asyncio.Semaphore(0)

    async def pause(seconds: float) -> None:
        pauses.put_nowait(seconds)
        await over.acquire()

    collecting = asyncio.create_task(collect_seldom(seconds=60, pause=pause))
    assert await pauses.get() == 60
    assert gc.get_threshold() == (700, 10, SELDOM)
    held = Knot()
    knot = weakref.ref(held)
    # What has survived two collections is left to full ones.
    gc.collect(0)
    gc.collect(1)
    del held
    gc.collect(1)
    assert knot() is not None
    over.release()
    assert await pauses.get() == 60
    assert knot() is None
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.usefixtures("thresholds")
@pytest.mark.parametrize("given", [(0, 10, 10), (700, 10, SELDOM)])
async def test_a_host_that_collects_as_seldom_is_left_alone(given: tuple[int, int, int]) -> None:
    gc.set_threshold(*given)
    await collect_seldom()
    assert gc.get_threshold() == given
