"""The study's own loop: it works wherever it is asked from, and ends when it should."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from making_study import copied, recorded_study

import prompter
from prompter.errors import SettingInvalid
from prompter.research import StudyClosed
from prompter_events import LogCorrupt, LogNotMigrated, LogTooNew, LogUnavailable


def test_a_study_is_asked_without_a_loop_and_as_a_context_manager(url: str) -> None:
    with prompter.Study(url) as study:
        count = len(study.events())
    assert count > 1_500
    study.close()
    assert repr(study) == f"<prompter.Study {url}, closed>"


async def test_a_study_is_asked_inside_a_running_loop(url: str) -> None:
    with prompter.Study(url) as study:
        assert len(study.events("session.opened")) == 3
    # The caller's loop is as it was.
    assert await asyncio.sleep(0, "as it was") == "as it was"


def test_threads_ask_one_study_at_the_same_time(url: str) -> None:
    with prompter.Study(url) as study, ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(lambda _: study.events("run.*"), range(8)))
    assert all(frame.equals(frames[0]) for frame in frames)


def test_a_closed_study_says_so(url: str) -> None:
    study = prompter.Study(url)
    study.close()
    for ask in (study.events, study.sessions, study.cells, study.runs, study.prompts, study.timeline):
        with pytest.raises(StudyClosed, match="make a new"):
            ask()
    with pytest.raises(StudyClosed):
        study.notebook("0")


def test_closing_ends_what_other_threads_wait_for(url: str) -> None:
    study = prompter.Study(url)
    began, told = threading.Event(), []

    async def for_ever() -> None:
        began.set()
        await asyncio.Event().wait()

    def wait() -> None:
        try:
            study._loop.run(for_ever())
        except StudyClosed as error:
            told.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    began.wait()
    study.close()
    thread.join()
    assert told == ["this study was closed: make a new prompter.Study"]


def test_ctrl_c_ends_the_work_too(url: str) -> None:
    ended = threading.Event()

    async def interrupted() -> None:
        try:
            threading.main_thread()
            os.kill(os.getpid(), 2)
            await asyncio.Event().wait()
        finally:
            ended.set()

    with prompter.Study(url) as study:
        with pytest.raises(KeyboardInterrupt):
            study._loop.run(interrupted())
        assert ended.wait(10)
        assert len(study.events("session.opened")) == 3


def test_a_study_that_is_let_go_ends_its_thread(url: str) -> None:
    before = {thread.name for thread in threading.enumerate()}
    study = prompter.Study(url)
    thread = study._loop._thread
    del study
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
    assert {thread.name for thread in threading.enumerate()} <= before


def test_after_a_fork_the_child_is_told_to_open_its_own(url: str) -> None:
    program = f"""
import os, sys, prompter
study = prompter.Study({url!r})
count = len(study.events())
child = os.fork()
if child == 0:
    try:
        study.events()
    except prompter.research.StudyClosed as error:
        study.close()
        own = prompter.Study({url!r})
        ok = len(own.events()) == count and "forked" in str(error)
        own.close()
        os._exit(0 if ok else 1)
    os._exit(2)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), len(study.events()) == count)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0 True\n", "")


def test_an_interpreter_ends_though_nobody_closed_the_study(url: str, tmp_path: Path) -> None:
    program = f"import prompter\nstudy = prompter.Study({url!r})\nprint(len(study.events('session.opened')))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")
    # What SQLite keeps beside a file that is open is gone.
    assert {file.name for file in Path(url.removeprefix("sqlite:///")).parent.iterdir()} <= {
        "study.db",
        "study.db-turn",
        "study.pseudonyms.key",
    }


def test_importing_the_package_stays_light() -> None:
    program = (
        "import sys, prompter\n"
        "heavy = {'asyncio', 'msgspec', 'pandas', 'polars', 'numpy', 'tornado', 'typer', 'nbformat'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()\n"
        "prompter.Study\n"
        "heavy = {'pandas', 'polars', 'numpy', 'typer', 'nbformat', 'matplotlib', 'pyarrow'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_frame_without_its_library_is_one_line_that_names_the_extra(url: str) -> None:
    program = (
        "import sys, prompter\n"
        "sys.modules['pandas'] = None\n"
        f"with prompter.Study({url!r}) as study:\n"
        "    try:\n        study.events()\n"
        "    except ImportError as error:\n        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "a frame needs pandas: pip install 'jupyterlab-prompter[research]'\n"


def test_what_is_no_log_is_one_clear_error(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("these are notes\n" * 1_000)
    import sqlite3

    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = other.read_bytes()
    for url, kind, told in (
        (f"sqlite:///{tmp_path}/nowhere.db", LogUnavailable, "there is no log at"),
        (f"sqlite:///{text}", LogCorrupt, "no SQLite file"),
        (f"sqlite:///{other}", LogNotMigrated, "has no tables"),
        ("memory://", SettingInvalid, "in memory"),
        ("study.db", SettingInvalid, "forms"),
        ("mysql://nobody@127.0.0.1:9/none", LogUnavailable, "cannot be reached"),
    ):
        with pytest.raises(kind, match=told) as caught:
            prompter.Study(url)
        assert "\n" not in str(caught.value), url
    assert other.read_bytes() == before
    assert not (tmp_path / "nowhere.db").exists()
    assert "prompter-study" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize(("number", "kind"), [(-1, LogNotMigrated), (1, LogTooNew)])
async def test_a_log_of_another_version_is_refused_and_left_alone(
    number: int, kind: type[Exception], tmp_path: Path
) -> None:
    import sqlite3

    url = f"sqlite:///{tmp_path}/study.db"
    await recorded_study(url, {})
    connection = sqlite3.connect(tmp_path / "study.db")
    newest = "(SELECT MAX(number) FROM migration WHERE package = 'prompter_projections')"
    if number > 0:
        connection.execute(
            f"INSERT INTO migration SELECT package, number + 1, name, applied_at FROM migration "
            f"WHERE package = 'prompter_projections' AND number = {newest}"
        )
    else:
        connection.execute(f"DELETE FROM migration WHERE package = 'prompter_projections' AND number = {newest}")
    connection.commit()
    connection.close()
    before = (tmp_path / "study.db").read_bytes()
    with pytest.raises(kind):
        prompter.Study(url)
    assert (tmp_path / "study.db").read_bytes() == before


def test_a_study_writes_nothing(url: str, tmp_path: Path) -> None:
    url = copied(url, tmp_path)
    before = (tmp_path / "study.db").read_bytes()
    with prompter.Study(url) as study:
        for ask in (study.events, study.sessions, study.cells, study.runs, study.prompts):
            ask()
        session = study.sessions()["session_id"][0]
        study.notebook(session)
        study.timeline(session)
    assert (tmp_path / "study.db").read_bytes() == before
    # The pseudonyms' key is what an export would have made, too.
    assert {one.name for one in tmp_path.iterdir()} <= {"study.db", "study.db-turn", "study.pseudonyms.key"}


def test_the_log_of_the_environment_is_the_default(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTER_LOG", url)
    with prompter.Study() as study:
        assert study.url == url
