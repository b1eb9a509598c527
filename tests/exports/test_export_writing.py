"""An export is there whole, or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from prompter.errors import SettingInvalid
from prompter.exports import FORMATS, ExportFailed, ReleasedLog, format_named, register, write_export
from prompter_events import Log, open_log
from support.released import release, told


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    async with open_log("memory://") as opened:
        await told(opened)
        yield opened


class Failing:
    """Writes half of a file."""

    name, summary, needs = "failing", "", ()

    def __init__(self, fail: Callable[[], None]) -> None:
        self._fail = fail

    async def write(self, released: ReleasedLog, directory: Path) -> Mapping[str, int]:
        (directory / "half").write_text("half")
        self._fail()
        return {}


def disk_is_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupted() -> None:
    raise KeyboardInterrupt


async def test_a_full_disk_leaves_nothing_and_says_one_line(log: Log, tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match=r"x cannot be written: No space left on device; nothing was left behind$"):
        await write_export(await release(log), Failing(disk_is_full), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
async def test_a_limit_that_the_system_sets_is_met_as_a_full_disk(log: Log, tmp_path: Path, name: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(ExportFailed, match="nothing was left behind"):
            await write_export(await release(log), FORMATS[name], tmp_path / "x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


async def test_an_interrupt_leaves_nothing_and_what_was_there(log: Log, tmp_path: Path) -> None:
    target = tmp_path / "x"
    await write_export(await release(log), FORMATS["csv"], target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        await write_export(await release(log), Failing(interrupted), target, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert before == {path.name: path.read_bytes() for path in target.iterdir()}


async def test_an_export_is_replaced_by_force_alone(log: Log, tmp_path: Path) -> None:
    target = tmp_path / "x"
    await write_export(await release(log), FORMATS["csv"], target)
    with pytest.raises(SettingInvalid, match="--force"):
        await write_export(await release(log), FORMATS["jsonl"], target)
    await write_export(await release(log), FORMATS["jsonl"], target, force=True)
    assert not (target / "events.csv").exists()
    assert (target / "events.jsonl").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


async def test_nothing_but_an_export_is_ever_replaced(log: Log, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "only copy.tex").write_text("…")
    (tmp_path / "file").write_text("…")
    (tmp_path / "link").symlink_to(tmp_path / "thesis")
    for name in ("thesis", "file", "link"):
        with pytest.raises(SettingInvalid):
            await write_export(await release(log), FORMATS["csv"], tmp_path / name, force=True)
    assert (tmp_path / "thesis" / "only copy.tex").read_text() == "…"
    with pytest.raises(ExportFailed, match="cannot be written"):
        await write_export(await release(log), FORMATS["csv"], tmp_path / "file" / "x")


async def test_an_empty_directory_is_taken(log: Log, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    await write_export(await release(log), FORMATS["csv"], tmp_path / "x")
    await write_export(await release(log), FORMATS["csv"], tmp_path / "new" / "deep" / "y")
    assert (tmp_path / "x" / "events.csv").read_bytes() == (tmp_path / "new/deep/y/events.csv").read_bytes()


async def test_the_manifest_names_the_log_the_options_and_every_file(log: Log, tmp_path: Path) -> None:
    released = await release(log, blind=True)
    await write_export(released, FORMATS["parquet"], tmp_path / "x")
    manifest = json.loads((tmp_path / "x" / "manifest.json").read_text())
    head = await log.head()
    assert manifest["log"] == {"epoch": str(log.epoch), "position": head.position, "hash": head.hash.hex()}
    assert manifest["options"]["blind"] is True
    assert manifest["left_out"] == {"pilot_sessions": 1, "erased_events": 0}
    files = {file["path"]: file for file in manifest["files"]}
    assert {*files, "manifest.json"} == {path.name for path in (tmp_path / "x").iterdir()}
    for name, file in files.items():
        data = (tmp_path / "x" / name).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_formats_are_known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert format_named("csv").name == "csv"
    with pytest.raises(SettingInvalid, match="one of csv, jsonl, parquet"):
        format_named("xlsx")
    with pytest.raises(ValueError, match="there already"):
        register(FORMATS["csv"])
    monkeypatch.setattr("prompter.exports.write.find_spec", lambda name: None)
    with pytest.raises(SettingInvalid, match=r"pip install 'jupyterlab-prompter\[research\]'"):
        format_named("parquet")
