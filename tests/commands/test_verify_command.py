"""``prompter verify``: what it prints, what it says of damage, and what an anchor adds."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from test_commands import prompter

from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import Event, Position, ProducerId, migrate, verify
from prompter_events.anchors import Anchor, parse_anchors
from support.events import event, events, new_producer
from support.lifelike import lifelike
from support.tamper import Intruder

ANCHOR = r"position {} +hash [0-9a-f]{{64}} +at \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ +epoch [0-9a-f-]{{36}}"


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """The URL of a log with twenty events."""
    url = f"sqlite:///{tmp_path}/study.db"
    await migrate(url, directories=DIRECTORIES)
    await fill(url, 20)
    return url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where anchors go; nothing is there yet."""
    return tmp_path / "study.anchors"


async def fill(url: str, count: int) -> None:
    async with open_study_log(url) as log:
        producer = new_producer()
        await log.append(producer, events(producer, 1, count))


def run(url: str, *arguments: object) -> tuple[int, list[str], list[str]]:
    """Exit code, and the lines of standard output and of standard error."""
    done = prompter("verify", "--log", url, *map(str, arguments))
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def told(url: str, *arguments: object) -> str:
    """The one line on standard error of a verification that failed; what was verified is not said then."""
    code, out, [line] = run(url, *arguments)
    assert (code, out) == (1, [])
    return line.removeprefix("prompter: ")


async def cut_off(url: str, after: int) -> None:
    """Removes the end so that the log agrees with itself."""
    last = "(SELECT MAX(producer_seq) FROM event WHERE event.producer_id = producer.producer_id)"
    await Intruder(url).run(
        f"DELETE FROM event WHERE position > {after}",
        f"UPDATE log_head SET position = {after}, last_hash = (SELECT hash FROM event WHERE position = {after})",
        "DELETE FROM producer WHERE producer_id NOT IN (SELECT producer_id FROM event)",
        f"UPDATE producer SET last_seq = {last}",
    )


def test_the_end_of_a_whole_log_is_printed_as_its_anchor(url: str) -> None:
    code, [chain, end, replay], errors = run(url)
    assert (code, errors) == (0, [])
    assert chain == "20 events: the chain is whole."
    assert re.fullmatch(ANCHOR.format(20), end)
    assert replay == "0 sessions: replay gives what was saved and run."
    assert [anchor.position for anchor in parse_anchors(end)] == [20]


async def test_anchors_are_saved_line_by_line_and_compared(url: str, file: Path) -> None:
    code, out, _ = run(url, "--save-anchor", file)
    assert (code, out[2]) == (0, f"This line is in {file} now.")
    assert file.read_text() == f"{out[1]}\n"
    await fill(url, 5)
    code, out, _ = run(url, "--save-anchor", file)
    assert (code, out[0]) == (0, "25 events: the chain is whole, and agrees with 1 anchor.")
    assert file.read_text().splitlines()[1] == out[1]
    before = file.read_text()
    code, out, _ = run(url, "--anchor", file)
    assert (code, out[0]) == (0, "25 events: the chain is whole, and agrees with 2 anchors.")
    assert file.read_text() == before
    other = file.with_name("other.anchors")
    code, out, _ = run(url, "--anchor", file, "--save-anchor", other)
    assert (code, other.read_text()) == (0, f"{out[1]}\n")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE event SET occurred_at = 1 WHERE position = 7", 7),
        ("DELETE FROM event WHERE position = 7", 7),
        ("UPDATE log_head SET position = 12", 12),
        ("UPDATE producer SET last_seq = 21", 20),
        (f"UPDATE event SET session_id = '{'x' * 16}' WHERE position = 7", 7),
    ],
)
async def test_damage_is_one_line_with_the_first_wrong_position(url: str, file: Path, change: str, named: int) -> None:
    await Intruder(url).run(change)
    for arguments in ((), ("--save-anchor", file)):
        assert told(url, *arguments).startswith(f"the log is damaged at position {named}: ")
    assert not file.exists()


async def test_a_cut_off_end_shows_against_an_anchor_alone(url: str, file: Path) -> None:
    run(url, "--save-anchor", file)
    before = file.read_text()
    await cut_off(url, 12)
    assert run(url)[0] == 0
    for option in ("--anchor", "--save-anchor"):
        line = told(url, option, file)
        assert line.startswith("the log is damaged at position 13: ")
        assert "an anchor knows position 20: its end was cut off, or an older backup put in its place" in line
    assert file.read_text() == before


async def test_a_recomputed_chain_shows_against_an_anchor_alone(url: str, file: Path, tmp_path: Path) -> None:
    run(url, "--save-anchor", file)
    async with open_study_log(url) as log:
        stored = [one async for one in log.read()]
        epoch = log.epoch
    # The same events in a log of its own: another clock and other salts, so other hashes, and a sound chain.
    forged = f"sqlite:///{tmp_path}/forged.db"
    await migrate(forged, directories=DIRECTORIES)
    async with open_study_log(forged) as log:
        await log.append(stored[0].producer_id, stored)
        assert await verify(log) == 20
    assert "belongs to another log" in told(forged, "--anchor", file)
    await Intruder(forged).run(f"UPDATE log_head SET epoch = x'{epoch.hex}'")
    assert run(forged)[0] == 0
    line = told(forged, "--anchor", file)
    assert line == "the log is damaged at position 20: the hash is not the anchored one: the chain was recomputed"


async def test_after_a_restore_the_anchor_says_what_the_backup_lacks(url: str, file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    run(url, "--save-anchor", file)
    shutil.copy(url.removeprefix("sqlite:///"), backup)
    await fill(url, 10)
    run(url, "--save-anchor", file)
    shutil.copy(backup, url.removeprefix("sqlite:///"))
    # Nobody said that it was restored.
    assert "its end was cut off, or an older backup put in its place" in told(url, "--anchor", file)
    assert prompter("restored", "--log", url, "--list", str(tmp_path / "erased.txt")).returncode == 0
    lacking = rf"the log lacks what was at position 30 on \S+Z: it was restored from an older backup since\. .*{file}$"
    assert re.match(lacking, told(url, "--anchor", file))
    await fill(url, 15)  # the log goes on past what the anchor knows
    assert re.match(lacking, told(url, "--save-anchor", file))
    first, second = file.read_text().splitlines()
    file.write_text(f"{first}\n# lost with the disk in June: {second}\n")
    code, out, _ = run(url, "--save-anchor", file)
    assert (code, out[0]) == (0, "35 events: the chain is whole, and agrees with 1 anchor.")
    assert run(url, "--anchor", file)[0] == 0


async def test_a_file_that_cannot_be_used_is_one_line(url: str, file: Path, tmp_path: Path) -> None:
    assert "study.anchors is not there: `prompter verify --save-anchor` writes one" in told(url, "--anchor", file)
    assert "is a directory" in told(url, "--anchor", tmp_path).lower()
    assert "is no directory" in told(url, "--save-anchor", tmp_path / "nowhere" / "study.anchors")
    database = Path(url.removeprefix("sqlite:///"))
    before = database.read_bytes()
    assert re.search("is no text|is no anchor", told(url, "--save-anchor", database))
    assert database.read_bytes() == before
    for text, said in (
        ("", "holds no anchor"),
        ("hello\n", "line 1 is no anchor"),
        (f"{Anchor(Position(3), bytes(32), 0, new_producer())}\n", "belongs to another log"),
    ):
        file.write_text(text)
        assert said in told(url, "--anchor", file)


async def test_an_empty_log_has_nothing_to_anchor(tmp_path: Path, file: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    await migrate(url, directories=DIRECTORIES)
    assert run(url)[:2] == (0, ["0 events: the chain is whole.", "0 sessions: replay gives what was saved and run."])
    code, _, [line] = run(url, "--save-anchor", file)
    assert (code, file.exists()) == (1, False)
    assert "the log holds no event yet" in line


async def append_all(url: str, recorded: Sequence[Event]) -> None:
    async with open_study_log(url) as log:
        for one in recorded:
            await log.append(ProducerId(one.producer_id), [one])


async def test_a_replay_that_differs_fails_though_the_chain_is_whole(url: str, file: Path) -> None:
    recorded = list(lifelike())
    await append_all(url, recorded)
    code, out, _ = run(url)
    assert (code, out[-1]) == (0, "1 session: replay gives what was saved and run.")
    one = next(one for one in recorded if one.type == "notebook.saved")
    last = max(each.producer_seq for each in recorded if each.producer_id == one.producer_id)
    wrong = event(
        one.producer_id,
        last + 1,
        type(one.body)(digest=bytes(32)),  # a save with another digest
        participant_id=one.participant_id,
        session_id=one.session_id,
    )
    await append_all(url, [wrong])
    code, out, [line] = run(url, "--save-anchor", file)
    assert code == 1
    assert line.startswith(f"session {one.session_id}, position {20 + len(recorded) + 1}: ")
    assert "the chain is whole" in out[0]
    assert parse_anchors(file.read_text())  # what replay says is no matter of the chain


def test_a_long_log_shows_how_far_it_is(url: str) -> None:
    asyncio.run(fill(url, 20_000))
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "prompter.commands", "verify", "--log", url],
        stdout=subprocess.PIPE,
        stderr=slave,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(slave)
        shown = b""
        try:
            while part := os.read(master, 65_536):
                shown += part
        except OSError:  # how a terminal says that nobody writes to it any more
            pass
        assert process.stdout is not None
        assert b"20,020 events: the chain is whole." in process.stdout.read()
    os.close(master)
    assert process.returncode == 0
    steps = {int(done) for done in re.findall(rb"(\d+)/20020", shown)}
    assert 20_020 in steps
    assert all(step % 1000 == 0 for step in steps - {20_020})


def test_help_tells_of_anchors() -> None:
    shown = " ".join(prompter("verify", "--help").stdout.split())
    for words in ("--anchor", "--save-anchor", "Example", "kept elsewhere"):
        assert words in shown
