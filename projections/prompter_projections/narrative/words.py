"""How facts are put into words: lengths of time, cells, counts, lists, positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..timeline.facts import lasting
from ..timeline.markup import clean, label
from .model import Code, Part, Parts, Sentence

SHOWN_COLUMNS = 72
"""A longer name, message or line of output is cut in a sentence; the log and the timeline have it whole."""

_LOOKED_AT = 4_000

MANY = 6
"""Of more names or cells than these, the first are told and the rest counted."""


def sentence(*parts: Part, positions: Iterable[int], inferred: str = "") -> Sentence:
    """A sentence with its positions in order, each once."""
    return Sentence(tuple(parts), tuple(sorted(set(positions))), inferred)


def how_known(inferred: str) -> str:
    """``by the kernel`` as it is, for the kernel saw it; anything else was inferred."""
    return inferred if inferred.startswith("by ") else f"inferred {inferred}"


def code(text: str, columns: int = SHOWN_COLUMNS) -> Code:
    """What stands in the notebook, on one line and no longer than a line."""
    # Cells may be a megabyte long; what is shown is at the beginning.
    begun = text[:_LOOKED_AT] if not text[:1].isspace() else text.lstrip()[:_LOOKED_AT]
    return Code(label(" ".join(begun.split()), columns))


def counted(number: int, word: str) -> str:
    """``1 run``, ``2,000 runs``."""
    plural = word if number == 1 else f"{word[:-1]}ies" if word.endswith("try") else f"{word}s"
    return f"{number:,} {plural}"


def times(number: int) -> str:
    """``once``, ``twice``, ``7 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def took(micros: int) -> str:
    """A length of time: ``24 s``, ``3 min 4 s``."""
    return lasting(max(0, micros) / 1e6)


def listed(items: Sequence[Part | Parts], most: int = MANY, last: str = "and") -> Parts:
    """``a, b and c``; of many, ``a, b, c and 5 more``. Without ``last`` there are commas alone."""
    shown = list(items) if len(items) <= most + 1 else [*items[:most], f"{len(items) - most:,} more"]
    return tuple(_joined(shown, last))


def _joined(items: Sequence[Part | Parts], last: str) -> Iterator[Part]:
    for index, item in enumerate(items):
        if index:
            yield f" {last} " if last and index == len(items) - 1 else ", "
        if isinstance(item, tuple):
            yield from item
        else:
            yield item


def numbers(values: Iterable[int], most: int = 12) -> str:
    """Numbers in order with ranges: ``2, 5 to 7 and 9``."""
    spans: list[list[int]] = []
    for value in sorted(set(values)):
        if spans and value == spans[-1][1] + 1:
            spans[-1][1] = value
        else:
            spans.append([value, value])
    told: list[Part | Parts] = []
    for first, end in spans:
        told += [f"{first}"] if first == end else [f"{first}", f"{end}"] if end == first + 1 else [f"{first} to {end}"]
    return "".join(part for part in listed(told, most) if isinstance(part, str))


def capitalized(parts: Parts) -> Parts:
    """The parts as a sentence begins."""
    return (parts[0][:1].upper() + parts[0][1:], *parts[1:]) if parts and isinstance(parts[0], str) else parts


def uncapitalized(parts: Parts) -> Parts:
    """The parts as they stand within a sentence."""
    return (parts[0][:1].lower() + parts[0][1:], *parts[1:]) if parts and isinstance(parts[0], str) else parts


def figure(value: float) -> str:
    """A score as people read it: four significant digits."""
    return f"{value:.4g}"


def first_lines(text: str, lines: int = 1) -> str:
    """The first lines that are not blank."""
    kept = [line.strip() for line in text.split("\n") if line.strip()]
    return "\n".join(kept[:lines])


def told_positions(positions: Sequence[int], most: int = 4) -> list[tuple[str, int | None]]:
    """(text, position) pairs to be shown: all of a few; of many the first ones, how many are left out, and the last.

    A text without a position counts those left out. The positions of neighbouring events are one range.
    """
    spans: list[tuple[int, int]] = []
    for position in dict.fromkeys(positions):
        if spans and position == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], position)
        else:
            spans.append((position, position))
    shown = spans if len(spans) <= most else [*spans[: most - 1], spans[-1]]
    told: list[tuple[str, int | None]] = [
        (f"{first:,}" if first == last else f"{first:,}–{last:,}", first) for first, last in shown
    ]
    if len(spans) > most:
        told.insert(most - 1, (f"+{len(spans) - most:,}", None))
    return told


def spoken(parts: Parts) -> str:
    """The parts as plain text without control characters."""
    return "".join(clean(part.text if isinstance(part, Code) else part) for part in parts)
