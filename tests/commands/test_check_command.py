"""``prompter check``, as an operator of a study uses it: each line that can fail, made to fail."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from test_commands import prompter

from prompter.commands import log_findings as looking
from prompter.commands.finding import Finding
from prompter.commands.log_findings import Wanted, log_findings
from prompter.record import InForce
from prompter.storage import DIRECTORIES, kept_current, open_study_log
from prompter.study import WITHOUT_STUDY
from prompter.working import Working
from prompter_events import Log, LogUnavailable, Position, migrate, open_log
from prompter_events.anchors import Anchor, append_anchor
from prompter_events.clock import now_micros
from prompter_events.event import NO_SESSION
from prompter_events.surroundings import surroundings
from prompter_projections.relations import DEAD_LETTER
from support.events import events, new_producer
from support.mariadb import MariaDB

NAMES = [projection.name for projection in kept_current(WITHOUT_STUDY, ())]
HOUR = 3_600_000_000
SECOND = 1_000_000


@pytest.fixture(params=["sqlite", "mysql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A log with ten events."""
    if request.param == "mysql":
        made = await request.getfixturevalue("mariadb").fresh_database(*DIRECTORIES)
    else:
        made = f"sqlite:///{tmp_path}/study.db"
        await migrate(made, directories=DIRECTORIES)
    async with open_study_log(made) as log:
        await log.append(producer := new_producer(), events(producer, 1, 10))
    return made


async def look(url: str, **wanted: Any) -> dict[str, list[Finding]]:
    """The findings by what was looked at."""
    found: dict[str, list[Finding]] = {}
    async for finding in log_findings(url, Wanted(**wanted)):
        found.setdefault(finding.check, []).append(finding)
    return found


async def test_a_log_that_is_well_passes_and_each_thing_is_named(url: str) -> None:
    found = await look(url)
    assert all(finding.ok for findings in found.values() for finding in findings)
    rights = ["rights"] if url.startswith("mysql") else []
    assert list(found) == ["log", "migrated", "writable", "clock", "room", *rights, "worker"]
    assert [finding.detail.split()[0] for finding in found["worker"]] == NAMES
    assert all("is 10 events behind; no worker runs" in finding.detail for finding in found["worker"])


async def test_a_running_server_must_have_workers_that_keep_up(url: str) -> None:
    stopped = await look(url, running=True)
    assert [finding.ok for finding in stopped["worker"]] == [False] * 4
    assert "start the collector or `prompter worker`" in stopped["worker"][0].detail
    await Working(url, WITHOUT_STUDY).catch_up()
    holder = uuid4()
    async with open_study_log(url) as log:
        for name in NAMES:
            assert await log.lease(name, holder, 60)
    kept = await look(url, running=True)
    assert [finding.ok for finding in kept["worker"]] == [True] * 4
    assert kept["worker"][0].detail == f"current keeps up; worker {holder.hex[:8]} has it"


async def test_a_worker_that_holds_its_lease_and_does_nothing_is_late(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_study_log(url) as log:
        for name in NAMES:
            await log.lease(name, uuid4(), 60)
    assert (await look(url, running=True))["worker"][0].ok
    monkeypatch.setattr(looking, "_LONGEST_WAIT", 0)
    late = (await look(url, running=True))["worker"]
    assert [finding.ok for finding in late] == [False] * 4
    assert re.search(r"is 10 events behind, for \d+ s; worker", late[0].detail)


@pytest.mark.parametrize(("name", "cure"), [("current", "`rebuild current`"), ("prompting", "in the runbook")])
async def test_what_could_not_be_folded_is_told_with_its_cure(url: str, name: str, cure: str) -> None:
    async with open_study_log(url) as log, log.transaction() as transaction:
        letter = {"session_id": NO_SESSION, "traceback": "Traceback: secret", "recorded_at": 1, "projection": name}
        transaction.save(DEAD_LETTER, [{**letter, "position": position} for position in (7, 4)])
    [told] = (await look(url))["dead letters"]
    assert not told.ok
    assert f"{name} could not fold 2 events, the first at position 4" in told.detail
    assert cure in told.detail
    assert "secret" not in told.detail


async def test_a_disk_that_is_nearly_full_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    around = await surroundings(url)
    assert around.used > 10_000
    assert around.free is not None, "the server runs on this machine"
    monkeypatch.setattr(looking, "_LEAST_ROOM", around.free * 2)
    [room] = (await look(url))["room"]
    assert (room.ok, "make room before it is full" in room.detail) == (False, True)


async def test_events_of_the_future_and_a_server_with_another_time_are_told(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = await surroundings(url)
    assert (around.clock_ahead is None) == url.startswith("sqlite")
    if around.clock_ahead is not None:
        assert abs(around.clock_ahead) < 2 * SECOND
        monkeypatch.setattr(looking, "_SERVER_TOLERANCE", -1)
        [clock] = (await look(url))["clock"]
        assert (clock.ok, "apart: set them" in clock.detail) == (False, True)
    async with open_log(url, migrations=DIRECTORIES, clock=lambda: now_micros() + HOUR) as log:
        await log.append(producer := new_producer(), events(producer, 1, 1))
    [clock] = (await look(url))["clock"]
    assert (clock.ok, "in the future: set this machine's clock" in clock.detail) == (False, True)


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRIGGER"])
async def test_an_account_that_could_change_what_was_recorded_is_told(mariadb: MariaDB, right: str) -> None:
    url = await mariadb.fresh_database(*DIRECTORIES)
    assert (await look(url))["rights"][0].ok
    database = url.rpartition("/")[2]
    for granted in (f"`{database}`.event", f"`{database}`.*"):
        await mariadb.run(url, f"GRANT {right} ON {granted} TO prompter_user@'%'")
        [rights] = (await look(url))["rights"]
        assert (rights.ok, right in rights.detail, "prompter_user" in rights.detail) == (False, True, True)
        await mariadb.run(url, f"REVOKE {right} ON {granted} FROM prompter_user@'%'")
    assert (await look(url))["rights"][0].ok


async def test_the_eraser_is_no_account_for_every_day(mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    url = await mariadb.fresh_database(*DIRECTORIES)
    await mariadb.run(url, "ALTER USER 'prompter_eraser'@'%' IDENTIFIED BY 'rubber' ACCOUNT UNLOCK")
    monkeypatch.setenv("PROMPTER_DB_PASSWORD", "rubber")
    [rights] = (await look(url.replace("prompter_user", "prompter_eraser")))["rights"]
    assert (rights.ok, "UPDATE" in rights.detail) == (False, True)


@dataclass(frozen=True)
class Anchored:
    """A way in which an anchor's line may stand to the log."""

    position: int = 10
    age: int = HOUR
    is_true: bool = True


ANCHORS = {
    "a fresh one": (Anchored(position=8), True, "is of 1 h 0 min ago at position 8, 2 events since"),
    "an old one": (Anchored(age=30 * HOUR), False, "older than 26 h 0 min; is the backup still made and verified?"),
    "another hash": (Anchored(is_true=False), False, "has another hash than"),
    "a log that is shorter": (Anchored(position=12), False, "the log lacks what was at position 12"),
}


@pytest.mark.parametrize(("anchored", "ok", "says"), ANCHORS.values(), ids=ANCHORS.keys())
async def test_the_newest_anchor_must_be_fresh_and_stand_in_the_log(
    url: str, tmp_path: Path, anchored: Anchored, ok: bool, says: str
) -> None:
    file = tmp_path / "backup.anchors"
    async with open_study_log(url) as log:
        hashes = {event.position: event.hash async for event in log.read()}
        at = hashes.get(Position(anchored.position), bytes(32)) if anchored.is_true else bytes(32)
        older = Anchor(Position(1), hashes[Position(1)], now_micros() - 100 * HOUR, log.epoch)
        newest = Anchor(Position(anchored.position), at, now_micros() - anchored.age, log.epoch)
    for anchor in (older, newest):
        append_anchor(file, anchor)
    [finding] = (await look(url, anchors=file, fresh=26 * HOUR))["anchor"]
    assert (finding.ok, says in finding.detail) == (ok, True), finding.detail


async def test_a_file_without_anchors_is_a_failure(url: str, tmp_path: Path) -> None:
    [finding] = (await look(url, anchors=tmp_path / "none", fresh=HOUR))["anchor"]
    assert (finding.ok, "--save-anchor" in finding.detail) == (False, True)


async def test_a_log_that_takes_no_writes_is_told(mariadb: MariaDB) -> None:
    url = await mariadb.fresh_database(*DIRECTORIES)
    database = url.rpartition("/")[2]
    await mariadb.run(url, f"REVOKE INSERT, UPDATE ON `{database}`.checkpoint FROM prompter_user@'%'")
    [writable] = (await look(url))["writable"]
    assert (writable.ok, "prompter migrate" in writable.detail) == (False, True)


async def test_the_command_fails_with_a_finding_and_prints_them_as_json(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    await migrate(url, directories=DIRECTORIES)
    file = tmp_path / "backup.anchors"
    assert prompter("check", "--log", url).returncode == 0
    assert prompter("check", "--log", url, "--running").returncode == 1
    failed = prompter("check", "--log", url, "--anchor", str(file), "--fresh", "2 d", "--json")
    assert failed.returncode == 1
    assert {finding["check"] for finding in json.loads(failed.stdout) if not finding["ok"]} == {"anchor"}
    wrong = prompter("check", "--log", url, "--fresh", "soon")
    assert (wrong.returncode, wrong.stderr.count("\n"), "--fresh" in wrong.stderr) == (1, 1, True)


async def test_a_log_that_goes_away_before_its_record_is_read_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def study_record(log: Log) -> list[InForce]:
        raise LogUnavailable("the database went away")

    monkeypatch.setattr(looking, "study_record", study_record)
    url = f"sqlite:///{tmp_path}/study.db"
    await migrate(url, directories=DIRECTORIES)
    last = [finding async for finding in log_findings(url, Wanted())][-1]
    assert (last.check, last.ok, last.detail) == ("log", False, "the database went away")
