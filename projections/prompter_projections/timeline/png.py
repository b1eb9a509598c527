"""The drawing as PNG, without a browser."""

from __future__ import annotations

import re
from collections.abc import Sequence

import vl_convert

from .document import document
from .model import Timeline

SCALE = 2.0
"""Twice the pixels, for print and for dense screens."""

MOST_PIXELS = 60_000_000
"""A longer drawing gets fewer pixels for each of its own: more would take gigabytes, and few programs would open it."""

_SIZE = re.compile(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"')


def png(timelines: Sequence[Timeline]) -> bytes:
    """The timelines as one PNG in light colours."""
    return picture(document(timelines))


def picture(svg: str) -> bytes:
    """An SVG file of ours as PNG."""
    size = _SIZE.match(svg)
    if size is None:
        raise ValueError("an SVG without a size")
    pixels = float(size[1]) * float(size[2])
    made: bytes = vl_convert.svg_to_png(svg, scale=min(SCALE, (MOST_PIXELS / pixels) ** 0.5))
    return made
