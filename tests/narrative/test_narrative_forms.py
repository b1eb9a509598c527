"""Hostile, empty, broken and long sessions, in all three forms."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import nbformat
import pytest
from msgspec.structs import replace
from telling_stories import HOSTILE, cut_emoji, hostile_session, long_session, read

from prompter_events import Event
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from prompter_projections.narrative import FORMATS, Material, Narrative, material_from, narrate, render
from prompter_projections.narrative.markup import one_kind_of_line
from prompter_projections.timeline.markup import clean
from support.lifelike import Desk, lifelike
from support.loans import loans

OURS = {
    *("h1", "h2", "h3", "p", "strong", "em", "sub", "code", "pre", "blockquote", "br", "hr", "a", "ul", "li", "span"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
}


def told(events: Sequence[Event]) -> tuple[Material, Narrative]:
    material = material_from(events)
    return material, narrate(material)


@pytest.fixture(scope="module")
def hostile() -> tuple[Material, Narrative]:
    return told(hostile_session())


def test_what_was_typed_is_text_in_markdown(hostile: tuple[Material, Narrative]) -> None:
    material, narrative = hostile
    document = read(render(narrative, ".md", material, "timeline.html").decode())
    assert document.tags <= OURS
    assert document.attributes <= {"href", "class"}
    assert all(link.startswith("timeline.html#position=") for link in document.links)
    shown = " ".join(" ".join(document.sections.values()).split())
    for text in HOSTILE[:-1]:
        line = next(line for line in one_kind_of_line(text).split("\n") if line.strip("`# "))
        assert " ".join(clean(line).split()) in shown, text


def test_the_sections_of_a_hostile_session_are_ours(hostile: tuple[Material, Narrative]) -> None:
    material, narrative = hostile
    document = read(render(narrative, ".md", material).decode())
    chapters = [f"{chapter.number}. " for chapter in narrative.chapters]
    ours = ["", *(section.heading for section in narrative.overview), *chapters, "Open points"]
    assert len(document.sections) == len(ours)
    for found, expected in zip(document.sections, ours, strict=True):
        assert found == expected or (expected in chapters and found.startswith(expected))


def test_answers_are_quoted_as_they_were_given(hostile: tuple[Material, Narrative]) -> None:
    material, narrative = hostile
    quoted = {
        block.text
        for chapter in narrative.chapters
        for section in chapter.sections
        for block in section.blocks
        if hasattr(block, "caption")
    }
    answered = {question.text for question in material.questions if question.end == "answered"}
    assert len(answered) == len([text for number, text in enumerate(HOSTILE) if number % 4 != 3])
    assert answered <= quoted


def test_the_notebook_is_valid_and_runs_nothing(hostile: tuple[Material, Narrative]) -> None:
    material, narrative = hostile
    book = nbformat.reads(render(narrative, ".ipynb", material).decode(), as_version=4)
    nbformat.validate(book)
    assert {cell.cell_type for cell in book.cells} == {"markdown", "code"}
    for cell in book.cells:
        assert "attachments" not in cell
        for output in cell.get("outputs", []):
            assert set(output) == {"output_type", "name", "text"}
            assert output.output_type == "stream"
            assert "\x1b" not in output.text
        if cell.cell_type == "markdown":
            assert read(cell.source).tags <= OURS


def test_the_notebook_holds_the_code_as_it_was_left() -> None:
    session = loans()
    material, narrative = told(session.events)
    book = nbformat.reads(render(narrative, ".ipynb", material).decode(), as_version=4)
    left = [lane.source for lane in material.timeline.lanes if lane.cell_type == "code"]
    written = [cell for cell in book.cells if cell.cell_type == "code"]
    assert sorted(cell.source for cell in written) == sorted(left)
    [boost] = [cell for cell in written if cell.source.startswith("from sklearn.ensemble")]
    assert "max_depth=3" in boost.source
    assert [output.text for output in boost.outputs] == ["AUC of the boosted trees: 0.721"]
    place = book.cells.index(boost)
    chapter = next(cell for cell in reversed(book.cells[:place]) if cell.cell_type == "markdown")
    assert chapter.source.startswith("## 6. Models, continued")
    assert book.metadata.kernelspec.name == "prompter"


def test_half_an_emoji_does_not_stop_a_file() -> None:
    desk = Desk()
    desk.open()
    desk.run(desk.add("code", "1"), output="1")
    cut_emoji(desk)
    material, narrative = told(desk.events)
    for suffix in FORMATS:
        assert render(narrative, suffix, material).decode()
    book = nbformat.reads(render(narrative, ".ipynb", material).decode(), as_version=4)
    nbformat.validate(book)
    assert "x = '\ufffd'" in [cell.source for cell in book.cells]


def opened_only() -> list[Event]:
    desk = Desk()
    desk.open()
    return desk.events


def erased() -> list[Event]:
    return [replace(event, payload=None, salt=None) for event in lifelike()]


def without_a_beginning() -> list[Event]:
    events = list(loans().events)
    return events[len(events) // 3 :]


def shared() -> list[Event]:
    """A second view of the notebook: somebody else types, removes and runs."""
    desk = Desk()
    desk.open(("a", "code", "x = 1"))
    desk.run("a", output="1")
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, [5, "0"])], cause="remote"))
    desk.emit(n.CellRemoved(cell_id="a", index=0, cause="remote"))
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, [5, "0"])], cause="remote"))
    desk.emit(r.RunScheduled(run_id=desk.session_id, cell_id="never-added", source="y"))
    return desk.events


def paused() -> list[Event]:
    desk = Desk()
    desk.open(("a", "code", "x = 1"))
    desk.emit(s.RecordingPaused())
    desk.wait(200)
    desk.emit(s.RecordingResumed(cells=desk.snapshot()))
    desk.emit(s.CaptureLost(count=3, reason="the store was full"))
    return desk.events


@pytest.mark.parametrize("make", [opened_only, erased, without_a_beginning, shared, paused, lifelike])
def test_any_session_can_be_told(make: object) -> None:
    assert callable(make)
    material, narrative = told(make())
    assert narrative.chapters
    for suffix in FORMATS:
        assert render(narrative, suffix, material)
    book = nbformat.reads(render(narrative, ".ipynb", material).decode(), as_version=4)
    nbformat.validate(book)


def test_an_empty_session_says_what_there_is_not() -> None:
    material, narrative = told(opened_only())
    document = read(render(narrative, ".md", material).decode())
    assert "Nowhere in the log does the participant say what they want." in document.sections["Aim, in their words"]
    assert "No run ended in an error." in document.sections["What failed"]
    assert "Nothing was run or written." in document.sections["1. The session"]
    assert "Nothing stays open that the log could tell." in document.sections["Open points"]


def test_no_events_are_no_session() -> None:
    with pytest.raises(ValueError, match="no event"):
        material_from([])


def test_times_without_a_record_are_named() -> None:
    material, narrative = told(paused())
    points = read(render(narrative, ".md", material).decode()).sections["Open points"]
    assert "The participant paused the recording for 3 min 20 s." in points
    assert "3 events never arrived: the store was full" in points


def test_answers_from_later_sessions_are_told() -> None:
    desk = Desk()
    desk.open(("a", "code", "x = 1"))
    run = desk.run("a", output="1")
    prompt = desk.ask("a", run, "Why?", "new-cell")
    here = list(desk.events)
    desk.answer(prompt, "Because of the rain.")
    later = replace(desk.events[-1], session_id=loans().session_id)
    document = read(render(narrate(made := material_from(here, [later])), ".md", made).decode())
    [quote] = document.quotes["Aim, in their words"]
    assert quote.strip().startswith("Because of the rain.")
    assert "answered in a later session" in quote
    assert "without ever being characterized" not in document.sections["Open points"]


def test_an_answer_about_an_error_is_not_taken_for_the_aim() -> None:
    desk = Desk()
    desk.open(("a", "code", "x = 1"))
    run = desk.run("a", output="1")
    desk.answer(desk.ask("a", run, "What was wrong?", "error_repaired"), "A typing mistake.")
    only = list(desk.events)
    desk.answer(desk.ask("a", run, "What is it for?", "first_run"), "To find the reason of the rain.")
    for events, aims in ((only, []), (desk.events, ["To find the reason of the rain."])):
        material, narrative = told(events)
        quotes = read(render(narrative, ".md", material).decode()).quotes.get("Aim, in their words", [])
        assert [quote.strip().partition("\n")[0] for quote in quotes] == aims


def test_another_format_is_refused(hostile: tuple[Material, Narrative]) -> None:
    material, narrative = hostile
    with pytest.raises(ValueError, match=r"\.md, \.html, \.ipynb, not as '\.pdf'"):
        render(narrative, ".pdf", material)


def test_a_long_session_stays_readable_and_quick() -> None:
    events = long_session()
    assert len(events) >= 20_000
    # Processor time: others may be at work on the same machine.
    begin = time.process_time()
    material, narrative = told(events)
    written = render(narrative, ".html", material)
    took = time.process_time() - begin
    assert took <= 3, f"{took:.1f} s"
    assert len(written) < 3_000_000
    lines = render(narrative, ".md", material).decode().split("\n## 1. ")[0].split("\n")
    assert len(lines) <= 60
    assert max(len(line) for line in lines) < 4_000
    assert len(narrative.chapters) <= 24
    runs = json.loads(render(narrative, ".ipynb", material))["cells"]
    assert len(runs) > 80
