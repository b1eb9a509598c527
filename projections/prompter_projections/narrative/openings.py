"""What stays open: cells without a characterization, questions without an answer, times without a record."""

from __future__ import annotations

from collections.abc import Iterator

from .material import Material
from .model import Block, Paragraph, Section, Sentence
from .questions import Question
from .steps import cells_words
from .words import capitalized, code, counted, sentence, took

MOST = 12
"""Points of one kind that are told one by one."""

_WITHOUT = {
    "dismissed": "was dismissed",
    "expired": "expired",
    "withdrawn": "was withdrawn",
    "open": "is still open",
}

_HOLES = {
    "paused": "The participant paused the recording for",
    "offline": "The page had no connection for",
    "lost": "Events were lost within",
}


def open_points(material: Material) -> Section:
    """The last section of a narrative."""
    blocks: list[Block] = [Paragraph((each,)) for each in _points(material)]
    if not blocks:
        session = material.timeline.session
        words = sentence("Nothing stays open that the log could tell.", positions=(session.first, session.last))
        blocks.append(Paragraph((words,)))
    return Section("Open points", tuple(blocks))


def _points(material: Material) -> Iterator[Sentence]:
    yield from _uncharacterized(material)
    yield from _unanswered(material)
    yield from _standing(material)
    yield from _holes(material)
    yield from _by_code(material)
    notes = material.lineage.notes
    for note in notes[:MOST]:
        yield sentence(f"{note.text[:1].upper()}{note.text[1:]}".rstrip(".") + ".", positions=note.positions)
    if len(notes) > MOST:
        positions = [position for note in notes[MOST:] for position in note.positions]
        yield sentence(f"{counted(len(notes) - MOST, 'more note')} of this kind.", positions=positions)


def _by_code(material: Material) -> Iterator[Sentence]:
    runs = material.lineage.runs
    kernel = sum(run.facts == "kernel" for run in runs)
    syntax = [run.scheduled_position for run in runs if run.facts == "syntax"]
    nobody = [run.scheduled_position for run in runs if run.facts == "none"]
    if syntax:
        told = f"What {len(syntax):,} of {counted(len(runs), 'run')} read and bound is inferred from the code alone"
        yield sentence(f"{told}; the kernel told of {kernel:,}.", positions=syntax)
    if nobody:
        told = f"What {len(nobody):,} of {counted(len(runs), 'run')} read and bound is not known"
        yield sentence(f"{told}: neither the kernel nor the code tells.", positions=nobody)


def _uncharacterized(material: Material) -> Iterator[Sentence]:
    runs: dict[str, list[int]] = {}
    for run in material.lineage.runs:
        runs.setdefault(run.cell_id, []).append(run.scheduled_position)
    silent = [cell_id for cell_id in runs if cell_id not in material.answers]
    if not silent:
        return
    have = "has" if len(silent) == 1 else "have"
    positions = [runs[cell_id][-1] for cell_id in silent]
    told = capitalized(cells_words(material, silent))
    yield sentence(*told, f" {have} run without ever being characterized.", positions=positions)


def _unanswered(material: Material) -> Iterator[Sentence]:
    left = [question for question in material.questions if question.end != "answered"]
    for question in left[:MOST]:
        delay = f" after {took(question.delay)}" if question.delay is not None and question.end != "open" else ""
        yield sentence(
            "The question ",
            f"“{code(question.question, 100).text}”",
            " about ",
            *material.cell(question.cell_id, within=True),
            f" {_WITHOUT[question.end]}{delay}{_why(material, question)}.",
            positions=[question.issued, *([question.ended] if question.ended else [])],
        )
    if len(left) > MOST:
        rest = left[MOST:]
        told = f"{counted(len(rest), 'more question')} had no answer."
        yield sentence(told, positions=[question.issued for question in rest])
    if material.held_back:
        number = len(material.held_back)
        told = f"{counted(number, 'question')} that a rule proposed {'was' if number == 1 else 'were'} held back."
        yield sentence(told, positions=material.held_back)


def _why(material: Material, question: Question) -> str:
    """Of a question that was taken back: because of its cell, the review, or, which the consent tells, the person."""
    if question.end != "withdrawn":
        return ""
    if question.no_room:
        return ", since the review had no room for it"
    lane = material.lanes.get(question.cell_id)
    return ", since its cell was gone" if lane is not None and lane.removed_at is not None else ""


def _standing(material: Material) -> Iterator[Sentence]:
    for repair in [each for each in material.lineage.repairs if each.left == "standing"][:MOST]:
        error = f"{repair.error_name}: {repair.error_message}"
        where = material.cell(repair.cell_id, within=True)
        yield sentence("The error ", code(error), " in ", *where, " was never repaired.", positions=repair.positions)


def _holes(material: Material) -> Iterator[Sentence]:
    marks = [mark for mark in material.timeline.strip if mark.kind in _HOLES]
    for mark in marks[:MOST]:
        length = took(mark.end - mark.begin)
        more = f": {mark.text}" if mark.kind == "lost" else ""
        yield sentence(f"{_HOLES[mark.kind]} {length}{more}.", positions=[mark.position])
    if len(marks) > MOST:
        told = f"{counted(len(marks) - MOST, 'more time')} without a record."
        yield sentence(told, positions=[mark.position for mark in marks[MOST:]])
    bad = [mark for mark in material.timeline.strip if mark.kind == "save" and "not what" in mark.text]
    if bad:
        told = "What was saved is not what the events tell, so some of this may be wrong."
        yield sentence(told, positions=[mark.position for mark in bad])
    if unread := material.timeline.session.unreadable:
        session = material.timeline.session
        told = f"{counted(unread, 'event')} could not be read."
        yield sentence(told, positions=(session.first, session.last))
