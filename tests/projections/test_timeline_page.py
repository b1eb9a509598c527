"""The page in a real browser: what was typed does not run, and everything can be reached by keyboard."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from test_timeline_drawing import HOSTILE, hostile_session

from prompter_projections.timeline import build, render
from support.lifelike import Desk, lifelike
from support.watched import Watched


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
    page.goto(f"{file.as_uri()}#position={run.position}")
    expect(page.locator("aside")).to_contain_text(f"position {run.position:,}")
    page.locator('.figure [data-key="p:1:0"]').focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"#position={made.lanes[1].prompts[0].position}$"))


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


@pytest.fixture(scope="module")
def busy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of work, in which runs a second apart share a pixel."""
    desk = Desk(seed=3)
    desk.open(("a", "code", "1"), ("b", "code", "2"))
    for number in range(36):
        for _ in range(8):
            desk.finish(desk.schedule("a"), "error" if number % 3 == 0 else "ok", 0.1)
            desk.wait(0.9)
        desk.hold_back("a", "many-runs", "spacing")
        desk.wait(92)
        desk.save()
    path = tmp_path_factory.mktemp("timeline") / "busy.html"
    path.write_bytes(render([build(desk.events)], ".html"))
    return path


def test_runs_that_share_a_pixel_come_apart_when_one_zooms(watched: Watched, busy_file: Path) -> None:
    page = watched.page
    page.goto(busy_file.as_uri())
    crowd = page.locator(".figure .mark.run[data-more]:not([display])").first
    more, at, key = (crowd.get_attribute(name) for name in ("data-more", "data-at", "data-key"))
    assert more is not None
    shown = page.locator(".figure .mark.run:not([display])")
    before = shown.count()
    crowd.focus()
    for _ in range(14):
        page.keyboard.press("+")
    assert page.locator(f'.figure [data-key="{key}"]').get_attribute("data-more") is None
    apart = page.locator(".figure .mark.run:not([display])").evaluate_all(
        "all => all.map(mark => [mark.dataset.key.split(':')[1], mark.getAttribute('aria-label'), +mark.dataset.at])"
    )
    lane = str(key).split(":")[1]
    near = [label for row, label, moment in apart if row == lane and abs(moment - float(at or 0)) < 60]
    assert len(near) >= 1 + int(more)
    assert all(re.search(r", run \d+: (ok|error)", label) for label in near)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("aside")).to_be_visible()
    page.keyboard.press("Escape")
    crowd = page.locator(f'.figure [data-key="{key}"]')
    page.get_by_role("button", name="Whole session").click()
    assert shown.count() == before
    assert crowd.get_attribute("data-more") == more


def test_the_wheel_zooms_with_ctrl_and_moves_sideways(page: Page) -> None:
    box = page.locator("svg.figure").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 700, box["y"] + 120)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -600)
    page.keyboard.up("Control")
    expect(page.get_by_role("button", name="Whole session")).to_be_visible()
    left = "+document.querySelector('.brush').getAttribute('x')"
    zoomed = page.evaluate(left)
    page.mouse.wheel(150, 0)
    page.wait_for_function(f"was => {left} > was", arg=zoomed)
    page.mouse.wheel(0, 100)


@pytest.mark.parametrize(
    ("kind", "says"),
    [("run.finished", "run"), ("prompt.answered", "Answered"), ("cell.removed", "gone at"), ("cell.added", "Cell")],
)
def test_an_address_marks_whatever_stands_at_a_position(watched: Watched, file: Path, kind: str, says: str) -> None:
    event = next(one for one in lifelike() if one.type == kind)
    page = watched.page
    page.goto(f"{file.as_uri()}#position={event.position}")
    expect(page.locator("aside")).to_contain_text(says)
    expect(page.locator(".cursor")).to_have_count(1)
    seconds = (event.occurred_at - lifelike()[0].occurred_at) / 1e6
    box = page.locator(".figure").bounding_box()
    assert box is not None
    assert seconds > 0
    expect(page).to_have_url(re.compile(f"#position={event.position}$"))


def test_an_address_marks_what_has_no_cell_and_a_time(watched: Watched, file: Path) -> None:
    page = watched.page
    [restart] = [one for one in lifelike() if one.type == "kernel.restarted"]
    page.goto(f"{file.as_uri()}#position={restart.position}")
    cursor = page.locator(".cursor")
    expect(cursor).to_have_count(1)
    x = "path => +/M([\\d.]+)/.exec(path.getAttribute('d'))[1]"
    there = cursor.evaluate(x)
    expect(page.locator("aside")).to_be_hidden()
    page.goto(f"{file.as_uri()}#at=2026-06-09T13:03:00Z")
    page.wait_for_function(
        "was => +/M([\\d.]+)/.exec(document.querySelector('.cursor').getAttribute('d'))[1] < was", arg=there
    )
    page.goto(f"{file.as_uri()}#at=2026-06-09T15:03:00+02:00")
    assert cursor.evaluate(x) < there
