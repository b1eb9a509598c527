"""The Hub's pages of ours in a browser: for everybody, on any screen, and asking nobody else for anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from entering import link_of
from playwright.sync_api import Browser

from support.accessible import faults
from support.chromium import chromium
from support.hub import Hub


@pytest.fixture(scope="module")
def browser(hub: Hub) -> Iterator[Browser]:
    """One Chromium. The Hub is there before it: while a browser lives, no fixture has an event loop of its own."""
    with chromium() as launched:
        yield launched


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 420])
def test_everybody_can_use_the_pages_on_any_screen(hub: Hub, browser: Browser, scheme: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    name = f"screen-{scheme}-{width}"
    for address, title in (
        (link_of(hub, name, "EXP_END"), "Welcome to the study"),
        (f"{hub.address}/hub/link?token=junk", "This link is not valid"),
        (f"{hub.address}/hub/login", "Open your study link"),
    ):
        page.goto(address)
        assert page.locator("h1").inner_text() == title
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert faults(page, "main") == []
    page.goto(link_of(hub, name))
    page.keyboard.press("Tab")  # the questionnaire
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Start working"
    with page.expect_response(lambda answer: answer.request.method == "POST") as pressed:
        page.keyboard.press("Enter")
    assert pressed.value.status == 302
    assert re.search(r"/hub/spawn", pressed.value.headers["location"])
    page.goto(f"{hub.address}/hub/done")
    assert page.locator("h1").inner_text() == "Thank you"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page, "main") == []
    assert [url for url in asked if not url.startswith((hub.address, "data:"))] == []
    context.close()
