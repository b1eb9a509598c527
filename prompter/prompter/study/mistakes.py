"""What is wrong in a study file, and on which line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ..errors import SettingInvalid

Place = tuple[str | int, ...]
"""The way to a value in a study file: keys, and places in lists counted from 0."""


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing that is wrong."""

    line: int
    """Counted from 1."""
    text: str
    """What is wrong; what is allowed here."""


class StudyInvalid(SettingInvalid):
    """A study file that cannot be used. As text it is one line about the first mistake; ``lines`` has them all."""

    def __init__(self, path: Path, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: Sequence[Mistake] = sorted(set(mistakes))
        self.lines = [f"{path}:{mistake.line}: {mistake.text}" for mistake in self.mistakes]
        more = len(self.lines) - 1
        super().__init__(self.lines[0] + (f" (and {more} more: `prompter check` tells them all)" if more else ""))


def nearest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean …?)``, if one of the known names is near."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
