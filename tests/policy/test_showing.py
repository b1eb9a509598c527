"""What waits to be asked is asked only while a page has the cell."""

from __future__ import annotations

import pytest

from prompter.study import WITHOUT_STUDY
from prompter_events.catalogue.notebook import CellAdded, CellSnapshot, NotebookReloaded, SessionClosed
from prompter_events.catalogue.study import RecordingResumed
from support.desk import MINUTE, SECOND, Desk


def asked(desk: Desk) -> list[str]:
    return [prompt.cell_id for prompt in desk.issued]


def reasons(desk: Desk) -> list[tuple[str, str]]:
    return [(held.cell_id, held.reason) for held in desk.suppressed]


@pytest.fixture
def desk() -> Desk:
    """One question was asked, and one about a new cell waits for the spacing of five minutes."""
    desk = Desk(WITHOUT_STUDY)
    desk.add("asked")
    desk.run("asked")
    desk.wait(30 * SECOND)
    desk.add("new")
    desk.run("new")
    desk.wait(30 * SECOND)
    assert asked(desk) == ["asked"]
    return desk


def test_a_cell_that_was_never_saved_and_went_with_its_page_takes_no_question(desk: Desk) -> None:
    desk.reload_unsaved("new")
    desk.wait(3 * MINUTE)
    desk.type("given", "another")
    desk.run("given")
    desk.wait(10 * MINUTE)
    assert asked(desk) == ["asked", "given"]
    assert reasons(desk) == [("new", "spacing")]  # the one who is there has the turn


def test_a_cell_that_the_page_comes_back_with_is_asked_about(desk: Desk) -> None:
    desk.reload_unsaved()
    desk.wait(10 * MINUTE)
    assert asked(desk) == ["asked", "new"]


def test_the_last_word_of_a_page_may_come_after_the_first_of_the_next(desk: Desk) -> None:
    desk.reload_unsaved()
    desk.page = 0
    desk.say(SessionClosed(reason="page hidden"))
    desk.wait(10 * MINUTE)
    assert asked(desk) == ["asked", "new"]


def test_a_closed_notebook_is_asked_about_once_it_is_open_again(desk: Desk) -> None:
    desk.say(SessionClosed(reason="closed"))
    desk.wait(4 * MINUTE + 15 * SECOND)
    assert asked(desk) == ["asked"]
    desk.open()
    assert asked(desk) == ["asked", "new"]


def test_a_notebook_that_stays_closed_is_not_asked_about(desk: Desk) -> None:
    desk.say(SessionClosed(reason="closed"))
    desk.wait(10 * MINUTE)
    desk.open()
    desk.wait(10 * MINUTE)
    assert asked(desk) == ["asked"]
    assert reasons(desk) == [("new", "stale")]


def test_a_large_notebook_comes_back_cell_by_cell(desk: Desk) -> None:
    desk.reload_unsaved("new")
    desk.say(CellAdded(cell_id="new", index=1, cell_type="code", source="2", cause="tool"))
    desk.wait(10 * MINUTE)
    assert asked(desk) == ["asked", "new"]


def test_a_cell_that_another_page_still_has_is_asked_about(desk: Desk) -> None:
    del desk.sources["new"]
    desk.open()  # a second page beside the first, from the file
    desk.wait(10 * MINUTE)
    assert asked(desk) == ["asked", "new"]


@pytest.mark.parametrize("kind", [NotebookReloaded, RecordingResumed])
@pytest.mark.parametrize("there", [True, False])
def test_a_page_that_says_all_its_cells_anew(
    desk: Desk, kind: type[NotebookReloaded | RecordingResumed], there: bool
) -> None:
    names = ["given", "asked", *(["new"] if there else [])]
    desk.say(kind(cells=[CellSnapshot(cell_id=name, cell_type="code", source="1") for name in names]))
    desk.wait(10 * MINUTE)
    assert asked(desk) == ["asked", *(["new"] if there else [])]
    assert reasons(desk) == ([] if there else [("new", "stale")])
