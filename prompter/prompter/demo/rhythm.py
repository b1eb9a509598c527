"""How a made-up person types: one keystroke after the other, with slips, second thoughts and pauses.

Figures: Dhakal, Feit, Kristensson and Oulasvirta, "Observations on Typing from 136 Million Keystrokes", CHI 2018
(https://doi.org/10.1145/3173574.3174220), over 168,000 people: the mean time between two keys is 239 ms with a
standard deviation of 112 ms between people, and 6.3 % of all keys take something back. Times between keys are skewed to
the right and well described by the log-normal distribution (González et al., "On the shape of timings distributions in
free-text keystroke dynamics profiles", Heliyon 7, 2021, https://doi.org/10.1016/j.heliyon.2021.e08413). Pauses of two
seconds and more part the bursts in which text is composed (Chenoweth and Hayes, "Fluency in Writing", Written
Communication 18, 2001).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from random import Random

from prompter_projections.text import units

_MEAN_KEY, _KEY_DEVIATION = 0.239, 0.112  # seconds, between people

_SLOWEST, _FASTEST = 0.42, 0.09  # seconds: nobody in a study is slower, and nobody is faster for long

_SPREAD = 0.45
"""Standard deviation of the logarithm within one person: half of all keys come within 0.74 to 1.35 of the median."""

_SLIP = 0.05
"""How often a wrong key is hit. With 1.75 keys to take back for each, that makes their share of corrections."""

_COMPLETED = 0.25
"""How often a long name is finished by the Tab key."""

_SHIFTED = frozenset('~!@#$%^&*()_+{}|:"<>?') | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

_TOKEN = re.compile(r"\w+|[^\w\n]+|\n[ ]*")

_BESIDE = {
    **dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiopqsdfghjklaxcvbnmz", strict=True)),
    **dict(zip("0123456789", "9012345678", strict=True)),
}


@dataclass(frozen=True)
class Stroke:
    """One change of a text."""

    after: float
    """Seconds since the one before."""
    ops: list[int | str]
    """As in ``cell.edited``, in UTF-16 units."""


class Typist:
    """One person's hands."""

    def __init__(self, random: Random) -> None:
        self._random = random
        variance = math.log1p((_KEY_DEVIATION / _MEAN_KEY) ** 2)
        mean = random.lognormvariate(math.log(_MEAN_KEY) - variance / 2, math.sqrt(variance))
        self.key = min(max(mean, _FASTEST), _SLOWEST) / math.exp(_SPREAD**2 / 2)
        """The median between two keys within a word, in seconds."""

    def changes(self, source: str, target: str) -> Iterator[Stroke]:
        """What makes one text of another, from top to bottom: each changed part is taken out, then typed anew."""
        before, after = (_TOKEN.findall(text) for text in (source, target))
        at = 0  # in units, behind what is done
        for tag, a, b, c, d in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
            old, new = "".join(before[a:b]), "".join(after[c:d])
            if tag == "equal":
                at += units(old)
                continue
            if old:
                yield from self._taken_out(at, old, far=at > 0 or bool(new))
            if new:
                yield from self._typed(at, new)
            at += units(new)

    def _taken_out(self, at: int, old: str, *, far: bool) -> Iterator[Stroke]:
        """What is short is taken back key by key, from its end; what is long is marked first."""
        way = self._random.lognormvariate(math.log(0.9), 0.4) if far else 0.0
        if len(old) > 8:
            yield Stroke(way + self._random.uniform(0.5, 1.3), _deletion(at, units(old)))
            return
        for left in range(len(old) - 1, -1, -1):
            yield Stroke(way + self._key(0.7), _deletion(at + units(old[:left]), units(old[left])))
            way = 0.0

    def _typed(self, at: int, new: str) -> Iterator[Stroke]:
        """From left to right, with slips."""
        thought = self._random.lognormvariate(math.log(0.8), 0.6)
        for token in _TOKEN.findall(new):
            if token[0] == "\n":
                # The editor indents by itself.
                yield Stroke(thought + self._key(1.5), [at, token] if at else [token])
                thought = self._random.lognormvariate(math.log(1.1), 0.9)
                at += len(token)
                continue
            if self._random.random() < 0.04:
                thought += self._random.lognormvariate(math.log(2.5), 0.7)
            for stroke, length in self._word(at, token):
                yield Stroke(thought + stroke.after, stroke.ops)
                thought = 0.0
                at += length

    def _word(self, at: int, word: str) -> Iterator[tuple[Stroke, int]]:
        """Strokes, and by how many units each moves the caret."""
        completed = len(word) if len(word) < 7 or self._random.random() > _COMPLETED else self._random.randint(3, 5)
        for number, character in enumerate(word[:completed]):
            if self._random.random() < _SLIP and character in _BESIDE:
                unaware = self._random.choice((0, 0, 1, 2))
                yield from self._slip(at, character, word[number + 1 : number + 1 + unaware])
            slow = (1.35 if number == 0 else 1.0) * (1.3 if character in _SHIFTED else 1.0)
            yield Stroke(self._key(slow), _insertion(at, character)), units(character)
            at += units(character)
        if rest := word[completed:]:
            yield Stroke(self._random.uniform(0.4, 0.9), _insertion(at, rest)), units(rest)

    def _slip(self, at: int, meant: str, unaware: str) -> Iterator[tuple[Stroke, int]]:
        """A wrong key, perhaps a few right ones before it is seen, and all of them taken back."""
        hit = [_BESIDE[meant], *unaware]
        for character in hit:
            yield Stroke(self._key(1.0), _insertion(at, character)), units(character)
            at += units(character)
        seen = self._random.lognormvariate(math.log(0.35), 0.4)
        for character in reversed(hit):
            at -= units(character)
            yield Stroke(seen + self._key(0.7), _deletion(at, units(character))), -units(character)
            seen = 0.0

    def _key(self, slow: float) -> float:
        return self._random.lognormvariate(math.log(self.key * slow), _SPREAD)


def _insertion(at: int, text: str) -> list[int | str]:
    return [at, text] if at else [text]


def _deletion(at: int, length: int) -> list[int | str]:
    return [at, -length] if at else [-length]
