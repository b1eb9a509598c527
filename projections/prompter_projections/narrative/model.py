"""What a narrative says of one session: plain, frozen values without markup.

Times are µs since the session's first moment in the page; positions are places in the log.

Whatever a participant typed stands in ``Code``, in ``Quote`` or in a ``Difference``, or is a heading; renderers show
all text as text, ours too.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Code(msgspec.Struct, frozen=True):
    """A name, a value or a line as it stands in the notebook."""

    text: str


Part = str | Code
Parts = tuple[Part, ...]


class Sentence(msgspec.Struct, frozen=True):
    """One fact."""

    parts: Parts
    positions: tuple[int, ...]
    """The events that it rests on, in order; never empty, but where it says that there is no event of some kind."""
    inferred: str = ""
    """From what it was inferred, such as ``from the code``; empty for what the log itself says."""


class Paragraph(msgspec.Struct, frozen=True):
    """Sentences that belong together."""

    sentences: tuple[Sentence, ...]
    at: int | None = None


class Quote(msgspec.Struct, frozen=True):
    """The participant's own words, whole."""

    text: str
    caption: Parts
    """Where they were written, or to which question."""
    positions: tuple[int, ...]
    at: int | None = None
    inferred: str = ""
    """Why they were chosen, where nothing in the log says what they are."""


class Difference(msgspec.Struct, frozen=True):
    """How one version of a cell differs from another."""

    lines: tuple[str, ...]
    """In order, each behind ``+`` (new), ``-`` (gone) or a blank (stayed)."""
    left_out: int = 0
    """Changed lines beyond the most that are shown."""


NO_DIFFERENCE = Difference(())

VariantStatus = Literal["ok", "error", "aborted", "lost", "unfinished"]


class Variant(msgspec.Struct, frozen=True):
    """One version of a cell that was tried."""

    name: str
    """Which run it was."""
    status: VariantStatus
    difference: Difference
    """To the variant before; the first shows itself."""
    outcome: Parts
    positions: tuple[int, ...]
    kept: bool = False
    """Whether this is the version that the notebook holds at the end."""


class Attempts(msgspec.Struct, frozen=True):
    """Variants of one thing, in the order in which they were run."""

    title: Parts
    variants: tuple[Variant, ...]
    at: int | None = None
    left_out: int = 0
    """Variants between the first and the last ones that are not shown."""
    inferred: str = ""


class Failure(msgspec.Struct, frozen=True):
    """An error, and how it ended."""

    error: str
    """Name and message."""
    difference: Difference
    """What ended it."""
    sentences: tuple[Sentence, ...]
    repaired: bool
    at: int | None = None


class Row(msgspec.Struct, frozen=True):
    """One row of a table."""

    cells: tuple[Parts, ...]
    positions: tuple[int, ...]
    marked: str = ""
    """A word that distinguishes the row, such as ``best``."""
    inferred: str = ""
    """Where it differs from the table's."""


class Table(msgspec.Struct, frozen=True):
    """Things with the same properties."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int = 0
    inferred: str = ""
    """From what all of it was inferred, but for the rows that say otherwise."""


Block = Paragraph | Quote | Attempts | Failure | Table


class Section(msgspec.Struct, frozen=True):
    """A part of the overview or of a chapter."""

    heading: str
    """Empty where the blocks speak for themselves."""
    blocks: tuple[Block, ...]
    folded: bool = False
    """Details: shown on demand, where the format can."""


class Chapter(msgspec.Struct, frozen=True):
    """A stretch of the session."""

    number: int
    title: Parts
    at: int
    """When it begins."""
    until: int
    why: Parts
    """Why it begins and ends where it does."""
    positions: tuple[int, ...]
    """The events at its borders."""
    sections: tuple[Section, ...]
    cells: tuple[str, ...] = ()
    """The ids of those cells of the final notebook whose last work fell into it, in the notebook's order."""


class FinalCell(msgspec.Struct, frozen=True):
    """A cell as it was left."""

    cell_id: str
    place: int
    """Counted from 1."""
    source: str
    execution_count: int | None
    output: str
    """What its last run wrote as text, where the log holds all of it; empty else."""


class Narrative(msgspec.Struct, frozen=True):
    """How somebody approached one notebook."""

    title: Parts
    circumstances: str
    """Condition, date, times, kernel."""
    figures: tuple[tuple[str, str], ...]
    """(figure, what it counts) pairs."""
    overview: tuple[Section, ...]
    chapters: tuple[Chapter, ...]
    open_points: Section
    final: tuple[FinalCell, ...]
    """The code cells of the notebook as it was left, first to last."""
    kernel_name: str
    narrator: str
    """Name and version of what wrote it."""
