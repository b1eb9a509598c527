"""The marks of a plot, each around its own origin. What became of a prompt differs by shape; colour comes second."""

from __future__ import annotations

from prompter_projections.timeline.glyphs import diamond
from prompter_projections.timeline.markup import element

from .verdicts import Fate

RADIUS, HELD_RADIUS = 6.0, 4.0
"""Pixels. What was held back is smaller, for there is much of it."""

WORDS: dict[Fate, str] = {
    "answered": "answered",
    "dismissed": "dismissed",
    "expired": "expired",
    "withdrawn": "withdrawn",
    "open": "open",
    "new": "new: not in the log",
    "silent": "silent: the condition asks nothing",
}
"""What the legend says."""


def glyph(fate: Fate | None) -> str:
    """What was asked and came to this; none: held back."""
    match fate:
        case None:
            return diamond("held back", HELD_RADIUS)
        case "new":
            return element("rect", x="-4.6", y="-4.6", width="9.2", height="9.2", fill="card", stroke="askline",
                           stroke_width="1.3")  # fmt: skip
        case "silent":
            return element("circle", r=4.6, fill="card", stroke="askline", stroke_width="1.2")
    return diamond(fate, RADIUS)
