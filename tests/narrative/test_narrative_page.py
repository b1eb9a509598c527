"""The page in a real browser: what was typed does not run, everybody can read it, and it leads to the timeline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect
from telling_stories import HOSTILE, hostile_session

from prompter_events import Event
from prompter_projections.narrative import material_from, narrate, render
from prompter_projections.narrative.page import of_text
from prompter_projections.timeline import render as draw
from support.accessible import faults
from support.chromium import chromium
from support.loans import loans

WIDTHS = (1280, 760, 420)

UNFOLD = "document.querySelectorAll('details').forEach(each => (each.open = true))"

LINKS = "links => links.map(link => link.getAttribute('href'))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that does nothing that it should not."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    wrong: list[str] = []

    def console(message: ConsoleMessage) -> None:
        wrong.append(f"console: {message.text}")

    def request(asked: Request) -> None:
        if not asked.is_navigation_request():
            wrong.append(f"request: {asked.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", request)
    page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    yield page
    ran = page.evaluate("window.ran")
    page.close()
    assert wrong == []
    assert ran is None


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Narratives with their timelines beside them."""
    made = tmp_path_factory.mktemp("narratives")
    whole = loans().events
    for name, events in (("loans", whole), ("begun", whole[:420]), ("hostile", hostile_session())):
        _write(made, name, events)
    return made


def _write(directory: Path, name: str, events: tuple[Event, ...] | list[Event]) -> None:
    material = material_from(events)
    page = render(narrate(material), ".html", material, f"{name} timeline.html")
    (directory / f"{name}.html").write_bytes(page)
    (directory / f"{name} timeline.html").write_bytes(draw([material.timeline], ".html"))


@pytest.mark.parametrize("text", HOSTILE[:1])
def test_a_script_that_does_run_would_be_seen(browser: Browser, directory: Path, text: str) -> None:
    """The control: the page's own policy switched off and one text put in as markup."""
    written = re.sub(r"<meta http-equiv[^>]*>", "", (directory / "hostile.html").read_text())
    (directory / "broken.html").write_text(written.replace("<main>", f"<main>{text}", 1))
    page = browser.new_page()
    page.goto((directory / "broken.html").as_uri())
    assert page.evaluate("window.ran") is True
    page.close()


def test_what_was_typed_is_shown_and_does_not_run(page: Page, directory: Path) -> None:
    page.goto((directory / "hostile.html").as_uri())
    page.evaluate(UNFOLD)
    assert page.locator("main img, main script, main iframe, main h2 b, main table table").count() == 0
    links = page.locator("main a").evaluate_all(LINKS)
    assert [
        link for link in links if not re.fullmatch(r"#chapter-\d+|hostile%20timeline\.html#position=\d+", link)
    ] == []
    quotes = page.locator("blockquote").all_text_contents()
    assert f"“{HOSTILE[0]}”" in quotes
    assert page.locator("section .diff span", has_text=HOSTILE[0]).count() > 0
    handlers = "all => all.filter(each => [...each.attributes].some(a => a.name.startsWith('on'))).length"
    assert page.locator("*").evaluate_all(handlers) == 0


@pytest.mark.parametrize("name", ["loans", "hostile"])
def test_nothing_spills_over_the_window(page: Page, directory: Path, name: str) -> None:
    page.goto((directory / f"{name}.html").as_uri())
    page.evaluate(UNFOLD)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 760)])
def test_everybody_can_read_it(browser: Browser, directory: Path, scheme: Literal["light", "dark"], width: int) -> None:
    # axe needs leave that the page's own policy gives nobody.
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    # Two thirds of the work have one of each thing in them, and axe is done in a third of the time.
    page.goto((directory / "begun.html").as_uri())
    page.evaluate(UNFOLD)
    assert faults(page, "html") == []
    context.close()


def test_a_position_opens_the_timeline_at_its_mark(page: Page, directory: Path) -> None:
    page.goto((directory / "loans.html").as_uri())
    link = page.locator("#chapter-3 .failure .ref a").first
    position = int((link.get_attribute("href") or "").partition("#position=")[2])
    link.click()
    expect(page).to_have_url(re.compile(rf"loans%20timeline\.html#position={position}$"))
    expect(page.locator("aside")).to_contain_text(f"position {position:,}")
    expect(page.locator("aside")).to_contain_text("Input X contains NaN")


def test_contents_and_drawing_lead_to_the_chapters(page: Page, directory: Path) -> None:
    page.goto((directory / "loans.html").as_uri())
    page.get_by_role("navigation").get_by_role("link", name="After the restart").click()
    expect(page).to_have_url(re.compile("#chapter-4$"))
    page.locator("svg.spark").get_by_label("Chapter 2", exact=True).click()
    expect(page).to_have_url(re.compile("#chapter-2$"))
    expect(page.locator("#chapter-2 h2")).to_be_in_viewport()


def test_dark_and_light_follow_the_reader_and_the_switch(page: Page, directory: Path) -> None:
    page.goto((directory / "loans.html").as_uri())
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(251, 251, 249)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == "rgb(20, 23, 26)"
    page.locator("button.theme").click()
    assert page.evaluate(ground) == "rgb(251, 251, 249)"
    page.locator("button.theme").click()
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(251, 251, 249)"


def test_on_paper_everything_is_unfolded(page: Page, directory: Path) -> None:
    page.goto((directory / "loans.html").as_uri())
    page.locator("#chapter-1 summary").first.click()
    folded = page.locator("details:not([open])").count()
    assert folded > 5
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded


def test_another_narrators_text_is_shown_as_it_is(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "told.html"
    path.write_bytes(of_text("Narrative", "\n".join(HOSTILE[:11])))
    page.goto(path.as_uri())
    assert page.locator("pre").text_content() == "\n".join(HOSTILE[:11])
    assert page.locator("main img, main script, main a").count() == 0
