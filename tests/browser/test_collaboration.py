"""Two people in one notebook: each session replays alone to what both see, and tells who did what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import WITHHELD, CellEdited
from prompter_events.catalogue.runs import RunScheduled
from prompter_projections.notebook import NotebookState, fold_all
from support.awaiting import awaited
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import PATIENCE, Person

NAME = "shared.ipynb"
HERON = "heron was here 🪶"
WREN = "数据 by wren"
SECRET = "password = 'Zaunkönig-7319'"

CELLS = """() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.cells
    .map(cell => [cell.getId(), cell.cell_type, cell.getSource()])"""

TURN = 200
"""How long one person waits for what the other has, in ms, before looking again at what that is."""

BECOMES = f"""async ([cells, patience]) => {{
    const same = () => JSON.stringify(({CELLS})()) === JSON.stringify(cells);
    for (const until = Date.now() + patience; !same() && Date.now() < until; ) {{
        await new Promise(done => setTimeout(done, 10));
    }}
    return same();
}}"""

Enter = Callable[[str], Person]
"""``enter(name)``: that person, in a browser of their own, with the notebook open."""


@pytest.fixture
def lab(start_lab: StartLab, tmp_path: Path) -> Lab:
    # Without a name by the operator, each person is who they signed in as.
    started = start_lab(
        "lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "JP_PLUGIN_USER": ""}, collaboration=True
    )
    write_notebook(started.root / NAME, "first = 1", "second = 2", heading="Shared")
    return started


@pytest.fixture
def enter(browser: Browser, lab: Lab) -> Iterator[Enter]:
    contexts = []

    def enter(name: str) -> Person:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        contexts.append(context)
        person = Person(context.new_page())
        person.open(lab.page(NAME, f"token-of-{name}"))
        return person

    yield enter
    for context in contexts:
        context.close()


def test_each_session_tells_the_shared_notebook_and_who_did_what(enter: Enter, lab: Lab, tmp_path: Path) -> None:
    heron, wren = enter("heron"), enter("wren")
    heron.edit(1)
    heron.type(HERON)
    see(wren, HERON)
    wren.edit(2)
    wren.type(WREN)
    see(heron, WREN)
    # In the same cell, one after the other and at the same time.
    wren.edit(1)
    heron.page.keyboard.type("ab")
    wren.page.keyboard.type("cd")
    wren.select(2)
    wren.command("notebook:move-cell-up")
    wren.command("notebook:insert-cell-below")
    wren.page.wait_for_function(f"() => ({CELLS})().length === 4")
    alike(heron, wren)
    wren.select(1)
    wren.command("notebook:delete-cell")
    alike(heron, wren)
    wren.command("notebook:undo-cell-action")
    alike(heron, wren)
    heron.save()
    heron.sent()
    wren.sent()

    events = awaited(read(tmp_path))
    ids = awaited(names(tmp_path))
    sessions = {name: told_by(events, ids[name]) for name in ("heron", "wren")}
    for told in sessions.values():
        state = fold_all(told)
        assert state.notes == ()
        assert cells_of(state) == on_disk(lab) == list(map(tuple, heron.page.evaluate(CELLS)))
    assert typed(sessions["heron"], "user") == HERON + "ab"
    assert typed(sessions["wren"], "user") == WREN + "cd"
    assert sorted(typed(sessions["heron"], "remote", ids["wren"])) == sorted(WREN + "cd")
    assert sorted(typed(sessions["wren"], "remote", ids["heron"])) == sorted(HERON + "ab")
    seen_by_heron = {(e.type, b.cause, b.author) for e in sessions["heron"] if hasattr(b := e.body, "author")}
    assert {kind for kind, cause, author in seen_by_heron if (cause, author) == ("remote", ids["wren"])} == {
        *("cell.edited", "cell.added", "cell.removed", "cell.moved")
    }
    assert {cause for e in sessions["wren"] if e.type == "cell.added" and (cause := e.body.cause)} == {"user", "undo"}  # type: ignore[union-attr]  # every such body has a cause


def test_the_text_of_somebody_who_agreed_to_nothing_is_kept_as_lengths(enter: Enter, lab: Lab, tmp_path: Path) -> None:
    heron, wren = enter("heron"), enter("wren")
    wren.command("prompter:pause")
    expect(wren.status).to_have_attribute("data-state", "paused")
    heron.page.wait_for_function(
        """() => [...window.jupyterapp.shell.currentWidget.context.model.sharedModel.awareness.getStates().values()]
            .some(state => state.user?.name === 'wren' && state.prompter === null)"""
    )
    wren.edit(1)
    wren.page.keyboard.press("Enter")
    wren.type(SECRET)
    see(heron, SECRET)
    do_everything_with_the_first_cell(heron)
    heron.save()
    heron.sent()
    heron.page.reload()
    heron.wait_for_kernel()
    heron.sent()
    heron.save()
    heron.sent()
    wren.command("prompter:resume")
    expect(wren.status).to_have_attribute("data-state", "recording")

    events = awaited(read(tmp_path))
    heron_id = awaited(names(tmp_path))["heron"]
    told = [event for event in events if event.participant_id == heron_id]
    leaks = [event.type for event in told for piece in pieces(SECRET) if piece in (event.payload or b"")]
    assert leaks == []
    sessions = by_session(told)
    assert len(sessions) == 2
    for session in sessions:
        state = fold_all(session)
        assert [note.text for note in state.notes] == []
        seen = on_disk(lab)
        assert [(cell_id, kind, len16(source)) for cell_id, kind, source in cells_of(state)] == [
            (cell_id, kind, len16(source)) for cell_id, kind, source in seen
        ]
        assert any(WITHHELD * len(SECRET) in source for _, _, source in cells_of(state))
        assert any("first = 1" in source for _, _, source in cells_of(state))
    runs = [event.body for event in told if isinstance(event.body, RunScheduled)]
    assert [run.withheld for run in runs] == [True]
    assert "mine = 1" in runs[0].source


def do_everything_with_the_first_cell(heron: Person) -> None:
    """Whatever is done with a cell, what is withheld in it must not come out by another way."""
    heron.edit(1)
    heron.page.keyboard.press("Enter")
    heron.type("mine = 1")
    heron.run(1)
    heron.select(1)
    heron.command("notebook:copy-cell")
    heron.command("notebook:paste-cell-below")
    heron.page.wait_for_function(f"() => ({CELLS})().length === 4")
    heron.select(1)
    heron.command("notebook:move-cell-down")
    heron.page.wait_for_function(f"() => ({CELLS})()[2][2].includes('mine')")
    heron.edit(2)
    heron.page.keyboard.press("Control+Home")
    heron.page.keyboard.press("ArrowDown")
    heron.page.keyboard.press("ArrowDown")
    heron.command("notebook:split-cell-at-cursor")
    heron.page.wait_for_function(f"() => ({CELLS})().length === 5")
    heron.command("notebook:merge-cell-above")
    heron.page.wait_for_function(f"() => ({CELLS})().length === 4")
    heron.edit(2)
    heron.page.keyboard.press("Control+a")
    heron.page.keyboard.press("Backspace")
    heron.page.keyboard.press("Control+z")
    see(heron, SECRET)
    heron.select(2)
    heron.command("notebook:change-cell-to-markdown")
    # Undo takes back in one step what was done without a pause of half a second; here only the deletion is meant.
    heron.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.undoManager.stopCapturing()"
    )
    heron.command("notebook:delete-cell")
    heron.page.wait_for_function(f"() => ({CELLS})().length === 3")
    heron.command("notebook:undo-cell-action")
    heron.page.wait_for_function(f"() => ({CELLS})().length === 4")


def pieces(text: str) -> list[bytes]:
    """What of a text must not be found: any six characters in a row."""
    return [text[at : at + 6].encode() for at in range(len(text) - 5)]


def len16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def see(person: Person, text: str) -> None:
    """Until the person's own copy of the notebook holds a text."""
    person.page.wait_for_function(f"text => ({CELLS})().some(([, , source]) => source.includes(text))", arg=text)


def alike(one: Person, other: Person) -> None:
    """Until both have the same notebook."""
    # What each of them is waiting for changes while the other's changes arrive.
    for _ in range(4 * PATIENCE // TURN):
        if other.page.evaluate(BECOMES, [one.page.evaluate(CELLS), TURN]):
            return
    raise AssertionError(f"never alike: {one.page.evaluate(CELLS)} and {other.page.evaluate(CELLS)}")


async def read(tmp_path: Path) -> list[Event]:
    async with open_study_log(f"sqlite:///{tmp_path}/log.db") as log:
        return [event async for event in log.read()]


async def names(tmp_path: Path) -> dict[str, UUID]:
    async with open_study_log(f"sqlite:///{tmp_path}/log.db") as log:
        return {name: participant for participant, name in (await log.participant_names()).items()}


def by_session(events: list[Event]) -> list[list[Event]]:
    sessions = dict.fromkeys(event.session_id for event in events if event.type == "session.opened")
    return [[event for event in events if event.session_id == session] for session in sessions]


def told_by(events: list[Event], participant: UUID) -> list[Event]:
    [session] = by_session([event for event in events if event.participant_id == participant])
    return session


def typed(events: list[Event], cause: str, author: UUID | None = None) -> str:
    """All text that edits of one cause inserted, in order."""
    bodies = [event.body for event in events]
    return "".join(
        op
        for body in bodies
        if isinstance(body, CellEdited) and (body.cause, body.author) == (cause, author)
        for _, ops in body.changes
        for op in ops
        if isinstance(op, str)
    )


def cells_of(state: NotebookState) -> list[tuple[str, str, str]]:
    return [(cell.cell_id, cell.cell_type, cell.source) for cell in state.cells]


def on_disk(lab: Lab) -> list[tuple[str, str, str]]:
    notebook = json.loads((lab.root / NAME).read_text("utf-8"))
    return [(cell["id"], cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
