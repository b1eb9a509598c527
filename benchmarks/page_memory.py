"""What the page's scripts hold after an hour of typing, with the plugin and without it.

    python -m benchmarks.page_memory [--cells 200] [--minutes 60] [--each 5]

Twenty keys a second, 300 to a cell, which then is run, go over the cells of a notebook again and again. Nobody waits an
hour for that: each key puts the page's clock forward to 50 ms after the key before it, and timers that are due by then
run. So bursts close, are sent, acknowledged and, ten minutes of that clock later, let go of, as they would be.

The keys go through the cell's editor, but no keyboard; each follows a keydown event that holds the same key. The
notebook itself grows with what is typed, and JupyterLab remembers each change for undo, so what the page holds grows
without the plugin, too. The plugin's share is the difference of two pages that did the same. After ten minutes its
outbox should be as large as it will get.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack

from .figures import Limit, figure
from .lab_pages import PROSE, LabPage, lab_pair, notebook_of

PER_SECOND = 20

CELL_KEYS = 300

CLOCK = """
{
    const now = performance.now.bind(performance), RealDate = Date;
    const later = window.setTimeout.bind(window), never = window.clearTimeout.bind(window);
    const waiting = new Map();
    let ahead = 0;
    performance.now = () => now() + ahead;
    window.Date = class extends RealDate {
        constructor(...given) { given.length ? super(...given) : super(RealDate.now() + ahead); }
        static now() { return RealDate.now() + ahead; }
    };
    window.setTimeout = (run, ms = 0, ...given) => {
        const act = () => { waiting.delete(id); typeof run === 'function' ? run(...given) : eval(run); };
        const id = later(act, ms);
        waiting.set(id, { due: performance.now() + Number(ms), act });
        return id;
    };
    window.clearTimeout = id => { waiting.delete(id); never(id); };
    window.clockTo = moment => {
        ahead += Math.max(0, moment - performance.now());
        const due = [...waiting].filter(([, timer]) => timer.due <= moment).sort(([, a], [, b]) => a.due - b.due);
        for (const [id, { act }] of due) {
            if (waiting.has(id)) {
                never(id);
                act();
            }
        }
    };
}
"""

WORK = """
async ({ index, keys, prose, apart }) => {
    const { content: notebook } = window.jupyterapp.shell.currentWidget;
    notebook.activeCellIndex = index;
    notebook.mode = 'edit';
    await notebook.scrollToItem(index);
    const cell = notebook.widgets[index];
    await cell.ready;
    const { editor } = cell;
    const end = () => editor.getPositionAt(cell.model.sharedModel.getSource().length);
    const { port1, port2 } = new MessageChannel();
    const turn = () => new Promise(done => { port1.onmessage = done; port2.postMessage(null); });
    editor.focus();
    editor.setCursorPosition(end());
    let moment = performance.now();
    for (let n = 0; n < keys; n++) {
        const key = n === 0 ? '\\n# ' : prose[n % prose.length];
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        editor.replaceSelection(key);
        moment += apart;
        await turn();
        clockTo(moment);
    }
    notebook.mode = 'command';
    notebook.deselectAll();
    await window.jupyterapp.commands.execute('notebook:run-cell');
    port1.close();
}
"""


def measure(cells: int, minutes: int, each: int) -> None:
    """Print what both pages hold, every so many minutes of their clock."""
    with lab_pair([cells]) as pair, ExitStack() as stack:
        pages = {
            plugin: stack.enter_context(pair.page(notebook_of(cells), plugin=plugin, script=CLOCK))
            for plugin in (True, False)
        }
        for page in pages.values():
            page.open()
        shares = {0: _report(0, pages)}
        for minute in range(each, minutes + 1, each):
            _work(list(pages.values()), cells, minute - each, minute)
            shares[minute] = _report(minute, pages)
        settled = next((minute for minute in shares if minute >= 15), None)
        if settled is not None and settled < minutes:
            before = Limit(f"after {settled} minutes", shares[settled])
            figure(f"the plugin's share after {max(shares)} minutes", shares[max(shares)], "MiB", before)


def _work(pages: Sequence[LabPage], cells: int, begin: int, end: int) -> None:
    per_cell = CELL_KEYS // PER_SECOND
    for turn in range(begin * 60 // per_cell, end * 60 // per_cell):
        work = {"index": turn % cells, "keys": CELL_KEYS, "prose": PROSE, "apart": 1000 / PER_SECOND}
        for page in pages:
            page.page.evaluate(f"work => {{ window.working = ({WORK})(work); }}", work)
        for page in pages:
            page.page.evaluate("() => window.working")
    for page in pages:
        page.sent()


def _report(minute: int, pages: dict[bool, LabPage]) -> float:
    """The heaps now; what the plugin's page holds more than the other, in MiB."""
    with_, without = pages[True].heap_mib(), pages[False].heap_mib()
    figure(f"heap after {minute} minutes", with_, "MiB", Limit("without the plugin", without))
    stored = pages[True].page.evaluate("async () => (await navigator.storage.estimate()).usage") / 2**20
    print(f"  the plugin's share: {with_ - without:.2f} MiB; on the disk: {stored:.2f} MiB", flush=True)
    return with_ - without


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_memory", description=__doc__.split("\n")[0])
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--minutes", type=int, default=60, help="of the page's clock: 1,200 keys each")
    parser.add_argument("--each", type=int, default=5, help="minutes between two looks")
    options = parser.parse_args()
    measure(options.cells, options.minutes, options.each)


if __name__ == "__main__":
    main()
