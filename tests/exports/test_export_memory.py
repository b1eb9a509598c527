"""A log larger than memory is exported all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.processes import TESTS

FEW, MANY = 5_000, 100_000

ALLOWED_KIB = 40 * 1024
"""More than a row group and what an allocator keeps, and half of what the events alone would take."""


def told(*arguments: object) -> dict[str, Any]:
    """What a process of its own says: what it took before is not counted."""
    command = [sys.executable, "-m", "support.exporting", *map(str, arguments)]
    paths = os.pathsep.join([str(TESTS), *map(os.path.abspath, sys.path)])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    peaks = {}
    for events in (FEW, MANY):
        directory = tmp_path / str(events)
        directory.mkdir()
        assert told(events, "csv", directory) == {"filled": events}
        answer = told(events, "csv", directory)
        assert answer["rows"]["events.csv"] == events
        peaks[events] = answer["peak_kib"]
    assert peaks[MANY] - peaks[FEW] < ALLOWED_KIB
