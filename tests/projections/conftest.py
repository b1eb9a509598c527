"""A browser for the pages that timelines are written as."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from support.chromium import chromium
from support.watched import Watched


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    watched = Watched(page)
    yield watched
    ran = page.evaluate("window.ran")
    page.close()
    assert watched.wrong == []
    assert ran is None
