"""The timeline of the running session beside the notebook: it goes on as the work does, and leads to the cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Request, expect

from prompter_projections.timeline.markup import DARK, LIGHT
from support.accessible import faults
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import Person

FILE = "work.ipynb"

REST_MS = 750
"""For so long no key came when the panel asks, or draws."""

WATCHED = """
() => {
    const keys = [], drawn = [];
    addEventListener('keydown', () => keys.push(performance.now()), true);
    const panel = document.querySelector('.jp-Prompter-timelineDrawing').shadowRoot;
    new MutationObserver(changes => {
        if (changes.some(({ addedNodes }) => [...addedNodes].some(node => node.localName === 'section'))) {
            drawn.push(performance.now());
        }
    }).observe(panel, { childList: true, subtree: true });
    window.watched = { keys, drawn };
}
"""
"""When keys came to the page, and when the drawing was made anew, in ms."""

SOON_AFTER_A_KEY = """
([rest, least]) => {
    const { keys, drawn } = watched;
    const asked = performance.getEntriesByType('resource')
        .filter(({ name }) => name.includes('/prompter/timeline?'))
        .map(({ startTime }) => startTime);
    // A key that has just come is not in the cell's text yet.
    const hasty = [...drawn, ...asked].filter(at => keys.some(key => key > at - rest && key < at - least));
    return [keys.length, drawn.length, hasty];
}
"""
HOSTILE = """x = '</text><script>ran=1</script><img src=y onerror="ran=1">'"""


class Watching:
    """The panel on the page."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.page: Page = person.page
        self.panel = self.page.locator(".jp-Prompter-timeline")
        self.note = self.panel.get_by_role("status")
        self.figure = self.panel.locator("svg.figure")
        self.card = self.panel.locator(".card")
        self.version = self.panel.locator("aside")
        self.runs = self.figure.locator(".mark.run:not([display])")
        self.asked: list[str] = []
        self.page.on("request", self._request)

    def open(self) -> None:
        """Open it by the way that the recording's panel has to it."""
        self._person.command("prompter:open-panel")
        self.page.locator(".jp-Prompter-side").get_by_role("button", name="Open Timeline").click()
        expect(self.panel).to_be_visible()

    def mark(self, key: str) -> Locator:
        """A mark by its key."""
        return self.figure.locator(f'[data-key="{key}"]')

    def active_cell(self) -> tuple[int, str]:
        """The notebook's active cell, and its mode."""
        index, mode = self.page.evaluate(
            """() => {
                const [{ content }] = [...window.jupyterapp.shell.widgets('main')].filter(widget => widget.context);
                return [content.activeCellIndex, content.mode];
            }"""
        )
        return index, mode

    def sources(self) -> list[str]:
        """The notebook's cells."""
        found: list[str] = self.page.evaluate(
            """() => {
                const [notebook] = [...window.jupyterapp.shell.widgets('main')].filter(widget => widget.context);
                return notebook.context.model.sharedModel.cells.map(cell => cell.getSource());
            }"""
        )
        return found

    def _request(self, request: Request) -> None:
        if "/prompter/timeline?" in request.url:
            self.asked.append(request.url)


def start(start_lab: StartLab, person: Person, tmp_path: Path, application: str) -> tuple[Lab, Watching]:
    """A notebook of three cells, open, with its timeline beside it."""
    lab = start_lab(application, {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "MODE": "EXP_NONE"})
    write_notebook(lab.root / FILE, "1", HOSTILE, "1 / 0")
    person.open(lab.page(FILE))
    watching = Watching(person)
    watching.open()
    expect(watching.figure).to_be_visible()
    return lab, watching


def test_it_goes_on_with_the_work_and_a_click_on_a_run_goes_to_the_cell(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    _, watching = start(start_lab, person, tmp_path, "lab")
    page = person.page
    expect(watching.runs).to_have_count(0)
    for index in range(3):
        person.run(index)
    expect(watching.runs).to_have_count(3)
    assert faults(page, ".jp-Prompter-timeline") == []
    # What is pointed at is told, above everything and within the window.
    watching.mark("r:1:0").locator(".hit").hover()
    expect(watching.card).to_contain_text("Cell 2, run 1: ok")
    expect(watching.card).to_contain_text(HOSTILE)
    box = watching.card.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    assert watching.card.evaluate("card => card.matches(':popover-open')")
    # A click goes to the cell as it is, and shows it as it was.
    watching.mark("r:1:0").locator(".hit").click()
    expect(watching.version).to_contain_text(HOSTILE)
    assert watching.active_cell() == (1, "command")
    page.wait_for_function("() => document.activeElement.closest('.jp-Notebook') !== null")
    watching.mark("r:2:0").locator(".hit").click()
    expect(watching.version).to_contain_text("ZeroDivisionError")
    assert watching.active_cell() == (2, "command")
    # It goes on: what was chosen stays chosen, though a cell came before it.
    person.select(0)
    person.command("notebook:insert-cell-above")
    expect(watching.figure).to_contain_text("(empty)")
    expect(watching.version).to_contain_text("Cell 4")
    expect(watching.version).to_contain_text("ZeroDivisionError")
    # Who closes it closes it; nothing of what was typed became more than text.
    watching.panel.get_by_role("button", name="Close").click()
    expect(watching.version).to_be_hidden()
    assert watching.panel.locator("img, script, a").count() == 0
    assert page.evaluate("window.ran") is None
    assert "#p=" not in page.url


def test_keys_walk_it_and_it_stays_as_it_was_left(start_lab: StartLab, person: Person, tmp_path: Path) -> None:
    _, watching = start(start_lab, person, tmp_path, "notebook")
    press = person.page.keyboard.press
    for index in (0, 1, 0):
        person.run(index)
    expect(watching.runs).to_have_count(3)
    before = watching.sources()
    watching.mark("r:0:0").focus()
    press("ArrowRight")
    expect(watching.mark("r:1:0")).to_be_focused()
    expect(watching.card).to_contain_text("Cell 2, run 1: ok")
    # Keys that mean something to a notebook mean nothing to it here.
    for key in ("d", "d", "x", "a", "b", "m", "z", "Shift+ArrowDown"):
        press(key)
    press("Escape")
    expect(watching.card).to_be_hidden()
    expect(watching.mark("r:1:0")).to_be_focused()
    assert watching.sources() == before
    # The focus stays on its mark when more comes.
    person.save()
    expect(watching.figure.locator(".mark.strip")).to_have_count(1)
    expect(watching.mark("r:1:0")).to_be_focused()
    press("Enter")
    expect(watching.version).to_contain_text("Cell 2")
    assert watching.active_cell() == (1, "command")
    # What was unfolded or switched stays so.
    clock = watching.panel.get_by_role("button", name="Clock time")
    clock.click()
    expect(clock).to_have_attribute("aria-pressed", "true")
    watching.panel.locator("summary").click()
    person.run(0)
    expect(watching.runs).to_have_count(4)
    expect(clock).to_have_attribute("aria-pressed", "true")
    expect(watching.panel.get_by_text("edits, by size")).to_be_visible()


def colours(watching: Watching) -> dict[str, Any]:
    found: dict[str, Any] = watching.figure.evaluate(
        """figure => ({
            run: getComputedStyle(figure.querySelector('.f-ok')).fill,
            name: getComputedStyle(figure.querySelector('text.f-ink2')).fill,
            ink: getComputedStyle(document.querySelector('.jp-Prompter-timeline')).color,
        })"""
    )
    return found


def rgb(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def test_themes_hiding_pausing_and_a_server_that_goes(start_lab: StartLab, person: Person, tmp_path: Path) -> None:
    lab, watching = start(start_lab, person, tmp_path, "lab")
    page = person.page
    person.run(0)
    expect(watching.runs).to_have_count(1)
    # The theme's inks, and the drawing's own colours for what means something.
    light = colours(watching)
    assert (light["run"], light["name"]) == (rgb(LIGHT["ok"]), light["ink"])
    for theme in ("JupyterLab Dark", "JupyterLab Dark High Contrast"):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        page.wait_for_function(
            "ink => getComputedStyle(document.querySelector('.jp-Prompter-timeline')).color !== ink", arg=light["ink"]
        )
        dark = colours(watching)
        assert (dark["run"], dark["name"]) == (rgb(DARK["ok"]), dark["ink"]), theme
        assert faults(page, ".jp-Prompter-timeline") == [], theme

    # Who types is left alone; at the next rest the drawing goes on.
    person.edit(0)
    page.evaluate(WATCHED)
    before = watching.mark("e:0:0").count()
    for word in ("these", "are", "words", "and", "more", "of", "them"):
        person.type(f" + {word!r}")
    person.sent()
    page.wait_for_function("() => watched.drawn.some(at => at > watched.keys.at(-1))")
    keys, drawn, hasty = page.evaluate(SOON_AFTER_A_KEY, [REST_MS, 50])
    assert (keys > 50, drawn > 0, hasty) == (True, True, [])
    assert (before, watching.mark("e:0:0").count()) == (0, 1)

    # Hidden it asks for nothing; seen again it tells what came meanwhile.
    person.command("prompter:open-panel")
    expect(watching.panel).to_be_hidden()
    asked = len(watching.asked)
    person.run(0)
    person.edit(0)
    person.type("23")
    person.sent()
    assert len(watching.asked) == asked
    person.command("prompter:open-timeline")
    expect(watching.runs).to_have_count(2)

    person.command("prompter:pause")
    expect(watching.note).to_have_text("You paused the recording: nothing is recorded, nothing is asked.")
    expect(watching.runs).to_have_count(2)
    person.command("prompter:resume")
    expect(watching.note).to_be_hidden()

    lab.kill()
    expect(watching.note).to_have_text("The server does not answer. The timeline goes on when it does.")
    expect(watching.runs).to_have_count(2)
    lab.start()
    expect(watching.note).to_be_hidden()

    # The current notebook is the one that it tells of; without one it says so.
    write_notebook(lab.root / "other.ipynb", "another = 1")
    page.evaluate("() => { void window.jupyterapp.commands.execute('docmanager:open', { path: 'other.ipynb' }); }")
    expect(watching.figure).to_contain_text("another = 1")
    expect(watching.panel.get_by_role("heading")).to_have_text("other.ipynb")
    expect(watching.runs).to_have_count(0)
    page.evaluate("() => { for (const widget of [...window.jupyterapp.shell.widgets('main')]) widget.dispose(); }")
    expect(watching.note).to_have_text("Open a notebook to see its timeline.")
    expect(watching.figure).to_have_count(0)
