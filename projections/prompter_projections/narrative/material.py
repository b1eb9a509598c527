"""What a narrator is given: everything that the log tells of one session, put in order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from prompter_events.catalogue.runs import RunOutput
from prompter_events.event import Event, SessionId
from prompter_events.log import Log

from ..lineage import CellLife, Lineage
from ..lineage import build as lineage_from
from ..replay import UnknownSession
from ..text import well_formed
from ..timeline.build import build
from ..timeline.model import Lane, Timeline, first_line
from .model import FinalCell, Parts
from .prose import Heading, Prose, headings, prose_of
from .questions import ASKED, Question, Questions
from .words import code

Moment = tuple[int, int]
"""When and where in the log: µs since the epoch, position. Several events may share a time."""

SECTION_LEVEL = 2
"""Deeper headings begin no chapter, unless there are no others."""


class Section:
    """The part of the final notebook below a heading."""

    def __init__(self, heading: Heading, cell_id: str) -> None:
        self.text = heading.text
        self.cell_id = cell_id


class Material:
    """One session. Times are µs since the epoch by the page's clock, as in timeline and lineage."""

    def __init__(self, timeline: Timeline, lineage: Lineage, asked: Questions) -> None:
        self.timeline = timeline
        self.lineage = lineage
        self.questions: tuple[Question, ...] = asked.all()
        self.held_back: tuple[int, ...] = tuple(asked.held_back)
        """Positions of questions that were held back."""
        self.lanes: dict[str, Lane] = {lane.cell_id: lane for lane in timeline.all_lanes}
        """Every cell that there ever was, by its id."""
        self.begin = timeline.session.begin
        self._called: dict[tuple[str, bool], Parts] = {}

    def since(self, micros: int) -> int:
        """A moment as µs since the session's begin."""
        return max(0, micros - self.begin)

    def cell(self, cell_id: str, *, within: bool = False) -> Parts:
        """What a cell is called in sentences; ``within`` one rather than at its beginning."""
        key = (cell_id, within)
        if key not in self._called:
            self._called[key] = self._call(cell_id, within)
        return self._called[key]

    def _call(self, cell_id: str, within: bool) -> Parts:
        lane = self.lanes.get(cell_id)
        article = "the" if within else "The"
        if lane is None:
            return (f"{article} cell ", code(cell_id, 40))
        if lane.number is not None:
            return (f"{'cell' if within else 'Cell'} {lane.number}",)
        first = first_line(lane.source) or (first_line(lane.runs[-1].source) if lane.runs else "")
        kind = "removed cell" if lane.removed_at is not None else "cell without a place"
        return (f"{article} {kind} ", code(first, 40)) if first else (f"{article} {kind} (empty)",)

    @cached_property
    def life(self) -> dict[str, CellLife]:
        """The lineage's cells, by id."""
        return self.lineage.cells

    @cached_property
    def prose(self) -> tuple[Prose, ...]:
        """The words of Markdown cells, in the notebook's order."""
        return tuple(prose_of(self.timeline.all_lanes))

    @cached_property
    def sections(self) -> dict[str, Section]:
        """Which section of the final notebook each of its cells belongs to; those above all headings to none."""
        found = {lane.cell_id: headings(lane.source) for lane in self.timeline.lanes if lane.cell_type == "markdown"}
        levels = [heading.level for each in found.values() for heading in each]
        deepest = max(SECTION_LEVEL, min(levels, default=SECTION_LEVEL))
        current: Section | None = None
        made: dict[str, Section] = {}
        for lane in self.timeline.lanes:
            for heading in found.get(lane.cell_id, ()):
                if heading.level <= deepest:
                    current = Section(heading, lane.cell_id)
            if current is not None:
                made[lane.cell_id] = current
        return made

    @cached_property
    def changed(self) -> dict[int, tuple[int, ...]]:
        """For each trial of a model but the first, by its run: the runs with other code that it rests on."""
        return {trial.run: trial.changed for model in self.lineage.models for trial in model.trials[1:]}

    @cached_property
    def answers(self) -> dict[str, tuple[Question, ...]]:
        """What was answered about each cell, in order."""
        made: dict[str, tuple[Question, ...]] = {}
        for question in self.questions:
            if question.end == "answered":
                made[question.cell_id] = (*made.get(question.cell_id, ()), question)
        return made

    @cached_property
    def final(self) -> tuple[FinalCell, ...]:
        """The code cells of the notebook as it was left."""
        return tuple(
            _final(lane, lane.number)
            for lane in self.timeline.lanes
            if lane.cell_type == "code" and lane.number is not None
        )

    def first_edit(self, cell_id: str, after: Moment, until: Moment) -> Moment | None:
        """When a cell was first edited in (after, until]; none if it was not."""
        moments = self._edits.get(cell_id, [])
        index = bisect_right(moments, after)
        return moments[index] if index < bisect_right(moments, until) else None

    @cached_property
    def _edits(self) -> dict[str, list[Moment]]:
        return {
            cell_id: sorted((edit.at, edit.position) for edit in lane.edits) for cell_id, lane in self.lanes.items()
        }


def material_from(events: Iterable[Event], elsewhere: Iterable[Event] = ()) -> Material:
    """The material of one session from its events, in the order of their positions.

    ``elsewhere``: later events of the same participant in other sessions, among which answers may be. Raises
    ``ValueError`` if there is no event.
    """
    known = list(events)
    drawn = build(known)
    asked = Questions(drawn.session.session_id)
    for event in known:
        asked.take(event)
    for event in elsewhere:
        asked.take(event)
    return Material(drawn, lineage_from(known), asked)


async def material_of(log: Log, session_id: SessionId) -> Material:
    """The material of a session as the log holds it now. Raises ``UnknownSession``."""
    events = [event async for event in log.read(session=session_id)]
    if not events:
        raise UnknownSession(session_id)
    first = events[0]
    elsewhere = [
        event
        async for event in log.read(after=first.position, types=ASKED)
        if event.participant_id == first.participant_id and event.session_id != session_id
    ]
    return material_from(events, elsewhere)


_TEXTS = frozenset({"text/plain", "stream/stdout", "stream/stderr"})


def _final(lane: Lane, place: int) -> FinalCell:
    run = lane.runs[-1] if lane.runs else None
    # What another version wrote does not belong to this one.
    if run is None or run.source != lane.source:
        return FinalCell(lane.cell_id, place, lane.source, None, "")
    texts = [text for output in run.outputs if (text := _whole_text(output))]
    return FinalCell(lane.cell_id, place, lane.source, run.execution_count, "\n".join(texts))


def _whole_text(output: RunOutput) -> str:
    if output.mime not in _TEXTS or output.text is None:
        return ""
    text = well_formed(output.text)
    return text.removesuffix("\n") if len(text.encode()) == output.bytes else ""
