"""The page in a real browser: what was typed does not run, and everything can be reached by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, expect, sync_playwright
from test_timeline_drawing import HOSTILE, hostile_session

from prompter_projections.timeline import build, render
from support.lifelike import lifelike

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """A page, and everything that it should not do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        self.wrong.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if request.url.partition("#")[0] != self.page.url.partition("#")[0] and not request.is_navigation_request():
            self.wrong.append(f"request: {request.url}")


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    watched = Watched(page)
    yield watched
    ran = page.evaluate("window.ran")
    page.close()
    assert watched.wrong == []
    assert ran is None


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("timeline") / "timeline.html"
    path.write_bytes(render([build(lifelike())], ".html"))
    return path


@pytest.fixture
def page(watched: Watched, file: Path) -> Page:
    watched.page.goto(file.as_uri())
    return watched.page


def test_a_script_that_does_run_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    """The control: the page's own policy switched off and one text put in as markup."""
    written = render([build(hostile_session())], ".html").decode()
    written = re.sub(r"<meta http-equiv[^>]*>", "", written).replace("<main>", f"<main>{HOSTILE[0]}", 1)
    path = tmp_path / "broken.html"
    path.write_text(written)
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("window.ran") is True
    page.close()


def test_the_policy_alone_would_stop_a_script(browser: Browser, tmp_path: Path) -> None:
    written = render([build(hostile_session())], ".html").decode().replace("<main>", f"<main>{HOSTILE[0]}", 1)
    path = tmp_path / "smuggled.html"
    path.write_text(written)
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("window.ran") is None
    page.close()


def test_what_was_typed_is_shown_and_does_not_run(watched: Watched, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_bytes(render([build(hostile_session())], ".html"))
    page = watched.page
    page.goto(path.as_uri())
    keys = page.locator(".mark.run, .mark.prompt").evaluate_all("marks => marks.map(mark => mark.dataset.key)")
    assert len(keys) >= 2 * len(HOSTILE) - 2
    for key in keys:
        mark = page.locator(f'.figure [data-key="{key}"]')
        mark.focus()
        page.keyboard.press("Enter")
        expect(page.locator("aside")).to_be_visible()
    assert page.locator("aside img, aside script, aside svg svg, .card img, .card script, main a").count() == 0
    page.locator('.figure [data-key="r:0:0"]').focus()
    page.keyboard.press("Enter")
    assert page.locator("aside .source, aside .quote").count() >= 2


def test_arrows_walk_in_time_with_one_tab_stop(page: Page) -> None:
    page.locator("button.theme").focus()
    page.keyboard.press("Tab")
    times = []
    for _ in range(12):
        times.append(float(page.evaluate("document.activeElement.dataset.at")))
        page.keyboard.press("ArrowRight")
    assert times == sorted(times)
    page.keyboard.press("Home")
    assert float(page.evaluate("document.activeElement.dataset.at")) == times[0]
    assert page.locator(".figure [tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.figure')") is None


def test_the_card_tells_the_difference_and_never_covers_its_mark(page: Page) -> None:
    mark = page.locator('.figure [data-key="r:1:1"]')
    page.locator("button.theme").focus()
    page.keyboard.press("Tab")
    for _ in range(20):
        if mark.evaluate("mark => mark === document.activeElement"):
            break
        page.keyboard.press("ArrowRight")
    card = page.locator("#card")
    expect(card).to_contain_text("Cell 2, run 2: ok in 1.4 s")
    expect(card.locator(".old")).to_contain_text('pd.read_csv("loan.csv")')
    expect(card.locator(".new")).to_contain_text('pd.read_csv("loans.csv")')
    expect(card).to_contain_text("(39717, 111)")
    a, b = card.bounding_box(), mark.bounding_box()
    assert a is not None
    assert b is not None
    assert a["y"] >= b["y"] + b["height"] or a["y"] + a["height"] <= b["y"] or a["x"] >= b["x"] + b["width"]


def test_hovering_a_prompt_shows_question_answer_and_delay(page: Page) -> None:
    page.locator('.figure [data-key="p:5:0"] .hit').hover()
    card = page.locator("#card")
    expect(card).to_contain_text("You repaired an error. What was wrong?")
    expect(card.locator(".quote")).to_have_text(
        "“I wrote instalment the British way, the column says <b>installment</b>.”"
    )
    expect(card).to_contain_text("Answered after 55 s")
    page.mouse.move(2, 2)
    expect(card).to_be_hidden()


def test_enter_opens_the_cell_at_that_version_and_escape_closes_it(page: Page) -> None:
    page.locator('.figure [data-key="r:9:2"]').focus()
    page.keyboard.press("Enter")
    panel = page.locator("aside")
    expect(panel).to_contain_text("Cell 10")
    expect(panel).to_contain_text("as run 3")
    expect(panel.locator(".source .old")).to_have_count(1)
    expect(panel.locator(".source .new")).to_contain_text("C=0.1")
    expect(panel.locator(".versions button")).to_have_count(4)
    expect(panel.locator(".quote")).to_contain_text("already knows the answer")
    panel.locator(".versions button").first.click()
    expect(panel).to_contain_text("NameError: name 'y_train' is not defined")
    expect(panel).to_contain_text("Source, first run")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_an_address_opens_the_mark_at_a_position(watched: Watched, file: Path) -> None:
    made = build(lifelike())
    run = made.lanes[9].runs[2]
    page = watched.page
    page.goto(f"{file.as_uri()}#p={run.position}")
    expect(page.locator("aside")).to_contain_text(f"position {run.position:,}")
    page.locator('.figure [data-key="p:1:0"]').focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"#p={made.lanes[1].prompts[0].position}$"))


def test_gaps_unfold_one_by_one_and_all_together(page: Page) -> None:
    cover = page.locator('.figure [data-key="g:0"] .cover')
    folded = cover.evaluate("rect => +rect.getAttribute('width')")
    page.locator('.figure [data-key="g:0"]').focus()
    page.keyboard.press("Enter")
    unfolded = cover.evaluate("rect => +rect.getAttribute('width')")
    assert (folded, unfolded > 80) == (pytest.approx(40), True)
    button = page.locator("button.gaps")
    expect(button).to_have_text("Fold gaps")
    button.click()
    assert cover.evaluate("rect => +rect.getAttribute('width')") == pytest.approx(40)
    button.click()
    for index in range(3):
        width = page.locator(f'.figure [data-key="g:{index}"] .cover').evaluate("rect => +rect.getAttribute('width')")
        assert width > 60


def test_dragging_in_the_overview_zooms_and_a_double_click_shows_all(page: Page) -> None:
    overview = page.locator(".overview")
    overview.scroll_into_view_if_needed()
    box = overview.bounding_box()
    assert box is not None
    shown = page.locator(".figure .mark:not([display])")
    before = shown.count()
    y = box["y"] + 22
    page.mouse.move(box["x"] + 700, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 900, y, steps=4)
    page.mouse.up()
    expect(page.locator("button.whole")).to_be_visible()
    assert 0 < shown.count() < before
    page.mouse.dblclick(box["x"] + 800, y)
    expect(page.locator("button.whole")).to_be_hidden()
    assert shown.count() == before


def test_the_script_draws_what_the_file_holds(browser: Browser, watched: Watched, file: Path) -> None:
    """Both lay out the same picture: at the width of the file no mark moves by more than a pixel."""

    def places(page: Page) -> dict[str, float]:
        page.goto(file.as_uri())
        boxes = {key: page.locator(f'.figure [data-key="{key}"]').bounding_box() for key in keys}
        return {key: box["x"] for key, box in boxes.items() if box is not None}

    watched.page.goto(file.as_uri())
    keys = watched.page.locator(".mark").evaluate_all("marks => marks.map(mark => mark.dataset.key)")
    moved = places(watched.page)
    plain = browser.new_page(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    still = places(plain)
    plain.close()
    assert len(still) == len(moved) > 50
    for key, x in moved.items():
        assert x == pytest.approx(still[key], abs=1.0), key


@pytest.mark.parametrize("width", [1280, 900, 640])
def test_nothing_spills_over_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function("width => document.querySelector('.figure').clientWidth <= width", arg=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.locator(".ticks text").evaluate_all(
        "texts => texts.map(text => text.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    for (_, right), (left, _) in pairwise(boxes):
        assert left >= right, "labels of the axis touch"


def test_dark_and_light_follow_the_reader_and_the_switch(page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    bar = "getComputedStyle(document.querySelector('.figure .f-ok')).fill"
    assert (page.evaluate(ground), page.evaluate(bar)) == ("rgb(251, 251, 249)", "rgb(22, 104, 168)")
    page.locator("button.theme").click()
    assert (page.evaluate(ground), page.evaluate(bar)) == ("rgb(20, 23, 26)", "rgb(87, 171, 232)")
    page.locator("button.theme").click()
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == "rgb(251, 251, 249)", "the switch wins"
