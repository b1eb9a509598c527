"""The page of many sessions: small multiples to be aligned, sorted, filtered and zoomed, that lead to each session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from . import glyphs
from .data import capped, prompt_told
from .layout import layout
from .markup import clean, element, escaped
from .model import Timeline
from .page import THEME, WIDTH, embedded, legend_of, session_data, session_section, shell
from .study import SessionRow, StudyTimeline
from .study_layout import LEFT, TOP, folded, right_of, study_layout
from .study_svg import circumstances, kind_of, legend, name, seen_at, study_axis, study_rows
from .svg import SANS

MAX_ANSWER = 400
"""Characters of an answer in a card of the small multiples; the session's own timeline tells more."""

Leads = Literal["inside", "beside", "nowhere"]
"""Where a row leads: to a session in the same file, to a file of its own (``file_of``), or to none."""

HINT = "Drag across the rows to zoom into a time, or use Ctrl and the wheel; arrow keys walk from row to row."

_LEADS: dict[Leads, str] = {
    "inside": "Click a row, or press Enter, for the session's own timeline.",
    "beside": "Click a row, or press Enter, for the session's own timeline.",
    "nowhere": "With -o DIRECTORY each row leads to a timeline of its own.",
}


def file_of(row: SessionRow) -> str:
    """The name of a session's own file beside the study's."""
    return f"{row.session.session_id}.html"


def study_html(study: StudyTimeline, title: str, *, timelines: Sequence[Timeline] = (), beside: bool = False) -> bytes:
    """The page in UTF-8. ``timelines`` of sessions are embedded, the others' rows lead nowhere, or ``beside`` it."""
    plan = study_layout(study, WIDTH)
    drawing = element(
        "svg", study_rows(plan, interactive=True), cls="study-rows", width=WIDTH, height=plan.height - TOP + 6,
        viewBox=f"0 {TOP - 6} {WIDTH} {plan.height - TOP + 6:g}", role="group",
        aria_label="One row for each session: arrow keys walk, Enter opens, plus and minus zoom", font_family=SANS,
        font_size="11.5",
    )  # fmt: skip
    axis = element(
        "svg", study_axis(plan), cls="study-axis", width=WIDTH, height=TOP - 6, viewBox=f"0 0 {WIDTH} {TOP - 6}",
        aria_hidden="true", font_family=SANS, font_size="11.5",
    )  # fmt: skip
    inside = {timeline.session.session_id: number for number, timeline in enumerate(timelines)}
    leads: Leads = "beside" if beside else "inside" if inside else "nowhere"
    main = f"""<section class="study">
<header><div class="head"><h1>{escaped(title)}</h1>
<span class="sub">{escaped(circumstances(study))}</span>
<span class="tools">{THEME}</span></div>
<div class="choices">{_choices(study)}</div></header>
{legend_of(legend())}
<figure aria-label="Small multiples: one row for each session, time across">{axis}{drawing}</figure>
<p class="hint">{_LEADS[leads]} {HINT}</p>
</section>
<button class="back" hidden>← All sessions</button>
{"".join(_template(timeline, number) for number, timeline in enumerate(timelines))}"""
    data = [embedded(_data(study, inside, beside=beside), 'id="study"')]
    data += [session_data(layout(timeline, WIDTH), number) for number, timeline in enumerate(timelines)]
    return shell(f"Timelines · {title}", main, data)


def _template(timeline: Timeline, number: int) -> str:
    """A session that is shown when it is asked for: a browser lays nothing of it out before."""
    items = legend_of(glyphs.legend(f"hatch-{number}", [timeline]))
    section = session_section(layout(timeline, WIDTH), number, items, first=True)
    return f'<template data-template="{number}">{section}</template>\n'


def _choices(study: StudyTimeline) -> str:
    """What the reader may choose: alignment, order, conditions."""
    aligned = "".join(
        f'<button data-align="{kind}" aria-pressed="{"true" if study.align == kind else "false"}">{words}</button>'
        for kind, words in (("begin", "Aligned at begin"), ("clock", "Wall clock"))
    )
    orders = {"who": "participant", "begin": "begin", "length": "length", "runs": "runs", "errors": "errors",
              "answered": "answers"}  # fmt: skip
    if study.participants == 1:
        del orders["who"]
    options = "".join(f'<option value="{key}">{words}</option>' for key, words in orders.items())
    parts = [f'<span role="group" aria-label="Alignment">{aligned}</span>']
    parts.append(f'<label>Sort by <select class="sort">{options}</select></label>')
    if len(study.conditions) > 1:
        boxes = "".join(
            f'<label><input type="checkbox" checked data-group="{index}"> {escaped(condition or "no condition")}'
            f" ({sum(row.session.condition == condition for row in study.rows)})</label>"
            for index, condition in enumerate(study.conditions)
        )
        parts.append(f'<span role="group" aria-label="Conditions shown" class="filter">{boxes}</span>')
    parts.append('<button class="study-whole" hidden>Whole time</button>')
    return "".join(parts)


def _data(study: StudyTimeline, inside: dict[Any, int], *, beside: bool) -> dict[str, Any]:
    """What the script knows. Times in seconds: of a row since its begin, else since the first session's begin."""
    groups = {condition: number for number, condition in enumerate(study.conditions)}
    folds = folded(study, right_of(WIDTH) - LEFT)
    return {
        "begin": study.begin / 1000,
        "span": max(1.0, (study.end - study.begin) / 1e6),
        "longest": max(1.0, study.longest / 1e6),
        "align": study.align,
        "tall": study_layout(study, WIDTH).tall,
        "folds": [[round(fold.begin, 3), round(fold.end, 3)] for fold in folds],
        "rows": [_row(study, row, groups[row.session.condition], inside, beside) for row in study.rows],
    }


def _row(study: StudyTimeline, row: SessionRow, group: int, inside: dict[Any, int], beside: bool) -> dict[str, Any]:
    session = row.session

    def seconds(micros: int) -> float:
        return round((min(max(micros, session.begin), session.end) - session.begin) / 1e6, 1)

    first, path = name(study, row)
    return {
        "id": str(session.session_id),
        "title": clean(f"{first} · {path}"),
        "who": row.who,
        "group": group,
        "condition": clean(session.condition),
        "begin": round((session.begin - study.begin) / 1e6, 3),
        "length": round((session.end - session.begin) / 1e6, 3),
        "first": session.first,
        "last": session.last,
        "edits": row.edits,
        "runs": [[seconds(run.begin), kind_of(run.outcome), run.position, run.outcome] for run in row.runs],
        "prompts": [
            prompt_told(prompt, seconds(seen_at(prompt)))
            | {"question": capped(prompt.question, MAX_ANSWER), "text": capped(prompt.text, MAX_ANSWER)}
            for prompt in row.prompts
        ],
        "errors": row.errors,
        "asked": row.asked,
        "answered": row.answered,
        "cells": row.cells,
        "inside": inside.get(session.session_id),
        "beside": file_of(row) if beside else None,
    }
