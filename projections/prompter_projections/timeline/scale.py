"""Time across the page: linear in minutes, long quiet times folded to a fixed width.

``scale.js`` does the same sums when the window, the zoom or a fold changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FOLD_PX = 40
"""The width of a folded gap, whatever its length; wide enough for its length written in."""

TICK_PX = 40
"""Ticks stand at least this far apart, so that their labels do not touch."""

TICK_MINUTES = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 1440)


@dataclass(frozen=True)
class Fold:
    """A quiet time, in seconds since the session's begin."""

    begin: float
    end: float


class Scale:
    """Seconds since the session's begin → pixels between ``left`` and ``right``."""

    def __init__(self, left: float, right: float, length: float, folds: Sequence[Fold]) -> None:
        self.left, self.right, self.length = left, right, length
        self.folds = tuple(folds)
        # Many folds share what there is, and half the width stays with the work itself.
        self.fold_px = min(FOLD_PX, (right - left) / 2 / len(folds)) if folds else FOLD_PX
        live = max(1.0, length - sum(fold.end - fold.begin for fold in folds))
        self.per_second = (right - left - len(folds) * self.fold_px) / live
        """Pixels a second outside the folds."""
        # Pieces of the map: from this second on, this pixel, so many pixels a second.
        self._pieces: list[tuple[float, float, float]] = []
        at, x = 0.0, float(left)
        for fold in self.folds:
            self._pieces.append((at, x, self.per_second))
            x += (fold.begin - at) * self.per_second
            self._pieces.append((fold.begin, x, self.fold_px / (fold.end - fold.begin)))
            x += self.fold_px
            at = fold.end
        self._pieces.append((at, x, self.per_second))
        self._begins = [piece[0] for piece in self._pieces]

    def __call__(self, seconds: float) -> float:
        """The pixel of a moment."""
        at, x, per_second = self._pieces[max(0, bisect_right(self._begins, seconds) - 1)]
        return x + (seconds - at) * per_second

    def ticks(self) -> Iterator[float]:
        """Round moments outside the folds, in seconds."""
        minutes = next((m for m in TICK_MINUTES if m * 60 * self.per_second >= TICK_PX), TICK_MINUTES[-1])
        step = minutes * 60
        last = -float(TICK_PX)
        for i in range(int(self.length // step) + 1):
            moment = i * step
            if any(fold.begin < moment < fold.end for fold in self.folds):
                continue
            x = self(moment)
            # On both sides of a fold ticks may come closer than their step.
            if x - last >= TICK_PX - 4:
                last = x
                yield moment


def clock(seconds: float) -> str:
    """Minutes and seconds, ``36:06``; hours are counted in minutes, so that labels stay short."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def tick(seconds: float) -> str:
    """A label of the axis: ``36:00``, and whole hours as ``6 h``."""
    return f"{seconds / 3600:.0f} h" if seconds >= 6_000 and seconds % 3600 == 0 else clock(seconds)


def rough(seconds: float) -> str:
    """A gap's length, short enough to be written into it: ``4:27``, ``2 h``, ``3 d``."""
    if seconds < 6_000:
        return clock(seconds)
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86400:.0f} d"
