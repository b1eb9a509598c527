"""``prompter erase`` and ``prompter restored``, as an operator uses them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import ERASER, Event, ParticipantId, migrate
from prompter_events.catalogue.study import ParticipantErased
from support.lifelike import lifelike
from support.mariadb import MariaDB


def prompter(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PROMPTER_")}
    return subprocess.run(
        [sys.executable, "-m", "prompter.commands", *map(str, arguments)],
        env={**clean, "COLUMNS": "200", "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


async def record(url: str) -> ParticipantId:
    """Ann's lifelike session; her id."""
    async with open_study_log(url) as log:
        ann = await log.participant("Ann")
        for event in lifelike():
            await log.append(event.producer_id, [replace(event, participant_id=ann)])
        return ann


async def everything(url: str) -> list[Event]:
    async with open_study_log(url) as log:
        return [event async for event in log.read()]


@pytest.fixture
async def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/study.db"
    await migrate(url, directories=DIRECTORIES)
    return url


async def test_an_erased_session_is_listed_without_a_word_of_it(url: str, tmp_path: Path) -> None:
    ann = await record(url)
    done = prompter("erase", "--participant", "Ann", "--yes", "--log", url, "--list", tmp_path / "list.txt")
    assert done.returncode == 0, done.stderr
    assert "Ann: 583 payloads of 1 session removed" in done.stdout
    assert [UUID(line.split()[0]) for line in (tmp_path / "list.txt").read_text().splitlines()[1:]] == [ann]
    told = (await everything(url))[-1].body
    assert isinstance(told, ParticipantErased)
    assert (told.participant_id, told.events, bool(told.by)) == (ann, 583, True)

    [session] = json.loads(prompter("sessions", "--json", "--log", url).stdout)
    assert (session["participant"], session["notebook"]) == (str(ann), "(erased)")
    verified = prompter("verify", "--log", url)
    assert (verified.returncode, "584 events" in verified.stdout) == (0, True)
    for command in (("replay", session["session_id"], "-o", tmp_path / "x.ipynb"),):
        shown = prompter(*command, "--log", url)
        assert (shown.returncode, shown.stderr.count("\n")) == (1, 1)
        assert "was erased" in shown.stderr
    again = prompter("erase", "--participant", ann, "--yes", "--log", url, "--list", tmp_path / "list.txt")
    assert "0 payloads of 1 session removed" in again.stdout
    assert len((tmp_path / "list.txt").read_text().splitlines()) == 2


async def test_nothing_is_erased_by_mistake(url: str, tmp_path: Path) -> None:
    await record(url)
    before = await everything(url)
    for arguments, says in (
        (("--participant", "Ann"), "say --yes"),
        (("--participant", "Bob", "--yes"), "no participant 'Bob'"),
        (("--participant", "ann", "--yes"), "no participant 'ann'"),
        (("--participant", "Ann", "--yes", "--list", tmp_path), str(tmp_path)),
    ):
        refused = prompter("erase", "--log", url, "--list", tmp_path / "list.txt", *arguments)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
        assert says in refused.stderr
    assert await everything(url) == before
    assert not (tmp_path / "list.txt").exists()


async def test_whoever_was_erased_stays_erased_after_a_restore(url: str, tmp_path: Path) -> None:
    ann = await record(url)
    path = tmp_path / "study.db"
    shutil.copy(path, tmp_path / "backup.db")
    listed = ("--list", tmp_path / "list.txt")
    assert prompter("erase", "--participant", "Ann", "--yes", "--log", url, *listed).returncode == 0
    shutil.copy(tmp_path / "backup.db", path)
    assert any(event.payload for event in await everything(url))
    done = prompter("restored", "--log", url, *listed)
    assert "restored up to position 583; 1 participant of" in done.stdout, done.stderr
    assert [event.payload for event in await everything(url) if event.participant_id == ann] == [None] * 583
    (tmp_path / "list.txt").write_text("# mine\nnobody 2026\n")
    wrong = prompter("restored", "--log", url, *listed)
    assert (wrong.returncode, "line 2: 'nobody' is no participant's id" in wrong.stderr) == (1, True)


async def test_on_mysql_the_eraser_signs_in(mariadb: MariaDB, tmp_path: Path) -> None:
    url = await mariadb.fresh_database(*DIRECTORIES)
    await record(url)
    arguments = ("erase", "--participant", "Ann", "--yes", "--log", url, "--list", tmp_path / "list.txt")
    without = await asyncio.to_thread(prompter, *arguments, PROMPTER_DB_PASSWORD=mariadb.password)
    assert (without.returncode, "PROMPTER_DB_ERASER_PASSWORD" in without.stderr) == (1, True)
    await mariadb.run(url, f"ALTER USER {ERASER}@'%' IDENTIFIED BY 'rubber' ACCOUNT UNLOCK")
    wrong = await asyncio.to_thread(prompter, *arguments, PROMPTER_DB_ERASER_PASSWORD="x")
    assert (wrong.returncode, wrong.stderr.count("\n"), "rubber" in wrong.stderr) == (1, 1, False)
    done = await asyncio.to_thread(prompter, *arguments, PROMPTER_DB_ERASER_PASSWORD="rubber")
    assert "583 payloads" in done.stdout, done.stderr
