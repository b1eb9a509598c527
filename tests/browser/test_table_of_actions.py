"""Each thing that ``docs/events.md`` says a person may do makes the events that it says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import SessionClosed
from support.awaiting import awaited
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import bodies, events_until

TABLE = Path(__file__).parents[2] / "docs" / "events.md"
ROW = re.compile(r"^\| (?P<action>[^|]+) \| (?P<events>.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([a-z_]+\.[a-z_]+)`(?: \((\w+)\))?")

#: What other tests do: the kernel's life, the focus, pauses, the history, a mouse that drags.
ELSEWHERE = {
    "runs all, and one cell fails",
    "interrupts the kernel",
    "restarts the kernel",
    "runs code that kills the kernel",
    "chooses another kernel",
    "runs code in a console on the same kernel",
    "goes to another cell, tab or window",
    "does nothing for a minute, and comes back",
    "pauses and resumes the recording",
    "puts a cell back from the history",
    "drags a cell",
}

#: What is open is told when a page is hidden, without waiting for the end of a burst.
HIDE_AND_SHOW = """() => {
    const turn = () => document.dispatchEvent(new Event('visibilitychange'));
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    turn();
    delete document.visibilityState;
    turn();
}"""

Told = list[tuple[str, str | None]]
"""Types with their causes."""


def rows() -> dict[str, Told]:
    """The table: what the person does, and the events that it names."""
    found = {row["action"]: NAMED.findall(row["events"]) for row in ROW.finditer(TABLE.read_text("utf-8"))}
    return {action: [(kind, cause or None) for kind, cause in named] for action, named in found.items() if named}


def test_each_action_makes_the_events_of_the_table(  # noqa: PLR0915  # one statement for each action
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    lab = start_lab("lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "PROMPTER_STUDY": ""})
    write_notebook(lab.root / "work.ipynb", "one", "two = 2", "three")
    done: dict[str, Told] = {}
    seen = 0

    def do(action: str, act: Callable[[], object]) -> None:
        nonlocal seen
        # Undo takes back in one step what was done within half a second.
        person.page.evaluate(
            "() => window.jupyterapp?.shell.currentWidget?.context?.model.sharedModel.undoManager.stopCapturing()"
        )
        act()
        person.page.evaluate("() => new Promise(done => setTimeout(done))")
        events = told_after(tmp_path, person)
        done[action] = told(events[seen:])
        seen = len(events)

    def run(command: str) -> None:
        person.page.evaluate("async name => { await window.jupyterapp.commands.execute(name); }", command)

    def on(index: int, command: str) -> Callable[[], None]:
        def act() -> None:
            person.select(index)
            run(command)

        return act

    def key(*keys: str) -> Callable[[], None]:
        return lambda: [person.page.keyboard.press(each) for each in keys] and None

    person.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    do("opens a notebook", lambda: person.open(lab.page("work.ipynb")))
    person.edit(0)
    do("types", lambda: person.type("abc😀"))
    do("takes typing back in the editor", key("Control+z"))
    do("brings it again", key("Control+Shift+z"))
    person.page.keyboard.press("Control+a")
    do("cuts text", key("Control+x"))
    do("pastes text", key("Control+v"))
    do("inserts a cell", on(0, "notebook:insert-cell-below"))
    do("deletes a cell", on(2, "notebook:delete-cell"))
    do("takes the deletion back", lambda: run("notebook:undo-cell-action"))
    do("deletes it again", lambda: run("notebook:redo-cell-action"))
    do("moves a cell", on(0, "notebook:move-cell-down"))
    do("makes it markdown, code or raw", on(0, "notebook:change-cell-to-markdown"))
    person.select(1)
    run("notebook:copy-cell")
    do("copies and pastes a cell", on(1, "notebook:paste-cell-below"))
    do("cuts a cell", on(1, "notebook:cut-cell"))
    do("pastes it", on(1, "notebook:paste-cell-below"))
    person.edit(1)
    person.page.keyboard.press("ArrowLeft")
    do("splits a cell", lambda: run("notebook:split-cell-at-cursor"))
    do("merges cells", on(1, "notebook:merge-cell-below"))
    do("lets a formatter or another tool write", lambda: written_by_a_tool(person))
    run("notebook:change-cell-to-code")
    do("runs a cell", lambda: person.run(1))
    do("saves", person.save)
    do("renames the file", lambda: rename(person))
    do("saves under another name", lambda: save_as(person, "copy.ipynb"))
    assert (lab.root / "copy.ipynb").exists()
    person.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.cells[0].setSource('x')"
    )
    told_after(tmp_path, person)
    seen = len(told_after(tmp_path, person))
    do("goes back to the saved file", lambda: revert(person))
    do("deletes all cells", lambda: delete_all(run))
    closes = "closes the notebook or reloads the page"
    closed = len(bodies(awaited(read(tmp_path)), SessionClosed))
    close(person)
    events_until(f"sqlite:///{tmp_path}/log.db", SessionClosed, closed + 1)
    do(closes, lambda: None)

    table = rows()
    assert set(table) == set(done) | ELSEWHERE
    assert {action: events for action, events in table.items() if action in done} == done


def written_by_a_tool(person: Person) -> None:
    person.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.cells[1].setSource('print(1)')"
    )


def rename(person: Person) -> None:
    person.page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.context.rename('new.ipynb'); }")


def save_as(person: Person, name: str) -> None:
    """As the menu does it, and until the file is written."""
    person.command("docmanager:save-as")
    field = person.page.locator(".jp-Dialog input")
    field.fill(name)
    person.page.locator(".jp-Dialog button.jp-mod-accept").click()
    person.page.wait_for_function(
        """name => {
            const context = window.jupyterapp.shell.currentWidget?.context;
            return context?.path === name && context.isReady && context.sessionContext.isReady;
        }""",
        arg=name,
    )
    person.wait_for_kernel()


def revert(person: Person) -> None:
    person.page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.context.revert(); }")


def delete_all(run: Callable[[str], None]) -> None:
    run("notebook:select-all")
    run("notebook:delete-cell")


def close(person: Person) -> None:
    person.page.evaluate("() => window.jupyterapp.shell.currentWidget.dispose()")


def told_after(tmp_path: Path, person: Person) -> list[Event]:
    """The log once the page has sent everything; the focus and the server's own words are another matter."""
    person.page.evaluate(HIDE_AND_SHOW)
    # Where no notebook is open there is no indicator to ask.
    if person.status.count():
        person.sent()
    return read_all(tmp_path)


def read_all(tmp_path: Path) -> list[Event]:
    events = awaited(read(tmp_path))
    apart = ("focus.", "prompt.", "idle.", "session.accepted")
    return [event for event in events if not event.type.startswith(apart)]


async def read(tmp_path: Path) -> list[Event]:
    async with open_study_log(f"sqlite:///{tmp_path}/log.db") as log:
        return [event async for event in log.read()]


def told(events: list[Event]) -> Told:
    """Types and causes; the same in a row counts once."""
    plain = [(event.type, getattr(event.body, "cause", None)) for event in events]
    return [one for one, _ in groupby(plain)]


def test_the_table_names_no_event_that_the_catalogue_has_not() -> None:
    from prompter_events.catalogue import CATALOGUE

    assert {kind for events in rows().values() for kind, _ in events} <= set(CATALOGUE)
    assert json.dumps(rows())
