"""A browser for the tests, and notebooks to open in it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from support.chromium import chromium
from support.lab import Lab
from support.notebooks import StartLab
from support.person import Person

STUDY = """\
study: browser-test
capture: {outputs: full}
pace:
  quiet: {typing: 300 ms, run: 0 s}
  caps: {hour: 1000, day: 1000, apart: 0 s}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module. As long as it lives, no test can have an event loop of its own."""
    with chromium() as launched:
        yield launched


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether a test failed, for fixtures that end after it."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """A page with storage of its own; an error that a script of ours throws fails the test.

    A test that fails leaves ``failed.png`` in its directory.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(f"{error.message}\n{error.stack}"))
    yield opened
    if request.node.stash.get(FAILED, False):
        opened.screenshot(path=tmp_path / "failed.png")
    context.close()
    assert [error for error in errors if "prompter" in error.lower()] == []


@pytest.fixture
def person(page: Page) -> Person:
    """Somebody in front of that page."""
    return Person(page)


@pytest.fixture
def start_lab(tmp_path: Path) -> Iterator[StartLab]:
    """Starts servers with a directory of their own each, and stops them afterwards."""
    started: list[Lab] = []

    def start(
        application: str, environment: Mapping[str, str], *, plugin: bool = True, collaboration: bool = False
    ) -> Lab:
        home = tmp_path / f"lab-{len(started)}"
        home.mkdir()
        study = home / "study.yaml"
        study.write_text(STUDY, encoding="utf-8")
        settings = {"PROMPTER_STUDY": str(study), "JP_PLUGIN_USER": "heron", **environment}
        lab = Lab(home, application, settings, collaboration=collaboration)
        if not plugin:
            lab.without_plugin()
        started.append(lab)
        lab.start()
        return lab

    yield start
    for lab in started:
        lab.stop()
