"""Names in texts, and what stands in for them.

A stand-in has the letters of its name replaced by others and all else left alone: ``/home/anna/loans.csv`` becomes
``/home/kqzv/loans.csv``. It has as many UTF-16 units as the name, so that offsets in edits hold, is a word where the
name was one, and is always the same within a study. The letters come of BLAKE2b, keyed by the release's secret.
"""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b

from prompter_projections.text import units

HOME = re.compile(
    r"(?:/home/|/Users/|\b[A-Za-z]:[\\/]{1,2}Users[\\/]{1,2})"
    r"([\w.'-]{1,64}(?: [\w.'-]{1,64}){1,2}(?=[\\/])|[^/\\\s\"'<>|:*?,;)\]}]{1,64})",
    re.IGNORECASE,
)
"""A home directory; its group is the account's name, which has blanks on some systems."""

SHORTEST = 3
"""Shorter names are too often something else, and stay; the scan of what remains lists them."""

MOST_NAMES = 10_000
"""Of accounts found in paths. More can only be somebody's list; in paths they are replaced all the same."""

_WORD = re.compile(r"[^\W_]+")
# Those of notebooks. What stands behind the dot of another name may be a family's.
_EXTENSION = re.compile(r"\.(?:ipynb|jl|md|py|qmd|r|rmd)$", re.IGNORECASE)

# To replace these would change what programs mean, and they name nobody.
_COMMON = frozenset(
    {word.casefold() for word in (*keyword.kwlist, *keyword.softkwlist, *dir(builtins))}
    | {"admin", "administrator", "anaconda", "app", "conda", "data", "debian", "default", "guest", "home", "jovyan"}
    | {
        "jupyter",
        "jupyterhub",
        "kernel",
        "lab",
        "local",
        "model",
        "notebook",
        "numpy",
        "owner",
        "pandas",
        "participant",
    }
    | {"public", "python", "researcher", "root", "runner", "sample", "shared", "student", "study", "test", "ubuntu"}
    | {"user", "users", "work"}
)


def is_replaceable(name: str) -> bool:
    """Whether a name may be looked for in texts without destroying what they say."""
    folded = name.strip().casefold()
    if len(folded) < SHORTEST or folded in _COMMON or not _WORD.search(folded):
        return False
    # Short numbers are everywhere in programs.
    return not (folded.isdigit() and len(folded) < 5)


def _touches(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a span has something in common with one of those, which are in order and apart."""
    after = bisect_left(spans, (span[1], 0))
    return after > 0 and spans[after - 1][1] > span[0]


def file_name(path: str) -> str:
    """The last part of a path."""
    return re.split(r"[\\/]", path)[-1]


def _is_path(text: str) -> bool:
    """Whether a notebook's path may be looked for in texts: without an extension it may be any word."""
    return _EXTENSION.search(text) is not None or (is_replaceable(text) and file_name(text) != text)


class Names:
    """The names that a release must not tell, under one study's key."""

    def __init__(self, names: Iterable[str], paths: Iterable[str], key: bytes) -> None:
        """``names`` are of people and accounts, ``paths`` of their notebooks. ``key`` has at most 64 bytes."""
        self._key = key
        known = {name.strip() for name in names if is_replaceable(name)}
        parts = {part for path in paths for part in (path, file_name(path)) if _is_path(part)}
        self._paths = {part.casefold() for part in parts}
        known |= parts
        self._by_word: dict[str, set[str]] = {}
        for name in known:
            if found := _WORD.search(name.casefold()):
                self._by_word.setdefault(found.group(), set()).add(name)
        self._patterns: dict[frozenset[str], re.Pattern[str]] = {}
        self._stand_ins: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A text with every name in it replaced; the same object if there is none."""
        spans = self.spans(text)
        if not spans:
            return text
        made, end = [], 0
        for begin, until in spans:
            made += [text[end:begin], self._replaced(text[begin:until])]
            end = until
        return "".join(made) + text[end:]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where names stand that ``text`` replaces, as (begin, end) in characters, in order and apart."""
        pattern = self._pattern_for(text)
        spans = [] if pattern is None else [name.span() for name in pattern.finditer(text)]
        if "/home/" in text or "sers" in text or "SERS" in text:
            homes = [home.span(1) for home in HOME.finditer(text) if home.group(1).casefold() not in _COMMON]
            spans = sorted([*spans, *(home for home in homes if not _touches(home, spans))])
        return spans

    def path(self, path: str) -> str:
        """The stand-in for a path: part by part, so that directories stay what they are, with its extension."""
        *directories, last = re.split(r"([\\/])", path)
        extension = _EXTENSION.search(last)
        kept = extension.group() if extension is not None and extension.start() > 0 else ""
        return "".join(map(self._part, directories)) + self.stand_in(last.removesuffix(kept)) + kept

    def _part(self, part: str) -> str:
        return part if part.casefold() in _COMMON or not _WORD.search(part) else self.stand_in(part)

    def stand_in(self, name: str) -> str:
        """Other letters for those of a name; upper case stays upper case."""
        known = self._stand_ins.get(name)
        if known is None and not _WORD.search(name):
            return name
        if known is None:
            known = next(made for turn in range(256) if (made := self._drawn(name, turn)).casefold() != name.casefold())
            if len(self._stand_ins) < MOST_NAMES:
                self._stand_ins[name] = known
        return known

    def _drawn(self, name: str, turn: int) -> str:
        folded = name.casefold().encode("utf-8", "surrogatepass")
        made: list[str] = []
        stream = b""
        for at, character in enumerate(name):
            if not (character.isalnum() or ord(character) >= 0x80):
                made.append(character)
                continue
            while len(stream) <= at + 1:
                block = len(stream).to_bytes(4) + bytes([turn]) + folded
                stream += blake2b(block, key=self._key, digest_size=64).digest()
            letters = "".join(chr(ord("a") + stream[at + place] % 26) for place in range(units(character)))
            made.append(letters.upper() if character.isupper() else letters)
        return "".join(made)

    def _replaced(self, name: str) -> str:
        return self.path(name) if name.casefold() in self._paths else self.stand_in(name)

    def _pattern_for(self, text: str) -> re.Pattern[str] | None:
        words = _WORD.findall(text.casefold())
        if self._by_word.keys().isdisjoint(words):
            return None
        return self._pattern(frozenset(self._by_word.keys() & set(words)))

    def _pattern(self, words: frozenset[str]) -> re.Pattern[str]:
        pattern = self._patterns.get(words)
        if pattern is None:
            names = sorted(
                (name for word in words for name in self._by_word[word]), key=lambda name: (-len(name), name)
            )
            # The longest first; and a name is one only where no letter or digit stands beside it.
            choice = "|".join(map(re.escape, names))
            pattern = re.compile(rf"(?<![^\W_])(?:{choice})(?![^\W_])", re.IGNORECASE)
            if len(self._patterns) < 1_000:
                self._patterns[words] = pattern
        return pattern

    @cached_property
    def longest(self) -> int:
        """Characters of the longest name."""
        return max((len(name) for names in self._by_word.values() for name in names), default=0)
