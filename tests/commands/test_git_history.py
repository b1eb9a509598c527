"""``prompter history``: a session as a repository that git itself takes, reads and finds sound."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from prompter.git_history.delta import delta
from prompter.git_history.file_name import file_name
from prompter.storage import open_study_log
from prompter_events import Batch, Event, Log, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellSnapshot, Client, NotebookRenamed, SessionOpened
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from prompter_projections import notebook_at
from support.lifelike import lifelike

URL = "sqlite:///{}/log.db"


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    async with open_study_log(URL.format(tmp_path), migrate=True) as opened:
        yield opened


@pytest.fixture
def prompter(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The program, in a process of its own."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "prompter.commands", *map(str, arguments)]
        settings = {**os.environ, "PROMPTER_LOG": URL.format(tmp_path), "COLUMNS": "200"}
        return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)

    return run


def git(directory: Path, *arguments: str) -> str:
    """What git itself says; it must be content."""
    command = ["git", "-C", str(directory), "-c", "safe.directory=*", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def store(log: Log, events: Sequence[Event]) -> list[Event]:
    """Append the events of several producers in their order; as the log has them."""
    for event in events:
        await log.append_batches([Batch(event.producer_id, [event])])
    return [event async for event in log.read(session=events[0].session_id)]


def session(*bodies: Body) -> list[Event]:
    """One page's events, a second apart."""
    ids = {"session_id": SessionId(uuid4()), "participant_id": ParticipantId(uuid4())}
    producer = ProducerId(uuid4())
    return [
        draft(body, producer_id=producer, producer_seq=n, occurred_at=1_790_000_000_000_000 + n * 1_000_000, **ids)  # type: ignore[arg-type]
        for n, body in enumerate(bodies, 1)
    ]


def opened(path: str = "work.ipynb", source: str = "x = 1", cell_id: str = "a") -> SessionOpened:
    client = Client(lab="", extension="", browser="")
    cells = [CellSnapshot(cell_id=cell_id, cell_type="code", source=source)]
    return SessionOpened(notebook_path=path, kernel_name="python3", client=client, cells=cells)


def ran(source: str = "x = 1", cell_id: str = "a", count: int = 1) -> tuple[RunScheduled, RunFinished]:
    run_id = uuid4()
    return (
        RunScheduled(run_id=run_id, cell_id=cell_id, source=source),
        RunFinished(run_id=run_id, status="ok", execution_count=count, duration_ms=1500),
    )


async def test_each_run_is_a_commit_of_the_notebook_as_it_stood(log: Log, prompter, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    told = await store(log, lifelike())
    session_id = told[0].session_id
    done = prompter("history", str(session_id)[:8], "--git", tmp_path / "repo")
    assert done.returncode == 0
    # What the replay lacks is told, with its position.
    lost = next(event.position for event in told if event.type == "capture.lost")
    new_key, lack = done.stderr.splitlines()
    assert "is the new key of the pseudonyms" in new_key
    assert lack == f"position {lost}: 12 events never arrived: the browser's store was full"
    repository = tmp_path / "repo"
    git(repository, "fsck", "--strict")
    assert git(repository, "status", "--porcelain") == ""
    runs = [event for event in told if event.type == "run.finished"]
    commits = git(repository, "log", "--reverse", "--format=%H").split()
    assert len(commits) in (len(runs), len(runs) + 1)
    for commit, event in zip(commits, sorted(runs, key=lambda event: event.position), strict=False):
        then = await notebook_at(log, session_id, position=event.position)
        saved = json.loads(git(repository, "show", f"{commit}:loans.ipynb"))
        assert [(cell["id"], cell["cell_type"], "".join(cell["source"])) for cell in saved["cells"]] == [
            (cell.cell_id, cell.cell_type, cell.source) for cell in then.cells
        ]
        ended = datetime.fromtimestamp(event.occurred_at // 1_000_000, UTC)
        assert datetime.fromisoformat(git(repository, "show", "-s", "--format=%cI", commit).strip()) == ended


async def test_who_when_what_and_why(log: Log, prompter, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    told = await store(log, lifelike())
    participant = next(event.participant_id for event in told)
    assert prompter("history", told[0].session_id, "--git", tmp_path / "repo").returncode == 0
    messages = git(tmp_path / "repo", "log", "--reverse", "--format=%an %ae%n%B")
    first, *_ = git(tmp_path / "repo", "log", "--reverse", "--format=%s").splitlines()
    assert first == "Cell 2 error FileNotFoundError: import pandas as pd"
    assert "> Just getting the file in. I want to see how big it is" in messages
    assert "What are you trying to do or find out in this cell?" in messages
    assert "participants.invalid" in messages
    assert str(participant) not in messages


async def test_the_same_log_gives_the_same_commits(log: Log, prompter, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    told = await store(log, lifelike())
    for name in ("one", "two"):
        assert prompter("history", told[0].session_id, "--git", tmp_path / name).returncode == 0
    assert git(tmp_path / "one", "rev-parse", "HEAD") == git(tmp_path / "two", "rev-parse", "HEAD")


HOSTILE = "\x1b[31m\0'; rm -rf /\n\nAuthor: somebody\r\u202e"


@pytest.mark.parametrize(
    "path",
    [
        "../../outside.ipynb",
        "/etc/cron.d/x",
        ".git/config",
        ".git",
        "..",
        "",
        "a\0b\n.ipynb",
        "ünï 😀.ipynb",
        "x" * 3000,
    ],
)
async def test_a_hostile_name_stays_in_the_directory(log: Log, prompter, tmp_path: Path, path: str) -> None:  # type: ignore[no-untyped-def]
    told = await store(
        log, session(opened(path, HOSTILE, "a\n--"), *ran(HOSTILE, "a\n--"), NotebookRenamed(path="b/" + path))
    )
    inside = tmp_path / "inside"
    inside.mkdir()
    done = prompter("history", told[0].session_id, "--git", inside / "repo")
    assert done.returncode == 0, done.stderr
    assert [entry.name for entry in inside.iterdir()] == ["repo"]
    files = {entry.name for entry in (inside / "repo").iterdir()} - {".git"}
    assert len(files) == 1
    git(inside / "repo", "fsck", "--strict")
    assert git(inside / "repo", "status", "--porcelain") == ""
    assert "\x1b" not in git(inside / "repo", "log")
    assert "Author: somebody" not in git(inside / "repo", "log").splitlines()


def test_names_of_files() -> None:
    assert file_name("deep/down/Loans 2.ipynb") == "Loans 2.ipynb"
    assert file_name("RTC:loans.ipynb") == "loans.ipynb"
    assert file_name("..") == file_name("") == file_name(".ipynb") == "notebook.ipynb"
    assert file_name(".git") == "git.ipynb"
    assert len(file_name("😀" * 500).encode()) <= 255


async def test_what_is_there_is_not_touched(log: Log, prompter, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    told = await store(log, session(opened(), *ran()))
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("years of work")
    done = prompter("history", told[0].session_id, "--git", taken)
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [entry.name for entry in taken.iterdir()] == ["thesis.txt"]
    done = prompter("history", told[0].session_id, "--git", taken / "thesis.txt")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    done = prompter("history", told[0].session_id, "--git", tmp_path / "no" / "such")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert prompter("history", told[0].session_id, "--git", empty).returncode == 0
    assert git(empty, "log", "--format=%s").strip() == "Cell 1 ok: x = 1"


async def test_a_session_that_nobody_knows_leaves_nothing(log: Log, prompter, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    done = prompter("history", uuid4(), "--git", tmp_path / "repo")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    assert {entry.name for entry in tmp_path.iterdir() if "log.db" not in entry.name} == set()


async def test_a_run_that_never_ended_is_lost_and_the_rest_is_kept(log: Log, prompter, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    scheduled, _ = ran()
    told = await store(log, session(opened(), scheduled, NotebookRenamed(path="renamed.ipynb")))
    assert prompter("history", told[0].session_id, "--git", tmp_path / "repo").returncode == 0
    assert git(tmp_path / "repo", "log", "--reverse", "--format=%s").splitlines() == [
        "Cell 1 lost: x = 1",
        "As it stands",
    ]
    renamed = git(tmp_path / "repo", "show", "--stat", "--summary", "-M", "HEAD")
    assert "work.ipynb => renamed.ipynb" in renamed


def test_differences_are_what_git_makes_of_them() -> None:
    """By the rules of git's manual gitformat-pack, read back by the library's own reader."""
    from dulwich.pack import apply_delta

    base = [b"x" * 20, b"line one\n" * 9, b"y" * 70_000, b"z"]
    for target in ([], base, base[::-1], [b"new" * 200, *base[1:]], [base[2], b"!", base[2]]):
        made = b"".join(apply_delta(b"".join(base), delta(base, target)))
        assert made == b"".join(target)
