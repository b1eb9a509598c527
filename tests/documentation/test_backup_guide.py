"""What the guide to backups tells is done as it stands, on SQLite and on a MariaDB server."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import create_database, migrate
from prompter_events.url import MysqlUrl, parse_url
from support.documents import DOCS
from support.events import events, new_producer
from support.lifelike import lifelike
from support.mariadb import APP_USER, MariaDB

_BLOCK = re.compile(r"^```(bash|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

#: The commands of the sources, and Python in place of a missing sqlite3 program.
_PROGRAMS = """\
set -euo pipefail
prompter() { "$PYTHON" -W error -m prompter.commands "$@"; }
if ! command -v sqlite3 >/dev/null; then
    sqlite3() {
        "$PYTHON" -c 'from sqlite3 import connect; from sys import argv
log = connect(argv[1])
log.backup(connect(argv[2].split()[1])) if argv[2].startswith(".") else log.execute(argv[2])' "$@"
    }
fi
"""


def steps(heading: str) -> list[str]:
    """The blocks of one section, in order; the last one restores."""
    text = (DOCS / "backup.md").read_text("utf-8")
    found = re.search(rf"^## {heading}$(.*?)^## ", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return [match[2] for match in _BLOCK.finditer(found[1])]


async def bash(directory: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PROMPTER_")}
    return await asyncio.to_thread(
        subprocess.run,
        ["bash", "-c", _PROGRAMS + script],
        cwd=directory,
        env={**clean, "PYTHON": sys.executable, "HOME": str(directory), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


async def record(url: str) -> int:
    """Ann's session; the head after it."""
    async with open_study_log(url) as log:
        ann = await log.participant("Ann")
        for event in lifelike():
            await log.append(event.producer_id, [replace(event, participant_id=ann)])
        return (await log.head()).position


async def add_later(url: str) -> None:
    """What comes after the backup."""
    async with open_study_log(url) as log:
        await log.append(producer := new_producer(), events(producer, 1, 5))


async def head(url: str) -> tuple[int, bytes]:
    """Where the log ends, and its epoch."""
    async with open_study_log(url) as log:
        return (await log.head()).position, log.epoch.bytes


def at(mariadb: MariaDB, script: str) -> str:
    """A script whose clients and programs speak to this server."""
    clients = "".join(
        f'{name}() {{ command {" ".join(mariadb.client(name))} "$@"; }}\n' for name in ("mariadb", "mariadb-dump")
    )
    target = parse_url(mariadb.url("prompter"))
    assert isinstance(target, MysqlUrl)
    return clients + script.replace("localhost:3306", f"{target.host}:{target.port}")


@pytest.mark.parametrize("way", [0, 1], ids=["backup", "vacuum into"])
async def test_a_backup_of_sqlite_is_made_verified_and_put_back(tmp_path: Path, way: int) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    await migrate(url, directories=DIRECTORIES)
    recorded = await record(url)
    *ways, verified, restored = steps("SQLite")
    assert len(ways) == 2
    before = await head(url)
    async with open_study_log(url):  # while the server runs
        done = await bash(tmp_path, ways[way] + verified)
    assert done.returncode == 0, done.stderr
    assert f"{recorded:,} events: the chain is whole" in done.stdout
    assert re.search(
        rf"^ok +anchor +the newest is of \d+ s ago at position {recorded}, 0 events since$", done.stdout, re.M
    )
    await add_later(url)
    done = await bash(tmp_path, restored)
    assert done.returncode == 0, done.stderr
    after = await head(url)
    assert after[0] == before[0] == recorded
    assert after[1] != before[1], "pages must learn that it was restored"
    assert "the chain is whole, and agrees with 1 anchor" in done.stdout


async def test_a_backup_of_mariadb_is_made_verified_and_put_back(tmp_path: Path, mariadb: MariaDB) -> None:
    url = mariadb.url("prompter")
    await create_database(url, mariadb.admin, mariadb.password)
    await migrate(url, admin=mariadb.admin, directories=DIRECTORIES)
    recorded = await record(url)
    dumped, verified, restored = steps("MariaDB and MySQL")
    environment = {"PROMPTER_LOG": url, "PROMPTER_DB_PASSWORD": mariadb.password}
    before = await head(url)
    async with open_study_log(url):
        done = await bash(tmp_path, at(mariadb, dumped + verified), **environment)
    assert done.returncode == 0, done.stderr
    assert f"{recorded:,} events: the chain is whole" in done.stdout
    assert re.search(
        rf"^ok +anchor +the newest is of \d+ s ago at position {recorded}, 0 events since$", done.stdout, re.M
    )
    await add_later(url)
    done = await bash(tmp_path, at(mariadb, restored), **environment)
    assert done.returncode == 0, done.stderr
    assert "the chain is whole, and agrees with 1 anchor" in done.stdout
    after = await head(url)
    assert after[0] == before[0] == recorded
    assert after[1] != before[1]
    # The application goes on, and may still not change what was recorded.
    await add_later(url)
    checked = await bash(tmp_path, "prompter check", **environment)
    assert "ok      rights" in checked.stdout
    [(locked,)] = await mariadb.run(
        mariadb.url("mysql"), "SELECT JSON_VALUE(Priv, '$.account_locked') FROM global_priv WHERE User = %s", APP_USER
    )
    assert locked in (None, "false", "0", 0)


async def test_a_night_that_failed_does_not_end_the_backups_of_later_ones(tmp_path: Path, mariadb: MariaDB) -> None:
    url = mariadb.url("prompter")
    await create_database(url, mariadb.admin, mariadb.password)
    await migrate(url, admin=mariadb.admin, directories=DIRECTORIES)
    recorded = await record(url)
    [night] = steps("Each night")
    places = {"/var/backups/prompter": "backups", "/mnt/elsewhere": "../elsewhere"}
    for place, here in places.items():
        assert place in night
        night = night.replace(place, here)
    (tmp_path / "backups").mkdir()
    environment = {"PROMPTER_LOG": url, "PROMPTER_DB_PASSWORD": mariadb.password}
    done = await bash(tmp_path, at(mariadb, night), **environment)
    assert done.returncode == 1, "there is no place yet for the anchors"
    (tmp_path / "elsewhere").mkdir()
    assert [file.name for file in (tmp_path / "backups").iterdir()] == ["coming.sql"]
    done = await bash(tmp_path, at(mariadb, night), **environment)
    assert done.returncode == 0, done.stderr
    assert f"{recorded:,} events: the chain is whole" in done.stdout
    [kept] = (tmp_path / "backups").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\.sql", kept.name)
    assert len((tmp_path / "elsewhere" / "backups.anchors").read_text().splitlines()) == 1


async def test_a_damaged_backup_leaves_no_anchor(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    await migrate(url, directories=DIRECTORIES)
    await record(url)
    way, _, verified, _ = steps("SQLite")
    spoil = (
        "\nsqlite3 copy.db \"DROP TRIGGER event_only_erasure; UPDATE event SET payload = x'80' WHERE position = 7\"\n"
    )
    done = await bash(tmp_path, way + spoil + verified)
    assert done.returncode == 1
    assert "position 7" in done.stderr
    assert not (tmp_path / "backups.anchors").exists()
