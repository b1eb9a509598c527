"""The columns of a study's frames: those of an export, typed for analysis, and a few that are derived for it.

The exports' tables say what each column means, so a frame and an exported file tell the same under the same name.
There are three differences: times of milliseconds are durations and lose the ending ``_ms`` of their names, lists are
tuples (pandas) or lists (polars) instead of JSON, and every table has the participant and the condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..exports import tables

Kind = Literal["category", "text", "list", "whole", "truth", "time", "duration"]
"""``time``: µs since the epoch, UTC. ``duration``: µs."""

RUN_STATUS = ("ok", "error", "aborted", "lost", "unfinished")
PROMPT_STATUS = (
    "issued",
    "shown",
    "snoozed",
    "answered",
    "dismissed",
    "expired",
    "withdrawn",
    "held back",
)

# Of what there is little, or what comes again and again. Those that the program itself chose come in a fixed order.
_CATEGORIES: dict[str, tuple[str, ...]] = {
    "author": (),
    "cause": (),
    "cell_id": (),
    "cell_type": ("code", "markdown", "raw"),
    "condition": (),
    "deliver": ("now", "end"),
    "error_name": (),
    "kernel_name": (),
    "language": (),
    "last_status": ("scheduled", "running", *RUN_STATUS[:-1]),
    "notebook_id": (),
    "notebook_path": (),
    "participant": (),
    "producer_id": (),
    "reason": (),
    "rule": (),
    "session_id": (),
    "study": (),
    "type": (),
}
_STATUS = {"runs": RUN_STATUS, "prompts": PROMPT_STATUS}

# JSON that is no list of texts.
_JSON = frozenset({"body", "ops"})

_KINDS: dict[tables.Kind, Kind] = {
    "string": "text",
    "integer": "whole",
    "boolean": "truth",
    "datetime": "time",
    "json": "list",
}


@dataclass(frozen=True)
class Column:
    """One column of a frame."""

    name: str
    kind: Kind
    meaning: str
    missing: str = ""
    """When there is no value; empty: there always is one."""
    values: tuple[str, ...] = ()
    """Of a category: those that are known beforehand, in their order."""
    source: str = ""
    """The name in the export's rows, if it is another one."""
    scale: int = 1
    """What numbers are multiplied by: 1,000 makes µs of ms."""


@dataclass(frozen=True)
class Frame:
    """What one of a study's frames looks like."""

    table: tables.Table
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """The table's."""
        return self.table.name


def _frame(table: tables.Table, *derived: Column) -> Frame:
    return Frame(table, tuple(_ordered([*(_typed(table, column) for column in table.columns), *derived])))


def _typed(table: tables.Table, column: tables.Column) -> Column:
    name, kind, values, scale = column.name, _KINDS[column.kind], _CATEGORIES.get(column.name), 1
    if name in _JSON:
        kind = "text"
    elif name == "status":
        kind, values = "category", _STATUS[table.name]
    elif values is not None:
        kind = "category"
    elif name.endswith("_ms"):
        name, kind, scale = name.removesuffix("_ms"), "duration", 1_000
    return Column(name, kind, column.meaning, column.missing, values or (), column.name, scale)


def _ordered(columns: Sequence[Column]) -> list[Column]:
    """The condition beside the participant, wherever it comes from."""
    condition = next((column for column in columns if column.name == "condition"), _CONDITION)
    rest = [column for column in columns if column.name != "condition"]
    place = next(place for place, column in enumerate(rest) if column.name == "participant") + 1
    return [*rest[:place], condition, *rest[place:]]


_CONDITION = Column(
    "condition", "category", "The session's experimental condition.", "not known, or the study is blind"
)

EVENTS = _frame(
    tables.EVENTS,
    Column("cell_id", "category", "The cell that it is about.", "it is about no cell"),
    Column("run_id", "text", "The run that it is about (UUID).", "it is about no run"),
    Column("prompt_id", "text", "The question that it is about (UUID).", "it is about no question"),
)
SESSIONS = _frame(
    tables.SESSIONS,
    Column("length", "duration", "From the page's first event to its last."),
    Column(
        "worked", "duration", "The times between the page's events, without pauses of more than five minutes, added up."
    ),
)
CELLS = _frame(
    tables.CELLS,
    Column("errors", "whole", "How many of its runs ended with an error."),
    Column("first_run_at", "time", "When it was first run, by the page's clock.", "it never ran"),
    Column(
        "edits_before_first_run",
        "whole",
        "Bursts of edits before its first run; of a cell that never ran, all of them.",
    ),
    Column(
        "characterization",
        "text",
        "The latest answer about this cell of this notebook, given in whichever session: its words, else its choice.",
        "nothing was answered",
    ),
)
RUNS = _frame(tables.RUNS)
PROMPTS = _frame(
    tables.PROMPTS,
    Column(
        "delay",
        "duration",
        "From when it was first seen to its answer.",
        "it was not answered, or its showing is not told",
    ),
)
EDITS = _frame(tables.EDITS)

FRAMES: dict[str, Frame] = {frame.name: frame for frame in (SESSIONS, EVENTS, CELLS, RUNS, PROMPTS, EDITS)}
"""By the name of the method that gives it."""

_WORDS: dict[Kind, str] = {
    "category": "category",
    "text": "text",
    "list": "list of texts",
    "whole": "whole number",
    "truth": "true or false",
    "time": "time, UTC",
    "duration": "duration",
}


def reference() -> str:
    """Every frame and column in Markdown, as ``docs/python.md`` has them."""
    return "\n\n".join(map(_section, FRAMES.values())) + "\n"


def _section(frame: Frame) -> str:
    lines = [f"### {frame.name}()", "", f"{frame.table.meaning} Rows stand {frame.table.order}.", ""]
    lines += ["| column | kind | meaning | missing when |", "|---|---|---|---|"]
    lines += [
        f"| `{column.name}` | {_WORDS[column.kind]} | {column.meaning} | {column.missing} |" for column in frame.columns
    ]
    return "\n".join(lines)
