"""Small values that runs and findings are told with."""

from __future__ import annotations

from typing import Literal

import msgspec

Teller = Literal["kernel", "syntax", "none"]
"""Who tells what a run read and bound: the prompter kernel, which saw it; the code's syntax tree; nobody."""

ShapeTeller = Literal["kernel", "output"]
"""Who tells a size: the kernel, or ``NAME.shape`` as the cell's output shows it."""


class Shape(msgspec.Struct, frozen=True):
    """Rows and columns of a data frame."""

    rows: int
    columns: int
    told_by: ShapeTeller
    names: tuple[str, ...] = ()
    """Of the columns, as far as the kernel told them."""
    missing: int | None = None
    """Missing values over all columns, where they were counted."""


class Score(msgspec.Struct, frozen=True):
    """A score of a model."""

    metric: str
    """``score``, ``roc_auc_score`` …"""
    value: float | None
    """None where nobody told it."""
    told_by: Literal["kernel", "output"]
    """``output``: the number is quoted from the run's output, and that it is this score is inferred."""
    quote: str = ""
    """The line of the output that holds it."""


class Estimator(msgspec.Struct, frozen=True):
    """A model that a run fitted or scored."""

    name: str
    """The variable's; empty if it has none."""
    kind: str
    """Its class; of a pipeline ``Pipeline(LogisticRegression)``."""
    fitted: bool
    """Whether the run fitted it; else it only scored it."""
    parameters: tuple[tuple[str, str], ...]
    """As the kernel told them, those that are not the defaults; by syntax those that the code gives."""
    scores: tuple[Score, ...]
    told_by: Literal["kernel", "syntax"]


class Source(msgspec.Struct, frozen=True):
    """Where a run got a name from."""

    name: str
    """A variable's; ``file:PATH`` for what went through a file."""
    run: int
