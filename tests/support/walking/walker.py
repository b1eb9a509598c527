"""Performs the actions of a walk in a real browser, and writes down what was on the screen after each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from prompter_events import Event
from support.lab import Lab
from support.person import PATIENCE, Person

from .actions import Action
from .judge import Cells, Seen

_SCRIPT = Path(__file__).with_name("walker.js").read_text("utf-8")

TURN = 200
"""How long one person waits for what the other had, in ms, before looking again."""

COMMANDS = {
    "undo": "notebook:undo-cell-action",
    "redo": "notebook:redo-cell-action",
    "add above": "notebook:insert-cell-above",
    "add below": "notebook:insert-cell-below",
    "delete": "notebook:delete-cell",
    "cut": "notebook:cut-cell",
    "copy": "notebook:copy-cell",
    "paste": "notebook:paste-cell-below",
    "paste above": "notebook:paste-cell-above",
    "paste and replace": "notebook:paste-and-replace-cell",
    "duplicate": "notebook:duplicate-below",
    "move up": "notebook:move-cell-up",
    "move down": "notebook:move-cell-down",
    "merge": "notebook:merge-cells",
    "merge above": "notebook:merge-cell-above",
    "merge below": "notebook:merge-cell-below",
    "to code": "notebook:change-cell-to-code",
    "to markdown": "notebook:change-cell-to-markdown",
    "to raw": "notebook:change-cell-to-raw",
    "heading": "notebook:change-cell-to-heading-2",
}
"""Commands on the selected cells, which are through when their promise is."""

RUNS = {
    "run": "notebook:run-cell",
    "run and insert": "notebook:run-cell-and-insert-below",
    "run and next": "notebook:run-cell-and-select-next",
    "run all": "notebook:run-all-cells",
}
"""Commands that run cells: the walk goes on while the kernel works."""

SOURCES = ("first = 1", "print('😀')", "1 / 0", "# fourth\nx = 2")


class Walker:
    """One person in one page, who has opened a notebook of their own."""

    def __init__(self, page: Page, lab: Lab, name: str, token: str) -> None:
        self._page = page
        self._lab = lab
        self._name = name
        self._token = token
        self._person = Person(page)
        self._participant: str | None = None
        self._renamed = 0
        self.seen = Seen()
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.add_init_script(_SCRIPT)

    def begin(self) -> None:
        """Open the notebook."""
        self._open(f"{self._name}.ipynb")
        self._participant = self._call("participant")

    def made(self, event: Event) -> bool:
        """Whether an event is this person's; they are all, where nobody else is in the notebook."""
        return self._participant in (None, str(event.participant_id))

    def wait_until_like(self, other: Walker) -> None:
        """Until both see the same notebook."""
        # What each of them waits for changes while the other's changes arrive, so they take turns.
        for _ in range(4 * PATIENCE // TURN):
            if self._call("like", other._call("state"), TURN):
                break
        else:
            raise AssertionError(f"never alike: {other._call('state')} and {self._call('state')}")
        self._look()
        other._look()

    def perform(self, action: Action) -> None:
        """Do it, and look."""
        if action.name in COMMANDS:
            self._saw(self._call("command", COMMANDS[action.name], action.cell, action.count, True))
        elif action.name in RUNS:
            self._saw(self._call("command", RUNS[action.name], action.cell, action.count, False))
        else:
            _OTHERS[action.name](self, action)
            self._look()

    def rest(self) -> None:
        """Let all runs end."""
        self._run("notebook:interrupt-kernel", wait=True)
        self._call("idle")
        self._look()

    def finish(self) -> None:
        """Save, and wait until everything is in the log."""
        self._save(Action("save"))
        self._person.sent()

    # What is more than a command.

    def _type(self, action: Action) -> None:
        if self._call("edit", action.cell, action.place):
            self._page.keyboard.type(action.text)

    def _keys(self, action: Action) -> None:
        self._call("edit", action.cell, action.place)
        for key in action.text.split():
            if not self._call("editing"):
                break
            self._page.keyboard.press(key)
            self._look()

    def _insert_text(self, action: Action) -> None:
        """As an input method does: a whole text at once."""
        if self._call("edit", action.cell, action.place):
            self._page.keyboard.insert_text(action.text)

    def _editor_undo(self, action: Action) -> None:
        self._press_in_editor(action, "Control+z")

    def _editor_redo(self, action: Action) -> None:
        self._press_in_editor(action, "Control+Shift+z")

    def _press_in_editor(self, action: Action, key: str) -> None:
        self._call("edit", action.cell, action.place)
        for _ in range(action.count):
            if self._call("editing"):
                self._page.keyboard.press(key)
                self._look()

    def _split(self, action: Action) -> None:
        self._call("edit", action.cell, action.place)
        self._run("notebook:split-cell-at-cursor", wait=True)

    def _run_long(self, action: Action) -> None:
        self._call("select", action.cell, 1)
        self._run("notebook:insert-cell-below", wait=True)
        self._run("notebook:change-cell-to-code", wait=True)
        self._run("notebook:enter-edit-mode", wait=True)
        if self._call("editing"):
            self._page.keyboard.insert_text("import time; time.sleep(3)")
            self._run("notebook:run-cell", wait=False)

    def _interrupt(self, action: Action) -> None:
        self._run_long(action)
        self._call("begun")
        self._run("notebook:interrupt-kernel", wait=True)

    def _delete_all(self, _: Action) -> None:
        self._run("notebook:select-all", wait=True)
        self._run("notebook:delete-cell", wait=True)

    def _write_by_tool(self, action: Action) -> None:
        self._call("tool", action.cell, action.text)

    def _save(self, _: Action) -> None:
        self._person.save()
        self.seen.saved.append(self._on_disk())

    def _second_view(self, _: Action) -> None:
        if self._lab.application == "lab" and self._call("views") < 2:
            self._run("docmanager:clone", wait=True)
            self._call("ready")

    def _close_second_view(self, _: Action) -> None:
        if self._call("views") > 1:
            self._call("dispose")

    def _revert(self, _: Action) -> None:
        self._call("revert")

    def _checkpoint(self, _: Action) -> None:
        self._call("checkpoint")
        self._read_again()

    def _change_on_disk(self, _: Action) -> None:
        """Somebody else's program changes the file, and JupyterLab reads it again."""
        file = self._lab.root / self._call("path")
        notebook = json.loads(file.read_text("utf-8"))
        notebook["cells"] = notebook["cells"][::-1]
        if notebook["cells"]:
            notebook["cells"][0]["source"] = ["changed = 'on disk'  # 🪐"]
        file.write_text(json.dumps(notebook), encoding="utf-8")
        self._call("revert")
        self._read_again()

    def _rename(self, _: Action) -> None:
        self._renamed += 1
        self._call("rename", f"{self._name}-{self._renamed}.ipynb")

    def _reload_while_typing(self, action: Action) -> None:
        self._type(action)
        self._reload(action)

    def _reload(self, _: Action) -> None:
        self._look()
        self._open(self._call("path"))

    def _close_and_reopen(self, action: Action) -> None:
        if self._lab.application != "lab":
            self._reload(action)
            return
        path = self._call("path")
        self._look()
        while views := self._call("views"):
            self._call("close")
            self._discard(views)
        self._call("open", path)
        self._opened()

    # How it is done.

    def _read_again(self) -> None:
        """Until the server of a shared notebook has read a changed file.

        It looks once a second, for a newer file; a checkpoint is as old as it was made. A save that comes before is
        answered as done, and is none: the server reads the file instead, over what everybody has.

        Of a cell that is raw in the file and Markdown on the pages, or the other way round, the server changes the type
        in place (jupyter_ydoc 4.2), and no page hears of that: so the file is given the pages' type.
        """
        if not self._call("shared"):
            return
        file = self._lab.root / self._call("path")
        notebook = json.loads(file.read_text("utf-8"))
        shown = {cell_id: cell_type for cell_id, cell_type, _ in self._call("state")}
        for cell in notebook["cells"]:
            if {cell["cell_type"], shown.get(cell["id"])} == {"raw", "markdown"}:
                cell["cell_type"] = shown[cell["id"]]
        file.write_text(json.dumps(notebook), encoding="utf-8")
        for _ in range(PATIENCE // TURN):
            if self._call("like", self._on_disk(), TURN):
                return
        raise AssertionError(f"never read: {self._on_disk()}, {self._call('state')}")

    def _open(self, path: str) -> None:
        self._person.open(self._lab.page(path, self._token))
        self._opened()

    def _opened(self) -> None:
        self._person.wait_for_kernel()
        self._call("ready")
        self.seen.visits.append([])
        if self._call("has", "docmanager:toggle-autosave") and self._call("autosaves"):
            self._run("docmanager:toggle-autosave", wait=True)
        self._look()

    def _discard(self, views: int) -> None:
        """Throw the changes away, if JupyterLab asks when a view is closed."""
        self._page.wait_for_function(
            "views => window.walk.views() < views || document.querySelector('.jp-Dialog') !== null", arg=views
        )
        discard = self._page.locator(".jp-Dialog button.jp-mod-warn")
        if discard.count():
            discard.first.click()
            expect(self._page.locator(".jp-Dialog")).to_have_count(0, timeout=PATIENCE)

    def _run(self, command: str, *, wait: bool) -> None:
        self._call("run", command, wait)

    def _call(self, name: str, *arguments: Any) -> Any:
        return self._page.evaluate("([name, args]) => window.walk[name](...args)", [name, list(arguments)])

    def _look(self) -> None:
        self._saw(self._call("state"))

    def _saw(self, cells: list[list[str]]) -> None:
        state: Cells = tuple((cell_id, kind, source) for cell_id, kind, source in cells)
        visit = self.seen.visits[-1]
        if not visit or visit[-1] != state:
            visit.append(state)

    def _on_disk(self) -> Cells:
        notebook = json.loads((self._lab.root / self._call("path")).read_text("utf-8"))
        return tuple((cell["id"], cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"])


_OTHERS: dict[str, Callable[[Walker, Action], None]] = {
    "type": Walker._type,
    "keys": Walker._keys,
    "insert text": Walker._insert_text,
    "editor undo": Walker._editor_undo,
    "editor redo": Walker._editor_redo,
    "split": Walker._split,
    "run long": Walker._run_long,
    "interrupt": Walker._interrupt,
    "delete all": Walker._delete_all,
    "write by a tool": Walker._write_by_tool,
    "save": Walker._save,
    "second view": Walker._second_view,
    "close second view": Walker._close_second_view,
    "revert": Walker._revert,
    "checkpoint": Walker._checkpoint,
    "change on disk": Walker._change_on_disk,
    "rename": Walker._rename,
    "reload while typing": Walker._reload_while_typing,
    "reload": Walker._reload,
    "close and reopen": Walker._close_and_reopen,
}
