"""The command line, as people and scripts use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import nbformat
import pytest
from msgspec.structs import replace

from prompter import __version__
from prompter.commands import app
from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import ProducerId, migrate
from prompter_events.catalogue.notebook import (
    WITHHELD,
    CellAdded,
    CellEdited,
    CellSnapshot,
    Client,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunScheduled
from support.events import event, new_producer
from support.lifelike import lifelike

TOP = Path(__file__).parents[2]
README = TOP / "README.md"


def prompter(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, with a terminal's width and nobody's settings."""
    clean = {
        k: v for k, v in os.environ.items() if not k.startswith("PROMPTER_") and k not in {"MODE", "DOCKER_HOST_IP"}
    }
    return subprocess.run(
        [sys.executable, "-m", "prompter.commands", *arguments],
        env={**clean, "COLUMNS": "140", "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
async def recorded(tmp_path: Path) -> str:
    """The URL of a log that holds one lifelike session."""
    url = f"sqlite:///{tmp_path}/study.db"
    await migrate(url, directories=DIRECTORIES)
    async with open_study_log(url) as log:
        last: dict[ProducerId, int] = {}
        for event in lifelike():
            assert event.producer_seq == last.get(event.producer_id, 0) + 1
            last[event.producer_id] = event.producer_seq
            await log.append(event.producer_id, [event])
    return url


def test_sessions_lists_what_was_recorded(recorded: str) -> None:
    table = prompter("sessions", "--log", recorded)
    assert table.returncode == 0
    assert "loans.ipynb" in table.stdout
    [session] = json.loads(prompter("sessions", "--log", recorded, "--json").stdout)
    assert session["notebook"] == "loans.ipynb"
    assert session["session_id"].startswith(table.stdout.splitlines()[1].split()[0])
    assert session["runs"] > 30


def test_a_replay_is_a_notebook_that_nbformat_accepts(recorded: str, tmp_path: Path) -> None:
    [session] = json.loads(prompter("sessions", "--log", recorded, "--json").stdout)
    output = tmp_path / "then.ipynb"
    done = prompter("replay", session["session_id"][:8], "--log", recorded, "-o", str(output))
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(output, as_version=4)
    nbformat.validate(notebook)
    assert len(notebook.cells) == 12


async def test_a_replay_says_what_it_cannot_tell(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    await migrate(url, directories=DIRECTORIES)
    cells = [CellSnapshot(cell_id="mine", cell_type="code", source="x = 1")]
    client = Client(lab="", extension="", browser="")
    told = (
        SessionOpened(notebook_path="a.ipynb", kernel_name="python3", client=client, cells=cells, shared=True),
        CellAdded(cell_id="theirs", index=1, cell_type="code", source=WITHHELD * 9, cause="remote", withheld=True),
        CellEdited(cell_id="mine", changes=[(0, ["#"])], cause="user"),
        RunScheduled(run_id=uuid4(), cell_id="mine", source="x = 2"),
    )
    producer = new_producer()
    made = [event(producer, number, body) for number, body in enumerate(told, 1)]
    made[2] = replace(made[2], schema_version=99)
    async with open_study_log(url) as log:
        await log.append(producer, made)
    session, output = str(made[0].session_id), tmp_path / "then.ipynb"
    done = prompter("replay", session, "--log", url, "-o", str(output))
    assert done.returncode == 0, done.stderr
    newer, divergence, partial = done.stderr.splitlines()
    assert newer.startswith("position 3: ")
    assert "99" in newer
    assert divergence.startswith("position 4: ")
    assert "partial" in partial
    assert "theirs" in partial
    notebook = nbformat.read(output, as_version=4)
    # The run's own text is the truth.
    assert [(cell.id, cell.source) for cell in notebook.cells] == [("mine", "x = 2"), ("theirs", WITHHELD * 9)]


@pytest.mark.parametrize("suffix", [".html", ".svg", ".png"])
def test_a_timeline_is_drawn_in_each_format(recorded: str, tmp_path: Path, suffix: str) -> None:
    [session] = json.loads(prompter("sessions", "--log", recorded, "--json").stdout)
    output = tmp_path / f"session{suffix}"
    done = prompter("timeline", session["session_id"], "--log", recorded, "-o", str(output))
    assert done.returncode == 0, done.stderr
    assert output.stat().st_size > 1000


def test_verify_tells_that_the_chain_is_whole(recorded: str) -> None:
    done = prompter("verify", "--log", recorded)
    assert "the chain is whole" in done.stdout


def test_check_says_what_will_be_recorded_and_asked(recorded: str) -> None:
    done = prompter("check", "--log", recorded, MODE="EXP_NONE", JP_PLUGIN_USER="heron")
    assert done.returncode == 0, done.stdout
    for word in ("heron", "EXP_NONE", "keystroke", "first 2048 bytes", "nothing; what would have been asked is logged"):
        assert word in done.stdout
    findings = json.loads(prompter("check", "--log", recorded, "--json").stdout)
    assert {finding["check"] for finding in findings} >= {"log", "writable", "clock", "condition"}


def test_check_tells_the_study_its_period_conditions_rules_and_languages(recorded: str) -> None:
    study = TOP / "docs" / "studies" / "course.yaml"
    done = prompter("check", "--log", recorded, PROMPTER_STUDY=str(study))
    assert done.returncode == 0, done.stdout
    for words in ("statistics-101, phase main", "exercises, 90 minutes", "one of EXP_CTS, EXP_END, by seeded blocks"):
        assert words in done.stdout
    for words in ("en, de", "first_run (in describe, test) asks aim: What do you want", "at most 8 an hour", "version"):
        assert words in done.stdout


def test_check_tells_every_mistake_of_a_study_on_a_line_of_its_own(recorded: str, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("study: a\ncapture: {outputs: some}\ntitel: b\n", encoding="utf-8")
    done = prompter("check", "--log", recorded, PROMPTER_STUDY=str(study))
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert f"{study}:2: outputs is 'some'" in first
    assert f"{study}:3: unknown key 'titel' (did you mean title?)" in second


def test_migrate_creates_a_log_and_then_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/log.db"
    first, second = prompter("migrate", "--log", url), prompter("migrate", "--log", url)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "ran prompter_events 0001" in first.stdout
    assert "up to date" in second.stdout
    assert prompter("check", "--log", url).returncode == 0


def test_check_passes_on_a_fresh_machine_where_the_log_is_made_at_the_first_start(tmp_path: Path) -> None:
    done = prompter("check", "--log", f"sqlite:///{tmp_path}/new/log.db")
    assert done.returncode == 0, done.stdout
    assert "made when Jupyter starts" in done.stdout
    assert not (tmp_path / "new").exists()
    assert list(tmp_path.iterdir()) == []


def test_check_fails_where_no_log_can_be_made_even_for_root() -> None:
    done = prompter("check", "--log", "sqlite:////proc/nowhere/log.db")
    assert done.returncode == 1
    assert "/proc takes no files" in done.stdout


MISTAKES = {
    "a log of an unknown kind": (["sessions", "--log", "postgres://x/y"], {}, "PROMPTER_LOG"),
    "a log that is not there": (["sessions", "--log", "sqlite:////nowhere/log.db"], {}, "prompter migrate"),
    "a password in the URL": (["sessions", "--log", "mysql://u:secret@h/d"], {}, "password"),
    "an unknown condition": (["check"], {"MODE": "EXP_SOMETIMES"}, "EXP_CTS, EXP_END, EXP_NONE, NO_EXP"),
    "an unknown period": (["check"], {"PROMPTER_PERIOD": "second"}, "no study with periods"),
    "a missing study": (["check"], {"PROMPTER_STUDY": "/nowhere/study.yaml"}, "/nowhere/study.yaml"),
    "an unreachable server": (["sessions", "--log", "mysql://u@127.0.0.1:1/d"], {}, "127.0.0.1:1"),
}


@pytest.mark.parametrize(("arguments", "environment", "named"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_gives_one_line_that_says_what_to_do(
    arguments: list[str], environment: dict[str, str], named: str
) -> None:
    done = prompter(*arguments, **environment)
    assert done.returncode == 1
    told = done.stderr or done.stdout
    assert named in told
    assert len(told.strip().splitlines()) == 1
    assert "Traceback" not in told
    assert "secret" not in told


def test_a_session_that_is_not_there_and_a_wrong_suffix_are_said(recorded: str, tmp_path: Path) -> None:
    unknown = prompter("replay", "ffffffff", "--log", recorded, "-o", str(tmp_path / "x.ipynb"))
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
    assert "prompter sessions" in unknown.stderr
    [session] = json.loads(prompter("sessions", "--log", recorded, "--json").stdout)
    wrong = prompter("timeline", session["session_id"], "--log", recorded, "-o", str(tmp_path / "x.gif"))
    assert wrong.returncode == 1
    assert ".html" in wrong.stderr


def test_the_commands_of_a_study_have_help_with_an_example_and_stand_in_the_readme() -> None:
    [study] = app.registered_groups
    assert study.typer_instance is not None
    commands = [command.name for command in study.typer_instance.registered_commands]
    assert commands == ["init", "up", "link"]
    for command in commands:
        assert f"prompter study {command}" in README.read_text("utf-8")
        assert "Example" in prompter("study", str(command), "--help").stdout


def test_every_command_has_help_with_an_example_and_stands_in_the_readme() -> None:
    readme = README.read_text("utf-8")
    commands = [command.name for command in app.registered_commands]
    assert commands == [
        "check",
        "migrate",
        "sessions",
        "replay",
        "history",
        "timeline",
        "quality",
        "export",
        "narrative",
        "simulate",
        "record",
        "assign",
        "verify",
        "demo",
        "collector",
        "erase",
        "restored",
        "rebuild",
        "worker",
    ]
    for command in commands:
        assert f"prompter {command}" in readme
        shown = prompter(str(command), "--help")
        assert shown.returncode == 0
        assert "Example" in shown.stdout


def test_the_version_is_told() -> None:
    assert prompter("--version").stdout == f"prompter {__version__}\n"


def test_commands_that_serve_nothing_do_not_load_a_server() -> None:
    listing = "import sys, prompter.commands; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True).stdout.split()
    assert "prompter.commands" in loaded
    assert not {"jupyter_server.serverapp", "jupyterhub", "jsonschema", "pandas", "altair"} & set(loaded)
