"""The page of a study in a real browser: aligning, sorting, filtering, zooming, and the way to each session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect
from test_timeline_drawing import HOSTILE, hostile_session

from prompter_projections.timeline import build, file_of, render, render_study, session_row, study_timeline
from support.accessible import faults
from support.studies import study_timelines
from support.watched import Watched


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose sessions are in the same file."""
    path = tmp_path_factory.mktemp("study") / "study.html"
    made = study_timelines()
    path.write_bytes(render_study(study_timeline(map(session_row, made)), "Loans", ".html", timelines=made))
    return path


@pytest.fixture
def page(watched: Watched, file: Path) -> Page:
    watched.page.goto(file.as_uri())
    return watched.page


def order(page: Page, what: str = "aria-label") -> list[str]:
    """The rows that are shown, from top to bottom."""
    script = """(rows, what) => rows.filter(row => row.getBoundingClientRect().height)
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map(row => row.getAttribute(what))"""
    rows: list[str] = page.locator(".study-row").evaluate_all(script, what)
    return rows


def lines(page: Page) -> list[tuple[float, float]]:
    """Where each row's session begins and ends, by the number of the row."""
    script = "lines => lines.map(line => [+line.getAttribute('x1'), +line.getAttribute('x2')])"
    return [(a, b) for a, b in page.locator(".row-line").evaluate_all(script)]


def settled(page: Page) -> None:
    """Wait until all rows are drawn for the zoom that was asked for."""
    page.wait_for_function("!document.querySelector('.study-row.stale')")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function("!document.querySelector('.study-row.stale')")


def test_the_script_draws_the_rows_that_the_file_holds(browser: Browser, page: Page, file: Path) -> None:
    plain = browser.new_page(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    plain.goto(file.as_uri())
    still, moved = (
        one.locator(".study-row path, .study-row .row-prompt").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(box => [box.x, box.y, box.width, box.height])"
        )
        for one in (plain, page)
    )
    plain.close()
    assert len(still) == len(moved) > 60
    for a, b in zip(still, moved, strict=True):
        assert a == pytest.approx(b, abs=1.1)


def test_by_the_clock_rows_begin_when_their_sessions_did(page: Page) -> None:
    assert {begin for begin, _ in lines(page)} == {186}
    page.get_by_role("button", name="Wall clock").click()
    settled(page)
    begins = [begin for begin, _ in lines(page)]
    assert len(set(begins)) == 6
    assert page.locator(".study-times text").evaluate_all("texts => texts.map(text => text.textContent)")[-3:] == [
        "9 Jun",
        "10 Jun",
        "11 Jun",
    ]
    page.get_by_role("button", name="Aligned at begin").click()
    assert {begin for begin, _ in lines(page)} == {186}


def test_rows_are_sorted_within_their_conditions_and_filtered_by_them(page: Page) -> None:
    assert len(order(page)) == 6
    page.locator("select.sort").select_option("length")
    rows = order(page, "data-row")
    lengths = page.evaluate("JSON.parse(document.querySelector('#study').textContent).rows.map(row => row.length)")
    for first, second in ((0, 1), (2, 3), (4, 5)):
        assert lengths[int(rows[first])] >= lengths[int(rows[second])]
    page.get_by_label("EXP_END (2)").uncheck()
    expect(page.locator(".study-group:visible")).to_have_count(2)
    assert len(order(page)) == 4
    assert not [row for row in order(page, "data-row") if row in rows[2:4]]
    page.get_by_label("EXP_END (2)").check()
    assert order(page, "data-row") == rows


def test_a_row_opens_its_session_in_the_same_file_and_the_way_back_is_kept(page: Page) -> None:
    session = study_timeline(map(session_row, study_timelines())).rows[2].session
    page.locator('.study-row[data-row="2"] .row-ground').click(position={"x": 40, "y": 10})
    expect(page.locator("section.session:visible")).to_have_count(1)
    expect(page.locator("section.session:visible h1")).to_contain_text("loans.ipynb")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("section.session:visible .theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    expect(page.locator(".study")).to_be_hidden()
    expect(page).to_have_url(re.compile(f"#session={session.session_id}$"))
    expect(page.locator("section.session:visible .facts")).to_contain_text(f"{session.first:,} to {session.last:,}")
    page.go_back()
    expect(page.locator(".study")).to_be_visible()
    page.go_forward()
    page.get_by_role("button", name="All sessions").click()
    expect(page.locator(".study")).to_be_visible()
    expect(page.locator("section.session:visible")).to_have_count(0)


def test_rows_are_reached_and_opened_by_keyboard(page: Page) -> None:
    page.get_by_label("EXP_NONE (2)").focus()
    page.keyboard.press("Tab")
    names = order(page)
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == names[0]
    expect(page.locator("#card")).to_contain_text("3 of 7 answered")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == names[2]
    page.keyboard.press("End")
    assert page.evaluate(focused) == names[-1]
    assert page.locator(".study-rows [tabindex='0']").count() == 1
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="Whole time")).to_be_visible()
    page.keyboard.press("0")
    expect(page.get_by_role("button", name="Whole time")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("section.session:visible")).to_have_count(1)


def test_a_drag_across_the_rows_zooms_and_a_click_does_not(page: Page) -> None:
    box = page.locator(".study-rows").bounding_box()
    assert box is not None
    before = lines(page)
    page.mouse.move(box["x"] + 500, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 120, steps=4)
    expect(page.locator(".study-brush")).to_be_visible()
    page.mouse.up()
    expect(page.locator(".study-brush")).to_be_hidden()
    expect(page.get_by_role("button", name="Whole time")).to_be_visible()
    expect(page.locator(".study")).to_be_visible()
    settled(page)
    ticks = page.locator(".study-times text").all_text_contents()
    assert ticks[0] != "0:00"
    page.get_by_role("button", name="Whole time").click()
    expect(page.get_by_role("button", name="Whole time")).to_be_hidden()
    settled(page)
    assert lines(page) == before


def test_hovering_tells_the_answer_that_stands_there(page: Page) -> None:
    mark = page.locator('.study-row[data-row="0"] .row-prompt').last
    box = mark.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#card")).to_contain_text("Prompt open")
    expect(page.locator("#card")).to_contain_text("What did you want to compare here?")


@pytest.mark.parametrize("number", [0, 3, 5])
def test_an_address_opens_the_session_that_holds_a_position(watched: Watched, file: Path, number: int) -> None:
    made = study_timelines()[number]
    run = made.lanes[9].runs[1]
    watched.page.goto(f"{file.as_uri()}#position={run.positions[-1]}")
    panel = watched.page.locator("section.session:visible aside")
    expect(panel).to_contain_text(f"position {run.position:,}")
    expect(panel).to_contain_text("as run 2")
    expect(watched.page).to_have_url(re.compile(rf"#position={run.positions[-1]}$"))


def test_an_address_with_a_time_marks_it_by_the_clock(watched: Watched, file: Path) -> None:
    page = watched.page
    page.goto(f"{file.as_uri()}#at=2026-06-10T13:10:00")
    expect(page.get_by_role("button", name="Wall clock")).to_have_attribute("aria-pressed", "true")
    cursor = page.locator(".study .cursor").evaluate("path => +/M([\\d.]+)/.exec(path.getAttribute('d'))[1]")
    begins = sorted(begin for begin, _ in lines(page))
    assert begins[2] < cursor < begins[3], "ten past one on the second day"
    page.goto(f"{file.as_uri()}#at=nonsense%")
    expect(page.locator(".study")).to_be_visible()


def test_rows_lead_to_files_beside_the_page_and_positions_too(watched: Watched, tmp_path: Path) -> None:
    made = study_timelines()
    study = study_timeline(map(session_row, made))
    (tmp_path / "index.html").write_bytes(render_study(study, "S", ".html", beside=True))
    for timeline in made:
        (tmp_path / file_of(session_row(timeline))).write_bytes(render([timeline], ".html", back="index.html"))
    page = watched.page
    page.goto((tmp_path / "index.html").as_uri())
    page.locator('.study-row[data-row="1"] .row-ground').click(position={"x": 40, "y": 10})
    page.wait_for_url(f"**/{file_of(study.rows[1])}")
    page.get_by_role("link", name="All sessions").click()
    page.wait_for_url("**/index.html")
    run = made[4].lanes[9].runs[2]
    page.goto(f"{(tmp_path / 'index.html').as_uri()}#position={run.position}")
    page.wait_for_url(f"**/{file_of(session_row(made[4]))}#position={run.position}")
    expect(page.locator("aside")).to_contain_text(f"position {run.position:,}")


def test_what_was_typed_is_shown_and_does_not_run_in_a_study(watched: Watched, tmp_path: Path) -> None:
    hostile = build(hostile_session())
    others = [
        replace(hostile, session=replace(hostile.session, condition=text, notebook_path=text)) for text in HOSTILE
    ]
    study = study_timeline(map(session_row, [hostile, *others]))
    path = tmp_path / "hostile.html"
    path.write_bytes(render_study(study, HOSTILE[1], ".html", timelines=[hostile]))
    page = watched.page
    page.goto(path.as_uri())
    expect(page.locator("h1")).to_contain_text("</svg></script><script>")
    rows = page.locator(".study-row")
    assert rows.count() == len(HOSTILE) + 1
    for index in range(rows.count()):
        for name in ("row-prompt", "row-line"):
            rows.nth(index).locator(f".{name}").first.hover(force=True)
            expect(page.locator("#card")).to_be_visible()
    assert page.locator(".card img, .card script, .study img, .study script, .study a").count() == 0
    row = next(i for i, one in enumerate(study.rows) if one.session.condition == hostile.session.condition)
    page.locator(f'.study-row[data-row="{row}"] .row-ground').click(position={"x": 40, "y": 10})
    expect(page.locator("section.session:visible")).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 900, 640, 400])
def test_nothing_of_a_study_spills_over_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.get_by_role("button", name="Wall clock").click()
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.locator(".study-times text:not([font-weight])").evaluate_all(
        "texts => texts.map(text => text.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    boxes.sort()
    for (_, right), (left, _) in pairwise(boxes):
        assert left >= right - 0.5, "labels of the axis touch"


def test_the_axis_stays_in_view_over_long_studies(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 260})
    page.evaluate("scrollTo(0, 220)")
    page.wait_for_function("scrollY > 150")
    box = page.locator(".study-axis").bounding_box()
    assert box is not None
    assert box["y"] == pytest.approx(0, abs=1)


@pytest.fixture
def every_look(browser: Browser, file: Path) -> Iterator[list[Page]]:
    pages = [
        browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        for scheme, width in (("light", 1280), ("dark", 760))
    ]
    for page in pages:
        page.goto(file.as_uri())
    yield pages
    for page in pages:
        page.close()


def test_axe_finds_no_fault_at_two_widths_light_and_dark(every_look: list[Page]) -> None:
    for page in every_look:
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
        assert faults(page, "main") == []
        page.evaluate("location.hash = 'position=2300'")
        expect(page.locator("section.session:visible aside")).to_be_visible()
        assert faults(page, "main") == []


def test_a_study_works_in_a_frame_of_another_page(watched: Watched, file: Path, tmp_path: Path) -> None:
    """As in a notebook's output: without an address or an origin of its own."""
    page = watched.page
    (tmp_path / "outer.html").write_text("<!doctype html><title>outer</title><iframe></iframe>")
    page.goto((tmp_path / "outer.html").as_uri())
    page.locator("iframe").evaluate(
        """(frame, text) => {
            frame.width = 1200;
            frame.height = 700;
            frame.sandbox = 'allow-scripts';
            frame.srcdoc = text;
        }""",
        file.read_text(),
    )
    inner = page.frame_locator("iframe")
    inner.locator('.study-row[data-row="1"] .row-ground').click(position={"x": 40, "y": 10})
    expect(inner.locator("section.session:visible")).to_have_count(1)
    inner.locator('section.session:visible [data-key="r:9:1"] .hit').click()
    expect(inner.locator("section.session:visible aside")).to_contain_text("Cell 10")
    inner.get_by_role("button", name="All sessions").click()
    expect(inner.locator(".study")).to_be_visible()
