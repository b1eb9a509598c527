"""Files of anchors: what they hold, and what they convict."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from prompter_events import Log, Position
from prompter_events.anchors import (
    Anchor,
    AnchorsInvalid,
    append_anchor,
    check_belonging,
    check_earlier,
    hashes,
    parse_anchors,
    read_anchors,
)
from support.events import events, new_producer

EPOCH = UUID("3f0c9a5e-0000-4000-8000-00000000beef")
AT = int(datetime(2026, 6, 9, 13, 2, 11, tzinfo=UTC).timestamp()) * 1_000_000
ANCHOR = Anchor(Position(4711), bytes(range(32)), AT, EPOCH)
LINE = f"position 4711  hash {bytes(range(32)).hex()}  at 2026-06-09T13:02:11Z  epoch {EPOCH}"
PATH = Path("study.anchors")


def test_an_anchor_is_a_line_that_a_person_can_read_and_copy() -> None:
    assert str(ANCHOR) == LINE
    assert parse_anchors(LINE) == [ANCHOR]
    assert parse_anchors(f"# by hand\n\n   {LINE.replace('  ', ' ')} \n\t\n#{LINE.replace('4711', '9')}\n") == [ANCHOR]


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "\x00\x01",
        LINE + " x",
        LINE[:-1],
        LINE[9:],
        LINE * 2,
        LINE.upper(),
        LINE.replace("4711", "0"),
        LINE.replace("4711", "-1"),
        LINE.replace("4711", "4" * 5000),
        LINE.replace("4711", "４７１１"),
        LINE.replace("1f", ""),
        LINE.replace("1f", "1g"),
        LINE.replace("06-09", "13-09"),
        LINE.replace("06-09", "02-30"),
        LINE.replace("13:02", "24:02"),
        LINE.replace("2026", "0000"),
        LINE.replace("11Z", "11"),
        LINE.replace("beef", "bee"),
        "position 4711  hash",
    ],
)
def test_a_line_that_is_no_anchor_is_named(line: str) -> None:
    with pytest.raises(AnchorsInvalid, match="line 3 is no anchor; one reads `position 1  hash …  at …  epoch …`"):
        parse_anchors(f"# first\n{LINE}\n{line}\n")


def test_anchors_that_contradict_each_other_are_refused() -> None:
    assert hashes(parse_anchors(f"{LINE}\n{LINE}")) == {ANCHOR.position: ANCHOR.hash}
    with pytest.raises(AnchorsInvalid, match="position 4711 is anchored with two hashes"):
        parse_anchors(f"{LINE}\n{LINE.replace('0001', 'ffff')}")


def test_a_file_grows_by_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    assert read_anchors(path, must_exist=False) == []
    later = Anchor(Position(5000), bytes(32), AT + 1_000_000, EPOCH)
    append_anchor(path, ANCHOR)
    append_anchor(path, later)
    assert path.read_text() == f"{LINE}\n{later}\n"
    assert read_anchors(path) == [ANCHOR, later]
    path.write_text(f"# by hand, without an end\n{LINE}")
    append_anchor(path, later)
    assert read_anchors(path) == [ANCHOR, later]


def test_a_file_that_is_none_is_said_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    with pytest.raises(AnchorsInvalid, match=f"^{path} is not there: .*--save-anchor"):
        read_anchors(path)
    path.write_text("# nothing yet\n")
    assert read_anchors(path, must_exist=False) == []
    with pytest.raises(AnchorsInvalid, match=f"^{path} holds no anchor"):
        read_anchors(path)
    path.write_bytes(b"SQLite format 3\x00\xff\xfe")
    for must_exist in (True, False):
        with pytest.raises(AnchorsInvalid, match=f"^{path} is no text"):
            read_anchors(path, must_exist=must_exist)
    path.write_text("position 1\n")
    for must_exist in (True, False):
        with pytest.raises(AnchorsInvalid, match=f"^{path}: line 1 is no anchor"):
            read_anchors(path, must_exist=must_exist)
    with pytest.raises(IsADirectoryError):
        read_anchors(tmp_path)


async def ends(log: Log) -> list[Anchor]:
    """An anchor of every event."""
    producer = new_producer()
    await log.append(producer, events(producer, 1, 10))
    return [Anchor(event.position, event.hash, AT, log.epoch) async for event in log.read()]


async def test_anchors_belong_to_a_log_by_epoch_or_by_hash(log: Log) -> None:
    anchors = await ends(log)
    await check_belonging(log, [], PATH)
    strangers = [Anchor(one.position, bytes(32), AT, uuid4()) for one in anchors]
    with pytest.raises(AnchorsInvalid, match=r"study\.anchors belongs to another log"):
        await check_belonging(log, strangers, PATH)
    with pytest.raises(AnchorsInvalid, match="belongs to another log"):
        await check_belonging(log, [ANCHOR], PATH)  # behind the end
    await check_belonging(log, [*strangers, anchors[4]], PATH)
    before_a_restore = Anchor(anchors[4].position, anchors[4].hash, AT, uuid4())
    await check_belonging(log, [*strangers, before_a_restore], PATH)


async def test_after_a_restore_the_first_anchor_that_the_backup_lacks_is_named(log: Log) -> None:
    anchors = await ends(log)
    await log.renew_epoch()
    if log.epoch == anchors[0].epoch:
        pytest.fail("the epoch is the same")
    await check_earlier(log, anchors, PATH)
    lost = [Anchor(Position(one), bytes(32), AT, anchors[0].epoch) for one in (99, 12, 11)]
    with pytest.raises(AnchorsInvalid, match="lacks what was at position 11 on 2026-06-09T13:02:11Z: it was restored"):
        await check_earlier(log, [*anchors, *lost], PATH)
    gone_on = Anchor(Position(8), bytes(32), AT, anchors[0].epoch)
    with pytest.raises(AnchorsInvalid, match="lacks what was at position 8 "):
        await check_earlier(log, [*lost, gone_on], PATH)
    await check_earlier(log, [Anchor(Position(8), bytes(32), AT, log.epoch)], PATH)  # for ``verify`` to say
