"""What stands in Markdown cells: headings, and the words below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from ..timeline.model import Lane

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)(.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


class Heading(msgspec.Struct, frozen=True):
    """A heading (CommonMark's ATX form)."""

    level: int
    text: str


class Prose(msgspec.Struct, frozen=True):
    """The words of one Markdown cell, without its headings."""

    cell_id: str
    number: int | None
    """The cell's place at the end; none if it was removed."""
    text: str
    under: str
    """The heading above these words, in the same cell; empty without one."""
    given: bool
    """It stood there when the notebook was opened, and was not changed since."""
    at: int | None
    """When it was last changed, µs since the epoch; none if it was given."""
    positions: tuple[int, ...]
    """The first and the last event that made it; empty if it was given."""


def headings(source: str) -> list[Heading]:
    """The headings of a Markdown text, in order."""
    return [found for found, _ in _split(source) if found is not None]


def paragraphs(source: str) -> Iterator[tuple[str, str]]:
    """(heading, text below it) pairs; the text without blank lines at its ends, never empty."""
    for found, text in _split(source):
        if words := text.strip("\n").rstrip():
            yield (found.text if found is not None else ""), words


def prose_of(lanes: Sequence[Lane]) -> list[Prose]:
    """The words of all Markdown cells, in the notebook's order, removed cells last."""
    return [
        Prose(
            cell_id=lane.cell_id,
            number=lane.number,
            text=text,
            under=under,
            given=not lane.edits,
            at=lane.edits[-1].at if lane.edits else None,
            positions=(lane.edits[0].position, lane.edits[-1].position) if lane.edits else (),
        )
        for lane in lanes
        if lane.cell_type == "markdown"
        for under, text in paragraphs(lane.source)
    ]


def _split(source: str) -> Iterator[tuple[Heading | None, str]]:
    heading: Heading | None = None
    below: list[str] = []
    fence = ""
    for line in source.split("\n"):
        if opened := _FENCE.match(line):
            if not fence:
                fence = opened[1]
            elif opened[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        found = None if fence else _HEADING.fullmatch(line.rstrip("\r"))
        if found is None:
            below.append(line)
            continue
        if heading is not None or any(each.strip() for each in below):
            yield heading, "\n".join(below)
        heading, below = Heading(len(found[1]), _unclosed(found[2]) or "(heading)"), []
    yield heading, "\n".join(below)


def _unclosed(text: str) -> str:
    """A heading's text without the signs that may close it."""
    text = text.strip()
    opened = text.rstrip("#")
    return opened.rstrip() if opened != text and (not opened or opened[-1] in " \t") else text
