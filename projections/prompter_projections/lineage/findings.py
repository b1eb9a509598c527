"""What is found in a session's runs: results, attempts, repairs, dead ends, steps of data, models.

Runs are told by their index in ``Lineage.runs``; ``positions`` are the events of the log that something rests on.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from prompter_events.catalogue.runs import FrameFact, RunStatus

from .values import Score, Shape

StepKind = Literal[
    "loaded",
    "filtered",
    "selected",
    "dropped",
    "joined",
    "derived",
    "filled",
    "encoded",
    "grouped",
    "reshaped",
    "sorted",
    "split",
    "saved",
]

ResultReason = Literal["quoted", "last shown", "score", "figure", "file", "last run"]
"""Why a run counts as a final result.

``quoted``: a figure of its output stands in text that was written later. ``last shown``: the last run that shows
something. ``score``: the standing run that scored a model last. ``figure``: a figure that stands, where nothing was
scored. ``file``: it wrote a file. ``last run``: nothing shows anything, and this went well last.
"""

EndReason = Literal["removed", "failed", "overwritten", "unread", "stale"]
"""Why a cell is a dead end.

``removed``: the cell is gone, or holds no code any more. ``failed``: its last run ended in an error, or none ever ended
well. ``overwritten``: another cell bound its names anew before anybody read them. ``unread``: what it bound is read by
nothing that leads to a result, or to a score, figure or file that stands, and it is more than a look. ``stale``: it was
not run again after the kernel's last restart, and the results were.
"""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A run that counts as a final result, and why."""

    run: int
    reasons: tuple[ResultReason, ...]
    quoted_in: tuple[str, ...]
    """Markdown cells that quote figures of its output."""
    quotes: tuple[str, ...]
    """Those figures, as they stand in both."""
    positions: tuple[int, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one run of a variant."""

    run: int
    status: RunStatus
    error: str
    """``Name: message``; empty if none."""
    scores: tuple[Score, ...]
    output: str
    """The last line that it showed as text, shortened."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One way of doing it: a run, and the runs of the same code that followed it."""

    run: int
    runs: tuple[int, ...]
    cell_id: str
    source: str
    differences: tuple[str, ...]
    """Against the variant before, as the lines of a unified diff without its head; empty for the first."""
    outcomes: tuple[Outcome, ...]
    """Of each run: the same code over changed data may end otherwise."""
    status: RunStatus
    """Of the last run; so with all that follows."""
    error: str
    """``Name: message``; empty if none."""
    frames: tuple[FrameFact, ...]
    scores: tuple[Score, ...]
    output: str
    positions: tuple[int, ...]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Several ways of doing one thing, in the order of their first runs."""

    cells: tuple[str, ...]
    """One; several if other cells did nearly the same with the same names."""
    variants: tuple[Variant, ...]
    kept: int | None
    """The last of the variants that survive, counted from 0; none if none does."""
    positions: tuple[int, ...]


class Cure(msgspec.Struct, frozen=True):
    """What ended an error."""

    run: int
    """The run that brought it."""
    cell_id: str
    how: Literal["changed", "run again", "run first", "moved", "installed"]
    """The cell's code changed; it was run anew (after a restart, say); it was run for the first time; the code went on
    in another cell; a package was installed."""
    differences: tuple[str, ...]
    """Against the cell's run before, as the lines of a unified diff without its head."""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """An error and what became of it."""

    errors: tuple[int, ...]
    """Runs of one cell that ended in the same error, one after the other."""
    cell_id: str
    error_name: str
    error_message: str
    repaired_by: int | None
    """The first run that went well again; none if none did."""
    cures: tuple[Cure, ...]
    """What changed in between, the likeliest cause first; none if nothing did that could be known."""
    became: int | None
    """The run in which another error took its place, if one did."""
    left: Literal["", "removed", "standing"]
    """What became of the cell if it was never repaired."""
    time: int | None
    """µs from the error to the end of the run that went well."""
    runs: int | None
    """How many runs that took, the last one among them."""
    positions: tuple[int, ...]

    @property
    def repaired(self) -> bool:
        """Whether it went well again."""
        return self.repaired_by is not None


class DeadEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A cell whose runs lead to no result."""

    cell_id: str
    runs: tuple[int, ...]
    reasons: tuple[EndReason, ...]
    """All that hold, the strongest first."""
    names: tuple[str, ...]
    """What it bound, or changed, in vain."""
    inferred: bool
    """Whether that rests on the code alone, and not on what the kernel saw or on a cell that is gone."""
    positions: tuple[int, ...]


class DataStep(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done to data."""

    kind: StepKind
    run: int
    again: tuple[int, ...]
    """Later runs that did the same."""
    names: tuple[str, ...]
    """The variables that got it, or what came of it; none where a file did."""
    inputs: tuple[str, ...]
    """The names that it was made of."""
    files: tuple[str, ...]
    detail: str
    """The piece of code that says it, shortened."""
    before: Shape | None
    """Of the first input."""
    after: Shape | None
    survives: bool
    """Whether one of its runs does."""
    positions: tuple[int, ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A run that fitted or scored a model."""

    run: int
    parameters: tuple[tuple[str, str], ...]
    fitted: bool
    scores: tuple[Score, ...]
    changed: tuple[int, ...]
    """Runs that it rests on, or itself, whose code differs from the one before in their cell, since the last trial."""
    survives: bool


class ModelTried(msgspec.Struct, frozen=True, kw_only=True):
    """A model with all its trials."""

    kind: str
    name: str
    told_by: Literal["kernel", "syntax"]
    """By syntax if any of it is."""
    cells: tuple[str, ...]
    trials: tuple[Trial, ...]
    final: Score | None
    """The last score with a value of a trial that survives."""
    won: bool
    """Whether that is the best among all models with a final score by the same metric, and there are others."""
    positions: tuple[int, ...]
