"""How soon a run is followed by its question: on the server, and in a page.

    python -m benchmarks.prompting [--log sqlite] [--log mysql] [--runs 200] [--shown 40]

The study asks about each new cell at once: no quiet time, no caps. On the server: from the frame that tells a run's end
to the question in the same page's socket, projections and the policy in the server's own process; beside it two commits
of one event each to the same kind of log. In a page: from the moment when JupyterLab knows that the run has ended to
the frame in which the question stands under its cell.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from prompter.storage import DIRECTORIES
from prompter_events import open_log
from support.chromium import chromium
from support.events import events, new_producer
from support.lab import Lab
from support.notebooks import write_notebook
from support.page import OPENED, Page, page
from support.person import Person

from .figures import Limit, Target, figure, percentile
from .logs import NAMES, fresh_logs

STUDY = """\
study: benchmark
capture: {outputs: none}
pace:
  quiet: {typing: 0 s, run: 0 s}
  caps: {hour: 100000, day: 100000, apart: 0 s}
rules:
  - {use: first_run, ask: aim}
"""

ON_THE_SERVER, IN_THE_PAGE = Target(at_most=25), Target(at_most=150)

SHOWN = """
async index => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    const cell = notebook.widgets[index];
    const before = cell.model.executionCount;
    let ended = null;
    const over = new Promise(done => {
        const look = () => {
            if (cell.model.executionCount !== before && cell.model.executionState === 'idle') {
                ended = performance.now();
                cell.model.stateChanged.disconnect(look);
                done();
            }
        };
        cell.model.stateChanged.connect(look);
    });
    const shown = new Promise(done => {
        const id = cell.model.id;
        const look = () => {
            const prompt = document.querySelector(`.jp-Prompter-prompt[data-cell-id="${id}"]`);
            if (prompt !== null && prompt.getBoundingClientRect().height > 0) {
                done(performance.now());
            } else {
                requestAnimationFrame(look);
            }
        };
        requestAnimationFrame(look);
    });
    void window.jupyterapp.commands.execute('notebook:run-cell');
    await over;
    return (await shown) - ended;
}
"""
"""Runs a cell; milliseconds from its end to the frame that shows its question."""


async def on_the_server(kind: str, runs: int) -> None:
    """Print how soon the server asks."""
    async with fresh_logs(kind, *DIRECTORIES) as fresh:
        commits = await _two_commits(await fresh(), runs)
        with _lab("server", await fresh()) as lab:
            async with page(lab) as one:
                await one.hello()
                await one.send(1, OPENED)
                took = [await _asked(one, number) for number in range(runs)]
    for percent in (50, 99):
        limit = Limit("two commits", percentile(commits, percent) * 1000)
        name = f"run.finished to the question, {NAMES[kind]}, p{percent}"
        figure(name, percentile(took, percent) * 1000, "ms", limit)
    figure(f"run.finished to the question, {NAMES[kind]}, p99", percentile(took, 99) * 1000, "ms", target=ON_THE_SERVER)


async def _asked(one: Page, number: int) -> float:
    cell, run = f"cell-{number}", uuid4().bytes
    source = f"loans.head({number})"
    first = 2 + 4 * number
    added = {"cell_id": cell, "index": number + 1, "cell_type": "code", "source": source, "cause": "user"}
    await one.send(
        first,
        ("cell.added", added),
        ("run.scheduled", {"run_id": run, "cell_id": cell, "source": source}),
        ("run.started", {"run_id": run}),
    )
    began = time.perf_counter()
    over = {"run_id": run, "status": "ok", "execution_count": number + 1, "duration_ms": 5}
    await one.say(type="events", first_seq=first + 3, events=[one.wire("run.finished", over)])
    while (await one.hear("prompt"))["cell_id"] != cell:
        pass
    return time.perf_counter() - began


async def _two_commits(url: str, count: int) -> list[float]:
    took = []
    async with open_log(url) as log:
        for _ in range(count):
            began = time.perf_counter()
            for _ in range(2):
                producer = new_producer()
                await log.append(producer, events(producer, 1, 1))
            took.append(time.perf_counter() - began)
    return took


def in_a_page(shown: int) -> None:
    """Print how soon a page shows the question."""
    with (
        tempfile.TemporaryDirectory(prefix="prompter-benchmark-") as directory,
        _lab("lab", f"sqlite:///{directory}/log.db") as lab,
        chromium() as browser,
    ):
        write_notebook(lab.root / "work.ipynb", "1")
        person = Person(browser.new_page())
        person.open(lab.page("work.ipynb"))
        took: Sequence[float] = [_shown(person, index) for index in range(1, shown + 1)]
    for percent in (50, 95):
        target = IN_THE_PAGE if percent == 95 else None
        figure(f"run finished to question visible, p{percent}", percentile(took, percent), "ms", target=target)


def _shown(person: Person, index: int) -> float:
    person.select(index - 1)
    person.page.evaluate("() => window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    person.edit(index)
    person.page.keyboard.type(f"{index} * {index}")
    person.sent()
    took: float = person.page.evaluate(SHOWN, index)
    return took


@contextmanager
def _lab(application: str, url: str) -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="prompter-benchmark-") as directory:
        study = Path(directory) / "study.yaml"
        study.write_text(STUDY, encoding="utf-8")
        settings = {"PROMPTER_LOG": url, "PROMPTER_STUDY": str(study), "MODE": "EXP_CTS", "JP_PLUGIN_USER": "one"}
        password = {name: os.environ[name] for name in ("PROMPTER_DB_PASSWORD",) if name in os.environ}
        lab = Lab(Path(directory) / "home", application, {**settings, **password})
        lab.start()
        try:
            yield lab
        finally:
            lab.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prompting", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--runs", type=int, default=200, help="on the server")
    parser.add_argument("--shown", type=int, default=40, help="in a page; 0: none")
    options = parser.parse_args()
    for kind in options.log or NAMES:
        asyncio.run(on_the_server(kind, options.runs))
    if options.shown:
        in_a_page(options.shown)


if __name__ == "__main__":
    main()
