"""The drawing as PNG, without a browser."""

from __future__ import annotations

from collections.abc import Sequence

import vl_convert

from .document import document
from .model import Timeline

SCALE = 2.0
"""Twice the pixels, for print and for dense screens."""


def png(timelines: Sequence[Timeline]) -> bytes:
    """The timelines as one PNG in light colours."""
    made: bytes = vl_convert.svg_to_png(document(timelines), scale=SCALE)
    return made
