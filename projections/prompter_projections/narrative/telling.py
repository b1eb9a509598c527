"""What happened in one chapter: words, work, attempts, failures, what was left behind, and every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from prompter_events.catalogue.runs import RunStatus

from ..lineage import DataStep, DeadEnd, RunNode
from ..timeline.scale import clock
from .cutting import Cut, chapter_of
from .material import Material, Moment
from .model import Block, Chapter, Paragraph, Parts, Quote, Row, Section, Sentence, Table
from .overview import answer_quote
from .prose import Prose
from .questions import Question
from .steps import cells_words, model_sentences, step_sentence
from .tries import attempts, dead_end, failure
from .words import capitalized, code, counted, listed, numbers, sentence, times, took

MOST_CELLS = 12
"""Cells that a chapter tells at once; what was done in more of them is folded."""

MOST_FOLDED = 40
"""Folded paragraphs, and rows of a chapter's table of runs."""

LONG_CHARACTERS, LONG_LINES = 1_500, 20
"""A longer quote is folded; it stays whole."""

MOST_BLOCKS = 12
"""Attempts, failures, and dead ends of one chapter."""

T = TypeVar("T")


class _Shelves(Generic[T]):
    """Things by the chapter in which they fall."""

    def __init__(self, begins: Sequence[Moment]) -> None:
        self._begins = begins
        self._things: dict[int, list[T]] = {}

    def put(self, moment: Moment, thing: T) -> None:
        self._things.setdefault(chapter_of(self._begins, moment), []).append(thing)

    def of(self, index: int) -> list[T]:
        return self._things.get(index, [])


class Telling:
    """Tells the chapters of one session."""

    def __init__(self, material: Material, found: Sequence[Cut]) -> None:
        self._material = material
        self._cuts = found
        begins = [cut.begin for cut in found]
        lineage = material.lineage
        self._runs: _Shelves[RunNode] = _Shelves(begins)
        self._answers: _Shelves[Question] = _Shelves(begins)
        self._prose: _Shelves[Prose] = _Shelves(begins)
        self._ends: _Shelves[DeadEnd] = _Shelves(begins)
        self._attempts: _Shelves[int] = _Shelves(begins)
        self._repairs: _Shelves[int] = _Shelves(begins)
        self._steps: dict[int, list[DataStep]] = {}
        self._removed: _Shelves[str] = _Shelves(begins)
        for run in lineage.runs:
            self._runs.put(_asked_for(run), run)
        for question in material.questions:
            if question.end == "answered":
                # What was answered elsewhere is told where it was asked.
                at = question.shown_at if question.elsewhere else question.ended_at
                where = question.issued if question.elsewhere else question.ended
                self._answers.put((at if at is not None else material.begin, where), question)
        for prose in material.prose:
            if prose.at is not None:
                self._prose.put((prose.at, prose.positions[-1]), prose)
        for end in lineage.dead_ends:
            if end.runs:
                self._ends.put(_asked_for(lineage.runs[end.runs[-1]]), end)
        for index, attempt in enumerate(lineage.attempts):
            self._attempts.put(_asked_for(lineage.runs[attempt.variants[0].run]), index)
        for index, repair in enumerate(lineage.repairs):
            self._repairs.put(_asked_for(lineage.runs[repair.errors[0]]), index)
        for step in lineage.data_steps:
            self._steps.setdefault(step.run, []).append(step)
        for lane in material.timeline.removed:
            if lane.removed_at is not None:
                life = material.life.get(lane.cell_id)
                where = (life.removed_position or 0) if life is not None else 0
                self._removed.put((lane.removed_at, where), lane.cell_id)
        self._last_work = self._last_chapters()

    def chapter(self, index: int) -> Chapter:
        """One chapter, whole."""
        cut, material = self._cuts[index], self._material
        work = list(self._work(index))
        quotes = list(self._quotes(index))
        sections = [
            Section("", tuple(quote for quote in quotes if not _is_long(quote))),
            Section("Longer words", tuple(quote for quote in quotes if _is_long(quote)), folded=True),
            Section("", tuple(work[:MOST_CELLS])),
            Section("More cells", tuple(work[MOST_CELLS : MOST_CELLS + MOST_FOLDED]), folded=True),
            Section("Attempts", tuple(self._tried(index))),
            Section("Errors and repairs", tuple(self._failed(index))),
            Section("Left behind", tuple(self._left(index)), folded=True),
            Section("Every run", tuple(self._every_run(index)), folded=True),
        ]
        cells = [cell.cell_id for cell in material.final if self._last_work.get(cell.cell_id) == index]
        return Chapter(
            number=cut.number,
            title=cut.title,
            at=material.since(cut.begin[0]),
            until=material.since(cut.until),
            why=cut.why,
            positions=cut.positions,
            sections=tuple(section for section in sections if section.blocks),
            cells=tuple(cells),
        )

    def _last_chapters(self) -> dict[str, int]:
        """In which chapter each cell was last edited or run."""
        begins = [cut.begin for cut in self._cuts]
        last: dict[str, int] = {}
        for lane in self._material.timeline.lanes:
            moments = [(edit.at, edit.position) for edit in lane.edits]
            moments += [(run.begin, run.position) for run in lane.runs]
            if moments:
                last[lane.cell_id] = chapter_of(begins, max(moments))
        return last

    def _quotes(self, index: int) -> Iterator[Quote]:
        material = self._material
        quotes: list[tuple[int, Quote]] = []
        for question in self._answers.of(index):
            if question.text.strip() or question.choices:
                quotes.append((question.ended, answer_quote(question, material)))
        for prose in self._prose.of(index):
            where = material.cell(prose.cell_id, within=True)
            under = f", under “{code(prose.under, 60).text}”" if prose.under else ""
            caption: Parts = ("written in ", *where, under)
            at = None if prose.at is None else material.since(prose.at)
            quotes.append((prose.positions[-1], Quote(prose.text, caption, prose.positions, at)))
        quotes.sort(key=lambda each: each[0])
        yield from (quote for _, quote in quotes)

    def _work(self, index: int) -> Iterator[Paragraph]:
        """A paragraph for each cell that was run or removed, in the order of time; plain repetitions in one."""
        by_cell: dict[str, list[RunNode]] = {}
        for run in self._runs.of(index):
            by_cell.setdefault(run.cell_id, []).append(run)
        repeated: list[RunNode] = []
        told: list[tuple[int, Paragraph]] = []
        for cell_id, runs in by_cell.items():
            if all(self._is_repetition(run) for run in runs):
                repeated += runs
                continue
            at = self._material.since(runs[0].scheduled_at)
            told.append((at, Paragraph(tuple(self._cell(cell_id, runs)), at)))
        if repeated:
            repeated.sort(key=lambda run: run.index)
            have = "was" if len({run.cell_id for run in repeated}) == 1 else "were"
            begun = capitalized(cells_words(self._material, [run.cell_id for run in repeated]))
            positions = [position for run in repeated for position in run.positions]
            words = sentence(*begun, f" {have} run again without a change.", positions=positions)
            at = self._material.since(repeated[0].scheduled_at)
            told.append((at, Paragraph((words,), at)))
        told += self._gone(index)
        told.sort(key=lambda each: each[0])
        yield from (paragraph for _, paragraph in told)

    def _is_repetition(self, run: RunNode) -> bool:
        runs = self._material.life[run.cell_id].runs if run.cell_id in self._material.life else ()
        before = [each for each in runs if each < run.index]
        return bool(before) and self._material.lineage.runs[before[-1]].source == run.source and run.status == "ok"

    def _cell(self, cell_id: str, runs: Sequence[RunNode]) -> Iterator[Sentence]:
        subject = self._material.cell(cell_id)
        steps = [step for run in runs for step in self._steps.get(run.index, ())]
        statuses = [run.status for run in runs]
        ended = [f"{times(statuses.count(kind))} {words}" for kind, words in _ENDS if statuses.count(kind)]
        how = "" if set(statuses) == {"ok"} else f": {', '.join(ended)}"
        positions = [position for run in runs for position in run.positions]
        yield sentence(*subject, f" was run {times(len(runs))}{how}.", positions=positions)
        yield from (step_sentence(step, ("It",), self._material.lineage) for step in steps[:4])
        fitted = [run for run in runs if run.estimators]
        for run in fitted[:1] if len(fitted) == 1 else [*fitted[:1], fitted[-1]] if fitted else []:
            which = ("It",) if len(fitted) == 1 else (f"Run {run.version}",)
            yield from model_sentences(run, which, self._material)
        last = next((run for run in reversed(runs) if run.status == "ok" and run.output), None)
        if last is not None:
            words = "The last run showed " if len(runs) > 1 else "It showed "
            yield sentence(words, code(last.output), ".", positions=last.positions)
        if figures := sum(run.figures for run in runs):
            drawn = [position for run in runs if run.figures for position in run.positions]
            yield sentence(f"It drew {counted(figures, 'figure')}.", positions=drawn)
        files = list(dict.fromkeys(path for run in runs for path in run.files_written))
        if files:
            wrote = [run.scheduled_position for run in runs if run.files_written]
            named = listed([code(path, 48) for path in files], 3)
            yield sentence("It wrote ", *named, ".", positions=wrote, inferred="from the code")

    def _gone(self, index: int) -> Iterator[tuple[int, Paragraph]]:
        for cell_id in self._removed.of(index):
            lane, life = self._material.lanes[cell_id], self._material.life.get(cell_id)
            if life is None or life.removed_position is None or not lane.runs:
                continue
            words = sentence(*self._material.cell(cell_id), " was removed.", positions=[life.removed_position])
            at = self._material.since(lane.removed_at or self._material.begin)
            yield at, Paragraph((words,), at)

    def _tried(self, index: int) -> Iterator[Block]:
        found = self._attempts.of(index)
        for each in found[:MOST_BLOCKS]:
            yield attempts(self._material.lineage.attempts[each], self._material)
        yield from _more(len(found), "attempt", self._cuts[index])

    def _failed(self, index: int) -> Iterator[Block]:
        found = self._repairs.of(index)
        for each in found[:MOST_BLOCKS]:
            yield failure(self._material.lineage.repairs[each], self._material)
        yield from _more(len(found), "error", self._cuts[index])

    def _left(self, index: int) -> Iterator[Block]:
        found = self._ends.of(index)
        for end in found[:MOST_FOLDED]:
            yield Paragraph(tuple(dead_end(end, self._material)))
        yield from _more(len(found), "dead end", self._cuts[index], MOST_FOLDED)

    def _every_run(self, index: int) -> Iterator[Block]:
        runs = self._runs.of(index)
        if not runs:
            return
        rows = tuple(self._row(run) for run in runs[:MOST_FOLDED])
        yield Table(("Time", "Cell", "Run", "Outcome", "Shown"), rows, len(runs) - len(rows))

    def _row(self, run: RunNode) -> Row:
        length = f" in {took(run.duration)}" if run.duration is not None else ""
        shown: Parts = (code(run.output, 48),) if run.output else ("",)
        if run.status == "error":
            shown = (code(f"{run.error_name}: {run.error_message}", 48),)
        cells = (
            (clock(self._material.since(run.scheduled_at) / 1e6),),
            self._material.cell(run.cell_id),
            (numbers([run.version]),),
            (f"{run.status}{length}",),
            shown,
        )
        return Row(cells, run.positions)


_ENDS: tuple[tuple[RunStatus, str], ...] = (
    ("ok", "well"),
    ("error", "with an error"),
    ("aborted", "aborted"),
    ("lost", "without a known end"),
)


def _is_long(quote: Quote) -> bool:
    return len(quote.text) > LONG_CHARACTERS or quote.text.count("\n") > LONG_LINES


def _asked_for(run: RunNode) -> Moment:
    return run.scheduled_at, run.scheduled_position


def _more(number: int, word: str, cut: Cut, most: int = MOST_BLOCKS) -> Iterator[Block]:
    if number > most:
        told = f"{counted(number - most, f'more {word}')} in this chapter; the timeline shows them."
        yield Paragraph((sentence(told, positions=cut.positions),))
