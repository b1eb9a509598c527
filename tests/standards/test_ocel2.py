"""The export to OCEL 2.0: read by pm4py, by SQLite and by pandas, and held against what the standard asks."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import pytest_asyncio
import stories
from releasing import same_bytes, written

from prompter.exports.ocel2 import Ocel2
from prompter.exports.ocel2.json_file import JsonFile
from prompter.exports.ocel2.model import OcelEvent, OcelObject
from prompter.exports.ocel2.sqlite_file import type_map
from prompter_events.catalogue import CATALOGUE
from support.lifelike import lifelike
from support.loans import loans

ALL = (stories.hostile(), stories.empty(), stories.unaccepted(), *stories.two_sessions(), stories.parsing())

KINDS = {"string": str, "integer": int, "float": float, "boolean": bool}


def read(directory: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads((directory / "log.json").read_text(encoding="utf-8"))
    return log


def problems(log: dict[str, Any]) -> Iterator[str]:
    """Where a log breaks a rule of the standard's metamodel."""
    ids = Counter(told["id"] for told in (*log["events"], *log["objects"]))
    yield from (f"{known} stands {count} times" for known, count in ids.items() if count > 1)
    objects = {told["id"] for told in log["objects"]}
    for kind in ("event", "object"):
        declared = {
            told["name"]: {attribute["name"]: attribute["type"] for attribute in told["attributes"]}
            for told in log[f"{kind}Types"]
        }
        for told in log[f"{kind}s"]:
            where = f"{kind} {told['id']}"
            if told["type"] not in declared:
                yield f"{where} has the type {told['type']}, which is not declared"
                continue
            for attribute in told["attributes"]:
                yield from _value(where, attribute, declared[told["type"]])
            pairs = [(one["objectId"], one["qualifier"]) for one in told["relationships"]]
            if len(set(pairs)) < len(pairs):
                yield f"{where} has a relation twice"
            yield from (
                f"{where} is related to {other}, which is not there" for other, _ in pairs if other not in objects
            )
            if kind == "event":
                datetime.fromisoformat(told["time"])


def _value(where: str, attribute: dict[str, Any], declared: dict[str, str]) -> Iterator[str]:
    kind, value = declared.get(attribute["name"]), attribute["value"]
    if "time" in attribute:
        datetime.fromisoformat(attribute["time"])
    if kind == "time":
        datetime.fromisoformat(value)
    elif kind is None:
        yield f"{where} has an attribute {attribute['name']}, which is not declared"
    elif type(value) is not KINDS[kind]:
        yield f"{where} has {attribute['name']} = {value!r}, which is no {kind}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def living(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of two people at work."""
    directory = tmp_path_factory.mktemp("living")
    await written(Ocel2(), directory, lifelike(), loans().events)
    return directory


async def test_a_log_keeps_the_rules_of_the_standard(living: Path) -> None:
    assert list(problems(read(living))) == []


async def test_whatever_was_typed_the_rules_are_kept(tmp_path: Path) -> None:
    await written(Ocel2(), tmp_path, *ALL)
    assert list(problems(read(tmp_path))) == []


def test_the_rules_find_what_is_wrong(tmp_path: Path) -> None:
    """The negative control."""
    with JsonFile(tmp_path / "log.json", {"e": {"n": "integer"}}, {"o": {}}) as file:
        file.event(OcelEvent("1", "e", 0, {"n": "text"}, (("nobody", "q"), ("nobody", "q"))))
        file.object(OcelObject("1", "o"))
    assert len(list(problems(read(tmp_path)))) == 5


async def test_pm4py_reads_both_files_and_finds_the_process(living: Path, tmp_path: Path) -> None:
    out = tmp_path / "told.json"
    script = Path(__file__).with_name("mining.py")
    command = [sys.executable, str(script), str(living / "log.json"), str(living / "log.sqlite"), str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: ASYNC221 - nothing else is going on
    told = json.loads(out.read_text(encoding="utf-8"))
    events = [*lifelike(), *loans().events]
    assert told["violated"] == []
    assert len(told["satisfied"]) == 24
    for reading in (told["json"], told["sqlite"]):
        assert reading["activities"] == Counter(event.type for event in events)
        assert reading["objects"] == {
            "participant": 2,
            "notebook": 2,
            "session": 2,
            "cell": sum(map(len, map(_cells, (lifelike(), loans().events)))),
            "run": sum(event.type == "run.scheduled" for event in events),
            "prompt": sum(event.type == "prompt.issued" for event in events),
        }
        assert {"by", "concerns", "during", "in", "edits", "runs", "of"} <= set(reading["qualifiers"])
        assert {"executes", "part of", "asks about", "uses names of", "may use names of"} <= set(
            reading["object_relations"]
        )
        assert {"source", "status", "present"} <= set(reading["changes"])
        assert reading["first"].startswith("2026-06-09 13:02:00")
    assert told["run"]["run.scheduled > run.started"] > 50
    assert set(told["begins"]) == {"run.scheduled"}


def _cells(story: list[Any]) -> set[str]:
    """All cells that a session ever had."""
    given = {cell.cell_id for cell in story[0].body.cells}
    return given | {event.body.cell_id for event in story if event.type == "cell.added"}


async def test_an_object_changes_when_it_did(living: Path) -> None:
    log = read(living)
    runs = {told["id"]: told for told in log["objects"] if told["type"] == "run"}
    finished = [event for event in lifelike() if event.type == "run.finished"]
    for event in finished:
        states = [one for one in runs[f"run:{event.body.run_id}"]["attributes"] if one["name"] == "status"]
        assert (states[0]["value"], states[0]["time"]) == ("scheduled", "1970-01-01T00:00:00.000000+00:00")
        assert states[-1]["value"] == event.body.status
        assert datetime.fromisoformat(states[-1]["time"]).timestamp() == pytest.approx(event.occurred_at / 1e6)
    prompts = [told for told in log["objects"] if told["type"] == "prompt"]
    answers = [one["value"] for told in prompts for one in told["attributes"] if one["name"] == "answer"]
    assert "I wrote instalment the British way, the column says <b>installment</b>." in answers


async def test_both_files_say_the_same(living: Path) -> None:
    log = read(living)
    with sqlite3.connect(living / "log.sqlite") as database:
        events = pd.read_sql("SELECT * FROM event ORDER BY rowid", database)
        pairs = set(database.execute("SELECT * FROM event_object"))
        others = set(database.execute("SELECT * FROM object_object"))
        assert list(events["ocel_id"]) == [told["id"] for told in log["events"]]
        for told in log["objects"]:
            for name, value in {one["name"]: one["value"] for one in told["attributes"]}.items():
                statement = (
                    f'SELECT "{name}" FROM "object_{type_map(told["type"])}" WHERE ocel_id = ? AND "{name}" IS NOT NULL'
                )
                [*_, (last,)] = database.execute(f"{statement} ORDER BY ocel_time, rowid", (told["id"],))
                assert last == value
    database.close()
    for told in log["events"]:
        assert {(told["id"], one["objectId"], one["qualifier"]) for one in told["relationships"]} <= pairs
    assert sum(len(told["relationships"]) for told in log["events"]) == len(pairs)
    assert sum(len(told["relationships"]) for told in log["objects"]) == len(others)


async def test_cells_and_questions_live_as_long_as_their_notebook(tmp_path: Path) -> None:
    await written(Ocel2(), tmp_path, *stories.two_sessions())
    log = read(tmp_path)
    assert Counter(told["type"] for told in log["objects"]) == {
        "participant": 1, "notebook": 1, "session": 2, "cell": 1, "run": 1, "prompt": 1,
    }  # fmt: skip
    [prompt] = [told for told in log["objects"] if told["type"] == "prompt"]
    fates = [one["value"] for one in prompt["attributes"] if one["name"] == "status"]
    assert fates == ["issued", "shown", "answered"]
    [cell] = [told for told in log["objects"] if told["type"] == "cell"]
    [amended] = [told for told in log["events"] if told["type"] == "prompt.amended"]
    assert {"objectId": cell["id"], "qualifier": "about"} in amended["relationships"]
    assert any(one["qualifier"] == "continues" for told in log["objects"] for one in told["relationships"])


async def test_runs_are_related_by_the_names_that_they_used(living: Path) -> None:
    log = read(living)
    runs = {told["id"]: told for told in log["objects"] if told["type"] == "run"}
    scored = [
        told for told in log["events"] if told["type"] == "kernel.facts" and "roc_auc_score" in str(told["attributes"])
    ]
    [run] = [one["objectId"] for one in scored[-1]["relationships"] if one["objectId"].startswith("run:")]
    used = [one for one in runs[run]["relationships"] if "names of" in one["qualifier"]]
    assert used
    assert all(one["objectId"] in runs for one in used)


async def test_a_blind_log_holds_no_condition(tmp_path: Path) -> None:
    await written(Ocel2(), tmp_path / "open", lifelike())
    await written(Ocel2(), tmp_path / "blind", lifelike(), blind=True)

    def found(name: str, text: bytes) -> bool:
        return any(text in path.read_bytes() for path in (tmp_path / name).iterdir())

    for text in (b"EXP_CTS", b"condition", b"deliver"):
        assert found("open", text)
        assert not found("blind", text)
    assert list(problems(read(tmp_path / "blind"))) == []


async def test_the_same_log_gives_the_same_bytes(tmp_path: Path) -> None:
    await same_bytes(Ocel2(), tmp_path, lifelike(), *ALL)


async def test_an_empty_log_is_an_empty_log(tmp_path: Path) -> None:
    assert await written(Ocel2(), tmp_path) == {"log.json": 0, "log.sqlite": 0}
    log = read(tmp_path)
    assert (log["events"], log["objects"]) == ([], [])
    assert {told["name"] for told in log["eventTypes"]} == set(CATALOGUE)
    assert {path.name for path in tmp_path.iterdir()} == {"log.json", "log.sqlite"}


async def test_texts_come_back_as_they_were_typed(tmp_path: Path) -> None:
    await written(Ocel2(), tmp_path, stories.hostile())
    sources = {
        one["value"] for told in read(tmp_path)["objects"] for one in told["attributes"] if one["name"] == "source"
    }
    assert {source.replace("\0", "\u2400") for source in stories.SOURCES} <= sources


def test_no_two_types_share_a_table() -> None:
    assert len({type_map(name).casefold() for name in CATALOGUE}) == len(CATALOGUE)
