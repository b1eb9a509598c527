"""What is spared from garbage collection is spared once a process; so each case is a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest


def collector(before: str) -> list[int]:
    """The young threshold, and the objects spared after the first and after the second call."""
    program = f"""
import gc
from prompter.collector import spare_the_long_lived
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
    threshold, first, second = collector("")
    assert threshold == 10_000
    # What is freed meanwhile leaves; what came later does not join.
    assert 1_000 < second <= first


@pytest.mark.parametrize(("given", "kept"), [(700, 10_000), (50_000, 50_000), (0, 0)])
def test_a_hosts_own_higher_threshold_stays_and_so_does_no_collection(given: int, kept: int) -> None:
    threshold, _, _ = collector(f"gc.set_threshold({given})")
    assert threshold == kept
