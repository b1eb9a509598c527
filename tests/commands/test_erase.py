"""``prompter erase`` and ``prompter restored``, as an operator uses them."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from prompter.storage import DIRECTORIES, open_study_log
from prompter.withdrawn import withdrawn
from prompter_events import ERASER, Body, Event, ParticipantId, migrate
from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn, ParticipantErased
from support.events import event, new_producer, note
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
    assert f"Ann: {len(lifelike())} payloads of 1 session removed" in done.stdout
    assert [UUID(line.split()[0]) for line in (tmp_path / "list.txt").read_text().splitlines()[1:]] == [ann]
    told = (await everything(url))[-1].body
    assert isinstance(told, ParticipantErased)
    assert (told.participant_id, told.events, bool(told.by)) == (ann, len(lifelike()), True)

    [session] = json.loads(prompter("sessions", "--json", "--log", url).stdout)
    assert (session["participant"], session["notebook"]) == (str(ann), "(erased)")
    verified = prompter("verify", "--log", url)
    assert (verified.returncode, f"{len(lifelike()) + 1} events" in verified.stdout) == (0, True)
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
    assert f"restored up to position {len(lifelike())}; 1 participant of" in done.stdout, done.stderr
    assert [event.payload for event in await everything(url) if event.participant_id == ann] == [None] * len(lifelike())
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
    assert f"{len(lifelike())} payloads" in done.stdout, done.stderr


async def say(url: str, name: str, *bodies: Body) -> ParticipantId:
    """Somebody's words on consent, and a note; their id."""
    async with open_study_log(url) as log:
        participant_id, producer = await log.participant(name), new_producer()
        said = [*bodies, note(f"written by {name}")]
        numbered = [event(producer, seq, body, participant_id=participant_id) for seq, body in enumerate(said, 1)]
        await log.append(producer, numbered)
        return participant_id


async def two_who_withdrew(url: str) -> tuple[ParticipantId, ParticipantId]:
    """Two of five who withdrew, and meant it."""
    agreed, gone = ConsentGiven(version="2"), ConsentWithdrawn(version="2")
    await say(url, "Cyd", agreed)
    await say(url, "Dee", agreed, gone, ConsentGiven(version="3"))
    ann, bob = await say(url, "Ann", agreed, gone), await say(url, "Bob", gone)
    await say(url, "Eve")
    return ann, bob


async def left(url: str) -> set[str]:
    """Whose notes are still to be read."""
    async with open_study_log(url) as log:
        names = await log.participant_names()
        return {names[one.participant_id] async for one in log.read(types=["note.added"]) if one.payload}


async def test_all_who_withdrew_are_listed_and_erased_and_nobody_else(url: str, tmp_path: Path) -> None:
    ann, bob = await two_who_withdrew(url)
    arguments = ("erase", "--withdrawn", "--log", url, "--list", tmp_path / "list.txt")
    refused = prompter(*arguments)
    assert (refused.returncode, "say --yes" in refused.stderr) == (1, True)
    assert [line.split()[0] for line in refused.stdout.splitlines()] == ["Ann", "Bob"]
    assert not (tmp_path / "list.txt").exists()
    assert await left(url) == {"Ann", "Bob", "Cyd", "Dee", "Eve"}

    done = prompter(*arguments, "--yes")
    assert done.returncode == 0, done.stderr
    assert "Ann: 3 payloads of 1 session removed" in done.stdout
    assert await left(url) == {"Cyd", "Dee", "Eve"}
    listed = (tmp_path / "list.txt").read_text().splitlines()[1:]
    assert [UUID(line.split()[0]) for line in listed] == [ann, bob]
    again = prompter(*arguments, "--yes")
    assert (again.returncode, "there is nothing to do" in again.stdout) == (0, True)
    assert prompter("verify", "--log", url).returncode == 0


async def test_an_erasure_that_was_interrupted_is_not_taken_for_finished(url: str) -> None:
    ann, bob = await two_who_withdrew(url)

    class Interrupted(Exception):
        pass

    def interrupt(done: int, total: int) -> None:
        raise Interrupted

    async with open_study_log(url) as log:
        with pytest.raises(Interrupted):
            await log.erase(ann, by="me", progress=interrupt)
        assert [one.participant_id for one in await withdrawn(log)] == [ann, bob]
        for participant_id in (ann, bob):
            await log.erase(participant_id, by="me")
        assert not await withdrawn(log)


@pytest.mark.parametrize(
    ("answer", "stay"), [("y\n", {"Cyd", "Dee", "Eve"}), ("n\n", {"Ann", "Bob", "Cyd", "Dee", "Eve"})]
)
async def test_it_asks_once_for_all_of_them(url: str, tmp_path: Path, answer: str, stay: set[str]) -> None:
    await two_who_withdrew(url)
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "prompter.commands", "erase", "--withdrawn"),
        *("--log", url, "--list", str(tmp_path / "list.txt")),
        stdin=slave,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(slave)
    os.write(master, answer.encode())
    _, told = await process.communicate()
    os.close(master)
    assert told.decode().count("It cannot be undone") == 1
    assert "Ann, Bob" in told.decode()
    assert (process.returncode == 0) == (answer == "y\n")
    assert await left(url) == stay


@pytest.mark.parametrize("arguments", [(), ("--participant", "Ann", "--withdrawn")])
async def test_whom_to_erase_is_said_in_one_way(url: str, arguments: tuple[str, ...]) -> None:
    done = prompter("erase", "--log", url, "--yes", *arguments)
    assert (done.returncode, done.stderr.count("\n"), "--withdrawn for all who withdrew" in done.stderr) == (1, 1, True)
