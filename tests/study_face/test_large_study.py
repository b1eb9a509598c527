"""A hundred thousand events: how long the frames take, and how much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from making_study import large_study

EVENTS = 100_000

SECONDS = 60
"""Four seconds are usual on two free cores; a machine that is busy needs several times that."""

BYTES_AN_EVENT = 1_500
"""While the frame of events is made: its texts as Python's objects, and what the release knows of sessions."""

MEASURE = """
import json, resource, sys, time
import pandas, pyarrow
import prompter

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

with prompter.Study(sys.argv[1]) as study:
    study.sessions()
    before, began = peak(), time.perf_counter()
    frame = study.events()
    took, more = time.perf_counter() - began, peak() - before
    positions = frame["position"]
    print(json.dumps({
        "events": len(frame), "seconds": took, "more": more,
        "whole": bool((positions == range(1, len(frame) + 1)).all()),
        "runs": len(study.runs()), "few": len(study.events("session.opened")),
    }))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('large')}/study.db"
    large_study(url, EVENTS)
    return url


def test_a_large_log_becomes_frames_in_seconds_and_in_bounded_memory(large: str) -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE, large], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["events"] >= EVENTS
    assert told["whole"]
    assert told["runs"] == 39 * told["few"]
    assert told["seconds"] < SECONDS, told
    assert told["more"] < BYTES_AN_EVENT * told["events"], told
    assert Path(large.removeprefix("sqlite:///")).stat().st_size > 10 * 1024 * 1024
