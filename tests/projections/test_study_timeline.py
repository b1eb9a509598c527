"""Small multiples: what they tell of a participant's and a study's sessions, and how they are drawn."""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from test_timeline_drawing import HOSTILE, SVG, hostile_session

from prompter_events import open_log
from prompter_projections import UnknownSession
from prompter_projections.timeline import (
    ALIGNMENTS,
    Align,
    SessionRow,
    blinded,
    build,
    file_of,
    render,
    render_study,
    session_row,
    session_timelines,
    study_timeline,
)
from prompter_projections.timeline.study import STEP_US
from prompter_projections.timeline.study_layout import LEFT, dates, folded, gap_words, study_layout, ticks
from support.lifelike import Desk, lifelike
from support.studies import DAY, study_sessions, study_timelines


def rows() -> list[SessionRow]:
    return [session_row(timeline) for timeline in study_timelines()]


def test_a_row_counts_what_its_session_holds() -> None:
    made = build(lifelike())
    row = session_row(made)
    runs = [run for lane in made.all_lanes for run in lane.runs]
    assert len(row.runs) == len(runs)
    assert row.errors == sum(run.outcome == "error" for run in runs) == 8
    assert (row.answered, row.asked) == (3, 7)
    assert [run.begin for run in row.runs] == sorted(run.begin for run in row.runs)
    typed = sum(edit.inserted + edit.deleted for lane in made.all_lanes for edit in lane.edits)
    assert sum(total for _, total in row.edits) == typed
    assert all(0 <= place * STEP_US <= made.session.end - made.session.begin for place, _ in row.edits)


def test_edits_of_others_count_in_their_own_rows() -> None:
    made = build(lifelike())
    lane = made.lanes[1]
    remote = replace(made, lanes=(replace(lane, edits=tuple(replace(edit, remote=True) for edit in lane.edits)),))
    assert session_row(replace(remote, removed=())).edits == ()


def test_rows_stand_by_condition_participant_and_begin_whatever_their_order_before() -> None:
    made = [session_row(timeline) for timeline in study_timelines()]
    study = study_timeline(made)
    assert study == study_timeline(reversed(made))
    keys = [(row.session.condition, row.who, row.session.begin) for row in study.rows]
    assert keys == sorted(keys)
    assert study.conditions == ("EXP_CTS", "EXP_END", "EXP_NONE")
    assert study.participants == 5
    with pytest.raises(ValueError, match="no session"):
        study_timeline([])


def test_one_participant_s_sessions_stand_in_their_order_whatever_their_conditions() -> None:
    someone = study_timelines()[0].session.participant_id
    made = [replace(row, session=replace(row.session, participant_id=someone)) for row in rows()]
    study = study_timeline(reversed(made))
    begins = [row.session.begin for row in study.rows]
    assert begins == sorted(begins)
    assert [row.session.condition for row in study.rows[:3]] == ["EXP_CTS", "EXP_END", "EXP_NONE"]
    assert study_layout(study, 1_224).heads == ()
    drawn = render_study(study, "One", ".svg").decode()
    assert "9 Jun 13:02" in drawn, "rows are called by their begins"
    assert "asked while working" not in drawn


def test_aligned_at_begin_all_rows_begin_at_the_left_and_share_one_scale() -> None:
    study = study_timeline(rows())
    plan = study_layout(study, 1_224)
    assert {plan.x(row, row.session.begin) for row in study.rows} == {LEFT}
    ends = {row.session.end - row.session.begin: plan.x(row, row.session.end) for row in study.rows}
    assert max(ends.values()) == pytest.approx(plan.right)
    (short, x), (long, y) = min(ends.items()), max(ends.items())
    assert (x - LEFT) / (y - LEFT) == pytest.approx(short / long)
    assert plan.scale.folds == (), "nothing is folded, so that lengths compare"


def test_by_the_clock_the_nights_are_folded_and_each_day_is_named() -> None:
    study = study_timeline(rows(), align="clock")
    plan = study_layout(study, 1_224)
    begins = sorted((row.session.begin, plan.x(row, row.session.begin)) for row in study.rows)
    assert [x for _, x in begins] == sorted(x for _, x in begins)
    nights = [fold for fold in plan.scale.folds if fold.end - fold.begin > 3_600 * 12]
    assert len(nights) == 2
    for fold in nights:
        assert plan.scale(fold.end) - plan.scale(fold.begin) == pytest.approx(40)
    assert [words for _, words in dates(plan)] == ["9 Jun", "10 Jun", "11 Jun"]
    places = [plan.scale(moment) for moment, _ in ticks(plan)]
    assert min(b - a for a, b in pairwise(places)) >= 36
    assert all(words.endswith((":00", ":30")) or ":" in words for _, words in ticks(plan))
    assert [gap_words(seconds) for seconds in (1_667, 75_600, 300_000)] == ["28 min", "21 h", "3 d"]


def test_many_days_leave_half_the_width_to_the_work() -> None:
    row = session_row(build(lifelike()))
    many = [
        replace(
            row,
            session=replace(row.session, begin=row.session.begin + day * DAY, end=row.session.end + day * DAY),
            active=tuple((begin + day * DAY, end + day * DAY) for begin, end in row.active),
        )
        for day in range(60)
    ]
    study = study_timeline(many, align="clock")
    folds = folded(study, 800)
    nights = [fold for fold in folds if fold.end - fold.begin > 3_600 * 12]
    assert len(nights) == 59, "each night is folded, however little room there is for it"
    plan = study_layout(study, 1_224)
    assert (
        sum(plan.scale(fold.end) - plan.scale(fold.begin) for fold in plan.scale.folds) <= (plan.right - LEFT) / 2 + 1
    )


def test_blinded_timelines_name_no_condition_and_no_reason() -> None:
    timelines = [blinded(timeline) for timeline in study_timelines()]
    study = study_timeline(map(session_row, timelines))
    assert study.conditions == ("",)
    for suffix in (".html", ".svg"):
        drawn = render_study(study, "Study", suffix, timelines=timelines).decode()
        assert "EXP_" not in drawn
        assert "asked while working" not in drawn
    told = render([timelines[0]], ".html").decode()
    assert "EXP_" not in told
    assert '"reason":"spacing"' not in told
    assert '"reason":"spacing"' in render(study_timelines(1), ".html").decode(), "the control"


def test_the_drawing_is_xml_with_a_title_for_each_row() -> None:
    root = ElementTree.fromstring(render_study(study_timeline(rows()), "Loans", ".svg"))
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert len(titles) == 6
    assert all("39 runs, 8 errors, 3 of 7 answered" in title for title in titles)
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert any(text.startswith("EXP_END") for text in texts)
    assert {"Loans", "runs", "errors", "answered"} <= set(texts)


@pytest.mark.parametrize("align", ["begin", "clock"])
def test_the_same_study_gives_the_same_bytes(align: Align) -> None:
    for suffix in (".svg", ".html"):
        one, two = (
            render_study(study_timeline(rows(), align=align), "S", suffix, timelines=study_timelines())
            for _ in range(2)
        )
        assert one == two


def test_a_study_becomes_a_picture() -> None:
    made = render_study(study_timeline(rows(), align="clock"), "Loans", ".png")
    assert made.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(made[16:20]) == 2_560


def test_what_was_typed_is_text_in_small_multiples() -> None:
    hostile = build(hostile_session())
    others = [replace(hostile, session=replace(hostile.session, condition=text, study=text)) for text in HOSTILE]
    study = study_timeline(map(session_row, [hostile, *others]))
    root = ElementTree.fromstring(render_study(study, HOSTILE[1], ".svg"))
    assert not {"script", "img", "foreignObject", "a"} & {node.tag.removeprefix(SVG) for node in root.iter()}
    for node in root.iter():
        assert not [name for name in node.attrib if name.lower().startswith("on") or "href" in name.lower()]
    page = render_study(study, HOSTILE[1], ".html", timelines=[hostile]).decode()
    assert page.count("<script") == 3, "the script itself, the study's data and the session's"
    assert "unsafe-inline" not in page


@pytest.mark.parametrize("suffix", [".html", ".svg", ".png"])
def test_sessions_without_work_can_be_drawn(suffix: str) -> None:
    desk = Desk()
    desk.open()
    empty = build(desk.events[:1])
    for align in ALIGNMENTS:
        assert render_study(study_timeline([session_row(empty)], align=align), "", suffix, timelines=[empty])


def test_a_row_may_lead_to_a_file_beside_it_and_that_leads_back() -> None:
    made = study_timelines(2)
    study = study_timeline(map(session_row, made))
    page = render_study(study, "S", ".html", beside=True).decode()
    assert all(file_of(row) in page for row in study.rows)
    assert 'href="index.html"' in render(made[:1], ".html", back="index.html").decode()


async def test_timelines_of_many_sessions_come_one_by_one() -> None:
    sessions = study_sessions(3)
    seen: list[tuple[int, int]] = []
    async with open_log("memory://") as log:
        for events in sessions:
            for producer in dict.fromkeys(one.producer_id for one in events):
                await log.append(producer, [one for one in events if one.producer_id == producer])
        ids = [events[0].session_id for events in sessions]
        made = [one.session.session_id async for one in session_timelines(log, ids, lambda *told: seen.append(told))]
        assert made == ids
        assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
        with pytest.raises(UnknownSession):
            [one async for one in session_timelines(log, [sessions[0][0].producer_id])]  # type: ignore[list-item]


def test_a_picture_of_very_many_sessions_keeps_within_what_programs_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("prompter_projections.timeline.png"), "MOST_PIXELS", 100_000)
    made = render_study(study_timeline(rows()), "Many", ".png")
    width, height = int.from_bytes(made[16:20]), int.from_bytes(made[20:24])
    assert 90_000 < width * height < 101_000
