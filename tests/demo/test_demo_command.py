"""``prompter demo``: what it makes, what it refuses, and that what it suggests works as it stands."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prompter.commands.demo import make_demo
from prompter.errors import SettingInvalid

SMALL = ("--participants", "3", "--hours", "0.05", "--no-open")

SMALLEST: dict[str, Any] = {"output": Path("demo.db"), "participants": 1, "hours": 0.05, "no_open": True}


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PROMPTER_")}
    return subprocess.run(
        [sys.executable, "-m", "prompter.commands", *arguments],
        env={**clean, "COLUMNS": "160", "NO_COLOR": "1", "PROMPTER_LOG": "sqlite:///none.db", **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_command_that_it_suggests_works_by_copy_and_paste(tmp_path: Path) -> None:
    made = run("demo", *SMALL, cwd=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    first, study, session, head, *lines = made.stdout.splitlines()
    assert first.startswith("demo.db: ")
    assert first.endswith("of 3 participants, seed 1")
    assert (study, session, head) == ("demo-study.html", "demo-session.html", "Try next:")
    for page in (study, session):
        assert "<svg" in (tmp_path / page).read_text("utf-8")
    commands = [shlex.split(line) for line in lines]
    assert {"sessions", "quality", "timeline", "replay", "simulate", "verify"} <= {words[1] for words in commands}
    for program, *words in commands:
        assert program == "prompter"
        done = run(*words, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), words
    assert sorted(path.name for path in (tmp_path / "demo-study").iterdir()) == [
        "consent.md",
        "pilot.yaml",
        "study.yaml",
    ]


def test_a_log_that_is_there_is_replaced_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("demo.db").write_bytes(b"mine")
    with pytest.raises(SettingInvalid, match=r"^demo\.db is there already: name another file with -o, or replace it"):
        make_demo(**SMALLEST)
    assert Path("demo.db").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["demo.db"]
    make_demo(**SMALLEST, force=True)
    assert Path("demo.db").read_bytes().startswith(b"SQLite format 3")


def test_the_log_in_which_one_is_recorded_is_never_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.db"
    own.write_bytes(b"mine")
    monkeypatch.setenv("PROMPTER_LOG", f"sqlite:///{own}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingInvalid, match=r"^own\.db is the log in which you are recorded"):
        make_demo(**SMALLEST | {"output": Path("own.db")}, force=True)
    assert own.read_bytes() == b"mine"


def test_a_place_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="is no directory"):
        make_demo(**SMALLEST | {"output": tmp_path / "no" / "where.db"})


def test_what_fails_on_the_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompter.demo.making.Filling.fill", broken)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RuntimeError, match="in the middle"):
        make_demo(**SMALLEST)
    assert [path.name for path in tmp_path.iterdir()] == ["demo-study"]


async def broken(filling: object) -> None:
    raise RuntimeError("in the middle")
