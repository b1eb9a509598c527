"""The bar that long commands show on a terminal; elsewhere it would leave empty lines among the errors."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .output import stderr


def bar() -> Progress:
    """A line for each task: what, how far, how long it may still take."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal)
