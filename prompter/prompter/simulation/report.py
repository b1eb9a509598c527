"""Figures of one policy, and of two beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from .verdicts import Fate, Verdict

HOUR = 3600 * 1_000_000


@dataclass(frozen=True)
class Figures:
    """One policy in numbers."""

    worked: int
    """By all participants together, µs."""
    asked: int
    held_back: int
    by_rule: dict[str, tuple[int, int]]
    """Rule → asked, held back; the rules in the order of the study."""
    reasons: dict[str, int]
    """Why something was held back, the most frequent first."""
    fates: dict[str, int]
    """What became of what was asked."""

    def an_hour(self, number: int) -> float:
        """So many in an hour of work; 0 where nobody worked."""
        return number * HOUR / self.worked if self.worked else 0.0


@dataclass(frozen=True)
class Comparison:
    """Two policies over the same runs."""

    both: list[tuple[Verdict, Verdict]]
    only_first: list[tuple[Verdict, Verdict | None]]
    """What the first one asks, and how the second one held it back, if it wished for it at all."""
    only_second: list[tuple[Verdict | None, Verdict]]


def figures(verdicts: Sequence[Verdict], worked: int, rules: Sequence[str] = ()) -> Figures:
    """Count. ``rules``: those of the study, so that one which never asks is named too."""
    asked = Counter(verdict.rule for verdict in verdicts if verdict.asked)
    held = Counter(verdict.rule for verdict in verdicts if not verdict.asked)
    names = dict.fromkeys([*rules, *asked, *held])
    reasons = Counter(verdict.reason for verdict in verdicts if not verdict.asked)
    fates = Counter(verdict.fate for verdict in verdicts if verdict.fate is not None)
    return Figures(
        worked=worked,
        asked=asked.total(),
        held_back=held.total(),
        by_rule={name: (asked[name], held[name]) for name in names},
        reasons=dict(reasons.most_common()),
        fates={fate: fates[fate] for fate in get_args(Fate)},
    )


def compared(first: Sequence[Verdict], second: Sequence[Verdict]) -> Comparison:
    """Which runs both ask about, and which only one of them; in the order in which the first asker asked."""
    latest_first = _by_subject(first)
    latest_second = _by_subject(second)
    comparison = Comparison([], [], [])
    for verdict in first:
        if verdict.asked:
            other = latest_second.get(verdict.about)
            if other is not None and other.asked:
                comparison.both.append((verdict, other))
            else:
                comparison.only_first.append((verdict, other))
    for verdict in second:
        if verdict.asked:
            mine = latest_first.get(verdict.about)
            if mine is None or not mine.asked:
                comparison.only_second.append((mine, verdict))
    return comparison


def _by_subject(verdicts: Sequence[Verdict]) -> dict[tuple[object, ...], Verdict]:
    """The verdict on each cell version; where there are several, that it was asked about."""
    found: dict[tuple[object, ...], Verdict] = {}
    for verdict in verdicts:
        if verdict.asked or verdict.about not in found:
            found[verdict.about] = verdict
    return found
