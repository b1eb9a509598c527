"""The SVG file: one or more sessions with title, figures and legend."""

from __future__ import annotations

from collections.abc import Sequence

from . import facts, glyphs
from .layout import layout
from .markup import element, escaped, label
from .model import Timeline
from .svg import SANS, figure, moved

_PAGE_MARGIN = 28


def document(timelines: Sequence[Timeline], width: int = 1280) -> str:
    """A whole SVG file with title, figures and legend; several sessions one below the other. ``width`` in pixels."""
    inner = width - 2 * _PAGE_MARGIN
    parts: list[str] = []
    y = 24.0
    for number, timeline in enumerate(timelines):
        legend = glyphs.legend("hatch-0", timelines) if number == 0 else []
        head, height = _head(timeline, inner, legend)
        parts.append(moved(0, y, head))
        y += height
        plan = layout(timeline, inner)
        parts.append(moved(0, y, figure(plan, f"{number}", interactive=False)))
        y += plan.height + 44
    height = y - 44 + 20
    return element(
        "svg",
        element("rect", width=width, height=height, fill="paper"),
        moved(_PAGE_MARGIN, 0, "".join(parts)),
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height:g}",
        font_family=SANS,
        font_size="11.5",
    )


def _head(timeline: Timeline, width: float, legend: list[tuple[str, int, str]]) -> tuple[str, float]:
    """Title, figures and the legend, if any: (markup, height)."""
    title = label(facts.title(timeline), 60)
    parts = [
        element("text", escaped(title), x=0, y=14, fill="ink", font_size=19, font_weight=700),
        element("text", escaped(label(facts.circumstances(timeline), 150)), x=0, y=35, fill="ink2", font_size=12),
    ]
    x, y = 0.0, 56.0
    for strong, rest in facts.figures(timeline):
        # Estimated: texts are measured nowhere, and most fonts are narrower than this.
        wide = 7.6 * len(strong) + 6.9 * len(rest) + 4
        if x + wide > width:
            x, y = 0.0, y + 20
        words = element("tspan", escaped(strong), fill="ink", font_weight=700)
        parts.append(element("text", words + escaped(f" {rest}"), x=x, y=y, fill="ink2", font_size=12))
        x += wide + 18
    if legend:
        x, y = 0.0, y + 14
        for mark, wide, words in legend:
            needed = wide + 5 + 6.6 * len(words)
            if x + needed > width:
                x, y = 0.0, y + 20
            parts.append(moved(x, y, mark))
            parts.append(element("text", escaped(words), x=x + wide + 5, y=y + 11, fill="ink2", font_size=11))
            x += needed + 14
        y += 16
    return "".join(parts), y + 14
