"""``prompter simulate``, as people and scripts use it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from living import MINUTE, SECOND, Clock, Life

from prompter.storage import DIRECTORIES
from prompter.study import load_study
from prompter_events import migrate, open_log

RAN = "study: loans\ncapture: {outputs: none}\npace: {caps: {hour: 6, apart: 2 min}, expires: 10 min}\n"
SPARING = "study: loans\ncapture: {outputs: none}\npace: {caps: {hour: 1}}\n"
LONG = 'loans = pd.read_csv("loans.csv", usecols=["annual_inc", "emp_length", "loan_status", "installment", "term"])'
HOSTILE = "\x1b[2J[bold]print('[red]')"

BOLD = re.compile("\x1b\\[[01]m")
WIDTHS = [80, 120]


def environment(**more: str) -> dict[str, str]:
    clean = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("PROMPTER_") and k not in {"MODE", "DOCKER_HOST_IP", "COLUMNS"}
    }
    return {**clean, "NO_COLOR": "1", "TZ": "UTC", **more}


def prompter(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, in a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "prompter.commands", *map(str, arguments)],
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )


def in_terminal(columns: int, *arguments: str | Path, shown: Callable[[int], dict[str, int]]) -> str:
    """Run a command in a terminal of its own; what ``shown`` there, as it was written."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "prompter.commands", *map(str, arguments)],
        env=environment(TERM="xterm"),
        stdin=theirs,
        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **shown(theirs)},
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux's way to say that nobody holds the other end
                break
            if not part:
                break
            written += part
    os.close(ours)
    assert process.returncode == 0
    return BOLD.sub("", written.decode().replace("\r\n", "\n"))


@pytest.fixture
def studies(tmp_path: Path) -> tuple[Path, Path]:
    """The study that ran, and one that asks once an hour."""
    ran, sparing = tmp_path / "study.yaml", tmp_path / "sparing.yaml"
    ran.write_text(RAN)
    sparing.write_text(SPARING)
    return ran, sparing


@pytest.fixture
async def recorded(tmp_path: Path, studies: tuple[Path, Path]) -> str:
    """The URL of a log in which two people worked and the policy ran: Ann answers, Bob's condition asks nothing."""
    clock = Clock()
    url = f"sqlite:///{tmp_path}/study.db"
    async with open_log(url, migrate=True, migrations=DIRECTORIES, clock=clock) as log:
        life = Life(log, clock, load_study(studies[0]), ["EXP_CTS", "EXP_NONE"])
        for person, name in zip(life.people, ("Ann", "Bob"), strict=True):
            person.participant_id = await log.participant(name)
        await life.begin()
        for cell, source in (("a", LONG), ("b", HOSTILE), ("c", "clean = loans.dropna()"), ("c", "model.fit(X, y)")):
            for person in life.people:
                await person.write(cell, source)
                await person.run(cell)
            clock.now += 3 * SECOND
            await life.turn()
            clock.now += 5 * SECOND
            await life.people[0].react("answer")
            clock.now += 3 * MINUTE
        await life.finish()
    return url


def test_a_report_tells_what_when_by_which_rule_in_which_cell(recorded: str, studies: tuple[Path, Path]) -> None:
    done = prompter("simulate", studies[0], "--log", recorded)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[0].startswith("study.yaml: 2 participants, 2 sessions, ")
    assert lines[1].startswith("asks 8, ")
    assert lines[1].endswith(" an hour: 4 answered, 4 silent")
    assert "takes all 8 decisions of the log again, at the same moments" in lines
    assert any(
        line.startswith(f"2026-06-09 13:00 Ann first_run          asked, answered {LONG[:70]}") for line in lines
    )
    assert any("substantial_change asked, silent" in line and line.endswith("model.fit(X, y)") for line in lines)


def test_what_is_held_back_and_why_is_told(recorded: str, studies: tuple[Path, Path]) -> None:
    done = prompter("simulate", studies[1], "--log", recorded)
    assert "asks 2, " in done.stdout
    assert "holds back 6, " in done.stdout
    assert "6 hourly cap" in done.stdout
    assert "held: hourly cap clean = loans.dropna()" in done.stdout
    assert "takes 2 of the log's 8 decisions again" in done.stdout


@pytest.mark.parametrize("columns", WIDTHS)
def test_in_a_terminal_every_line_fits_and_what_was_typed_is_shown(
    recorded: str, studies: tuple[Path, Path], columns: int
) -> None:
    shown = in_terminal(columns, "simulate", studies[0], "--log", recorded, shown=lambda end: {"stdout": end})
    lines = shown.splitlines()
    assert max(map(len, lines)) <= columns
    assert [line for line in lines if line.rstrip().endswith("…") and "loans = pd" in line]
    assert "␛[2J[bold]print('"[: columns - 66] in shown
    assert "\x1b" not in shown
    # Nothing is broken within a word: a row is a line.
    assert sum(line.startswith("2026-") for line in lines) == 8
    compared = in_terminal(
        columns, "simulate", "--compare", *studies, "--log", recorded, shown=lambda end: {"stdout": end}
    )
    assert max(map(len, compared.splitlines())) <= columns


def test_a_bar_on_the_terminal_tells_how_far_it_is_and_is_gone_at_the_end(
    recorded: str, studies: tuple[Path, Path]
) -> None:
    shown = in_terminal(80, "simulate", studies[0], "--log", recorded, shown=lambda end: {"stderr": end})
    assert "simulating" in shown
    assert shown.rstrip().endswith("\x1b[2K")


def test_two_studies_stand_side_by_side(recorded: str, studies: tuple[Path, Path]) -> None:
    done = prompter("simulate", "--compare", *studies, "--log", recorded)
    assert done.returncode == 0, done.stderr
    rows = {line[:30].strip(): line.split()[-2:] for line in done.stdout.splitlines() if line}
    assert rows["asks"] == ["8", "2"]
    assert rows["by first_run"] == ["6", "2"]
    assert rows["for hourly cap"] == ["0", "6"]
    assert rows["decisions as the log has them"] == ["8", "2"]
    assert "both ask about 2 runs, only study.yaml about 6, only sparing.yaml about 0" in done.stdout
    [row] = [line for line in done.stdout.splitlines() if "Ann" in line and "dropna" in line]
    assert "study.yaml first_run          held: hourly cap clean = loans.dropna()" in row


def test_json_is_one_list_of_figures_and_prompts(recorded: str, studies: tuple[Path, Path]) -> None:
    done = prompter("simulate", "--compare", *studies, "--log", recorded, "--json")
    assert done.returncode == 0
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    ran, sparing = (row for row in rows if row["kind"] == "figures")
    assert (ran["policy"], ran["asked"], ran["same_decisions"], ran["recorded_decisions"]) == ("study.yaml", 8, 8, 8)
    assert sparing["reasons"] == {"hourly cap": 6}
    assert ran["asked_an_hour"] == pytest.approx(8 / ran["hours"], rel=1e-3)
    prompts = [row for row in rows if row["policy"] == "study.yaml" and row["kind"] == "asked"]
    assert [row["fate"] for row in prompts].count("answered") == 4
    assert {row["participant"] for row in prompts} == {"Ann", "Bob"}
    assert {row["cell"] for row in prompts} >= {"model.fit(X, y)", "clean = loans.dropna()"}


def test_participants_and_sessions_are_chosen(recorded: str, studies: tuple[Path, Path]) -> None:
    ann = json.loads(prompter("simulate", studies[0], "-p", "Ann", "--log", recorded, "--json").stdout)
    assert {row["participant"] for row in ann[1:]} == {"Ann"}
    assert (ann[0]["participants"], ann[0]["asked"]) == (1, 4)
    session = ann[1]["session_id"]
    one = json.loads(prompter("simulate", studies[0], "-s", session, "--log", recorded, "--json").stdout)
    assert one[1:] == ann[1:]


@pytest.mark.parametrize("suffix", [".html", ".svg", ".png"])
def test_a_plot_is_drawn_in_each_format(recorded: str, studies: tuple[Path, Path], tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"both{suffix}"
    done = prompter("simulate", "--compare", *studies, "--log", recorded, "--plot", output)
    assert done.returncode == 0, done.stderr
    assert output.stat().st_size > 2000


async def test_a_log_without_events_is_nothing_to_simulate(tmp_path: Path, studies: tuple[Path, Path]) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    await migrate(url, directories=DIRECTORIES)
    done = prompter("simulate", studies[0], "--log", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The log holds no sessions yet: there is nothing to simulate.\n"
    [figures] = json.loads(prompter("simulate", studies[0], "--log", url, "--json").stdout)
    assert (figures["asked"], figures["asked_an_hour"], figures["hours"]) == (0, 0, 0)
    output = tmp_path / "empty.png"
    assert prompter("simulate", studies[0], "--log", url, "--plot", output).returncode == 0
    assert output.stat().st_size > 0


def test_of_an_erased_participant_nothing_is_left(recorded: str, studies: tuple[Path, Path], tmp_path: Path) -> None:
    ann = json.loads(prompter("sessions", "--log", recorded, "--json").stdout)[0]
    assert ann["participant"] == "Ann"
    erased = prompter("erase", "-p", "Ann", "--yes", "--log", recorded, "--list", tmp_path / "erased.txt")
    assert erased.returncode == 0, erased.stderr
    done = prompter("simulate", studies[0], "--log", recorded)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("study.yaml: 1 participant, 1 session, ")
    assert "; 1 erased participant left out" in done.stdout
    assert "takes all 4 decisions of the log again" in done.stdout
    [session] = [
        row["session_id"]
        for row in json.loads(prompter("sessions", "--log", recorded, "--json").stdout)
        if row["notebook"] == "(erased)"
    ]
    assert session == ann["session_id"]
    refused = prompter("simulate", studies[0], "-s", session, "--log", recorded)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "was erased" in refused.stderr


MISTAKES: dict[str, tuple[list[str], str]] = {
    "no such file": (["nowhere.yaml"], "there is no study file nowhere.yaml"),
    "one study to compare": (["--compare", "{ran}"], "--compare A.yaml B.yaml"),
    "two studies": (["{ran}", "{sparing}"], "--compare A.yaml B.yaml"),
    "a plot of an unknown kind": (["{ran}", "--plot", "x.gif"], ".html, .svg, .png"),
    "an unknown participant": (["{ran}", "-p", "Nobody"], "prompter sessions"),
    "an unknown id": (["{ran}", "-p", "00000000-0000-4000-8000-000000000000"], "prompter sessions"),
    "an unknown session": (["{ran}", "-s", "ffffffff"], "prompter sessions"),
    "a study that is wrong": (["{wrong}"], "wrong.yaml"),
}


@pytest.mark.parametrize(("arguments", "named"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_gives_one_line_that_says_what_to_do(
    recorded: str, studies: tuple[Path, Path], tmp_path: Path, arguments: list[str], named: str
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("study: x\ncapture: {outputs: none}\nrulez: []\n")
    places = {"ran": studies[0], "sparing": studies[1], "wrong": wrong}
    done = prompter("simulate", *(argument.format(**places) for argument in arguments), "--log", recorded)
    assert (done.returncode, done.stdout) == (1, "")
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_without_a_study_it_is_the_one_that_is_set(recorded: str, studies: tuple[Path, Path]) -> None:
    done = prompter("simulate", "--log", recorded, PROMPTER_STUDY=str(studies[0]))
    assert done.returncode == 0, done.stderr
    assert "takes all 8 decisions of the log again" in done.stdout
    builtin = prompter("simulate", "--log", recorded)
    assert builtin.stdout.startswith("built-in questions: ")
