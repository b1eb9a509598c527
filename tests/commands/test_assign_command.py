"""``prompter assign``, as a researcher uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prompter.conditions import assignments, condition_of
from prompter.settings import Settings, read_settings
from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import migrate

STUDY = """\
study: loans
capture: {outputs: none}
periods:
  - {name: first, conditions: [EXP_CTS, EXP_NONE], assign: {by: blocks, size: 2, seed: 4}}
"""


class Desk:
    """A researcher's terminal, with a study and its log."""

    def __init__(self, directory: Path, study: str = STUDY) -> None:
        self.url = f"sqlite:///{directory}/study.db"
        self.study = directory / "study.yaml"
        self.study.write_text(study, encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return read_settings({"PROMPTER_STUDY": str(self.study)}, log_url=self.url)

    def assign(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PROMPTER_") and k != "MODE"}
        return subprocess.run(
            [sys.executable, "-m", "prompter.commands", "assign", *arguments],
            env={**clean, "PROMPTER_LOG": self.url, "PROMPTER_STUDY": str(self.study), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    async def comes(self, *names: str) -> list[str]:
        """People open their first page; their conditions."""
        async with open_study_log(self.url) as log:
            return [(await condition_of(log, self.settings, await log.participant(name))).value for name in names]


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    await migrate(desk.url, directories=DIRECTORIES)
    return desk


async def test_a_decision_holds_is_logged_with_its_reason_and_frees_the_place(desk: Desk) -> None:
    first, second = await desk.comes("Ann", "Ben")
    assert {first, second} == {"EXP_CTS", "EXP_NONE"}
    done = desk.assign("-p", "Ann", "-c", second, "--by", "R. Mora", "--reason", "a wrong device [b]")
    assert (done.returncode, done.stdout) == (0, f"Ann has {second} in first.\n"), done.stderr
    assert await desk.comes("Ann") == [second]
    # Whoever comes next gets the place that Ann had.
    assert await desk.comes("Cem") == [first]
    listed = json.loads(desk.assign("--json").stdout)
    assert [(row["participant"], row["condition"], row["by"]) for row in listed] == [
        ("Ann", first, "block"),
        ("Ben", second, "block"),
        ("Ann", second, "R. Mora"),
        ("Cem", first, "block"),
    ]
    assert listed[2]["reason"] == "a wrong device [b]"
    assert "a wrong device [b]" in desk.assign().stdout


async def test_a_freed_place_is_given_to_whoever_comes_next(desk: Desk) -> None:
    first, _ = await desk.comes("Ann", "Ben")
    done = desk.assign("-p", "Ann", "--free", "--reason", "left")
    assert (done.returncode, done.stdout) == (0, "The place of Ann in first is free.\n"), done.stderr
    assert await desk.comes("Cem") == [first]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-c", "EXP_CTS"], "whose condition? Give --participant"),
        (["-p", "Ann"], "give either --condition or --free"),
        (["-p", "Ann", "-c", "EXP_CTS", "--free"], "give either --condition or --free"),
        (["-p", "Zoe", "--free", "--reason", "x"], "the log knows no participant 'Zoe'"),
        (["-p", "6f1a7c4e-0000-4000-8000-000000000000", "--free", "--reason", "x"], "was erased, or was never here"),
        (["-p", "Ann", "-c", "EXP_ONCE", "--reason", "x"], "EXP_CTS, EXP_NONE"),
        (["-p", "Ann", "-c", "EXP_CTS"], "reason"),
        (["-p", "Ann", "-c", "EXP_CTS", "--period", "second", "--reason", "x"], "there are first"),
    ],
)
async def test_what_cannot_be_decided_is_one_line_and_changes_nothing(
    desk: Desk, arguments: list[str], complaint: str
) -> None:
    await desk.comes("Ann")
    done = desk.assign(*arguments)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    async with open_study_log(desk.url) as log:
        assert len(await assignments(log)) == 1


async def test_a_study_without_periods_assigns_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "study: loans\ncapture: {outputs: none}\n")
    await migrate(desk.url, directories=DIRECTORIES)
    assert "Nobody was assigned" in desk.assign().stdout
    done = desk.assign("-p", "Ann", "--free", "--reason", "x")
    assert done.returncode == 1
    assert "has no periods" in done.stderr
