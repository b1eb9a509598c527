"""The site is built without a warning, and a page of it asks nobody for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.chromium import chromium
from support.documents import DOCS

#: What a browser fetches by itself.
_FETCHED = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\ssrc=\"(https?:)?//|<link\b[^>]*\shref=\"(https?:)?//")

_IMPORTED = re.compile(r"(?:@import|url\()\s*['\"]?(?:https?:)?//")


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Sphinx in a process of its own, where a warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(source), str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    done = build(DOCS, target)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that may fetch nothing from the network."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_every_page_is_in_the_site(site: Path) -> None:
    pages = {
        path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md") if path.parent.name != "studies"
    }
    assert {page for page in pages if not (site / page).is_file()} == set()


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert [str(page) for page in pages if _FETCHED.search(page.read_text("utf-8"))] == []
    styles = sorted(site.rglob("*.css"))
    assert styles
    assert [str(style) for style in styles if _IMPORTED.search(style.read_text("utf-8"))] == []
    assert _FETCHED.search('<script async="async" src="https://cdn.example/x.js">')


def test_a_broken_link_fails_the_build(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    (source / "conf.py").write_text((DOCS / "conf.py").read_text("utf-8"), "utf-8")
    (source / "_static").symlink_to(DOCS / "_static")
    (source / "index.md").write_text("# A page\n\n[nothing](nowhere.md)\n", "utf-8")
    done = build(source, tmp_path / "site")
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr


def test_the_search_finds_an_option_without_a_server(site: Path, page: Page) -> None:
    page.goto((site / "search.html").as_uri() + "?q=prompter_eraser")
    expect(page.locator("#search-results li a").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("name", ["index", "reference/events", "reference/commands", "explanation/guarantees"])
def test_no_page_is_wider_than_its_window(site: Path, page: Page, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((site / f"{name}.html").as_uri())
    assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
