"""A timeline that grows: at each moment it tells what one built at once would, as far as its participant may see it."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from test_timeline_drawing import HOSTILE, hostile_session

from prompter_events.catalogue.prompts import PromptWithdrawn
from prompter_events.event import Event, Position
from prompter_projections.timeline import build
from prompter_projections.timeline.live import MOST_SOURCE, NARROWEST, WIDEST, LiveTimeline, as_seen, style
from support.lifelike import Desk, lifelike

WIDTH = 900


def told(events: list[Event]) -> dict[str, Any]:
    live = LiveTimeline()
    for event in events:
        live.take(event)
    return live.told(WIDTH, as_seen)


def asked_late(show: bool) -> Desk:
    desk = Desk()
    desk.open(("a", "code", "x = 1"))
    run = desk.run("a")
    desk.ask("a", run, "What is kept for the end?", "some-rule", show=show)
    return desk


def test_whenever_it_is_asked_it_tells_what_one_built_at_once_tells() -> None:
    events = lifelike()
    live = LiveTimeline()
    for count, event in enumerate(events, 1):
        live.take(event)
        assert (live.position, live.events) == (event.position, count)
        if count % 60 == 1 or count == len(events):
            assert live.told(WIDTH, as_seen) == told(events[:count])


def test_asking_changes_nothing_also_during_a_pause_and_without_a_connection() -> None:
    events = lifelike()
    paused = next(i for i, event in enumerate(events, 1) if event.type == "recording.paused")
    live = LiveTimeline()
    for event in events[:paused]:
        live.take(event)
    first = live.told(WIDTH, as_seen)
    assert live.told(WIDTH, as_seen) == first
    texts = [mark["text"] for mark in first["data"]["strip"]]
    assert texts.count("Recording paused by the participant") == 1
    assert texts.count("No connection; the events came later") == 1


def test_one_that_is_numbered_says_nothing_of_the_positions_in_the_log() -> None:
    events = lifelike()
    scattered = [msgspec.structs.replace(event, position=Position(3 * event.position)) for event in events]
    one, other = LiveTimeline(numbered=True), LiveTimeline(numbered=True)
    for near, far in zip(events, scattered, strict=True):
        one.take(near)
        other.take(far)
    assert (one.position, other.position) == (events[-1].position, scattered[-1].position)
    assert one.told(WIDTH, as_seen) | {"position": 0} == other.told(WIDTH, as_seen) | {"position": 0}


def test_the_same_events_give_the_same_bytes() -> None:
    assert json.dumps(told(lifelike())) == json.dumps(told(lifelike()))


def test_cells_are_named_in_the_order_of_the_lanes() -> None:
    events = lifelike()
    assert told(events)["cells"] == [lane.cell_id for lane in build(events).all_lanes]


def test_who_works_reads_no_question_that_was_not_put_to_them() -> None:
    events = lifelike()
    everything, seen = build(events), told(events)
    fates = {prompt.fate for lane in everything.all_lanes for prompt in lane.prompts}
    assert "held back" in fates, "the session must hold something to be left out"
    shown = [prompt for lane in seen["data"]["lanes"] for prompt in lane["prompts"]]
    assert shown
    assert all(prompt["fate"] != "held back" and prompt["shown"] for prompt in shown)
    assert {prompt["rule"] for prompt in shown} == {""}
    assert everything.session.condition not in json.dumps(seen)
    assert "held back" not in json.dumps(seen)


@pytest.mark.parametrize("show", [True, False])
def test_a_question_that_waits_for_the_end_is_not_told_before(show: bool) -> None:
    desk = asked_late(show)
    assert ("kept for the end" in json.dumps(told(desk.events))) is show
    prompt_id = next(event.body.prompt_id for event in desk.events if event.type == "prompt.issued")  # type: ignore[union-attr]
    desk.after(PromptWithdrawn, prompt_id)
    assert ("kept for the end" in json.dumps(told(desk.events))) is show


def test_what_was_erased_is_told_to_be_erased() -> None:
    erased = [msgspec.structs.replace(event, payload=None, salt=None) for event in lifelike()[:20]]
    answer = told(erased)
    assert (answer["erased"], answer["cells"]) == (True, [])
    assert told(lifelike()[:20])["erased"] is False


def test_the_drawing_is_well_formed_whatever_was_typed() -> None:
    answer = told(list(hostile_session()))
    for markup in (answer["drawing"], *(item["mark"] for item in answer["legend"])):
        tree = ElementTree.fromstring(f"<svg>{markup}</svg>")
        tags = {element.tag for element in tree.iter()}
        assert tags <= {"svg", "g", "defs", "pattern", "clipPath", "rect", "line", "path", "circle", "text", "tspan"}
    assert any(HOSTILE[0] in "\n".join(lines) for lane in answer["data"]["lanes"] for lines in lane["versions"])
    json.loads(json.dumps(answer))


def test_a_huge_cell_is_cut() -> None:
    desk = Desk()
    desk.open(("a", "code", "x" * 1_000_000))
    desk.run("a")
    assert len(json.dumps(told(desk.events))) < 3 * MOST_SOURCE + 20_000


@pytest.mark.parametrize(("asked", "got"), [(0, NARROWEST), (10**15, WIDEST), (640, 640)])
def test_widths_are_kept_within_reason(asked: int, got: int) -> None:
    live = LiveTimeline()
    for event in lifelike()[:50]:
        live.take(event)
    assert live.told(asked, as_seen)["width"] == got


def test_the_style_sheet_speaks_of_its_host_alone() -> None:
    sheet = style()
    assert ":host{--paper:" in sheet
    assert ":host(.dark){--paper:" in sheet
    assert ".f-ok{fill:var(--ok)}" in sheet
    assert "url(" not in sheet
    assert "@import" not in sheet
