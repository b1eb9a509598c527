"""One self-contained HTML file: opens offline, fetches nothing, and treats what a participant typed as data.

Addresses: ``file.html#position=N`` opens what stands at a position of the log, scrolls to it and marks its time;
``file.html#at=2026-06-09T13:38:06Z`` marks a moment (ISO 8601; UTC where no zone is told); ``#session=ID`` opens one
session of a study's file. They work in files of one session and of many, and narratives link so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from . import facts, glyphs
from .data import as_data
from .layout import Layout, layout
from .markup import element, escaped
from .model import Timeline
from .paper import file, sheet
from .svg import SANS, figure

WIDTH = 1224
"""Pixels of the drawing as it is written; the page's script fits it to the window."""

SCRIPTS = ("scale.js", "drawing.js", "figure.js", "study.js", "page.js")
"""The modules that make the page's one script, each after those that it imports."""

HINT = "Drag in the overview to zoom; Ctrl and wheel zoom, Shift and wheel move; arrow keys walk from mark to mark."

_IMPORT = re.compile(r"^import [^;]+;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |class |function )", re.MULTILINE)


def html(timelines: Sequence[Timeline], *, back: str = "") -> bytes:
    """The page with one or more sessions, one below the other, in UTF-8. ``back``: the file of all sessions, if any."""
    plans = [layout(timeline, WIDTH) for timeline in timelines]
    legend = legend_of(glyphs.legend("hatch-0", timelines))
    link = f'<a class="back" href="{escaped(back)}">← All sessions</a>' if back else ""
    sections = (
        session_section(plan, number, "" if number else legend, first=number == 0) for number, plan in enumerate(plans)
    )
    names = ", ".join(dict.fromkeys(facts.title(timeline) for timeline in timelines))
    return shell(f"Timeline · {names}", link + "\n".join(sections), map(session_data, plans, range(len(plans))))


def shell(title: str, main: str, data: Iterable[str]) -> bytes:
    """A whole page in UTF-8: ``main`` is markup already, as are the elements that hold ``data``."""
    body = f"""<main>
{main}
</main>
<div class="card" id="card" role="tooltip" hidden></div>
{"".join(data)}"""
    return file(title, body, _style(), _script())


def session_section(plan: Layout, number: int, legend: str, *, first: bool) -> str:
    """One session: head, legend, drawing, and the place of the panel. The ``first`` of a page names the page."""
    timeline = plan.timeline
    figures = "".join(
        f"<span><b>{escaped(strong)}</b> {escaped(rest)}</span>" for strong, rest in facts.figures(timeline)
    )
    drawing = element(
        "svg",
        figure(plan, str(number), interactive=True),
        cls="figure",
        width=WIDTH,
        height=plan.height,
        viewBox=f"0 0 {WIDTH} {plan.height:g}",
        role="group",
        aria_label="Marks in the order of time: arrow keys walk, Enter opens, plus and minus zoom",
        font_family=SANS,
        font_size="11.5",
    )
    level = "h1" if first else "h2"
    theme = THEME if first else ""
    fold = '<button class="gaps">Unfold gaps</button>' if plan.gaps else ""
    return f"""<section class="session" data-session="{number}">
<header><div class="head"><{level}>{escaped(facts.title(timeline))}</{level}>
<span class="sub">{escaped(facts.circumstances(timeline))}</span>
<span class="tools"><button class="whole" hidden>Whole session</button>{fold}
<button class="clock" aria-pressed="false">Clock time</button>{theme}</span></div>
<div class="facts">{figures}</div></header>
{legend}
<div class="stage"><figure aria-label="Timeline of one session: a lane for each cell, time across">{drawing}</figure>
<aside hidden aria-label="The cell at this version"></aside></div>
<p class="hint">{HINT}</p>
</section>"""


THEME = '<button class="theme" aria-label="Light or dark">◐</button>'


def session_data(plan: Layout, number: int) -> str:
    """The element that holds what the page knows of a session beside its drawing."""
    data = as_data(plan)
    for lane in data["lanes"]:
        _pack(lane)
    return embedded(data, f'data-for="{number}"')


def _pack(lane: dict[str, Any]) -> None:
    """Tell each line of a cell once: versions become lists of places in ``lines``, which the script undoes."""
    places: dict[str, int] = {}
    lane["versions"] = [[places.setdefault(line, len(places)) for line in version] for version in lane["versions"]]
    lane["lines"] = list(places)


def embedded(data: Any, attributes: str) -> str:
    """An element with JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" {attributes}>{text}</script>\n'


def legend_of(items: Iterable[tuple[str, int, str]]) -> str:
    """A legend of (mark, width, words)."""
    drawn = (
        f'<span><svg width="{width}" height="14" aria-hidden="true">{mark}</svg>{escaped(words)}</span>'
        for mark, width, words in items
    )
    return f'<div class="legend">{"".join(drawn)}</div>'


@cache
def _style() -> str:
    return sheet(_text("page.css"))


@cache
def _script() -> str:
    """The modules as one block: a file that opens offline cannot import."""
    parts = (_EXPORT.sub("", _IMPORT.sub("", _text(name))) for name in SCRIPTS)
    return "\n".join(["(() => {", "'use strict';", *parts, "})();"])


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
