"""The drawing of small multiples: what the SVG file, the PNG and the page all show.

Drawn here and not by Vega-Altair: a gap folded out of an otherwise linear scale, and the same marks for fates and
outcomes as beside it in a single session, are no part of Vega-Lite; and its runtime would add 800 kB to each file and
need ``unsafe-eval`` in a page that keeps everything else from running.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from . import facts, glyphs
from .markup import element, escaped, label
from .model import Fate, Outcome, Prompt
from .study import SessionRow, StudyTimeline
from .study_layout import BASE, COLUMN, LEFT, ROW, TOP, StudyLayout, bars, dates, gap_words, study_layout, ticks
from .svg import MONO, SANS, moved

_PAGE_MARGIN = 28

GLOSS = {
    "EXP_CTS": "asked while working",
    "EXP_END": "asked in a review at the end",
    "EXP_NONE": "never asked; what would have been asked is hollow",
    "NO_EXP": "no study; asked while working",
    "": "no condition is recorded",
}
"""What the conditions mean to a reader."""

_LETTER, _LONGEST = 6.7, 16
"""The width of a letter of a row's name, in pixels, and how many there may be."""

RADIUS = {True: 4.0, False: 5.0}
"""Of a prompt's diamond, by whether it was held back."""


def study_document(study: StudyTimeline, title: str, width: int = 1280) -> str:
    """A whole SVG file with title, figures and legend. ``width`` in pixels."""
    inner = width - 2 * _PAGE_MARGIN
    plan = study_layout(study, inner)
    aligned = "clock times in UTC" if study.align == "clock" else "aligned at begin"
    parts = [element("text", escaped(label(title, 90)), x=0, y=14, fill="ink", font_size=19, font_weight=700)]
    parts.append(element("text", escaped(f"{circumstances(study)} · {aligned}"), x=0, y=35, fill="ink2", font_size=12))
    x, y = 0.0, 50.0
    for mark, wide, words in legend():
        parts.append(moved(x, y, mark))
        parts.append(element("text", words, x=x + wide + 5, y=y + 11, fill="ink2", font_size=11))
        x += wide + 5 + 6.6 * len(words) + 14
    y += 28
    parts.append(moved(0, y, study_axis(plan)))
    parts.append(moved(0, y, study_rows(plan, interactive=False)))
    height = 24 + y + plan.height + 16
    return element(
        "svg",
        element("rect", width=width, height=height, fill="paper"),
        moved(_PAGE_MARGIN, 24, "".join(parts)),
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height:g}",
        font_family=SANS,
        font_size="11.5",
    )


def circumstances(study: StudyTimeline) -> str:
    """How many people and sessions, and when."""
    begin, end = facts.moment(study.begin), facts.moment(study.end)
    days = facts.date(begin) if begin.date() == end.date() else f"{facts.date(begin)} to {facts.date(end)}"
    people = facts.counted(study.participants, "participant")
    return " · ".join([people, facts.counted(len(study.rows), "session"), days])


def study_axis(plan: StudyLayout) -> str:
    """Dates, times, and the heads of the columns."""
    parts = []
    for moment, words in dates(plan) if plan.study.align == "clock" else ():
        parts.append(element("text", words, x=plan.scale(moment), y=13, font_size=11, font_weight=600, fill="ink2"))
    for moment, words in ticks(plan):
        x = plan.scale(moment)
        parts.append(element("text", words, x=x, y=29, text_anchor="middle", font_size=11, fill="ink3"))
    for fold in plan.scale.folds:
        left, right = plan.scale(fold.begin), plan.scale(fold.end)
        if right - left > 26:
            words, x = gap_words(fold.end - fold.begin), (left + right) / 2
            parts.append(
                element(
                    "text", words, x=x, y=29, text_anchor="middle", font_size=10, font_style="italic", fill="ink3",
                    cls="length",
                )
            )  # fmt: skip
    heads = "".join(
        element("text", words, x=_column(plan, i), y=29, text_anchor="end", font_size=11, fill="ink3", cls=f"col-{i}")
        for i, words in enumerate(("runs", "errors", "answered"))
    )
    return element("g", "".join(parts), cls="study-times") + element("g", heads)


def study_rows(plan: StudyLayout, *, interactive: bool) -> str:
    """Grid, folds, groups and rows; the axis's height is left free above them. ``interactive``: rows take the focus."""
    grid = [
        element("line", x1=plan.scale(at), x2=plan.scale(at), y1=TOP - 4, y2=plan.height, stroke="hair")
        for at, _ in ticks(plan)
    ]
    for fold in plan.scale.folds:
        left, right = plan.scale(fold.begin), plan.scale(fold.end)
        grid.append(element("rect", x=left, y=TOP - 6, width=right - left, height=plan.height - TOP + 6, fill="band"))
    heads = "".join(_head(condition, top, index) for index, (condition, top) in enumerate(plan.heads))
    widest = max((len(label(name(plan.study, row)[0], _LONGEST)) for row in plan.study.rows), default=0)
    beside = 18 + _LETTER * widest
    rows = "".join(
        _row(plan, row, index, top, interactive, beside=beside)
        for index, (row, top) in enumerate(zip(plan.study.rows, plan.tops, strict=True))
    )
    return element("g", "".join(grid), cls="study-grid") + element("g", heads + rows, cls="study-body")


def name(study: StudyTimeline, row: SessionRow) -> tuple[str, str]:
    """A row's label: (who, or when if it is always the same person; which notebook)."""
    begin = facts.moment(row.session.begin)
    first = f"{begin.day} {begin:%b} {begin:%H:%M}"
    if study.participants > 1:
        first = _short(tuple(each.who for each in study.rows))[row.who]
    return first, row.session.notebook_path or "notebook without a path"


@lru_cache(maxsize=4)
def _short(names: tuple[str, ...]) -> dict[str, str]:
    """Pseudonyms with as many of their digits as tell them apart, four at least."""
    known = dict.fromkeys(names)
    for digits in range(4, 9):
        short = {who: who[: who.rfind("-") + 1 + digits] for who in known}
        if len(set(short.values())) == len(known):
            return short
    return {who: who for who in known}


def sentence(study: StudyTimeline, row: SessionRow) -> str:
    """A row in a sentence, for who cannot see it."""
    first, path = name(study, row)
    parts = [first, path, facts.counted(len(row.runs), "run"), facts.counted(row.errors, "error")]
    parts.append(f"{row.answered} of {row.asked} answered")
    parts.append(facts.lasting((row.session.end - row.session.begin) / 1e6))
    return ", ".join(parts)


def legend() -> list[tuple[str, int, str]]:
    """(mark, width, words), as ``glyphs.legend`` has them."""
    area = element("path", d="M0 13v-4h4v-6h5v4h4v3h3v3z", fill="edit")
    tick = element("path", d="M2 4h1.6v6h-1.6zM7 4h1.6v6h-1.6z", fill="ok")
    cross = element("path", d=_cross(4, 7), stroke="err", stroke_width="1.5", fill="none")
    other = element("path", d=_hollow(2, 4), stroke="abort", stroke_width="1", fill="paper")
    fates: tuple[Fate, ...] = ("answered", "dismissed", "expired", "withdrawn", "open", "held back")
    return [
        (area, 17, "edits per half minute"),
        (tick, 11, "run"),
        (cross, 9, "error"),
        (other, 8, "aborted or without an end"),
        *((moved(7, 7.5, glyphs.diamond(fate, 5.2)), 14, fate) for fate in fates),
    ]


def _head(condition: str, top: float, index: int) -> str:
    text = element("tspan", escaped(condition or "No condition"), fill="ink", font_weight=700, font_size=12)
    gloss = element("tspan", escaped(GLOSS.get(condition, "")), dx=8, fill="ink3", font_size=11)
    return element(
        "g", element("text", text, gloss, x=8, y=20), cls="study-group", transform=f"translate(0 {top:g})",
        data_group=index,
    )  # fmt: skip


def _row(plan: StudyLayout, row: SessionRow, index: int, top: float, interactive: bool, *, beside: float) -> str:
    first, path = name(plan.study, row)
    session = row.session
    edits = "".join(f"M{x:.1f} {BASE}v-{high:.1f}h{wide:.1f}v{high:.1f}z" for x, wide, high in bars(plan, row))
    figures = (str(len(row.runs)), str(row.errors), f"{row.answered} of {row.asked}" if row.asked else "none")
    parts = [
        element("rect", cls="row-ground", x=0, y=0, width=plan.width, height=ROW, rx=3, fill="transparent"),
        element("text", escaped(label(first, _LONGEST)), x=8, y=BASE + 1, font_size=11, fill="ink2", font_family=MONO),
        element(
            "text", escaped(label(path, int((LEFT - 8 - beside) / 6))), x=round(beside), y=BASE + 1, font_size=11,
            fill="ink3",
        ),
        element(
            "line", cls="row-line", x1=plan.x(row, session.begin), x2=plan.x(row, session.end), y1=BASE + 0.5,
            y2=BASE + 0.5, stroke="rule",
        ),
        element("path", cls="row-edits", d=edits, fill="edit", fill_opacity="0.75"),
        *_runs(plan, row),
        *_prompts(plan, row),
        *(
            element("text", words, x=_column(plan, i), y=BASE + 1, text_anchor="end", font_size=11, fill="ink2",
                    cls=f"col-{i}")
            for i, words in enumerate(figures)
        ),
    ]  # fmt: skip
    told = sentence(plan.study, row)
    if not interactive:
        return element("g", element("title", escaped(told)), *parts, transform=f"translate(0 {top:g})")
    return element(
        "g", *parts, cls="study-row", transform=f"translate(0 {top:g})", data_row=index, tabindex=-1, role="button",
        aria_label=told,
    )  # fmt: skip


def _runs(plan: StudyLayout, row: SessionRow) -> Iterable[str]:
    kinds: dict[str, dict[int, float]] = {"ok": {}, "other": {}, "err": {}}
    for run in row.runs:
        # As many as there is room for: two on the same pixel are one.
        x = plan.x(row, run.begin)
        kinds[kind_of(run.outcome)].setdefault(round(x), x)
    ok = "".join(f"M{x:.1f} {BASE + 2.5}h1.6v5h-1.6z" for x in kinds["ok"].values())
    other = "".join(_hollow(x, BASE + 3) for x in kinds["other"].values())
    crosses = "".join(_cross(x + 0.8, BASE + 5) for x in kinds["err"].values())
    yield element("path", cls="row-ok", d=ok, fill="ok")
    yield element("path", cls="row-other", d=other, fill="paper", stroke="abort", stroke_width="1")
    yield element("path", cls="row-err", d=crosses, fill="none", stroke="err", stroke_width="1.4")


def _prompts(plan: StudyLayout, row: SessionRow) -> Iterable[str]:
    for held in (True, False):
        for index, prompt in enumerate(row.prompts):
            if (prompt.fate == "held back") is held:
                drawn = glyphs.diamond(prompt.fate, RADIUS[held])
                x = plan.x(row, seen_at(prompt))
                place = f"translate({x:.1f} {BASE - 9})"
                yield element("g", drawn, cls="row-prompt", transform=place, data_prompt=index)


def seen_at(prompt: Prompt) -> int:
    """Where a prompt stands: when the participant saw it, else when it was issued."""
    return prompt.shown if prompt.shown is not None else prompt.issued


def kind_of(outcome: Outcome) -> str:
    """How a run is drawn: a tick, a cross or a hollow tick."""
    return {"ok": "ok", "error": "err"}.get(outcome, "other")


def _column(plan: StudyLayout, index: int) -> float:
    return plan.width - (2 - index) * COLUMN - 6


def _cross(x: float, y: float) -> str:
    return f"M{x - 2.4:.1f} {y - 2.4:g}l4.8 4.8m0 -4.8l-4.8 4.8"


def _hollow(x: float, y: float) -> str:
    return f"M{x:.1f} {y:g}h2.4v4.4h-2.4z"
