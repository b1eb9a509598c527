"""The export to ProgSnap2: read by pandas, held against the specification's rules, and worked backwards to the log."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shutil import copytree

import duckdb
import pandas as pd
import pytest
import pytest_asyncio
import stories
from hypothesis import given
from hypothesis import strategies as st
from progsnap2_rules import problems, table
from releasing import same_bytes, written

from prompter.exports.progsnap2 import ProgSnap2
from prompter.exports.progsnap2.columns import EVENT_TYPES, LINK_TABLES, MAIN_TABLE
from prompter.exports.progsnap2.edits import edit_between
from prompter_events.catalogue import CATALOGUE
from prompter_projections.notebook import fold_all
from support.lifelike import lifelike
from support.loans import loans

ALL = (stories.hostile(), stories.empty(), stories.unaccepted(), *stories.two_sessions(), stories.parsing())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def living(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of two people at work."""
    directory = tmp_path_factory.mktemp("living")
    await written(ProgSnap2(), directory, lifelike(), loans().events)
    return directory


def read(directory: Path) -> pd.DataFrame:
    return table(directory / "MainTable.csv")


async def test_a_data_set_keeps_the_rules_of_the_specification(living: Path) -> None:
    assert problems(living) == []


async def test_whatever_was_typed_the_rules_are_kept(tmp_path: Path) -> None:
    await written(ProgSnap2(), tmp_path, *ALL)
    assert problems(tmp_path) == []


async def test_the_rules_find_what_is_wrong(living: Path, tmp_path: Path) -> None:
    """The negative control: a data set whose last row stands twice, and that has no code states."""
    wrong = tmp_path / "wrong"
    copytree(living, wrong)
    main, states = wrong / "MainTable.csv", wrong / "CodeStates" / "CodeStates.csv"
    main.write_bytes(main.read_bytes() + main.read_bytes().splitlines(keepends=True)[-1])
    states.write_bytes(states.read_bytes().splitlines(keepends=True)[0])
    assert {problem.split()[-1] for problem in problems(wrong)} == {"twice", "exist"}


async def test_every_event_has_a_row_and_their_order_is_the_logs(living: Path) -> None:
    main = read(living)
    events = len(lifelike()) + len(loans().events)
    assert set(main["EventID"].str.split("-").str[0].astype(int)) == set(range(1, events + 1))
    order = main["Order"].astype("int64")
    assert order.is_unique
    assert (order // 100_000 == main["EventID"].str.split("-").str[0].astype(int)).all()


async def test_edits_make_one_code_state_of_the_one_before(living: Path) -> None:
    """Each burst, put at its location into the text that was there, gives the text that it left; so to the end."""
    main = read(living)
    codes = table(living / "CodeStates" / "CodeStates.csv").set_index("CodeStateID")["Code"]
    texts: dict[tuple[str, str], str] = {}
    edits = 0
    for row in main.to_dict("records"):
        cell = (row["SessionID"], row["CodeStateSection"])
        if row["EventType"] == "File.Edit":
            _, line, column = row["SourceLocation"].split(":")
            before = texts[cell]
            at = sum(map(len, before.splitlines(keepends=True)[: int(line) - 1])) + int(column) - 1
            deleted = row["DeleteText"]
            assert before[at : at + len(deleted)] == deleted
            assert len(deleted) == int(row["DeleteLength"] or 0)
            assert codes[row["CodeStateID"]] == before[:at] + row["InsertText"] + before[at + len(deleted) :]
            edits += 1
        if row["EventType"] in {"File.Open", "File.Create", "File.Edit"}:
            texts[cell] = codes[row["CodeStateID"]]
        elif row["EventType"] == "File.Delete":
            assert codes[row["CodeStateID"]] == texts.pop(cell)
    assert edits > 400
    for events in (lifelike(), loans().events):
        session = str(events[0].session_id)
        now = {cell.cell_id: cell.source for cell in fold_all(events).cells}
        assert {cell: text for (of, cell), text in texts.items() if of == session} == now


async def test_runs_say_what_ran_and_how_it_ended(living: Path) -> None:
    main = read(living)
    runs = main[main["EventType"] == "Run.Program"]
    finished = [
        event.body for events in (lifelike(), loans().events) for event in events if event.type == "run.finished"
    ]
    assert len(runs) == sum(body.status in {"ok", "error"} for body in finished)
    assert (runs["ExecutionResult"] == "Error").sum() == sum(body.status == "error" for body in finished)
    scheduled = {
        str(event.body.run_id): event.body.source
        for events in (lifelike(), loans().events)
        for event in events
        if event.type == "run.scheduled"
    }
    codes = table(living / "CodeStates" / "CodeStates.csv").set_index("CodeStateID")["Code"]
    assert all(codes[row.CodeStateID] == scheduled[row.ExecutionID] for row in runs.itertuples())
    shown = runs[runs["ProgramOutput"] != ""]["ProgramOutput"].iloc[0]
    assert (living / shown).read_text(encoding="utf-8") == "(39717, 111)"


async def test_an_answer_belongs_to_the_intervention_that_asked(living: Path) -> None:
    main = read(living)
    answers = main[main["EventType"] == "X-Prompt.Answered"]
    by_id = main.set_index("EventID")
    assert "I wrote instalment the British way, the column says <b>installment</b>." in set(answers["X-Answer"])
    for row in answers.to_dict("records"):
        parent = by_id.loc[row["ParentEventID"]]
        assert parent["EventType"] == "Intervention"
        assert parent["InterventionMessage"]
        assert parent["CodeStateSection"] == row["CodeStateSection"]


async def test_an_answer_after_a_reload_finds_its_question(tmp_path: Path) -> None:
    first, second = stories.two_sessions()
    await written(ProgSnap2(), tmp_path, first, second)
    main = read(tmp_path)
    [asked] = main[main["EventType"] == "Intervention"].to_dict("records")
    answers = main[main["EventType"].isin(["X-Prompt.Answered", "X-Prompt.Amended"])]
    assert list(answers["X-Answer"]) == ["I count.", "I count twice."]
    assert set(answers["ParentEventID"]) == {asked["EventID"]}
    assert set(answers["SessionID"]) == {str(second[0].session_id)} != {asked["SessionID"]}
    assert main["ProjectID"].nunique() == 1
    sessions = table(tmp_path / "LinkTables" / "LinkSession.csv").set_index("SessionID")
    assert sessions.loc[str(second[0].session_id), "X-Continues"] == str(first[0].session_id)


async def test_errors_of_parsing_interrupts_tasks_and_colleagues_are_told_apart(tmp_path: Path) -> None:
    await written(ProgSnap2(), tmp_path, stories.parsing())
    main = read(tmp_path)
    [compiled] = main[main["EventType"] == "Compile"].to_dict("records")
    [error] = main[main["EventType"] == "Compile.Error"].to_dict("records")
    assert error["ParentEventID"] == compiled["EventID"]
    assert (error["CompileMessageType"], error["SourceLocation"]) == ("SyntaxError", "Text:7")
    assert error["IsFabricatedEvent"] == compiled["IsFabricatedEvent"] == "true"
    assert list(main[main["EventType"] == "Run.Program"]["ExecutionResult"]) == ["Error", "Timeout", "Success"]
    assert set(main[main["ProblemID"] == "clean"]["EventType"]) >= {"X-Task.Began", "Run.Program", "X-Task.Ended"}
    [edit] = main[main["EventType"] == "File.Edit"].to_dict("records")
    assert (edit["EventInitiator"], edit["EditType"]) == ("TeamMemberDirectAction", "Insert")
    reloaded = main[main["EventID"].str.startswith(main.iloc[-3]["EventID"].split("-")[0])]
    assert list(reloaded["EventType"]) == ["X-Notebook.Reloaded", "File.Delete", "File.Create"]


async def test_no_field_is_a_formula_and_nothing_typed_is_a_path(tmp_path: Path) -> None:
    directory = tmp_path / "set"
    await written(ProgSnap2(), directory, *ALL)
    for path in directory.rglob("*.csv"):
        raw = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in raw:
            assert not raw[column].str.match(r"[=+\-@\t\r＝＋－＠]").any(), (path, column)
            assert not raw[column].str.contains("\0").any()
    names = {path.relative_to(directory).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    ours = re.compile(
        r"(MainTable|DatasetMetadata|(CodeStates|LinkTables)/\w+)\.csv|README\.md|Resources/[0-9a-f-]{36}/\d+-(out|err)\.txt"
    )
    assert {name for name in names if not ours.fullmatch(name)} == set()


async def test_texts_come_back_as_they_were_typed(tmp_path: Path) -> None:
    await written(ProgSnap2(), tmp_path, stories.hostile())
    codes = set(table(tmp_path / "CodeStates" / "CodeStates.csv")["Code"])
    assert {source.replace("\0", "\u2400") for source in stories.SOURCES} <= codes
    assert {"😀😀", "\ufffd😀", "\ufffdz😀"} & codes >= {"😀😀", "\ufffd😀"}


async def test_duckdb_reads_the_same_rows(tmp_path: Path) -> None:
    counts = await written(ProgSnap2(), tmp_path, *ALL)
    path = str(tmp_path / "MainTable.csv")
    [(rows,)] = duckdb.sql(
        "SELECT count(*) FROM read_csv(?, all_varchar = true, max_line_size = 20000000)", params=[path]
    ).fetchall()
    assert rows == counts["MainTable.csv"] == len(read(tmp_path))


async def test_a_blind_data_set_holds_no_condition(tmp_path: Path) -> None:
    await written(ProgSnap2(), tmp_path / "open", lifelike())
    await written(ProgSnap2(), tmp_path / "blind", lifelike(), blind=True)

    def found(name: str) -> bool:
        return any(b"EXP_CTS" in path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file())

    assert found("open")
    assert not found("blind")
    assert "ExperimentalCondition" not in read(tmp_path / "blind")
    assert problems(tmp_path / "blind") == []


async def test_the_same_log_gives_the_same_bytes(tmp_path: Path) -> None:
    await same_bytes(ProgSnap2(), tmp_path, lifelike(), *ALL)


async def test_an_empty_log_is_an_empty_data_set(tmp_path: Path) -> None:
    counts = await written(ProgSnap2(), tmp_path)
    assert counts["MainTable.csv"] == 0
    assert problems(tmp_path) == []


async def test_the_readme_says_what_every_column_and_event_means(living: Path) -> None:
    text = (living / "README.md").read_text(encoding="utf-8")
    names = [*MAIN_TABLE, *EVENT_TYPES, *(column for columns in LINK_TABLES.values() for column in columns)]
    assert [name for name in names if f"| {name} |" not in text] == []
    assert set(EVENT_TYPES) <= set(CATALOGUE)
    made = {kind for here, _ in EVENT_TYPES.values() for kind in here.split(", ")}
    said = set(read(living)["EventType"]) - made
    assert all(f"X-{name.title().replace('_', '')}" for name in said)
    assert {name for name in said if not name.startswith("X-")} == set()


async def test_data_of_an_event_without_columns_is_json(living: Path) -> None:
    told = [json.loads(text) for text in read(living)["X-Data"] if text]
    assert {"after_ms": 60_000} in told


@given(st.text(alphabet="ab\n", max_size=30), st.text(alphabet="ab\n", max_size=30))
def test_an_edit_is_the_smallest_replacement(before: str, after: str) -> None:
    edit = edit_between(before, after)
    at = sum(len(line) + 1 for line in before.split("\n")[: edit.line - 1]) + edit.column - 1
    assert before[:at] + edit.inserted + before[at + len(edit.deleted) :] == after
    assert before[at : at + len(edit.deleted)] == edit.deleted
    assert not edit.deleted or not edit.inserted or edit.deleted[0] != edit.inserted[0]
    assert not edit.deleted or not edit.inserted or edit.deleted[-1] != edit.inserted[-1]
