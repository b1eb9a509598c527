"""Two pages on the same notebook in one browser: JupyterLab with the plugin, and without it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from support.chromium import chromium
from support.lab import Lab
from support.notebooks import write_notebook
from support.person import Person

PROSE = "the mean of what is left once rows with holes are gone "
"""What is typed, over and over, as a comment: nothing that a completer or a bracket would answer."""

CELL = "\n".join(
    ["rows = [3, 5, 8]", *(f"part_{n} = [row * {n} for row in rows if row > {n}]" for n in range(6)), "rows"]
)


class LabPage:
    """A notebook's page in a browser context of its own."""

    def __init__(self, context: BrowserContext, lab: Lab, notebook: str, *, plugin: bool) -> None:
        self._lab, self._notebook, self._plugin = lab, notebook, plugin
        self.page: Page = context.new_page()
        self.devtools: CDPSession = context.new_cdp_session(self.page)
        self._person = Person(self.page)

    def open(self) -> None:
        """Open the notebook, and wait for its kernel and the recording."""
        self._person.open(self._lab.page(self._notebook), recording=self._plugin)

    def goto(self) -> None:
        """Begin to open the notebook."""
        self.page.goto(self._lab.page(self._notebook), wait_until="commit")

    def edit(self, index: int) -> None:
        """Bring a cell into sight and put the caret on a comment of its own at its end."""
        self.page.evaluate(
            """async index => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                notebook.mode = 'edit';
                await notebook.scrollToItem(index);
                const cell = notebook.widgets[index];
                await cell.ready;
                cell.editor.focus();
                cell.editor.setCursorPosition(cell.editor.getPositionAt(cell.model.sharedModel.getSource().length));
            }""",
            index,
        )
        self.page.keyboard.type("\n# ")

    def show_timeline(self) -> None:
        """Have the session's timeline beside the notebook."""
        self._person.command("prompter:open-timeline")
        self.page.locator(".jp-Prompter-timeline svg.figure").wait_for()

    def settle(self) -> None:
        """Wait until the page has nothing left to do: JupyterLab makes the cells out of sight when it has time."""
        busy = self.metric("TaskDuration")
        while True:
            time.sleep(1)
            before, busy = busy, self.metric("TaskDuration")
            if busy - before < 0.1:
                return

    def type(self, count: int, per_second: float) -> None:
        """Strike so many keys at a steady pace."""
        due = time.perf_counter()
        for n in range(count):
            self.page.keyboard.press("Space" if (key := PROSE[n % len(PROSE)]) == " " else key)
            due += 1 / per_second
            time.sleep(max(0.0, due - time.perf_counter()))

    def sent(self) -> None:
        """Wait until what was typed is in the log."""
        if self._plugin:
            self._person.sent()

    def heap_mib(self) -> float:
        """What the page's scripts hold once the garbage is collected, MiB."""
        for _ in range(2):  # the first may leave what finalizers let go
            self.devtools.send("HeapProfiler.collectGarbage")
        return float(self.devtools.send("Runtime.getHeapUsage")["usedSize"]) / 2**20

    def metric(self, name: str) -> float:
        """A metric of the DevTools protocol's Performance domain."""
        self.devtools.send("Performance.enable")
        found: Sequence[dict[str, Any]] = self.devtools.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in found if metric["name"] == name))


class Pair:
    """A server with the plugin and one without, and a browser for both."""

    def __init__(self, browser: Browser, labs: dict[bool, Lab]) -> None:
        self._browser, self._labs = browser, labs

    @contextmanager
    def page(
        self,
        notebook: str,
        *,
        plugin: bool,
        script: str = "",
        prepare: Callable[[BrowserContext], None] | None = None,
    ) -> Iterator[LabPage]:
        """A page with empty storage and caches; ``script`` runs in it before any other."""
        context = self._browser.new_context(viewport={"width": 1280, "height": 800})
        try:
            if script:
                context.add_init_script(script)
            if prepare is not None:
                prepare(context)
            yield LabPage(context, self._labs[plugin], notebook, plugin=plugin)
        finally:
            context.close()


def notebook_of(cells: int) -> str:
    """The name of the notebook with so many cells."""
    return f"cells-{cells}.ipynb"


@contextmanager
def lab_pair(sizes: Sequence[int], *arguments: str) -> Iterator[Pair]:
    """Servers and a browser (with these arguments), for notebooks of so many cells; all gone in the end."""
    with tempfile.TemporaryDirectory(prefix="prompter-benchmark-") as directory:
        labs = {}
        try:
            for plugin in (True, False):
                home = Path(directory) / ("with" if plugin else "without")
                labs[plugin] = Lab(home, "lab", {"PROMPTER_LOG": f"sqlite:///{directory}/log_{plugin}.db"})
                if not plugin:
                    labs[plugin].without_plugin()
                for size in sizes:
                    write_notebook(labs[plugin].root / notebook_of(size), *[CELL] * size)
                labs[plugin].start()
            with chromium(*arguments) as browser:
                yield Pair(browser, labs)
        finally:
            for lab in labs.values():
                lab.stop()
