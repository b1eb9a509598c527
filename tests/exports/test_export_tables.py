"""The tables, read back by readers that are not ours."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import msgpack
import pandas
import polars
import pyarrow.parquet
import pytest

from prompter.exports import FORMATS, write_export
from prompter.exports.tables import TABLES, Table
from prompter.exports.values import FORMULA
from prompter_events import CATALOGUE, Event, Log, draft, open_log
from prompter_events.catalogue.notebook import CellAdded, CellEdited, CellRemoved, NotebookRenamed
from prompter_events.catalogue.runs import EstimatorFact, KernelFacts, RunScheduled
from prompter_events.catalogue.study import CaptureLost
from prompter_projections import notebook_at, sessions
from support.lifelike import lifelike
from support.released import AT, Person, every_byte, export, release, store, told

NAMES = ("csv", "jsonl", "parquet")

HOSTILE = (
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "＝1",
    "a\0b",
    '"quoted", and\r\nbroken\n"',
    "<script>alert(1)</script>",
    "{format} %s ../../etc/passwd",
    "🙂",
    "\u2028\u202e\ufeff",
    "",
    "x" * 1_000_000,
)


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    async with open_log("memory://") as opened:
        yield opened


def with_pandas(directory: Path, table: str, name: str) -> list[dict[str, Any]]:
    """Texts stay texts; what is missing is none."""
    path = directory / f"{table}.{name}"
    if name == "csv":
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    elif name == "jsonl":
        frame = pandas.read_json(path, lines=True, dtype=False)
    else:
        frame = pandas.read_parquet(path)
    return [
        {
            key: None if value is None or (isinstance(value, float) and math.isnan(value)) else value
            for key, value in row.items()
        }
        for row in frame.to_dict("records")
    ]


def with_polars(directory: Path, table: str, name: str) -> polars.DataFrame:
    path = directory / f"{table}.{name}"
    if name == "csv":
        return polars.read_csv(path, infer_schema=False)
    if name == "parquet":
        return polars.read_parquet(path)
    # A body differs with its type, and a change has numbers beside texts: to polars they are texts.
    texts = {
        column.name: polars.String
        for one in TABLES
        if one.name == table
        for column in one.columns
        if column.kind == "json"
    }
    return polars.read_ndjson(path, infer_schema_length=None, schema_overrides=texts)


def with_duckdb(directory: Path, table: str, name: str) -> list[tuple[Any, ...]]:
    path = directory / f"{table}.{name}"
    source = {
        "csv": f"read_csv('{path}', all_varchar=true, strict_mode=true, max_line_size=8000000)",
        "jsonl": f"read_json('{path}', format='newline_delimited', maximum_object_size=20000000)",
        "parquet": f"read_parquet('{path}')",
    }[name]
    return duckdb.sql(f"select * from {source}").fetchall()


async def all_formats(log: Log, directory: Path, **options: object) -> dict[str, Path]:
    for name in NAMES:
        await export(log, name, directory / name, **options)
    return {name: directory / name for name in NAMES}


async def test_three_readers_find_as_many_rows_in_three_formats(log: Log, tmp_path: Path) -> None:
    await store(log, lifelike())
    for name in NAMES:
        written = await export(log, name, tmp_path / name)
        for table in TABLES:
            rows = written.files[f"{table.name}.{name}"]
            assert rows > 0
            assert len(with_pandas(tmp_path / name, table.name, name)) == rows
            assert with_polars(tmp_path / name, table.name, name).columns == list(table.names)
            assert with_polars(tmp_path / name, table.name, name).height == rows
            assert len(with_duckdb(tmp_path / name, table.name, name)) == rows


async def test_the_formats_tell_the_same(log: Log, tmp_path: Path) -> None:
    await told(log)
    paths = await all_formats(log, tmp_path)
    for table in TABLES:
        first, second, third = (with_pandas(paths[name], table.name, name) for name in NAMES)
        kinds = {column.name: column.kind for column in table.columns}
        for one, two, three in zip(first, second, third, strict=True):
            for column, kind in kinds.items():
                parquet = three[column]
                if parquet is None or parquet is pandas.NaT:
                    assert one[column] == ""
                    assert two[column] is None
                elif kind == "json":
                    assert json.loads(one[column].removeprefix("'")) == json.loads(parquet) == two[column]
                elif kind == "datetime":
                    assert one[column] == two[column] == parquet.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                elif kind == "integer":
                    assert int(one[column]) == int(two[column]) == int(parquet)
                elif kind == "boolean":
                    assert one[column] == str(bool(parquet)).lower() == str(bool(two[column])).lower()
                else:
                    assert two[column] == parquet
                    assert one[column].removeprefix("'") == parquet.removeprefix("'")


async def test_hostile_texts_come_back_as_they_were(log: Log, tmp_path: Path) -> None:
    person = Person(1, await log.participant("somebody else"))
    person.begin("=cmd|' /C calc'!A0.ipynb")
    for number, text in enumerate(HOSTILE, 1):
        person.run(text, output=text, number=number)
        person.ask(text[:90_000], number=number)
    await store(log, person.events)
    paths = await all_formats(log, tmp_path)
    for name in ("jsonl", "parquet"):
        assert [row["source"] for row in with_pandas(paths[name], "runs", name)] == list(HOSTILE)
        assert with_polars(paths[name], "runs", name)["source"].to_list() == list(HOSTILE)
        assert with_polars(paths[name], "prompts", name)["text"].to_list() == [text[:90_000] for text in HOSTILE]
    assert [row[5] for row in with_duckdb(paths["parquet"], "runs", "parquet")] == list(HOSTILE)
    csv.field_size_limit(10_000_000)
    with (paths["csv"] / "runs.csv").open(encoding="utf-8", newline="") as file:
        by_python = [row["source"] for row in csv.DictReader(file)]
    by_pandas = [row["source"] for row in with_pandas(paths["csv"], "runs", "csv")]
    by_polars = with_polars(paths["csv"], "runs", "csv")["source"].to_list()
    by_duckdb = [row[5] or "" for row in with_duckdb(paths["csv"], "runs", "csv")]
    assert by_python == by_pandas == by_polars == by_duckdb
    assert [text.removeprefix("'") if text[1:2] in {*FORMULA, "'"} else text for text in by_python] == [
        text.replace("\0", "␀") for text in HOSTILE
    ]


async def test_no_text_in_csv_is_a_formula(log: Log, tmp_path: Path) -> None:
    person = Person(1, await log.participant("somebody else"))
    person.begin("-2+3.ipynb", study="@loans")
    for number, text in enumerate(HOSTILE[:-1], 1):
        person.run(text, output=text, error=text, number=number)
        person.say(CellAdded(cell_id=f"={number}", index=0, cell_type="code", source=text, cause="user"))
    await store(log, person.events)
    await export(log, "csv", tmp_path / "csv", identified=True)
    texts = {column.name for table in TABLES for column in table.columns if column.kind in {"string", "json"}}
    seen = 0
    for table in TABLES:
        with (tmp_path / "csv" / f"{table.name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for column in texts & row.keys():
                    seen += row[column].startswith("'")
                    assert not row[column].startswith(FORMULA)
    assert seen > 20


async def test_a_missing_value_is_told_from_an_empty_text(log: Log, tmp_path: Path) -> None:
    person = Person(1, await log.participant("somebody else"))
    person.begin("x.ipynb", condition="")
    person.run("")
    await store(log, person.events)
    paths = await all_formats(log, tmp_path)
    for name in NAMES:
        [run] = with_polars(paths[name], "runs", name).to_dicts()
        assert run["source"] == ""
        assert run["error_name"] is None
        [session] = with_polars(paths[name], "sessions", name).to_dicts()
        assert session["condition"] is None


async def test_halves_of_emojis_and_unreadable_events_stop_nobody(log: Log, tmp_path: Path) -> None:
    person = Person(1, await log.participant("somebody else"))
    person.begin("x.ipynb")
    person.say(CellEdited(cell_id="a", changes=[(0, ["🙂"])], cause="user"))
    person.say(CellEdited(cell_id="a", changes=[(0, [1, -1])], cause="user"))
    facts = EstimatorFact(name="m", kind="M", did="scored", value=math.nan)
    person.say(KernelFacts(run_id=None, read=[], bound=[], estimators=[facts]))
    bad = msgpack.packb({"run_id": b"short", "cell_id": "a"})
    broken = draft(
        RunScheduled(run_id=UUID(int=1), cell_id="a", source=""),
        session_id=person.session_id,
        producer_id=person.producer_id,
        producer_seq=person.events[-1].producer_seq + 1,
        participant_id=person.participant_id,
        occurred_at=AT,
    )
    await store(log, [*person.events, _with_payload(broken, bad)])
    paths = await all_formats(log, tmp_path)
    for name in NAMES:
        sources = {row["cell_id"]: row["source"] for row in with_polars(paths[name], "cells", name).to_dicts()}
        assert sources["a"] == "\ufffd"
        last = with_polars(paths[name], "events", name).to_dicts()[-1]
        # The log itself keeps what it cannot understand as such.
        assert last["type"] == "capture.invalid" or last["body"] is None
        assert with_polars(paths[name], "events", name).height == len(person.events) + 1


def _with_payload(event: Event, payload: bytes) -> Event:
    import msgspec

    return msgspec.structs.replace(event, payload=payload)


async def test_an_empty_log_gives_empty_tables(log: Log, tmp_path: Path) -> None:
    for name in NAMES:
        written = await export(log, name, tmp_path / name)
        assert set(written.files.values()) == {0}
    assert with_polars(tmp_path / "parquet", "events", "parquet").columns == list(TABLES[0].names)
    assert with_pandas(tmp_path / "csv", "runs", "csv") == []


async def test_a_session_without_an_end_and_runs_without_one_are_told_so(log: Log, tmp_path: Path) -> None:
    person = Person(1, await log.participant("somebody else"))
    person.begin("x.ipynb")
    person.say(RunScheduled(run_id=UUID(int=9), cell_id="a", source="while True: pass"))
    person.say(CaptureLost(count=3, reason="no room"))
    await store(log, person.events)
    await export(log, "parquet", tmp_path / "x")
    [session] = with_polars(tmp_path / "x", "sessions", "parquet").to_dicts()
    [run] = with_polars(tmp_path / "x", "runs", "parquet").to_dicts()
    assert (session["closed"], session["lost_events"], session["runs"]) == (False, 3, 1)
    assert (run["status"], run["finished_at"], run["outputs"]) == ("unfinished", None, None)


async def test_the_tables_agree_with_the_other_views_of_the_log(log: Log, tmp_path: Path) -> None:
    await store(log, lifelike())
    [summary] = await sessions(log)
    await export(log, "parquet", tmp_path / "x", identified=True)
    [session] = with_polars(tmp_path / "x", "sessions", "parquet").to_dicts()
    assert (session["edits"], session["runs"], session["prompts"], session["answers"]) == (
        summary.edits,
        summary.runs,
        summary.asked,
        summary.answered,
    )
    notebook = await notebook_at(log, summary.session_id)
    cells = with_polars(tmp_path / "x", "cells", "parquet").filter(polars.col("place").is_not_null()).sort("place")
    assert cells["source"].to_list() == [cell.source for cell in notebook.cells]
    edits = with_polars(tmp_path / "x", "edits", "parquet")
    assert edits["inserted"].sum() > 1_000
    prompts = with_polars(tmp_path / "x", "prompts", "parquet")
    assert prompts["position"].is_sorted()
    assert prompts.filter(polars.col("status") == "answered").height == summary.answered


async def test_an_answer_on_another_day_belongs_to_its_question(log: Log, tmp_path: Path) -> None:
    first = Person(1, await log.participant("somebody else"))
    first.begin("x.ipynb")
    first.ask("at last")
    later = Person(2, first.participant_id)
    later.begin("x.ipynb")
    answer = first.events.pop()
    later.say(answer.body)
    await store(log, [*first.events, *later.events])
    await export(log, "parquet", tmp_path / "x")
    [prompt] = with_polars(tmp_path / "x", "prompts", "parquet").to_dicts()
    assert (prompt["status"], prompt["text"], prompt["session_id"]) == ("answered", "at last", str(first.session_id))


async def test_every_type_of_event_has_a_body_that_readers_take(log: Log, tmp_path: Path) -> None:
    person = Person(1, await log.participant("somebody else"))
    person.begin("x.ipynb")
    person.say(NotebookRenamed(path="y.ipynb"), CellRemoved(cell_id="b", index=1, cause="user"))
    await store(log, [*person.events, *lifelike(3)])
    paths = await all_formats(log, tmp_path)
    for name in ("csv", "parquet"):
        for row in with_polars(paths[name], "events", name).to_dicts():
            assert row["type"] in CATALOGUE
            assert isinstance(json.loads(row["body"]), dict)


async def test_the_same_log_gives_the_same_bytes(log: Log, tmp_path: Path) -> None:
    await told(log)
    for name in NAMES:
        await export(log, name, tmp_path / f"{name} 1", pilots=True)
        await export(log, name, tmp_path / f"{name} 2", pilots=True)
        first = {path.name: path.read_bytes() for path in (tmp_path / f"{name} 1").iterdir()}
        assert first == {path.name: path.read_bytes() for path in (tmp_path / f"{name} 2").iterdir()}


async def test_no_byte_of_a_blind_export_tells_a_condition(log: Log, tmp_path: Path) -> None:
    await told(log)
    for name in NAMES:
        await export(log, name, tmp_path / name, blind=True)
        assert b"EXP_" not in every_byte(tmp_path / name)
        assert b"novice" not in every_byte(tmp_path / name)
        await export(log, name, tmp_path / f"{name} seen")
        assert b"EXP_" in every_byte(tmp_path / f"{name} seen")


async def test_the_codebook_tells_every_column_and_the_data_package_their_types(log: Log, tmp_path: Path) -> None:
    await told(log)
    for name in NAMES:
        await export(log, name, tmp_path / name)
        codebook = (tmp_path / name / "codebook.md").read_text()
        package = json.loads((tmp_path / name / "datapackage.json").read_text())
        for table, resource in zip(TABLES, package["resources"], strict=True):
            assert (tmp_path / name / resource["path"]).is_file()
            assert [field["name"] for field in resource["schema"]["fields"]] == list(table.names)
            assert all(f"| `{column}` |" in codebook for column in table.names)
            _check_keys(table, with_polars(tmp_path / name, table.name, name))


def _check_keys(table: Table, frame: polars.DataFrame) -> None:
    assert frame.select(table.key).is_unique().all()
    for column in table.columns:
        if not column.missing:
            assert frame[column.name].null_count() == 0, (table.name, column.name)


async def test_columns_in_parquet_have_types_and_descriptions(log: Log, tmp_path: Path) -> None:
    await told(log)
    await export(log, "parquet", tmp_path / "x")
    for table in TABLES:
        schema = pyarrow.parquet.read_schema(tmp_path / "x" / f"{table.name}.parquet")
        for column in table.columns:
            assert schema.field(column.name).metadata[b"description"].decode() == column.meaning
            assert (str(schema.field(column.name).type) == "timestamp[us, tz=UTC]") == (column.kind == "datetime")


async def test_many_rows_make_several_row_groups(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompter.exports.table_files.GROUP_ROWS", 100)
    await store(log, lifelike())
    await write_export(await release(log), FORMATS["parquet"], tmp_path / "x")
    with pyarrow.parquet.ParquetFile(tmp_path / "x" / "events.parquet") as file:
        assert file.num_row_groups == math.ceil(file.metadata.num_rows / 100)
