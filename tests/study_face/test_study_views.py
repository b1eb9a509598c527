"""What a study shows in a notebook: text where there is no browser, and in one nothing that runs or reaches out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from making_study import Page, copied
from playwright.sync_api import Browser, FrameLocator
from playwright.sync_api import Page as Tab

import prompter
from prompter.errors import SettingInvalid
from prompter.research import View
from prompter.storage import DIRECTORIES
from prompter_events import migrate, open_log
from prompter_events.catalogue.notebook import CellAdded, CellEdited
from prompter_events.catalogue.runs import RunError, RunFinished, RunOutput, RunScheduled
from support.accessible import faults
from support.chromium import chromium
from support.events import new_session

ATTACK = '</pre></div></iframe><script>window.ran = 1</script><img src=x onerror="window.ran = 1">\'"`{{7*7}}\u202e\0'


@pytest.fixture(scope="module")
def study(url: str) -> Iterator[prompter.Study]:
    with prompter.Study(url) as study:
        yield study


@pytest.fixture(scope="module")
def session(study: prompter.Study) -> str:
    return str(study.sessions()["session_id"][0])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    """A page that may do nothing but show what it is given."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("dialog", lambda dialog: wrong.append(dialog.message))
    tab.on("request", lambda request: wrong.append(request.url) if request.url.startswith(("http", "ws")) else None)
    yield tab
    ran = [frame.evaluate("window.ran") for frame in tab.frames]
    tab.close()
    assert wrong == []
    assert set(ran) == {None}


def show(tab: Tab, directory: Path, *views: View) -> None:
    """A notebook's page with the views as outputs."""
    outputs = "".join(f"<div>{view._repr_mimebundle_()['text/html']}</div>" for view in views)
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title></head>'
    (directory / "notebook.html").write_text(f"{head}<main>{outputs}</main></html>", encoding="utf-8")
    tab.goto((directory / "notebook.html").as_uri())


def test_a_notebook_is_shown_as_it_stood(study: prompter.Study, session: str) -> None:
    runs = study.runs(session)
    position = study.events("run.finished", session=session)["position"].iloc[0]
    then = study.notebook(session, position=position)
    assert repr(then) == f"<notebook loans.ipynb of session {session} at position {position}: 2 cells>"
    assert study.notebook(session, at=runs["finished_at"].iloc[0]).cells == then.cells
    assert [cell.cell_type for cell in then.cells] == ["markdown", "code"]
    bundle = then._repr_mimebundle_()
    assert bundle["text/plain"] == repr(then)
    assert "FileNotFoundError: [Errno 2] No such file or directory: &#x27;loan.csv&#x27;" in bundle["text/html"]
    assert then._repr_mimebundle_(include={"text/plain"}) == {"text/plain": repr(then)}
    assert then._repr_mimebundle_(exclude={"text/html"}) == {"text/plain": repr(then)}
    assert len(study.notebook(session).cells) == 12
    assert len(study.notebook(session, at="2026-06-09T13:02:30Z").cells) == 2
    with pytest.raises(SettingInvalid, match="not both"):
        study.notebook(session, at="2026-06-09T13:02:30Z", position=3)


def test_views_are_saved_by_their_suffix(study: prompter.Study, session: str, tmp_path: Path) -> None:
    notebook, timeline, narrative = study.notebook(session), study.timeline(session), study.narrative(session)
    for view, name in ((notebook, "then.ipynb"), (narrative, "story.ipynb")):
        nbformat.validate(nbformat.read(view.save(tmp_path / name), as_version=4))
        assert nbformat.reads(nbformat.writes(view.to_ipynb()), as_version=4) == nbformat.read(tmp_path / name, 4)
    begins = {".html": b"<!doctype html>", ".svg": b"<svg", ".png": b"\x89PNG", ".md": b"# "}
    for view in (timeline, study.timeline(), narrative):
        for suffix in view.suffixes:
            if suffix != ".ipynb":
                content = view.save(str(tmp_path / f"file{suffix}")).read_bytes()
                assert begins[suffix] in content[:200], (view, suffix)
                assert view.content(suffix) == content
    for view in (notebook, timeline, narrative):
        with pytest.raises(SettingInvalid, match=r"ends in \.exe; known:"):
            view.save(tmp_path / "file.exe")
    assert narrative.to_markdown() == (tmp_path / "file.md").read_text("utf-8")


def test_a_timeline_is_of_a_session_a_participant_or_all(study: prompter.Study, session: str) -> None:
    people = study.sessions()["participant"]
    assert repr(study.timeline()) == "<timelines of 3 sessions: Study loans>"
    [row] = study.timeline(participant=people[1]).rows
    assert (row.session.called, row.session.condition) == (people[1], "EXP_END")
    assert study.timeline(participant="Grace Hopper").rows == (row,)
    # Drawings and frames call people alike.
    assert [one.session.called for one in study.timeline(align="clock").rows] == list(people)
    assert people[0] in study.timeline(session).html()
    for wrong in ({"participant": "nobody"}, {"align": "end"}, {"session": session, "participant": people[1]}):
        with pytest.raises(SettingInvalid):
            study.timeline(**wrong)


def test_an_identified_study_names_people_and_a_blind_one_no_condition(url: str, tmp_path: Path, session: str) -> None:
    with prompter.Study(url, identified=True) as study:
        assert "Ada Lovelace" in study.timeline(session).html()
    with prompter.Study(copied(url, tmp_path), blind=True) as study:
        drawn, told = study.timeline(session).html() + study.timeline().html(), study.narrative(session)
        for text in (drawn, told.html(), told.to_markdown()):
            assert "EXP_CTS" not in text


def test_of_an_empty_log_there_is_nothing_to_draw(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    asyncio.run(migrate(url, directories=DIRECTORIES))
    with prompter.Study(url) as study:
        with pytest.raises(SettingInvalid, match="there is no session yet"):
            study.timeline()
        for show_it in (study.notebook, study.narrative, study.timeline):
            with pytest.raises(SettingInvalid, match="there is no session"):
                show_it(str(new_session()))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (760, "dark")])
def test_pages_work_in_their_frames(
    tab: Tab, study: prompter.Study, session: str, tmp_path: Path, width: int, scheme: str
) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.emulate_media(color_scheme=scheme)
    show(tab, tmp_path, study.notebook(session), study.timeline(session), study.narrative(session), study.timeline())
    timeline, narrative, everybody = (tab.frame_locator("iframe").nth(number) for number in range(3))
    timeline.locator('[data-key^="r:"]').nth(3).click()
    timeline.locator("aside:not([hidden])").wait_for()
    narrative.locator('a[href="#chapter-2"]').first.click()
    everybody.locator("svg").first.wait_for()
    # Links led to places within the pages, not to the notebook's own page inside the frame.
    assert [frame.url.partition("#")[0] for frame in tab.frames[1:]] == ["about:srcdoc"] * 3
    assert tab.frames[2].url.endswith("#chapter-2")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        tab.locator("iframe").evaluate_all("frames => frames.map(one => [...one.sandbox])") == [["allow-scripts"]] * 3
    )
    for frame in tab.frames[1:]:
        # What stands in a frame has no way to what stands around it.
        assert frame.evaluate("(() => { try { return !!parent.document } catch { return 'no' } })()") == "no"
    assert faults(tab, "main") == []


def test_what_was_typed_is_shown_and_never_run(tab: Tab, tmp_path: Path) -> None:
    url = hostile_log(tmp_path)
    with prompter.Study(url, identified=True) as study:
        session = study.sessions()["session_id"][0]
        views = [study.notebook(session), study.timeline(session), study.narrative(session)]
        show(tab, tmp_path, *views)
    assert "<script>window" in tab.locator("pre").nth(1).inner_text()
    for number in (0, 1):
        page: FrameLocator = tab.frame_locator("iframe").nth(number)
        page.locator("body").wait_for()
        assert page.locator("img, iframe, object, embed").count() == 0
    for view in views:
        assert "\n" not in repr(view)
        assert re.search(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]", view.html()) is None


def hostile_log(directory: Path) -> str:
    """A session of somebody who tries to have something run."""
    from uuid import uuid4

    run = uuid4()
    output = RunOutput(mime="text/html", bytes=len(ATTACK), digest=bytes(32), text=ATTACK)
    page = Page(
        CellAdded(cell_id=ATTACK[:200], index=1, cell_type="code", source=ATTACK, cause="user"),
        CellEdited(cell_id="=1+1", changes=[(0, [1, -1])], cause="user"),
        RunScheduled(run_id=run, cell_id=ATTACK[:200], source=ATTACK),
        RunFinished(
            run_id=run,
            status="error",
            execution_count=1,
            duration_ms=1,
            error=RunError(name=ATTACK, message=ATTACK, traceback=ATTACK),
            outputs=[output],
        ),
        CellAdded(cell_id="m", index=2, cell_type="markdown", source=f"# {ATTACK}", cause="user"),
        CellAdded(cell_id="long", index=3, cell_type="code", source="x" * 900_000, cause="user"),
    )

    async def record() -> None:
        await migrate(url, directories=DIRECTORIES)
        async with open_log(url, migrations=DIRECTORIES) as log:
            await log.append(page.producer, page.events)

    url = f"sqlite:///{directory}/hostile.db"
    # The browser's driver has a loop in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, record()).result()
    return url
