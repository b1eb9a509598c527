"""The researchers' page in a real browser, with people at work behind it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocket, expect

from prompter.storage import open_study_log
from prompter_events import Event, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from prompter_events.clock import now_micros
from support.accessible import faults
from support.crowded import Worker, assigned, fill, write_study
from support.monitored import BLINDED, COOKIE, RESEARCHER, Collector, collector

HOSTILE = '<img src=x onerror="document.title=1">'

CONDITIONS = ("EXP_CTS", "EXP_END", "EXP_NONE")

SOON = 30_000
"""ms: whatever is not shown by then is not shown."""

T = TypeVar("T")


@dataclass
class Hand:
    """Somebody at work: writes their events into the log, as a collector would."""

    log: str
    name: str
    participant_id: ParticipantId
    session_id: SessionId = field(default_factory=lambda: SessionId(uuid4()))
    producer_id: ProducerId = field(default_factory=lambda: ProducerId(uuid4()))
    sent: int = 0

    async def does(self, *bodies: Body) -> None:
        """These happen now, and in this order."""
        async with open_study_log(self.log) as log:
            events = []
            for body in bodies:
                self.sent += 1
                events.append(
                    draft(
                        body,
                        session_id=self.session_id,
                        producer_id=self.producer_id,
                        producer_seq=self.sent,
                        participant_id=self.participant_id,
                        occurred_at=now_micros(),
                    )
                )
            await log.append(self.producer_id, events)


class Study:
    """A running collector and the people whose work it records."""

    def __init__(self, running: Collector, log: str, study: Path, workers: Sequence[Worker]) -> None:
        self.collector = running
        self.log = log
        self.study = study
        self.workers = {worker.name: worker for worker in workers}
        self._threads = ThreadPoolExecutor(1)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """In a thread of its own: the browser has this one's event loop."""
        return self._threads.submit(asyncio.run, work).result(60)

    def comes(self, name: str, condition: str, path: str = "new.ipynb", source: str = "x = 1") -> Hand:
        """Somebody begins."""

        async def begin() -> Hand:
            async with open_study_log(self.log) as log:
                hand = Hand(self.log, name, await assigned(log, self.study, name, condition))
            client = n.Client(lab="test", extension="0", browser="none")
            cells = [n.CellSnapshot(cell_id="a", cell_type="code", source=source)]
            accepted = n.SessionAccepted(
                participant_id=hand.participant_id,
                notebook_id=uuid4(),
                condition=condition,
                study="loans-2026",
                study_digest=None,
                clock_offset_ms=0,
            )
            await hand.does(
                accepted,
                n.SessionOpened(notebook_path=path, kernel_name="python3", client=client, cells=cells),
                n.FocusChanged(cell_id="a", visible=True),
            )
            return hand

        return self.run(begin())

    def events(self, kind: str) -> list[Event]:
        """What the log holds of one type."""

        async def read() -> list[Event]:
            async with open_study_log(self.log) as log:
                return [event async for event in log.read(types=[kind])]

        return self.run(read())


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """Six people who have worked for half an hour."""
    home = tmp_path_factory.mktemp("monitored")
    path, url = write_study(home), f"sqlite:///{home}/log.db"
    workers = [Worker(f"p{number + 1:02}", CONDITIONS[number % 3], 20 + 2 * number, number) for number in range(6)]
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, fill(url, path, workers, now_micros())).result(120)
    with collector(home, {"PROMPTER_LOG": url, "PROMPTER_STUDY": str(path)}) as running:
        yield Study(running, url, path, workers)


@pytest.fixture
def context(browser: Browser, study: Study) -> Iterator[BrowserContext]:
    """A researcher's browser; an error that a script throws, or that the page's policy reports, fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": RESEARCHER, "url": study.collector.url}])
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield context
    context.close()
    assert [error for error in errors if "ERR_CONNECTION" not in error and "WebSocket" not in error] == []


@pytest.fixture
def page(context: BrowserContext, study: Study) -> Page:
    """The monitor, live."""
    return opened(context, study)


def opened(context: BrowserContext, study: Study) -> Page:
    page = context.new_page()
    page.goto(study.collector.url + "monitor")
    expect(page.locator("#live")).to_have_text("Live", timeout=SOON)
    expect(page.locator("#people tbody tr").nth(5)).to_be_visible(timeout=SOON)
    return page


def as_blinded(context: BrowserContext, study: Study) -> None:
    context.add_cookies([{"name": COOKIE, "value": BLINDED, "url": study.collector.url}])


def line(page: Page, name: str) -> Locator:
    """Somebody's row."""
    return page.locator("#people tbody tr", has=page.get_by_role("button", name=name, exact=True))


def names(page: Page) -> list[str]:
    return page.locator("#people tbody .opener").all_inner_texts()


def column(page: Page, name: str, title: str) -> Locator:
    heads = [head.strip(" ▴▾") for head in page.locator("#people thead th").all_inner_texts()]
    return line(page, name).locator("> *").nth(heads.index(title))


def show(page: Page, name: str) -> Locator:
    """Open somebody's panel."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#panel h2")).to_have_text(name)
    return page.locator("#panel")


RUN = uuid4()
FAILED: tuple[Body, ...] = (
    r.RunScheduled(run_id=RUN, cell_id="a", source="x = 1"),
    r.RunFinished(
        run_id=RUN,
        status="error",
        execution_count=1,
        duration_ms=3,
        error=r.RunError(name="KeyError", message=HOSTILE, traceback=""),
    ),
)


def test_what_happens_is_shown_by_itself_and_in_its_place(page: Page, study: Study) -> None:
    hand = study.comes("q01", "EXP_CTS")
    expect(line(page, "q01")).to_be_visible(timeout=SOON)
    assert names(page)[-1] == "q01", "whoever is new stands at the end"
    before, errors = names(page), column(page, "q01", "Errors")
    expect(errors).to_have_text("0")
    element = errors.element_handle()
    top = line(page, "p03").bounding_box()
    study.run(hand.does(*FAILED, s.CaptureLost(count=3, reason=HOSTILE)))
    expect(errors).to_have_text("1", timeout=SOON)
    assert errors.evaluate("(node, known) => node === known", element), "figures change in place"
    expect(column(page, "q01", "Alarm")).to_contain_text("3 events lost")
    # By alarm it would stand elsewhere now: that is said, and nothing has moved.
    assert names(page) == before
    assert line(page, "p03").bounding_box() == top
    page.get_by_role("button", name="Sort anew").click()
    assert names(page).index("q01") < before.index("q01")


def test_any_column_sorts_up_and_down(page: Page) -> None:
    page.get_by_role("button", name="Participant").click()
    ascending = names(page)
    assert ascending == sorted(ascending)
    page.get_by_role("button", name="Participant").click()
    assert names(page) == ascending[::-1]
    expect(page.locator("#people thead th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Errors").click()
    errors = [int(column(page, name, "Errors").inner_text()) for name in names(page)]
    assert errors == sorted(errors, reverse=True)


def test_somebody_is_asked_and_the_panel_tells_what_became_of_it(page: Page, study: Study) -> None:
    hand = study.comes("q02", "EXP_CTS", source=f"print('{HOSTILE}')")
    expect(line(page, "q02")).to_be_visible(timeout=SOON)
    panel = show(page, "q02")
    expect(panel.locator("pre")).to_have_text(f"print('{HOSTILE}')", timeout=SOON)
    ask = panel.get_by_role("button", name="Ask", exact=True)
    expect(ask).to_be_disabled()
    panel.get_by_label("Your question").fill(f"What is {HOSTILE}?")
    panel.get_by_label("Choices").fill("a tag, a trap")
    panel.get_by_label("several may be chosen").check()
    panel.get_by_label("at once").check()
    ask.click()
    expect(panel.get_by_text("Passed on; it is asked at the next moment that disturbs little")).to_be_visible()
    expect(panel.get_by_label("Your question")).to_have_value("")
    # Either the policy has asked already, or it says that the question waits.
    expect(panel.locator(".notes .said", has_text="What is <img")).to_be_visible(timeout=SOON)
    [body] = [event.body for event in study.events("prompt.requested") if event.participant_id == hand.participant_id]
    assert isinstance(body, p.PromptRequested)
    assert (body.choices, body.multiple, body.urgent, body.by) == (["a tag", "a trap"], True, True, RESEARCHER)
    # The notebook was just opened and nothing typed: the policy asks.
    expect(column(page, "q02", "Open")).to_have_text("1", timeout=SOON)
    [prompt] = [event.body for event in study.events("prompt.issued") if event.participant_id == hand.participant_id]
    assert isinstance(prompt, p.PromptIssued)
    study.run(hand.does(p.PromptShown(prompt_id=prompt.prompt_id)))
    expect(panel.locator(".pl li").first).to_contain_text("asked by ada")
    answer = p.PromptAnswered(prompt_id=prompt.prompt_id, text=HOSTILE, choice="a trap", drafting_ms=900)
    study.run(hand.does(answer))
    expect(panel.locator(".pl q")).to_have_text(HOSTILE, timeout=SOON)
    expect(column(page, "q02", "Answered")).to_have_text("1")
    assert page.locator("img").count() == 0
    assert page.title() == "Monitor · loans-2026"


def test_a_condition_that_asks_nothing_is_asked_only_on_purpose(page: Page, study: Study) -> None:
    hand = study.comes("q03", "EXP_NONE")
    expect(line(page, "q03")).to_be_visible(timeout=SOON)
    expect(column(page, "q03", "Answered")).to_have_text("–")
    panel = show(page, "q03")
    panel.get_by_label("Your question").fill("Why?")
    ask = panel.get_by_role("button", name="Ask", exact=True)
    override = panel.get_by_label("ask all the same")
    expect(override).to_be_visible(timeout=SOON)
    expect(ask).to_be_disabled()
    override.check()
    ask.click()
    expect(panel.get_by_text("Passed on")).to_be_visible(timeout=SOON)
    [body] = [event.body for event in study.events("prompt.requested") if event.participant_id == hand.participant_id]
    assert isinstance(body, p.PromptRequested)
    assert body.override


def test_a_note_and_the_end_are_in_the_log_and_on_the_page(page: Page, study: Study) -> None:
    hand = study.comes("q04", "EXP_CTS")
    expect(line(page, "q04")).to_be_visible(timeout=SOON)
    panel = show(page, "q04")
    panel.get_by_label("A remark").fill(f"stuck at {HOSTILE}")
    panel.get_by_role("button", name="Note", exact=True).click()
    expect(panel.locator(".notes .said", has_text="stuck at <img")).to_be_visible(timeout=SOON)
    [note] = [event.body for event in study.events("note.added") if event.participant_id == hand.participant_id]
    assert isinstance(note, s.NoteAdded)
    assert 0 < note.at <= study.events("note.added")[-1].position

    panel.get_by_role("button", name="End session …").click()
    expect(
        panel.get_by_text("q04 has nothing to review; recording stops at once. This cannot be undone.")
    ).to_be_visible()
    panel.get_by_role("button", name="Keep recording").click()
    assert not [event for event in study.events("study.ended") if event.participant_id == hand.participant_id]
    panel.get_by_role("button", name="End session …").click()
    panel.get_by_role("button", name="End session of q04").click()
    expect(panel.get_by_text("The session of q04 is ended")).to_be_visible(timeout=SOON)
    expect(column(page, "q04", "State")).to_contain_text("ended", timeout=SOON)
    [end] = [event.body for event in study.events("study.ended") if event.participant_id == hand.participant_id]
    assert end == s.StudyEnded(by=RESEARCHER)


def test_what_somebody_writes_is_not_lost_when_news_come(page: Page, study: Study) -> None:
    hand = study.comes("q05", "EXP_CTS")
    expect(line(page, "q05")).to_be_visible(timeout=SOON)
    panel = show(page, "q05")
    field = panel.get_by_label("Your question")
    field.fill("half a ques")
    field.press("ArrowLeft")
    study.run(hand.does(*FAILED))
    expect(column(page, "q05", "Errors")).to_have_text("1", timeout=SOON)
    field.press("X")
    expect(field).to_have_value("half a queXs")
    expect(field).to_be_focused()


def test_what_somebody_began_to_write_is_there_again_when_they_come_back(page: Page) -> None:
    panel = show(page, "p01")
    panel.get_by_label("Your question").fill("half a question")
    panel.get_by_label("Choices").fill("one, two")
    panel.get_by_label("A remark").fill("half a note")
    show(page, "p02")
    expect(panel.get_by_label("Your question")).to_have_value("")
    expect(panel.get_by_label("A remark")).to_have_value("")
    for leave in (lambda: show(page, "p02"), lambda: panel.get_by_label("A remark").press("Escape")):
        show(page, "p01")
        expect(panel.get_by_label("Your question")).to_have_value("half a question")
        expect(panel.get_by_label("Choices")).to_have_value("one, two")
        expect(panel.get_by_label("A remark")).to_have_value("half a note")
        leave()
    expect(panel).to_be_hidden()
    show(page, "p01")
    expect(panel.get_by_label("A remark")).to_have_value("half a note")
    show(page, "p03")
    panel.get_by_label("ask all the same").check()
    show(page, "p01")
    show(page, "p03")
    expect(panel.get_by_label("ask all the same")).to_be_checked()


def test_one_click_leads_to_the_live_timeline_which_goes_on(page: Page, context: BrowserContext, study: Study) -> None:
    hand = study.comes("q06", "EXP_CTS", source=HOSTILE)
    expect(line(page, "q06")).to_be_visible(timeout=SOON)
    panel = show(page, "q06")
    with context.expect_page() as coming:
        panel.get_by_role("link", name="Live timeline").click()
    timeline = coming.value
    expect(timeline.locator("h1")).to_have_text("q06", timeout=SOON)
    expect(timeline.locator("svg.figure .mark")).to_have_count(0)
    study.run(hand.does(*FAILED))
    mark = timeline.locator('svg.figure [data-key^="r:"]')
    expect(mark).to_have_count(1, timeout=SOON)
    mark.focus()
    timeline.keyboard.press("Enter")
    expect(timeline.locator("aside")).to_contain_text("KeyError")
    # Lanes move, and what is open stays that mark's.
    above = n.CellAdded(cell_id="b", index=0, cell_type="code", source="y = 2", cause="user")
    other = uuid4()
    study.run(
        hand.does(
            above,
            r.RunScheduled(run_id=other, cell_id="b", source="y = 2"),
            r.RunFinished(run_id=other, status="ok", execution_count=2, duration_ms=3, error=None),
        )
    )
    expect(mark).to_have_count(2, timeout=SOON)
    expect(timeline.locator("aside")).to_contain_text("KeyError")
    expect(timeline.locator("svg.figure [data-key]:focus")).to_have_attribute("data-key", "r:1:0")
    assert timeline.locator("img").count() == 0
    assert faults(timeline, "main") == []


def test_a_lost_connection_is_said_and_mended_by_itself(page: Page, study: Study) -> None:
    clock = page.locator("#now")
    study.collector.stop()
    expect(page.locator("#live")).to_have_text("Reconnecting", timeout=SOON)
    expect(page.locator("#trouble")).to_contain_text("Connection lost; trying again by itself")
    expect(page.locator("#footing")).to_contain_text("as of then")
    stands = clock.inner_text()
    rows = names(page)
    study.collector.start()
    expect(page.locator("#live")).to_have_text("Live", timeout=30_000)
    expect(page.locator("#trouble")).to_be_hidden()
    expect(clock).not_to_have_text(stands)
    expect(page.locator("#people tbody tr")).to_have_count(len(rows), timeout=SOON)
    assert sorted(names(page)) == sorted(rows)  # who needs a look comes first, and that may be another by now


def test_a_server_that_says_nothing_is_not_taken_for_live(page: Page, study: Study) -> None:
    tried: list[WebSocket] = []
    page.on("websocket", lambda socket: tried.append(socket))  # noqa: PLW0108 - playwright marks the listener
    os.kill(study.collector.pid, signal.SIGSTOP)
    try:
        expect(page.locator("#live")).to_have_text("No news", timeout=SOON)
        expect(page.locator("#trouble")).to_contain_text("What you see is as it was then")
        stands = page.locator("#now").inner_text()
        # Such a silence may be a network that was cut, which nobody tells a browser.
        expect(page.locator("#live")).to_have_text("Reconnecting", timeout=3 * SOON)
        assert len(tried) == 1
    finally:
        os.kill(study.collector.pid, signal.SIGCONT)
    expect(page.locator("#live")).to_have_text("Live", timeout=SOON)
    expect(page.locator("#now")).not_to_have_text(stands)


def test_names_files_and_tasks_are_text_whatever_they_are(page: Page, study: Study) -> None:
    hand = study.comes(HOSTILE, "EXP_CTS", path=f"{HOSTILE}.ipynb")
    study.run(hand.does(s.TaskBegan(name=HOSTILE, minutes=5), s.CaptureLost(count=2, reason=HOSTILE)))
    row = page.locator("#people tbody tr", has_text=HOSTILE)
    expect(row.locator(".task")).to_have_text(HOSTILE, timeout=SOON)
    expect(page.locator("#alarms")).to_contain_text(f"{HOSTILE} 2 events lost")
    row.click()
    expect(page.locator("#panel .sessions")).to_contain_text(f"{HOSTILE}.ipynb", timeout=SOON)
    page.get_by_role("button", name="End session …").click()
    expect(page.get_by_role("button", name=f"End session of {HOSTILE}")).to_be_visible()
    assert page.locator("img").count() == 0
    assert page.title() == "Monitor · loans-2026"


def test_whoever_is_no_researcher_any_more_is_told_so(context: BrowserContext, page: Page, study: Study) -> None:
    context.clear_cookies()
    study.collector.stop()
    expect(page.locator("#live")).to_have_text("Reconnecting", timeout=SOON)
    study.collector.start()
    expect(page.locator("#live")).to_have_text("Stopped", timeout=30_000)
    expect(page.locator("#trouble")).to_contain_text("sign in again")


def test_the_blinded_page_shows_no_question_and_no_condition(context: BrowserContext, study: Study) -> None:
    as_blinded(context, study)
    page = opened(context, study)
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.reload()
    expect(page.locator("#people tbody tr").nth(5)).to_be_visible(timeout=SOON)
    panel = show(page, "p02")
    expect(panel.get_by_role("link", name="Live timeline")).to_be_visible(timeout=SOON)
    for text in (page.locator("body").inner_text(), *frames):
        for word in ("EXP_", "held", "nswered", "rompts", "Delay", "Response"):
            assert word not in text, word
    assert len("".join(frames)) > 5_000


def test_pseudonyms_take_the_place_of_ids(page: Page) -> None:
    page.get_by_role("button", name="Pseudonyms").click()
    assert all("-" in name for name in names(page))
    page.reload()
    expect(page.locator("#people tbody tr").nth(5)).to_be_visible(timeout=SOON)
    assert all("-" in name for name in names(page))


def test_a_row_is_drawn_when_it_comes_into_sight(page: Page, study: Study) -> None:
    for number in range(4):
        study.comes(f"s{number:02}", "EXP_CTS")
    expect(line(page, "s03")).to_be_visible(timeout=SOON)
    page.set_viewport_size({"width": 1280, "height": 200})
    page.reload()
    expect(page.locator("#people tbody tr").nth(9)).to_be_attached(timeout=SOON)
    last = page.locator("#people tbody tr").last
    expect(last.locator("svg[role=img] path")).to_have_count(0)
    last.scroll_into_view_if_needed()
    expect(last.locator("svg[role=img] path").first).to_be_attached()
    expect(last.locator(".ago")).not_to_be_empty()


def test_everything_is_reached_by_the_keyboard(page: Page) -> None:
    opener = page.get_by_role("button", name="p01", exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel).to_be_focused()
    page.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 900, 420])
def test_nothing_breaks_at_any_width_and_axe_finds_no_fault(page: Page, width: int, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    over = "() => document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(over) <= 0
    assert faults(page, "main") == []
    show(page, "p01")
    expect(page.locator("#panel .sessions a").first).to_be_visible(timeout=SOON)
    assert page.evaluate(over) <= 0
    assert faults(page, "#panel") == []
