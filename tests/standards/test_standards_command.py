"""``prompter export`` with the field's standards, and what its documentation says of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from prov.model import ProvDocument
from releasing import written

import prompter.exports.write
from prompter.errors import SettingInvalid
from prompter.exports import FORMATS, format_named
from prompter.exports.ocel2.schema import object_types
from prompter.exports.progsnap2.columns import EVENT_TYPES, MAIN_TABLE
from prompter.storage import open_study_log
from prompter_events import open_log
from support.lifelike import lifelike
from support.loans import loans
from support.processes import python
from support.released import Person, export, told

STANDARDS = ("progsnap2", "ocel2", "prov")
GUIDE = Path(__file__).parents[2] / "docs/exporting-standards.md"


@pytest.mark.parametrize("name", STANDARDS)
async def test_an_export_names_nobody_that_its_list_does_not_name(name: str, tmp_path: Path) -> None:
    async with open_log("memory://") as log:
        await told(log)
        done = await export(log, name, tmp_path / "x", blind=True)
    listed = {(one.kind, one.file) for one in done.remaining}
    for path in (tmp_path / "x").rglob("*"):
        if path.is_file() and path.name != "remaining-names.csv":
            text = path.read_bytes()
            where = path.relative_to(tmp_path / "x").as_posix()
            for person in (b"zsofia.kertesz", b"moragas", "Ødegård Ørn".encode()):
                if person.lower() in text.lower():
                    assert ("participant", where) in listed
            assert b"EXP_" not in text
            assert b"a pilot" not in text
    manifest = json.loads((tmp_path / "x" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["format"], manifest["sessions"]) == (name, 2)


@pytest.mark.parametrize("name", STANDARDS)
async def test_nothing_of_who_was_erased_is_written(name: str, tmp_path: Path) -> None:
    async with open_log("memory://") as log:
        people = await told(log)
        gone = people["zsofia.kertesz"]
        await log.erase(gone.participant_id, by="operator")
        await export(log, name, tmp_path / "x", identified=True)
    files = [path.read_bytes() for path in (tmp_path / "x").rglob("*") if path.is_file()]
    assert not any(str(gone.session_id).encode() in text or b"zsofia.kertesz" in text.lower() for text in files)
    assert any(str(people["Ødegård Ørn"].session_id).encode() in text for text in files)


async def test_an_identified_export_has_the_names(tmp_path: Path) -> None:
    async with open_log("memory://") as log:
        await told(log)
        for name in STANDARDS:
            await export(log, name, tmp_path / name, identified=True)
    subjects = pd.read_csv(tmp_path / "progsnap2" / "LinkTables" / "LinkSubject.csv")
    assert list(subjects["SubjectID"]) == ["zsofia.kertesz", "Ødegård Ørn"]
    objects = json.loads((tmp_path / "ocel2" / "log.json").read_text(encoding="utf-8"))["objects"]
    assert "participant:Ødegård Ørn" in {one["id"] for one in objects}
    index = json.loads((tmp_path / "prov" / "index.json").read_text(encoding="utf-8"))
    assert [row["participant"] for row in index] == ["zsofia.kertesz", "Ødegård Ørn"]


async def test_the_command_writes_a_standard(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    async with open_study_log(url, migrate=True) as log:
        people: dict[str, Person] = await told(log)
    out = tmp_path / "x"
    command = [sys.executable, "-m", "prompter.commands", "export", "-f", "prov", "-o", str(out), "--json"]
    settings = {**os.environ, "PROMPTER_LOG": url, "COLUMNS": "200"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)  # noqa: ASYNC221
    assert done.returncode == 0, done.stderr
    [summary] = json.loads(done.stdout)
    assert (summary["format"], summary["sessions"]) == ("prov", 2)
    session = people["Ødegård Ørn"].session_id
    document = ProvDocument.deserialize(str(out / "sessions" / f"{session}.json"), format="json")
    assert len(document.records) > 20


async def test_an_unfinished_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file cannot be written, it is one line, and the directory is not there."""
    monkeypatch.setattr("prompter.exports.provenance.export.iso_time", lambda at: _full())
    async with open_log("memory://") as log:
        await told(log)
        with pytest.raises(prompter.exports.write.ExportFailed, match="No space left"):
            await export(log, "prov", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def _full() -> str:
    raise OSError(28, "No space left on device")


def test_without_the_extra_prov_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompter.exports.write.find_spec", lambda module: None)
    with pytest.raises(SettingInvalid, match=r"pip install 'jupyterlab-prompter\[research\]'"):
        format_named("prov")
    assert format_named("progsnap2").needs == format_named("ocel2").needs == ()


async def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Eight times as many events, and no more memory than a few buffers: a session's typing is not kept."""
    peaks: dict[tuple[str, int], int] = {}
    for events in (1_500, 12_000):
        directory = tmp_path / str(events)
        directory.mkdir()
        for name in ("progsnap2", "progsnap2", "ocel2"):  # the first one fills the log
            process = await python("support.exporting", events, name, directory)
            said, _ = await process.communicate()
            assert process.returncode == 0
            peaks[name, events] = json.loads(said).get("peak_kib", 0)
    assert peaks["progsnap2", 12_000] - peaks["progsnap2", 1_500] < 8 * 1024
    assert peaks["ocel2", 12_000] - peaks["ocel2", 1_500] < 8 * 1024


async def test_the_guide_tells_every_type_column_and_term(tmp_path: Path) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    words = set(re.findall(r"[\w.-]+", guide))
    assert set(STANDARDS) <= words & set(FORMATS)
    for name, (here, note) in EVENT_TYPES.items():
        assert f"| {name} | {here} | {note} |" in guide
    assert {name for name in MAIN_TABLE if name.startswith("X-")} <= words
    for name, attributes in object_types(blind=False).items():
        assert f"| `{name}` |" in guide
        assert set(attributes) <= words
    await written(FORMATS["prov"], tmp_path / "prov", lifelike(), loans().events)
    await written(FORMATS["ocel2"], tmp_path / "ocel2", lifelike(), loans().events)
    terms = {
        word
        for path in (tmp_path / "prov" / "sessions").glob("*.json")
        for word in re.findall(r'"prompter:(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert len(terms) > 40
    assert terms - words == set()
    log = json.loads((tmp_path / "ocel2" / "log.json").read_text(encoding="utf-8"))
    qualifiers = {one["qualifier"] for told in (*log["events"], *log["objects"]) for one in told["relationships"]}
    text = " ".join(guide.split())
    assert {qualifier for qualifier in qualifiers if f"*{qualifier}*" not in text} == set()


async def test_the_guides_example_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await written(FORMATS["progsnap2"], tmp_path / "loans-progsnap2", lifelike())
    monkeypatch.chdir(tmp_path)
    [example] = [
        code for code in re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.S) if "Run.Program" in code
    ]
    names: dict[str, pd.DataFrame] = {}
    exec(example, names)
    finished = [event.body for event in lifelike() if event.type == "run.finished"]
    assert len(names["runs"]) == sum(body.status in {"ok", "error"} for body in finished)
    assert names["runs"]["Code"].str.contains("read_csv").any()
