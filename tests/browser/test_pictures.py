"""How it looks: the prompt under its cell in the sample study, and a timeline. The README's pictures are made here.

``./test_build.sh test --pictures docs/images -k pictures`` makes them anew.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from prompter_projections.timeline import build, render, render_study, session_row, study_timeline
from support.lifelike import lifelike
from support.notebooks import StartLab
from support.person import Person
from support.studies import study_timelines

SAMPLE = Path(__file__).parents[2] / "sample"
OWN_CELL = 'loans.groupby("grade")["default"].agg(["mean", "count"]).round(3)'


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures go: ``--pictures``, else the test's own directory."""
    chosen = request.config.getoption("--pictures")
    directory = Path(chosen) if chosen else tmp_path
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def test_pictures_of_the_prompt_under_its_cell(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path, pictures: Path
) -> None:
    lab = start_lab("lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"})
    for name in ("loans.ipynb", "loans.csv"):
        shutil.copy(SAMPLE / name, lab.root / name)
    person.open(lab.page("loans.ipynb"))
    for index in range(1, 3):
        person.run(index)
    person.select(2)
    person.command("notebook:insert-cell-below")
    person.edit(3)
    person.type(OWN_CELL)
    person.run(3)
    person.select(4)
    expect(person.prompt).to_be_visible()
    box = person.prompt.bounding_box()
    assert box is not None
    assert box["height"] <= 66  # one line of question, one of choices
    output = person.cells.nth(3).locator(".jp-OutputArea-output").bounding_box()
    assert output is not None
    assert box["y"] >= output["y"] + output["height"]
    page.evaluate("() => document.querySelectorAll('.Toastify').forEach(toast => toast.remove())")
    person.command("application:toggle-left-area")
    show_prompt(person)
    page.screenshot(path=pictures / "prompt.png")
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.set_viewport_size({"width": 760, "height": 800})
    show_prompt(person)
    page.screenshot(path=pictures / "prompt-dark.png")


def show_prompt(person: Person) -> None:
    """Scroll until the prompt stands in the lower half, with its cell and output above it."""
    person.prompt.evaluate("node => node.scrollIntoView({ block: 'center' })")
    expect(person.prompt).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("scheme", "width", "name"), [("light", 1280, "timeline"), ("dark", 900, "timeline-dark")])
def test_pictures_of_a_timeline(page: Page, tmp_path: Path, pictures: Path, scheme: str, width: int, name: str) -> None:
    file = tmp_path / "timeline.html"
    file.write_bytes(render([build(lifelike())], ".html"))
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(file.as_uri())
    expect(page.locator("svg").first).to_be_visible()
    overflow = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    page.screenshot(path=pictures / f"{name}.png")


def test_pictures_of_a_study(page: Page, tmp_path: Path, pictures: Path) -> None:
    file = tmp_path / "study.html"
    made = study_timelines(12)
    file.write_bytes(render_study(study_timeline(map(session_row, made)), "Study loans", ".html", timelines=made))
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 620})
    page.goto(file.as_uri())
    expect(page.locator(".study-row").first).to_be_visible()
    page.screenshot(path=pictures / "study.png")
