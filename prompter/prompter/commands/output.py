"""What the commands print: JSON for machines, tables for people, one line for an error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from rich.console import Console
from rich.table import Table

# A pipe has no width: what reads it wants whole lines.
stdout = Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 200)
stderr = Console(stderr=True, highlight=False)


def complain(line: str) -> None:
    """One line on standard error, whatever it holds."""
    stderr.print(f"[red]prompter:[/red] {_escape(' '.join(line.split()))}", soft_wrap=True)


def print_json(rows: Sequence[Mapping[str, Any]]) -> None:
    """One JSON document: a list of objects."""
    json.dump(
        [{key: plain(value) for key, value in row.items()} for row in rows], sys.stdout, ensure_ascii=False, indent=2
    )
    sys.stdout.write("\n")


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: frozenset[str] = frozenset(),
    folding: frozenset[str] = frozenset(),
) -> None:
    """A table; what people typed is shown, not interpreted. The columns ``folding`` give way."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in headings:
        side: Literal["left", "right"] = "right" if heading in right else "left"
        table.add_column(heading, justify=side, overflow="fold", no_wrap=heading not in folding)
    for row in rows:
        table.add_row(*(_escape(cell) for cell in row))
    stdout.print(table)


def counted(number: int, word: str) -> str:
    """``1 session``, ``2,000 sessions``."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def plain(value: Any) -> Any:
    """A value as JSON has it: ids as text."""
    return str(value) if isinstance(value, UUID) else value


def local_time(micros: int) -> str:
    """µs since the epoch as a local time for people: ``2026-06-09 13:02``."""
    return datetime.fromtimestamp(micros / 1_000_000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def iso_time(micros: int) -> str:
    """µs since the epoch in ISO 8601, UTC."""
    return datetime.fromtimestamp(micros / 1_000_000, UTC).isoformat()


def length(micros: int) -> str:
    """A duration for people: ``1 h 10 min``, ``24 s``."""
    seconds = micros // 1_000_000
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _escape(text: str) -> str:
    return text.replace("[", r"\[")
