"""A short run of the fuzzer from good frames. Its seed is printed; ``--fuzz-runs`` makes it longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgpack
import pytest
from hostile import MESSAGES

HERE = Path(__file__).parent

FRAMES = [msgpack.packb(message) for message in MESSAGES]


def behind_length(frame: bytes) -> bytes:
    return len(frame).to_bytes(2) + frame


def fuzz(tmp_path: Path, runs: int, seed: int) -> subprocess.CompletedProcess[str]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, frame in enumerate(FRAMES):
        (corpus / f"greeted-{number}").write_bytes(b"g" + behind_length(frame))
    (corpus / "whole").write_bytes(b"f" + b"".join(map(behind_length, [*FRAMES, *FRAMES[1:]])))
    limits = [f"-runs={runs}", f"-seed={seed}", "-max_len=4096", "-rss_limit_mb=1024", "-timeout=60"]
    command = [sys.executable, HERE / "fuzz_connection.py", *limits, f"-artifact_prefix={tmp_path}/", corpus]
    path = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=3000, check=False)


def test_no_frame_that_the_fuzzer_finds_brings_the_connection_into_disorder(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--fuzz-seed")
    done = fuzz(tmp_path, request.config.getoption("--fuzz-runs"), seed)
    assert done.returncode == 0, f"seed {seed}\n{done.stderr[-4000:]}"
    assert "Done" in done.stderr
