"""What a benchmark prints: one line for each figure."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Limit:
    """What a figure is held against, measured in the same run."""

    name: str
    value: float


@dataclass(frozen=True)
class Target:
    """Where the ratio of a figure to its limit, or the figure itself if it has none, should lie."""

    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        bounds = ((">=", self.at_least), ("<=", self.at_most))
        return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)

    def met(self, value: float) -> bool:
        """Whether the value lies there."""
        low = float("-inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return low <= value <= high


def figure(name: str, value: float, unit: str, limit: Limit | None = None, target: Target | None = None) -> None:
    """Print name, value, unit, limit, ratio and target."""
    parts = [f"{name}: {_number(value)} {unit}"]
    judged = value
    if limit is not None:
        judged = value / limit.value
        parts += [f"{limit.name}: {_number(limit.value)} {unit}", f"ratio {judged:.2f}"]
    if target is not None:
        parts.append(f"target {target}: {'met' if target.met(judged) else 'MISSED'}")
    print(" | ".join(parts), flush=True)


def peak_memory() -> float:
    """The most memory that this process has held so far, MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which so many percent lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def percentile_of_histogram(figures: Mapping[str, float], name: str, percent: int, *, below: float) -> float:
    """The same of a histogram of Prometheus, of its values up to the bound ``below``.

    As ``histogram_quantile`` of Prometheus has it: evenly spread within each bucket. Not a number if it has no values.
    """
    buckets = {bound: figures[f"{name}_bucket{{le={bound}}}"] for bound in _bounds(figures, name) if bound <= below}
    rank = buckets[below] * percent / 100
    low = counted = 0.0
    for bound, count in buckets.items():
        if count >= rank and count > counted:
            return low + (bound - low) * (rank - counted) / (count - counted)
        low, counted = bound, count
    return float("nan")


def _bounds(figures: Mapping[str, float], name: str) -> list[float]:
    begin = f"{name}_bucket{{le="
    return sorted(float(each.removeprefix(begin)[:-1]) for each in figures if each.startswith(begin))


def middle_rate(count: int, seconds: Sequence[float]) -> float:
    """How many a second, by the median of the rounds."""
    return count / median(seconds)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
