"""The read models: what researchers see in ``session``, ``cell``, ``run`` and ``prompt``."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import BEGIN, SECOND, Page, edited, issued, opened, output, run, scheduled, snapshots
from msgspec.structs import replace
from workers import at_work

from prompter_events import START, open_log
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellAdded, CellMoved, CellRemoved, NotebookReloaded, SessionClosed
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptShown,
    PromptSnoozed,
    PromptWithdrawn,
)
from prompter_events.catalogue.runs import RunError, RunStarted
from prompter_events.event import Event
from prompter_events.log import Log
from prompter_projections import (
    MIGRATIONS,
    CurrentProjection,
    PromptsProjection,
    RebuildStopped,
    open_prompts,
    rebuild,
    sessions,
)
from prompter_projections.fold import Projection
from prompter_projections.relations import CELL, PROMPT, RUN, SESSION
from prompter_projections.step import Kept, advance

View = Callable[[str], Awaitable[list[dict[str, Any]]]]


@pytest.fixture(params=["sqlite", "mysql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "mysql":
        found: str = await request.getfixturevalue("mariadb").fresh_database(MIGRATIONS)
        return found
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
async def log(url: str) -> AsyncIterator[Log]:
    async with open_log(url, migrate=url.startswith("sqlite"), migrations=[MIGRATIONS]) as opened_log:
        yield opened_log


@pytest.fixture
def view(url: str, request: pytest.FixtureRequest) -> View:
    """Reads all rows of a view as a researcher would, past the log."""

    async def read(name: str) -> list[dict[str, Any]]:
        columns = {"session": SESSION, "cell": CELL, "run": RUN, "prompt": PROMPT}[name]
        names = [*columns.key[1:], *columns.columns, *(["characterization"] if name == "cell" else [])]
        sql = f"SELECT {', '.join(names)} FROM {name}"
        if url.startswith("mysql"):
            found = await request.getfixturevalue("mariadb").run(url, sql)
        else:
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                found = connection.execute(sql).fetchall()
        return [
            {
                key: UUID(bytes=value) if isinstance(value, bytes) else value
                for key, value in zip(names, row, strict=True)
            }
            for row in found
        ]

    return read


async def project(log: Log, *projections: Projection[Any]) -> None:
    """Bring projections up to the head."""
    head = (await log.head()).position
    for projection in projections or (CurrentProjection(), PromptsProjection()):
        async with at_work(log, projection) as worker:
            await worker.caught_up(head)


def added(cell_id: str, index: int, source: str = "", parents: Sequence[str] = ()) -> CellAdded:
    return CellAdded(cell_id=cell_id, index=index, cell_type="code", source=source, cause="user", parents=list(parents))


def removed(cell_id: str, index: int) -> CellRemoved:
    return CellRemoved(cell_id=cell_id, index=index, cause="user")


def answered(prompt_id: UUID, text: str = "to see", choice: str | None = None) -> PromptAnswered:
    return PromptAnswered(prompt_id=prompt_id, text=text, choice=choice, drafting_ms=1)


async def test_the_views_tell_what_happened(log: Log, view: View) -> None:
    page = Page()
    question = uuid4()
    bad = run("a", "1x", 2, status="error", error=RunError(name="NameError", message="", traceback=""))
    await page.say(
        log,
        page.accepted(),
        opened(("a", "1"), ("b", "two", "markdown")),
        edited("a", [1, "x"], [2, "y"], [2, -1]),
        *bad,
        added("c", 0, "new", parents=["a"]),
        removed("b", 2),
        issued(page, "a", question),
        PromptShown(prompt_id=question),
        answered(question),
        scheduled("c", "new", uuid4()),
    )
    await project(log)

    [session] = await view("session")
    assert session == {
        "session_id": page.session_id,
        "participant_id": page.participant_id,
        "notebook_id": page.notebook_id,
        "study": "trial",
        "condition_name": "EXP_CTS",
        "notebook_path": "work.ipynb",
        "kernel_name": "python3",
        "opened_at": BEGIN + 2 * SECOND,
        "last_at": page.now,
        "closed_at": None,
        "cells": 2,
        "edits": 1,
        "keystrokes": 3,
        "runs": 2,
        "errors": 1,
        "prompts": 1,
        "answers": 1,
        "last_position": 12,
    }
    cells = {row["cell_id"]: row for row in (await view("cell"))}
    assert [(c, cells[c]["place"], cells[c]["source"], cells[c]["runs"], cells[c]["last_status"]) for c in "abc"] == [
        ("a", 1, "1x", 1, "error"),
        ("b", None, "two", 0, None),
        ("c", 0, "new", 1, "scheduled"),
    ]
    assert (cells["a"]["characterization"], cells["c"]["characterization"]) == ("to see", None)
    assert (cells["a"]["edits"], cells["a"]["created_at"], cells["a"]["changed_at"]) == (
        1,
        BEGIN + 2 * SECOND,
        BEGIN + 3 * SECOND,
    )
    assert cells["b"]["removed_at"] == BEGIN + 8 * SECOND
    assert json.loads(cells["c"]["parents"]) == ["a"]
    runs = {row["cell_id"]: row for row in (await view("run"))}
    assert runs["a"] == {
        "run_id": bad[0].run_id,
        "session_id": page.session_id,
        "cell_id": "a",
        "version": 1,
        "source": "1x",
        "scheduled_at": BEGIN + 4 * SECOND,
        "started_at": BEGIN + 5 * SECOND,
        "finished_at": BEGIN + 6 * SECOND,
        "status": "error",
        "execution_count": 2,
        "duration_ms": 5,
        "error_name": "NameError",
        "position": 4,
    }
    assert (runs["c"]["status"], runs["c"]["finished_at"]) == ("scheduled", None)
    [prompt] = await view("prompt")
    assert (prompt["status"], prompt["text"], prompt["cell_id"], prompt["position"]) == ("answered", "to see", "a", 9)
    assert json.loads(prompt["choices"]) == ["explore", "repair"]


async def test_a_session_that_closed_and_went_on_is_open(log: Log, view: View) -> None:
    page = Page()
    await page.say(log, opened(), SessionClosed(reason="tab"))
    await project(log, CurrentProjection())
    assert (await view("session"))[0]["closed_at"] == page.now
    await page.say(log, opened())
    await project(log, CurrentProjection())
    assert (await view("session"))[0]["closed_at"] is None


async def test_half_an_emoji_does_not_stop_the_read_model(log: Log, view: View) -> None:
    page = Page()
    for body in (opened(("a", "😀")), edited("a", [1, -1]), edited("a", ["x"])):
        await page.say(log, body)
        await project(log, CurrentProjection())
    assert (await view("cell"))[0]["source"] == "x\ufffd"
    await page.say(log, added("b", 1), removed("a", 0))
    await project(log, CurrentProjection())
    assert [row["source"] for row in (await view("cell"))] == ["x\ufffd", ""]


async def test_a_prompt_answered_after_a_reload_is_answered(log: Log, view: View) -> None:
    before = Page()
    after = Page(before.participant_id, before.notebook_id)
    question = uuid4()
    await before.say(log, before.accepted(), opened(("a", "1")), issued(before, "a", question))
    await after.say(log, after.accepted(), opened(("a", "1")), answered(question, "", "explore"))
    await project(log)
    [prompt] = await view("prompt")
    assert (prompt["status"], prompt["session_id"]) == ("answered", before.session_id)
    assert [row["characterization"] for row in (await view("cell"))] == ["explore", "explore"]
    assert sorted((row["prompts"], row["answers"]) for row in (await view("session"))) == [(0, 1), (1, 0)]


async def test_nobody_changes_another_persons_prompt(log: Log, view: View) -> None:
    page, stranger = Page(), Page()
    question = uuid4()
    await page.say(log, opened(), issued(page, "a", question))
    await stranger.say(log, opened(), answered(question))
    await project(log, PromptsProjection())
    assert (await view("prompt"))[0]["status"] == "issued"


@pytest.mark.parametrize(
    ("lives", "status", "text"),
    [
        ([PromptShown], "shown", None),
        ([PromptShown, PromptSnoozed], "snoozed", None),
        ([PromptSnoozed, PromptShown], "shown", None),
        ([PromptDismissed], "dismissed", None),
        ([PromptExpired, PromptShown], "expired", None),
        ([PromptExpired, PromptAnswered], "answered", "first"),
        ([PromptAnswered, PromptExpired], "answered", "first"),
        ([PromptAnswered, PromptDismissed], "answered", "first"),
        ([PromptAnswered, PromptAmended], "answered", "second"),
        ([PromptAmended], "issued", None),
        ([PromptWithdrawn, PromptSnoozed], "withdrawn", None),
    ],
)
def test_the_life_of_a_prompt(lives: list[type[Body]], status: str, text: str | None) -> None:
    page, question = Page(), uuid4()
    made: dict[type[Body], dict[str, object]] = {
        PromptSnoozed: {"until": 1},
        PromptAnswered: {"text": "first", "choice": None, "drafting_ms": 1},
        PromptAmended: {"text": "second", "choice": None},
        PromptDismissed: {"reason": "skip"},
        PromptExpired: {"decided_at": 1, "after": 1},
        PromptWithdrawn: {"decided_at": 1, "after": 1},
    }
    projection = PromptsProjection()
    state = projection.fold(None, page.event(issued(page, "a", question)))
    for kind in lives:
        state = projection.fold(state, page.event(kind(prompt_id=question, **made.get(kind, {}))))
    assert state.prompt is not None
    assert (state.prompt.status, state.prompt.text) == (status, text)
    assert projection.decode(projection.encode(state)) == state


async def test_open_prompts_are_those_that_still_wait(log: Log) -> None:
    page, stranger = Page(), Page()
    waiting, done = uuid4(), uuid4()
    await page.say(log, opened(), issued(page, "a", waiting), issued(page, "b", done), answered(done))
    head = await stranger.say(log, opened(), issued(stranger, "a"))
    assert await open_prompts(log, page.participant_id) == ([], START)
    await project(log, PromptsProjection())
    [prompt], as_of = await open_prompts(log, page.participant_id)
    assert as_of == head
    assert (prompt.prompt_id, prompt.notebook_id, prompt.choices) == (waiting, page.notebook_id, ("explore", "repair"))


async def test_sessions_are_listed_without_any_worker() -> None:
    async with open_log("memory://") as log:
        ada = Page(await log.participant("ada"))
        await ada.say(log, ada.accepted(), opened(), *run("a", ""), issued(ada, "a"), answered(uuid4()))
        other = Page()
        await other.say(log, opened(path="b.ipynb"), SessionClosed(reason="tab"))
        first, second = await sessions(log)
    assert (first.participant, first.condition, first.notebook) == ("ada", "EXP_CTS", "work.ipynb")
    assert (first.runs, first.asked, first.answered, first.closed) == (1, 1, 1, False)
    assert (first.began_at, first.length) == (BEGIN + 2 * SECOND, 5 * SECOND)
    assert (second.participant, second.closed) == (str(other.participant_id), True)


ids = st.sampled_from("abcd")
small = st.integers(0, 5)
work = st.one_of(
    st.builds(added, ids, small, st.text("x😀", max_size=2)),
    st.builds(removed, ids, small),
    st.builds(lambda cell_id, a, b: CellMoved(cell_id=cell_id, from_=a, to=b), ids, small, small),
    st.builds(edited, ids, st.lists(st.one_of(st.integers(-2, 2), st.text("x😀", max_size=2)), max_size=3)),
    st.builds(lambda cells: NotebookReloaded(cells=snapshots(*cells)), st.lists(st.tuples(ids, ids), max_size=4)),
    st.builds(lambda cell_id: run(cell_id, "x", outputs=[output("y")]), ids),
    st.builds(lambda cell_id: scheduled(cell_id, "y", uuid4()), ids),
    st.builds(lambda: RunStarted(run_id=uuid4())),
)


def flat(bodies: Sequence[Any]) -> list[Body]:
    return [one for body in bodies for one in (body if isinstance(body, tuple) else (body,))]


def rows_of(projection: Projection[Any], events: Sequence[Event], batch: int) -> dict[object, object]:
    """What stands in the tables after these events, folded in batches, each state saved and read back."""
    tables: dict[object, object] = {}
    kept: dict[bytes, Kept[Any]] = {}
    for start in range(0, len(events), batch):
        keyed = [(projection.key(event), event) for event in events[start : start + batch]]
        held = {key: kept.get(key, Kept()) for key, _ in keyed if key is not None}
        step = advance(projection, held, keyed, events[start].position, {})
        for relation, rows in step.rows.items():
            for row in rows:
                tables[relation.name, tuple(row[name] for name in relation.key)] = dict(row)
        for key, blob in step.blobs.items():
            assert blob is not None
            kept[key] = Kept(projection.decode(blob))
    return tables


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(work, max_size=20), st.integers(1, 4))
def test_the_read_model_kept_in_batches_is_that_of_a_fresh_fold(bodies: list[Any], batch: int) -> None:
    events = Page().events(opened(("a", "1"), ("b", "2")), *flat(bodies))
    projection = CurrentProjection()
    everything = rows_of(projection, events, len(events))
    assert rows_of(projection, events, batch) == everything
    last = None
    for event in events:
        last = projection.fold(last, event)
    assert last is not None
    places = {key[1][2]: row["place"] for key, row in everything.items() if key[0] == CELL.name}  # type: ignore[index]
    assert {cell_id: place for cell_id, place in places.items() if place is not None} == {
        cell_id: place for place, cell_id in enumerate(last.notebook.order)
    }


async def test_a_rebuild_gives_the_same_rows_under_a_new_generation(log: Log, view: View) -> None:
    pages = [Page() for _ in range(3)]
    for page in pages:
        await page.say(log, page.accepted(), opened(("a", "1")), edited("a", ["x"]), *run("a", "x1"))
    await project(log)
    names = ("session", "cell", "run", "prompt")
    before = {name: (await view(name)) for name in names}
    seen: list[int] = []
    checkpoint = await rebuild(log, CurrentProjection(), batch=4, progress=seen.append)
    assert (checkpoint.generation, checkpoint.position, seen[-1]) == (2, 18, 18)
    assert {name: (await view(name)) for name in names} == before
    assert (await rebuild(log, CurrentProjection())).generation == 3

    await pages[0].say(log, edited("a", ["z"]))
    await project(log, CurrentProjection())
    assert sorted(row["source"] for row in (await view("cell"))) == ["x1", "x1", "zx1"]
    assert {row["generation"] for row in await log.rows(SESSION, {})} == {1, 2, 3}


async def test_a_running_worker_goes_on_under_the_rebuilt_generation(log: Log, view: View) -> None:
    page = Page()
    async with at_work(log, CurrentProjection()) as worker:
        await worker.caught_up(await page.say(log, opened(("a", "1"))))
        await rebuild(log, CurrentProjection())
        await worker.caught_up(await page.say(log, edited("a", ["x"])))
    assert [row["source"] for row in (await view("cell"))] == ["x1"]
    assert [row["generation"] for row in await log.rows(CELL, {"source": "x1"})] == [2]


async def test_a_rebuild_stops_at_what_it_cannot_fold_and_changes_nothing(log: Log, view: View) -> None:
    class Broken(CurrentProjection):
        def fold(self, state, event):  # type: ignore[no-untyped-def]
            if event.position == 2:
                raise RuntimeError("a mistake")
            return super().fold(state, event)

    await Page().say(log, opened(("a", "1")), edited("a", ["x"]))
    await project(log, CurrentProjection())
    with pytest.raises(RebuildStopped, match="position 2: RuntimeError: a mistake"):
        await rebuild(log, Broken())
    assert (await log.checkpoint("current")).generation == 1
    assert [row["source"] for row in (await view("cell"))] == ["x1"]


def test_every_relation_has_the_columns_of_its_tables() -> None:
    schema = (MIGRATIONS[1] / "sqlite" / "0001_projections.sql").read_text(encoding="utf-8")
    other = (MIGRATIONS[1] / "mysql" / "0001_projections.sql").read_text(encoding="utf-8")
    for relation in (SESSION, CELL, RUN, PROMPT):
        for column in (*relation.key, *relation.columns):
            assert f"    {column} " in schema
            assert f"    {column} " in other


async def test_what_a_collaborator_types_counts_in_their_own_session_alone() -> None:
    page = Page()
    mine, theirs = edited("a", ["x"], [1, "y"]), replace(edited("a", [2, "z"]), cause="remote")
    async with open_log("memory://") as log:
        await page.say(log, page.accepted(), replace(opened(("a", "")), shared=True), mine, theirs)
        [told] = await sessions(log)
        assert told.edits == 1
        async with at_work(log, CurrentProjection()) as worker:
            await worker.caught_up((await log.head()).position)
        [row] = await log.rows(SESSION, {})
        assert (row["edits"], row["keystrokes"]) == (1, 2)
        [cell] = await log.rows(CELL, {})
        assert (cell["edits"], cell["source"]) == (1, "xyz")
