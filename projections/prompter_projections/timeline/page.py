"""One self-contained HTML file: opens offline, fetches nothing, and treats what a participant typed as data."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from . import facts, glyphs
from .data import as_data
from .layout import Layout, layout
from .markup import DARK, LIGHT, element, escaped
from .model import Timeline
from .svg import SANS, figure

WIDTH = 1224
"""Pixels of the drawing as it is written; the page's script fits it to the window."""

SCRIPTS = ("scale.js", "drawing.js", "figure.js", "page.js")
"""The parts of the page's one script, in their order."""

_DARK_MORE = {"add": "#17352b", "del": "#412517", "addline": "#6cc7a0", "delline": "#ff9d6b"}


def html(timelines: Sequence[Timeline]) -> bytes:
    """The page with one or more sessions, one below the other, in UTF-8."""
    plans = [layout(timeline, WIDTH) for timeline in timelines]
    style, script = _style(), _script()
    names = ", ".join(dict.fromkeys(facts.title(timeline) for timeline in timelines))
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    legend = _legend(timelines)
    sessions = "\n".join(_session(plan, number, "" if number else legend) for number, plan in enumerate(plans))
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escaped(f"Timeline · {names}")}</title>
<style>{style}</style>
</head><body><main>
{sessions}
</main>
<div class="card" id="card" role="tooltip" hidden></div>
<script type="application/json" id="data">{_embedded([as_data(plan) for plan in plans])}</script>
<script>{script}</script>
</body></html>
"""
    # Half an emoji, left by an edit that cut it, has no UTF-8.
    return page.encode("utf-8", "replace")


def _session(plan: Layout, number: int, legend: str) -> str:
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
    level = "h1" if number == 0 else "h2"
    theme = '<button class="theme" aria-label="Light or dark">◐</button>' if number == 0 else ""
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
</section>"""


def _legend(timelines: Sequence[Timeline]) -> str:
    items = (
        f'<span><svg width="{width}" height="14" aria-hidden="true">{mark}</svg>{escaped(words)}</span>'
        for mark, width, words in glyphs.legend("hatch-0", timelines)
    )
    return f'<div class="legend">{"".join(items)}</div>'


def _embedded(data: list[dict[str, Any]]) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _digest(inline: str) -> str:
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"


@cache
def _style() -> str:
    light = _variables(LIGHT) + "color-scheme:light"
    dark = _variables(DARK | _DARK_MORE) + "color-scheme:dark"
    roles = "".join(f".f-{role}{{fill:var(--{role})}}.s-{role}{{stroke:var(--{role})}}" for role in LIGHT)
    return (
        f":root{{{light}}}\n{roles}\n{_text('page.css')}\n"
        # Print keeps to the light values.
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{{dark}}}}}\n"
    )


@cache
def _script() -> str:
    return "\n".join(["(() => {", *(_text(name) for name in SCRIPTS), "})();"])


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{role}:{value};" for role, value in colours.items())


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
