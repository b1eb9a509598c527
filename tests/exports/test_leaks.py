"""The scan of what names remain: it must find what is there, and be right about where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pandas
import pyarrow
import pyarrow.parquet
import pytest

from prompter.exports import leaks
from prompter.exports.leaks import MOST_ADDRESSES, Scan, scan
from prompter_events import Log, open_log
from support.released import Person, every_byte, export, store, told


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    async with open_log("memory://") as opened:
        yield opened


def found(directory: Path, *names: str) -> dict[tuple[str, str, str], int]:
    remaining = scan(directory, [("participant", name) for name in names])
    return {(one.name, one.file, one.where): one.count for one in remaining}


def test_names_are_found_within_words_and_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\nanna JOANNA\nAnna\n", encoding="utf-8")
    assert found(tmp_path, "anna", "bob") == {("anna", "a.csv", "line 2"): 3}


def test_names_are_found_where_pieces_meet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(leaks, "_CHUNK", 7)
    monkeypatch.setattr(leaks, "_LONGEST_ADDRESS", 12)
    text = "\n".join(["abc zsofia", "mail ab@cd.org", "zsofiazsofia", ""] * 50)
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    assert found(tmp_path, "zsofia") == {("zsofia", "a.jsonl", "line 1"): 150, ("ab@cd.org", "a.jsonl", "line 2"): 50}


def test_names_are_found_in_columns_of_parquet_and_in_other_files(tmp_path: Path) -> None:
    table = pyarrow.table({"n": [1, 2], "text": ["by zsofia", None], "other": ["", "x"]})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "x.bin").write_bytes(b"\xff\x00zsofia\xfe")
    assert found(tmp_path, "zsofia") == {
        ("zsofia", "inside/x.bin", "line 1"): 1,
        ("zsofia", "t.parquet", "column text"): 1,
    }


def test_names_are_found_as_files_write_them(tmp_path: Path) -> None:
    name = 'Ann "Nan" \\ Lee'
    (tmp_path / "a.csv").write_text('"by Ann ""Nan"" \\ Lee"\n', encoding="utf-8")
    (tmp_path / "b.json").write_text('"by Ann \\"Nan\\" \\\\ Lee"\n', encoding="utf-8")
    assert {file for _, file, _ in found(tmp_path, name)} == {"a.csv", "b.json"}


def test_addresses_are_found_and_decorators_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("@app.route\nX @ W\na.b+c@mail.example.org,\n@x\nq@@example.org y@localhost\n")
    assert set(found(tmp_path)) == {("a.b+c@mail.example.org", "a.csv", "line 3")}


def test_a_million_addresses_are_a_thousand_and_more() -> None:
    looking = Scan([])
    looking.look("x", [" ".join(f"u{number}@example.org" for number in range(3 * MOST_ADDRESSES))])
    remaining = {one.name: one.count for one in looking.remaining()}
    assert len(remaining) == MOST_ADDRESSES + 1
    assert remaining["(more of them)"] == 2 * MOST_ADDRESSES


def test_long_lines_without_an_address_cost_little() -> None:
    # A search that tried each beginning of an address at each place would take hours.
    looking = Scan([("participant", "zsofia")])
    looking.look("x", ["a" * 1_000_000, "@" * 100_000, "a." * 500_000])
    assert looking.remaining() == []


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
async def test_no_name_is_in_an_export_unless_the_scan_lists_it(log: Log, tmp_path: Path, name: str) -> None:
    await told(log)
    person = Person(5, await log.participant("data"))
    person.begin("work.ipynb")
    person.run("data = joanna = 1", output="nobody.known@example.org")
    await log.participant("anna")
    await store(log, person.events)
    written = await export(log, name, tmp_path / name)
    listed = {one.name.casefold() for one in written.remaining}
    everything = every_byte(tmp_path / name).decode("utf-8").casefold()
    for known in (
        *(await log.participant_names()).values(),
        "moragas",
        "thesis of kertesz",
        "nobody.known@example.org",
    ):
        assert (known.casefold() in everything) == (known.casefold() in listed), known
    assert {"data", "anna", "nobody.known@example.org"} <= listed
    assert "zsofia.kertesz" not in listed


async def test_what_remains_is_listed_beside_the_data(log: Log, tmp_path: Path) -> None:
    await told(log)
    await log.participant("loans")
    written = await export(log, "csv", tmp_path / "x")
    report = pandas.read_csv(tmp_path / "x" / "remaining-names.csv")
    assert list(report.columns) == ["kind", "name", "file", "where", "count"]
    assert len(report) == len(written.remaining) > 0
    assert "loans" in set(report["name"])


async def test_an_identified_export_is_not_scanned(log: Log, tmp_path: Path) -> None:
    await told(log)
    written = await export(log, "csv", tmp_path / "x", identified=True)
    assert written.remaining == []
    assert not (tmp_path / "x" / "remaining-names.csv").exists()
    assert b"zsofia.kertesz" in every_byte(tmp_path / "x")
