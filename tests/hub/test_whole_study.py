"""A study as its operator, two participants and a researcher live through it: one command, links, the monitor."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.prompts import PromptAnswered, PromptIssued, PromptRequested
from prompter_events.catalogue.study import StudyEnded, StudyLoaded
from support.awaiting import awaited
from support.chromium import chromium
from support.hub import SERVER, Hub
from support.notebooks import write_notebook
from support.person import Person

STUDY = """\
study: loans-2026
title: How people explore loans
capture: {outputs: none}
pace:
  quiet: {typing: 300 ms, run: 0 s}
  caps: {hour: 1000, day: 1000, apart: 0 s}
rules:
  - {use: first_run, ask: aim}
periods:
  - {name: first, conditions: [EXP_CTS, EXP_END]}
"""

AIM = "What are you trying to do or find out in this cell?"
QUESTION = "What would change your mind?"

SLOW = 120_000
"""ms: a server of somebody's own starts, on a machine that does much else."""

SOON = 30_000
"""ms: what was committed is shown."""


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Hub]:
    """What ``notebook-server/start.sh`` starts, with a database of its own."""
    (tmp_path / "study.yaml").write_text(STUDY, "utf-8")
    materials = tmp_path / "materials"
    materials.mkdir()
    write_notebook(materials / "loans.ipynb", "loans = 3", "more = 4")
    _as_in_other_tests(materials / ".jupyter")
    settings = {"study": "study.yaml", "materials": "materials", "researchers": ["ana"]}
    hub = Hub(tmp_path, settings, str(SERVER / "start.sh"))
    hub.start()
    yield hub
    hub.stop()


def _as_in_other_tests(config: Path) -> None:
    """The tests look into JupyterLab; and this environment has collaboration, which most have not."""
    (config / "labconfig").mkdir(parents=True)
    server = {
        "LabApp": {"expose_app_in_browser": True},
        "ServerApp": {"jpserver_extensions": {"jupyter_server_ydoc": False}},
    }
    (config / "jupyter_server_config.json").write_text(json.dumps(server), "utf-8")
    disabled = dict.fromkeys(["@jupyter/collaboration-extension", "@jupyter/docprovider-extension"], True)
    (config / "labconfig" / "page_config.json").write_text(json.dumps({"disabledExtensions": disabled}), "utf-8")


@pytest.fixture
def browser(trial: Hub) -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def links(hub: Hub, *words: str) -> list[str]:
    """What the operator prints."""
    command = [sys.executable, "-m", "prompter.commands", "study", "link", *words]
    done = subprocess.run(
        [*command, "--config", str(hub.config.path), "--json"], capture_output=True, text=True, check=True
    )
    return [row["link"] for row in json.loads(done.stdout)]


def opened(browser: Browser, link: str, button: str) -> Page:
    """A page of somebody with a browser of their own, who opened their link and pressed the button."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(link)
    page.get_by_role("button", name=button).click()
    return page


def at_work(browser: Browser, hub: Hub, name: str, link: str) -> Person:
    """A participant before their notebook, on a server of their own."""
    page = opened(browser, link, "Start working")
    page.wait_for_url(f"**/user/{name}/lab**", timeout=SLOW)
    person = Person(page)
    person.open(f"{hub.address}/user/{name}/lab/tree/loans.ipynb?reset")
    return person


def changes(person: Person, index: int) -> None:
    """They change a cell and run it."""
    person.edit(index)
    person.type(" + 1")
    person.run(index)


def row(monitor: Page, name: str) -> Locator:
    return monitor.locator("#people tbody tr", has=monitor.get_by_role("button", name=name, exact=True))


def recorded(hub: Hub) -> tuple[list[Event], dict[str, str]]:
    """All events, and the participants' names by their ids."""
    folder = hub.config.data / "mariadb"
    password, port = ((folder / name).read_text("utf-8").strip() for name in ("password", "port"))

    async def read() -> tuple[list[Event], dict[str, str]]:
        url = f"mysql://prompter_user@127.0.0.1:{port}/prompter"
        async with open_study_log(url, password=password) as log:
            names = {str(one): name for one, name in (await log.participant_names()).items()}
            return [event async for event in log.read()], names

    return awaited(read())


def test_a_whole_study(trial: Hub, browser: Browser, tmp_path: Path) -> None:
    [asked_now], [asked_later], [watching] = (
        links(trial, "P01", "EXP_CTS"),
        links(trial, "P02", "EXP_END"),
        links(trial, "ana"),
    )
    # One is asked while they work, the other is not.
    now, later = at_work(browser, trial, "p01", asked_now), at_work(browser, trial, "p02", asked_later)
    for person in (now, later):
        changes(person, 0)
    expect(now.prompt.locator(".jp-Prompter-question")).to_have_text(AIM)
    now.answer("to have a number")
    expect(now.prompt).to_have_count(0)
    later.sent()
    expect(later.prompt).to_have_count(0)

    # The researcher sees both, and asks the first one something of their own.
    monitor = opened(browser, watching, "Open the monitor")
    expect(row(monitor, "p01")).to_contain_text("EXP_CTS", timeout=SOON)
    expect(row(monitor, "p02")).to_contain_text("EXP_END", timeout=SOON)
    expect(row(monitor, "p01")).to_contain_text("connected", timeout=SOON)
    monitor.get_by_role("button", name="p01", exact=True).click()
    panel = monitor.locator("#panel")
    expect(panel).to_contain_text("to have a number", timeout=SOON)
    panel.get_by_label("Your question").fill(QUESTION)
    panel.get_by_label("at once").check()
    panel.get_by_role("button", name="Ask", exact=True).click()
    expect(panel.get_by_text("Passed on")).to_be_visible(timeout=SOON)
    now.run(1)
    expect(now.prompt.locator(".jp-Prompter-question")).to_have_text(QUESTION, timeout=SOON)
    now.answer("another number")
    expect(panel).to_contain_text("another number", timeout=SOON)
    monitor.screenshot(path=tmp_path / "monitor.png")

    # The researcher ends the second one's session: what was held for the end is asked now.
    monitor.get_by_role("button", name="p02", exact=True).click()
    panel.get_by_role("button", name="End session …").click()
    panel.get_by_role("button", name="End session of p02").click()
    review = later.page.locator(".jp-Prompter-review")
    expect(review.get_by_role("status")).to_have_text("1 of 1", timeout=SOON)
    later.page.screenshot(path=tmp_path / "review.png")
    later.page.keyboard.press("1")
    later.page.keyboard.press("Enter")
    # The study goes on at the Hub's last page.
    with later.page.context.expect_page() as following:
        review.get_by_role("link", name=re.compile("Go on")).click()
    expect(following.value.get_by_role("heading", level=1)).to_have_text("Thank you")
    review.get_by_role("button", name="End session").click()
    expect(later.status).to_have_attribute("data-state", "stopped")
    expect(later.status).to_have_attribute("data-unsent", "0")
    expect(row(monitor, "p02")).to_contain_text("ended", timeout=SOON)

    # Nobody was told a condition's name, and all of it is in the log.
    for person in (now, later):
        assert "EXP_" not in person.page.content()
    now.sent()
    _is_in_the_log(trial)


def _is_in_the_log(trial: Hub) -> None:
    events, names = recorded(trial)
    bodies = [(names.get(str(event.participant_id)), event.body) for event in events]
    conditions = {who: body.condition for who, body in bodies if isinstance(body, SessionAccepted)}
    assert conditions == {"p01": "EXP_CTS", "p02": "EXP_END"}
    issued = [(who, body.question, body.author, body.deliver) for who, body in bodies if isinstance(body, PromptIssued)]
    assert [one for one in issued if one[0] == "p01"] == [("p01", AIM, "rule", "now"), ("p01", QUESTION, "ana", "now")]
    assert [(who, deliver) for who, _, _, deliver in issued if who == "p02"] == [("p02", "end")]
    [requested] = [body for _, body in bodies if isinstance(body, PromptRequested)]
    assert (requested.by, requested.urgent) == ("ana", True)
    assert len([body for _, body in bodies if isinstance(body, PromptAnswered)]) == 3
    assert [(who, body.by) for who, body in bodies if isinstance(body, StudyEnded)] == [("p02", "ana")]
    [loaded] = [body for _, body in bodies if isinstance(body, StudyLoaded)]
    assert loaded.text == STUDY
