"""What a researcher is told of a study that goes on, folded from events that are made up here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from prompter_events import Event, ParticipantId
from prompter_events.catalogue import Body
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from prompter_events.codec import pack
from prompter_events.event import NO_SESSION, Position, SessionId
from prompter_projections.monitor import Called, Link, Reader, Watch, closeup, row, seen, totals
from prompter_projections.monitor.activity import KEPT_BINS
from prompter_projections.monitor.person import MOST_NOTES
from prompter_projections.monitor.questions import MOST_HELD_BACK, MOST_QUESTIONS
from support.crowded import as_asked
from support.lifelike import BEGIN, Desk, lifelike, uuid

MINUTE = 60_000_000
DAY = 1440 * MINUTE
HERE, AWAY = Link(here=True), Link()


def watched(events: Sequence[Event], study: str = "loans") -> Watch:
    watch = Watch(study)
    for event in events:
        watch.take(event)
    return watch


def told(
    watch: Watch, now: int, link: Link = HERE, *, blinded: bool = False, since: int = 0, researcher: str = "ada"
) -> dict[str, Any]:
    """Everything that a page is told, with the one participant's row and closeup if there is just one."""
    reader = Reader(researcher, blinded, since)
    everybody = [
        one
        for person in watch.people.values()
        if (one := seen(person, Called("p01", "heron-1234"), link, now, reader)) is not None
    ]
    return {
        "rows": [row(one, now, reader) for one in everybody],
        "closeups": [closeup(one, reader) for one in everybody],
        "totals": totals(everybody, now, reader),
    }


def only(watch: Watch, now: int, link: Link = HERE, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    [one], [close] = told(watch, now, link, **more)["rows"], told(watch, now, link, **more)["closeups"]
    return one, close


class Story(Desk):
    """A session whose moment is asked for."""

    @property
    def moment(self) -> int:
        return BEGIN + round((self.now + self.skew_s) * 1e6)

    def row(self, link: Link = HERE, later: float = 0, **more: Any) -> dict[str, Any]:
        return only(watched(self.events), self.moment + round(later * 1e6), link, **more)[0]

    def close_up(self, **more: Any) -> dict[str, Any]:
        return only(watched(self.events), self.moment, **more)[1]


def story(condition: str = "EXP_CTS") -> Story:
    desk = Story(first_position=1)
    desk.open(("a", "code", "x = 1"), ("b", "markdown", "# B"), condition=condition)
    desk.wait(5)
    return desk


def kinds(told_row: dict[str, Any]) -> list[str]:
    return [alarm["kind"] for alarm in told_row["alarms"]]


# States.


def _paused(desk: Story) -> None:
    desk.emit(s.RecordingPaused())


def _resumed(desk: Story) -> None:
    desk.emit(s.RecordingPaused())
    desk.emit(s.RecordingResumed(cells=desk.snapshot()))


def _closed(desk: Story) -> None:
    desk.emit(n.SessionClosed(reason="closed"))


def _ended(desk: Story) -> None:
    desk.emit(s.StudyEnded(by="ada"), server=True)


def _reviewing(desk: Story) -> None:
    _ended(desk)
    desk.emit(p.ReviewOpened(n=2))


def _reviewed(desk: Story) -> None:
    _reviewing(desk)
    desk.emit(p.ReviewClosed(answered=2, left=0))


def _nothing(desk: Story) -> None:
    pass


@pytest.mark.parametrize(
    ("done", "later", "link", "state", "blinded"),
    [
        (_nothing, 1, HERE, "connected", "connected"),
        (_nothing, 590, HERE, "connected", "connected"),
        (_nothing, 601, HERE, "silent", "silent"),
        (_nothing, 601, AWAY, "silent", "silent"),
        (_nothing, 59, "left", "connected", "connected"),
        (_nothing, 61, "left", "offline", "offline"),
        (_paused, 601, HERE, "paused", "paused"),
        (_paused, 61, "left", "offline", "offline"),
        (_resumed, 1, HERE, "connected", "connected"),
        (_closed, 1, HERE, "closed", "closed"),
        (_closed, 61, "left", "closed", "closed"),
        (_ended, 1, HERE, "ended", "ended"),
        (_reviewing, 1, HERE, "in review", "ended"),
        (_reviewing, 61, "left", "offline", "ended"),
        (_reviewed, 1, HERE, "ended", "ended"),
    ],
)
def test_the_state_follows_from_what_was_said_and_who_is_connected(
    done: Any, later: float, link: Any, state: str, blinded: str
) -> None:
    desk = story()
    done(desk)
    link = Link(left=desk.moment) if link == "left" else link
    assert desk.row(link, later)["state"] == state
    assert desk.row(link, later, blinded=True)["state"] == blinded


def test_what_the_server_says_of_somebody_offline_makes_nobody_connected() -> None:
    desk = story()
    left = desk.moment
    desk.wait(90)
    desk.emit(s.NoteAdded(text="gone?", at=2, by="ada"), server=True)
    _request(desk)
    told_row = desk.row(Link(left=left))
    assert told_row["state"] == "offline"
    assert [alarm["at"] for alarm in told_row["alarms"]] == [left // 1000], "since they left"
    desk.write("a", "x = 2")
    assert desk.row(Link(left=left))["state"] == "connected", "by way of another server"


def test_who_was_assigned_and_has_not_begun_is_listed() -> None:
    desk = Story(first_position=1)
    fact = s.ParticipantAssigned(period="one", condition="EXP_END", by="block", study="loans")
    desk.emit(fact, server=True)
    watch = watched([replace(desk.events[0], session_id=NO_SESSION)])
    one, close = only(watch, desk.moment)
    assert (one["state"], one["condition"], one["last"], close["cell"], close["open"]) == (
        "not begun",
        "EXP_END",
        None,
        None,
        0,
    )
    watch.forget(desk.moment - 1)
    assert len(watch.people) == 1
    watch.forget(desk.moment + MINUTE)
    assert watch.people == {}


def test_a_new_session_after_the_end_counts() -> None:
    desk = story()
    _ended(desk)
    again = Desk(3, first_position=1000)
    again.now = 100
    again.open(("a", "code", ""))
    moved = [replace(event, participant_id=desk.participant_id) for event in again.events]
    one, close = only(watched([*desk.events, *moved]), desk.moment + 101 * 1_000_000)
    assert (one["state"], close["open"], len(close["sessions"])) == ("connected", 1, 2)


# Figures.


def test_figures_tell_runs_errors_and_activity() -> None:
    desk = story()
    desk.write("a", "x = 1\ny = 2")
    desk.run("a", "ok")
    desk.run("a", "error", error="KeyError: 'x'")
    one = desk.row()
    assert (one["runs"], one["errors"], one["doing"]) == (2, 1, "a run failed")
    sums = [sum(values) for values in zip(*one["bins"].values(), strict=True)]
    assert sums == [len("\ny = 2"), 1, 1, 0]
    assert all(int(number) * 15_000_000 <= desk.moment for number in one["bins"])


def test_characters_are_utf_16_units_and_what_a_program_wrote_is_no_activity() -> None:
    desk = story()
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, ["😀", -1])], cause="user"))
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, ["xxxx"])], cause="tool"))
    assert [values[0] for values in desk.row()["bins"].values()] == [3]


def test_questions_are_counted_by_what_became_of_them() -> None:
    desk = story()
    answered = desk.ask("a", None, "Why?", "rule")
    desk.answer(answered, "Because", "check", after=28)
    dismissed = desk.ask("a", None, "And now?", "rule")
    desk.emit(p.PromptDismissed(prompt_id=dismissed, reason="skip"))
    desk.after(p.PromptExpired, desk.ask("a", None, "Still?", "rule"))
    desk.ask("a", None, "Open?", "rule", show=False)
    # What was answered stays answered.
    desk.after(p.PromptExpired, answered)
    desk.hold_back("a", "rule", "spacing")
    one, close = desk.row(), desk.close_up()
    assert (one["open"], one["held"], one["answered"], one["dismissed"], one["expired"]) == (1, 0, 1, 1, 1)
    assert one["delay"] == 28_000
    assert sorted(fate for _, fate in one["marks"]) == ["answered", "dismissed", "expired", "held back", "open"]
    assert [question["fate"] for question in close["questions"]] == ["open", "expired", "dismissed", "answered"]
    assert (close["questions"][-1]["answer"], close["questions"][-1]["choices"]) == ("Because", ["check"])
    figures = told(watched(desk.events), desk.moment)["totals"]
    assert (figures["answered"], figures["over"], figures["open"], figures["delay"]) == (1, 3, 1, 28_000)
    assert [rate[1:] for rate in figures["rates"]] == [[0, 0]] * 5 + [[1, 3]]


def test_what_is_held_for_the_end_is_open_once_the_end_has_come() -> None:
    desk = story("EXP_END")
    prompt = desk.ask("a", None, "Why?", "rule", show=False)
    issued = desk.events[-1]
    assert isinstance(issued.body, p.PromptIssued)
    desk.events[-1] = replace(issued, payload=pack(replace(issued.body, deliver="end")))
    one = desk.row()
    assert (one["open"], one["held"], one["marks"][0][1]) == (0, 1, "held")
    _reviewing(desk)
    assert (desk.row()["open"], desk.row()["held"]) == (1, 0)
    desk.emit(p.PromptAnswered(prompt_id=prompt, text="", choice="check", drafting_ms=1))
    assert (desk.row()["open"], desk.row()["answered"]) == (0, 1)


def test_who_is_asked_nothing_has_no_figures_of_questions() -> None:
    assert story("EXP_NONE").row()["asks"] is False
    assert story("EXP_CTS").row()["asks"] is True


def test_the_current_cell_is_told_with_its_text_and_its_place() -> None:
    desk = story()
    desk.write("a", "x = 1\n<script>alert(1)</script>")
    assert desk.close_up()["cell"]["source"] == "x = 1\n<script>alert(1)</script>"
    desk.emit(n.FocusChanged(cell_id="b", visible=True))
    cell = desk.close_up()["cell"]
    assert (cell["place"], cell["source"], cell["since"]) == (2, "# B", (desk.moment) // 1000)
    desk.remove("b")
    assert desk.close_up()["cell"] is None


def test_the_task_and_its_time_are_told_until_it_is_over() -> None:
    desk = story()
    desk.emit(s.TaskBegan(name="clean", minutes=10), server=True)
    assert desk.row()["task"] == {"name": "clean", "ends": desk.moment // 1000 + 600_000}
    desk.wait(600)
    desk.emit(s.TaskEnded(name="clean", by="time limit"), server=True)
    assert desk.row()["task"] is None


def test_who_is_still_at_work_a_minute_after_the_time_is_late() -> None:
    desk = story()
    desk.emit(s.TaskBegan(name="clean", minutes=10), server=True)
    ends = desk.moment + 10 * MINUTE
    desk.wait(600)
    desk.emit(s.TaskEnded(name="clean", by="time limit"), server=True)
    desk.wait(59)
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, ["x"])], cause="user"))
    desk.wait(30)
    desk.emit(s.NoteAdded(text="still here", at=2, by="ada"), server=True)
    assert kinds(desk.row()) == [], "what the server says is no work"
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, ["x"])], cause="user"))
    [alarm] = desk.row()["alarms"]
    assert (alarm["kind"], alarm["why"], alarm["at"]) == ("late", "the time for clean is over", ends // 1000)
    desk.emit(s.TaskBegan(name="load", minutes=10), server=True)
    assert kinds(desk.row()) == []


def test_who_went_on_to_another_task_in_time_is_not_late() -> None:
    desk = story()
    desk.emit(s.TaskBegan(name="clean", minutes=1), server=True)
    desk.emit(s.TaskEnded(name="clean", by="participant"), server=True)
    desk.wait(600)
    desk.write("a", "x = 2")
    assert kinds(desk.row()) == []


def test_notes_are_told_the_latest_first() -> None:
    desk = story()
    for text in ("one", "<b>two</b>"):
        desk.emit(s.NoteAdded(text=text, at=2, by="ada"), server=True)
    assert [note["text"] for note in desk.close_up()["notes"]] == ["<b>two</b>", "one"]


def _request(desk: Story, question: str = "Why this?", by: str = "ada") -> None:
    body = p.PromptRequested(request_id=uuid4(), question=question, choices=[], language="en", by=by)
    desk.emit(body, server=True)


def test_a_request_tells_what_became_of_it() -> None:
    desk = story()
    _request(desk)
    assert [request["outcome"] for request in desk.close_up()["requests"]] == ["waits"]
    desk.ask("a", None, "Why this?", "researcher", show=False)
    assert [request["outcome"] for request in desk.close_up()["requests"]] == ["asked"]
    _request(desk, "What else?")
    held = p.PromptSuppressed(
        cell_id="a", rule="researcher", reason="session over", decided_at=1, after=0, question="What else?"
    )
    desk.emit(held, server=True)
    assert [request["outcome"] for request in desk.close_up()["requests"]] == ["session over", "asked"]


# Alarms.


def test_lost_events_are_an_alarm_for_an_hour_and_a_figure_for_ever() -> None:
    desk = story()
    desk.emit(s.CaptureLost(count=14, reason="the browser refused storage"))
    [alarm] = desk.row()["alarms"]
    assert (alarm["kind"], alarm["text"]) == ("lost", "14 events lost")
    assert "refused storage" in alarm["why"]
    later = desk.row(later=3601)
    assert ("lost" in kinds(later), later["lost"]) == (False, 14)


def test_silence_is_told_since_the_last_sign_that_its_reader_may_know_of() -> None:
    desk = story()
    desk.write("a", "x = 2")
    worked = desk.events[-1].recorded_at - 20_000
    desk.wait(60)
    desk.emit(p.PromptShown(prompt_id=uuid4()))
    [open_eyed], [blinded] = (desk.row(later=700, blinded=blinded)["alarms"] for blinded in (False, True))
    assert (open_eyed["at"], blinded["at"]) == (desk.moment // 1000, worked // 1000)


def test_a_kernel_that_dies_often_is_an_alarm() -> None:
    desk = story()
    for _ in range(2):
        desk.emit(r.KernelDied(kernel_id="k", name="prompter"))
    assert kinds(desk.row()) == []
    desk.emit(r.KernelDied(kernel_id="k", name="prompter"))
    assert kinds(desk.row()) == ["died"]
    assert "died" not in kinds(desk.row(later=1801))


def test_a_file_that_is_not_what_was_recorded_is_an_alarm() -> None:
    desk = story()
    desk.save()
    assert kinds(desk.row()) == []
    desk.emit(n.NotebookSaved(digest=bytes(32)))
    assert kinds(desk.row()) == ["diverged"]


def test_who_answers_little_is_an_alarm_from_four_questions_on() -> None:
    desk = story()
    for number in range(4):
        assert "low" not in kinds(desk.row()), number
        desk.emit(p.PromptDismissed(prompt_id=desk.ask("a", None, "Why?", "rule"), reason="skip"))
    [alarm] = desk.row()["alarms"]
    assert (alarm["kind"], alarm["text"], alarm["why"]) == ("low", "answered 0 of 4", "4 dismissed")
    assert kinds(desk.row(blinded=True)) == []


def test_the_worst_alarm_stands_first_and_says_why() -> None:
    desk = story()
    desk.emit(n.FocusChanged(cell_id=None, visible=False))
    desk.emit(s.CaptureLost(count=1, reason="x" * 500))
    lost, silent = desk.row(later=700)["alarms"]
    assert (lost["kind"], silent["kind"]) == ("lost", "silent")
    assert len(lost["why"]) < 300
    assert silent["why"] == "connected, tab hidden, no event"
    assert desk.row(AWAY, later=700)["alarms"][1]["why"].startswith("not connected to this server")


# Which events count.


def test_sessions_of_other_studies_are_passed_over() -> None:
    assert watched(lifelike(), "another").people == {}


def test_a_session_is_known_whichever_of_its_first_events_comes_first() -> None:
    desk = story()
    opened, accepted, *rest = desk.events
    swapped = [replace(accepted, position=opened.position), replace(opened, position=accepted.position), *rest]
    assert only(watched(swapped), desk.moment)[0]["state"] == "connected"


def test_whoever_is_erased_is_forgotten() -> None:
    desk = story()
    watch = watched(desk.events)
    gone = s.ParticipantErased(participant_id=desk.participant_id, sessions=[], events=3, by="test")
    watch.take(replace(desk.emit(gone, server=True), session_id=NO_SESSION, participant_id=ParticipantId(UUID(int=0))))
    assert watch.people == {}


def test_what_was_erased_or_cannot_be_read_stops_nothing() -> None:
    events = lifelike(first_position=1)
    broken = [
        replace(event, payload=None)
        if number % 7 == 3
        else replace(event, payload=b"\xc1")
        if number % 7 == 5
        else event
        for number, event in enumerate(events[3:])
    ]
    json.dumps(told(watched([*events[:3], *broken]), events[-1].recorded_at))


def test_what_began_before_is_read_from_its_begin_and_then_told_alike() -> None:
    events = lifelike(first_position=1)
    middle = len(events) // 2
    watch = Watch("loans")
    for event in events[middle:]:
        if watch.lacks_begin(event):
            for earlier in events:
                if earlier.position < event.position:
                    watch.take(earlier)
        watch.take(event)
    now = events[-1].recorded_at
    assert told(watch, now) == told(watched(events), now)


def test_only_the_time_that_is_asked_for_counts() -> None:
    events = lifelike(first_position=1)
    now = events[-1].recorded_at
    watch = watched(events)
    assert told(watch, now, since=now + 1)["rows"] == []
    watch.forget(now + 1)
    assert watch.people == {}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5), st.lists(st.integers(0, 600), max_size=6))
def test_it_is_the_same_whether_it_was_looked_at_meanwhile_or_not(seed: int, looks: list[int]) -> None:
    events = lifelike(seed, 1)
    watch = Watch("loans")
    for number, event in enumerate(events):
        if number in looks:
            told(watch, event.recorded_at)
            told(watch, event.recorded_at, blinded=True)
        watch.take(event)
        watch.take(event)  # as a reader that begins a page again
    for later in (0, 10 * MINUTE, 40 * MINUTE):
        now = events[-1].recorded_at + later
        assert told(watch, now) == told(watched(events), now)


# Blinded.


def _numbered(events: Sequence[Event]) -> list[Event]:
    """As a log numbers them, without holes; a note is about what came before it."""
    return [
        replace(
            event,
            position=Position(number),
            payload=pack(replace(event.body, at=number - 1)) if isinstance(event.body, s.NoteAdded) else event.payload,
        )
        for number, event in enumerate(events, 1)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_blinded_researcher_is_told_the_same_whatever_the_condition(seed: int) -> None:
    """The same work in each condition: asked while working, asked at the end with a review, asked nothing."""
    whole = lifelike(seed, 1)
    middle = whole[len(whole) // 2]
    noted = replace(middle, type="note.added", payload=pack(s.NoteAdded(text="stuck", at=0, by="ada")))
    whole.insert(whole.index(middle), noted)
    texts: list[list[str]] = []
    open_eyed = set()
    for condition in ("EXP_CTS", "EXP_END", "EXP_NONE"):
        events = [
            replace(event, payload=pack(replace(event.body, condition=condition)))
            if isinstance(event.body, n.SessionAccepted)
            else event
            for event in as_asked(whole[:-1], condition)
        ]
        last = whole[-1]
        ended = replace(last, type="study.ended", payload=pack(s.StudyEnded(by="ada")))
        events.append(ended)
        if condition == "EXP_END":
            asked = [event.body.prompt_id for event in events if isinstance(event.body, p.PromptIssued)]
            after: list[Body] = [p.ReviewOpened(n=len(asked))]
            after += [p.PromptAnswered(prompt_id=one, text="yes", choice=None, drafting_ms=1) for one in asked]
            for number, body in enumerate(after, 1):
                kind = "review.opened" if isinstance(body, p.ReviewOpened) else "prompt.answered"
                at = last.occurred_at + number * 1_000_000
                position = Position(last.position + number)
                moved = replace(last, type=kind, payload=pack(body), occurred_at=at, recorded_at=at, position=position)
                events.append(moved)
        now = last.recorded_at + 5 * MINUTE
        watch = watched(_numbered(events))
        texts.append([json.dumps(told(watch, now, blinded=True))])
        open_eyed.add(json.dumps(told(watch, now)))
        half = _numbered([event for event in events if event.position <= middle.position])
        texts[-1].append(json.dumps(told(watched(half), half[-1].recorded_at // MINUTE * MINUTE, blinded=True)))
    assert len(open_eyed) == 3
    assert texts[0] == texts[1] == texts[2]
    for text in texts[0]:
        for word in ("EXP_", "held", "answer", "dismiss", "review", "delay", "marks", "condition", "question"):
            assert word not in text, word


def test_a_blinded_researcher_does_not_see_that_somebody_turned_to_a_question() -> None:
    rows = []
    for turned in (False, True):
        desk = story()
        desk.wait(300)
        if turned:
            desk.emit(n.FocusChanged(cell_id="b", visible=True, cause="prompt"))
            desk.wait(20)
        watch = watched(_numbered(desk.events))
        rows.append(told(watch, BEGIN + 3600 * 1_000_000, blinded=True)["rows"])
    assert rows[0] == rows[1]


def test_a_blinded_researcher_is_told_of_others_the_same_however_much_somebody_is_asked() -> None:
    rows = []
    for asked in (False, True):
        desk, other = story(), Story(18, first_position=1)
        if asked:
            desk.ask("a", None, "Why?", "some-rule", show=False)
        other.now = desk.now
        other.open(("a", "code", ""))
        watch = watched(_numbered([*desk.events, *other.events]))
        rows.append(told(watch, other.moment, blinded=True)["rows"])
        assert [one["id"] for one in sorted(rows[-1], key=lambda one: one["order"])] == [
            str(desk.participant_id),
            str(other.participant_id),
        ]
    assert rows[0] == rows[1]


def test_a_blinded_researcher_reads_their_own_notes_and_requests_alone() -> None:
    desk = story("EXP_END")
    for by in ("ada", "blake"):
        desk.emit(s.NoteAdded(text=f"{by} thinks of EXP_END", at=2, by=by), server=True)
        _request(desk, f"asks {by}", by)
    close = desk.close_up(blinded=True, researcher="blake")
    assert [note["by"] for note in close["notes"]] == ["blake"]
    assert close["requests"] == [{"text": "asks blake", "at": close["requests"][0]["at"], "by": "blake"}]
    assert len(desk.close_up()["notes"]) == 2


# What is held is bounded.


def test_a_day_of_events_is_held_in_the_room_of_an_hour() -> None:
    desk = story()
    for number in range(3 * MOST_QUESTIONS):
        desk.wait(30)
        desk.emit(n.CellEdited(cell_id="a", changes=[(0, ["x"])], cause="user"))
        desk.ask("a", None, f"Why {number}?", "rule", show=False)
        desk.hold_back("a", "rule", "spacing")
        desk.emit(s.NoteAdded(text="note", at=1, by="ada"), server=True)
        desk.emit(s.CaptureLost(count=1, reason="full"))
        _request(desk)
    watch = watched(desk.events)
    [person] = watch.people.values()
    [sitting] = person.sittings.values()
    assert len(person.questions.asked) == MOST_QUESTIONS
    assert len(person.questions.held_back) == MOST_HELD_BACK
    assert len(person.notes) == MOST_NOTES
    assert len(sitting.activity.since(0)) <= 2 * KEPT_BINS
    assert sitting.lost_events == 3 * MOST_QUESTIONS
    assert len(json.dumps(told(watch, desk.moment))) < 60_000


def test_texts_are_held_of_the_notebooks_that_somebody_is_at() -> None:
    participant = ParticipantId(uuid(1, "somebody"))
    events: list[Event] = []
    for number in range(4):
        desk = Desk(number, first_position=1 + 1000 * number)
        desk.now = 100.0 * number
        desk.open(("a", "code", f"cell {number}"))
        desk.emit(n.FocusChanged(cell_id="a", visible=True))
        events += [replace(event, participant_id=participant) for event in desk.events]
    watch = watched(events)
    sittings = list(watch.people[participant].sittings.values())
    assert [sitting.cell() is not None for sitting in sittings] == [False, False, True, True]
    assert SessionId(sittings[0].session_id) in watch.people[participant].sittings
