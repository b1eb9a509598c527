"""The overview: one screen that answers what somebody wanted, had, got, tried, failed at and gave up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..timeline.scale import clock
from .material import Material
from .model import Block, Paragraph, Parts, Quote, Section
from .questions import Question
from .steps import models_table, results_table, steps_count, steps_table
from .tries import dead_end, failure_in_short
from .words import counted, sentence, took

MOST = 20
"""Steps, results, models, errors and dead ends that the overview tells, all together: so it stays within 60 lines of
Markdown. The chapters tell all."""

MOST_RESULTS = 3

# The built-in rule, and what studies call it.
_ABOUT_NEW_CELLS = frozenset({"first_run", "new_cell"})

# What these ask about is a fault, a pause, a way back, or a cell that is long at work: none of them states an aim.
_NOT_ABOUT_AIMS = frozenset({"error_repaired", "long_pause", "returning", "many_runs"})

MOST_CHARACTERS = 600
MOST_LINES = 2
"""Of a quote in the overview; the chapters have it whole."""


def overview(material: Material) -> tuple[Section, ...]:
    """The sections of the overview, in order."""
    lineage = material.lineage
    results = min(MOST_RESULTS, len(lineage.results))
    wanted = [steps_count(material), results, len(lineage.models), len(lineage.repairs), len(lineage.dead_ends)]
    data, result, models, failed, abandoned = shares(wanted, MOST)
    sections = [
        Section("Aim, in their words", tuple(_aim(material))),
        Section("Data", tuple(_data(material, data))),
        Section("Result", tuple(_result(material, result))),
        Section("Models", tuple(_models(material, models))),
        Section("What failed", tuple(_failed(material, failed))),
        Section("What was abandoned", tuple(_abandoned(material, abandoned))),
    ]
    return tuple(section for section in sections if section.blocks)


def shares(wanted: Sequence[int], most: int) -> list[int]:
    """How many of each are told, ``most`` together: all of what is few, and of what is many the same number."""
    given = [0] * len(wanted)
    while most > 0 and given != list(wanted):
        for index, want in enumerate(wanted):
            if given[index] < want and most > 0:
                given[index] += 1
                most -= 1
    return given


def answer_quote(question: Question, material: Material, *, short: bool = False, inferred: str = "") -> Quote:
    """An answer with its question, cell and delay; whole, or in short for the overview."""
    chosen = ", ".join(question.choices)
    said = question.text or chosen
    delay = f", {took(question.delay)} after it was shown" if question.delay is not None else ""
    choice = f", chose “{chosen}”" if chosen and question.text else ""
    caption: Parts = (
        f"to “{_line(question.question)}” about ",
        *material.cell(question.cell_id, within=True),
        f"{delay}{choice}",
        ", as changed later" if question.amended else "",
        ", answered in a later session" if question.elsewhere else "",
    )
    at = None if question.ended_at is None or question.elsewhere else material.since(question.ended_at)
    if not short:
        return Quote(said, caption, (question.ended,), at, inferred)
    text, cut = shortened(said)
    return Quote(text, (*_at(at), *caption, cut), (question.ended,), None, inferred)


def _at(at: int | None) -> Parts:
    return () if at is None else (f"at {clock(at / 1e6)}, ",)


def shortened(text: str) -> tuple[str, str]:
    """The beginning of a long text, and the words that say so."""
    lines = text.split("\n")
    cut = "\n".join(lines[:MOST_LINES])[:MOST_CHARACTERS]
    return (text, "") if cut == text else (cut.rstrip() + " […]", ", the rest in its chapter")


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:119] + "…"


def _aim(material: Material) -> Iterator[Block]:
    first, why = _first_answer(material)
    if first is not None:
        yield answer_quote(first, material, short=True, inferred=why)
    words = next((each for each in material.prose if each.number is not None), None)
    if words is not None:
        text, cut = shortened(words.text)
        told = "which stood there when the notebook was opened" if words.given else "written in this session"
        where = material.cell(words.cell_id, within=True)
        caption: Parts = ("the first words of the notebook, in ", *where, f", {told}")
        at = None if words.at is None else material.since(words.at)
        opened = (material.timeline.session.first,)
        shown = (*_at(at), *caption, cut)
        yield Quote(text, shown, words.positions or opened, None, "as the notebook's first words")
    if first is None and words is None:
        whole = (material.timeline.session.first, material.timeline.session.last)
        yield Paragraph((sentence("Nowhere in the log does the participant say what they want.", positions=whole),))


def _first_answer(material: Material) -> tuple[Question | None, str]:
    """The answer that most likely states the aim: what somebody wants with a new cell, rather than what was wrong."""
    answered = [
        (each, each.rule.replace("-", "_"))
        for each in material.questions
        if each.end == "answered" and each.text.strip()
    ]
    about_new = [each for each, rule in answered if rule in _ABOUT_NEW_CELLS]
    if about_new:
        return about_new[0], "as the first answer about a new cell"
    others = [each for each, rule in answered if rule not in _NOT_ABOUT_AIMS]
    return (others[0], "as the first answer, though not about a new cell") if others else (None, "")


def _data(material: Material, most: int) -> Iterator[Block]:
    table = steps_table(material, most)
    if table is not None:
        yield table
    else:
        yield _nothing(material, "No step of the work with data is known from the code or the kernel.")


def _result(material: Material, most: int) -> Iterator[Block]:
    table = results_table(material, most)
    yield table if table is not None else _nothing(material, "No run ended well, so there is no result.")
    written = [each for each in material.prose if each.number is not None and not each.given]
    first = next((each for each in material.prose if each.number is not None), None)
    if written and written[-1] is not first:
        last = written[-1]
        text, cut = shortened(last.text)
        under: Parts = (f", under “{_line(last.under)}”",) if last.under else ()
        caption: Parts = ("the last words of the notebook, in ", *material.cell(last.cell_id, within=True), *under)
        at = None if last.at is None else material.since(last.at)
        yield Quote(text, (*_at(at), *caption, cut), last.positions, None, "as the notebook's last words")


def _models(material: Material, most: int) -> Iterator[Block]:
    table = models_table(material, most)
    if table is not None:
        yield table
    else:
        yield _nothing(material, "No model was fitted or scored, as far as the code and the kernel tell.")


def _failed(material: Material, most: int) -> Iterator[Block]:
    repairs = material.lineage.repairs
    if not repairs:
        yield _nothing(material, "No run ended in an error.")
        return
    lineage = material.lineage
    failed = [lineage.runs[index] for each in repairs for index in each.errors]
    good = sum(each.repaired for each in repairs)
    count = f"{counted(len(failed), 'run')} failed, in {counted(len(repairs), 'error')}"
    positions = [run.finished_position or run.scheduled_position for run in failed]
    yield Paragraph((sentence(f"{count}: {good} repaired, {len(repairs) - good} not.", positions=positions),))
    # Those that stayed come first where not all can be told.
    order = sorted(range(len(repairs)), key=lambda each: (repairs[each].repaired, each))
    for index in sorted(order[:most]):
        yield Paragraph((failure_in_short(repairs[index], material),))


def _abandoned(material: Material, most: int) -> Iterator[Block]:
    ends = material.lineage.dead_ends
    if not ends:
        yield _nothing(material, "Every cell that was run leads to a result, as far as the code and the kernel tell.")
        return
    for end in ends[:most]:
        yield Paragraph(tuple(dead_end(end, material)))
    if len(ends) > most:
        rest = ends[most:]
        positions = [position for end in rest for position in end.positions]
        told = f"{counted(len(rest), 'more cell')} lead to no result; the chapters tell them."
        yield Paragraph((sentence(told, positions=positions),))


def _nothing(material: Material, words: str) -> Paragraph:
    """Says that there is no event of some kind: it rests on the whole session."""
    session = material.timeline.session
    return Paragraph((sentence(words, positions=(session.first, session.last)),))
