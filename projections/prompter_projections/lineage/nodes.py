"""Runs as nodes of a lineage, before it is known what they feed."""

from __future__ import annotations

import re

from prompter_events.catalogue.runs import RunFinished, RunStatus

from .gather import RunSeen
from .model import RunNode
from .values import Teller

#: Characters of an output's line that is shown.
_MOST_SHOWN = 200

_DRAWN = re.compile(r"image/.*|application/vnd\.(plotly|vega|vegalite|bokehjs).*")


def went(run: RunSeen) -> RunStatus:
    """How a run ended; lost where nobody recorded it."""
    return run.result.status if run.result is not None else "lost"


def texts_of(result: RunFinished | None) -> tuple[str, ...]:
    """What a run showed as plain text, without warnings and markup."""
    outputs = result.outputs if result is not None else ()
    return tuple(each.text for each in outputs if each.text and each.mime in {"text/plain", "stream/stdout"})


def node_of(run: RunSeen, *, life: int, facts: Teller, **found: object) -> RunNode:
    """A node of what is known so far. ``found``: fields that the names in the code gave; the others are empty."""
    result = run.result
    error = result.error if result is not None else None
    texts = texts_of(result)
    last = next((line.strip() for text in reversed(texts) for line in reversed(text.splitlines()) if line.strip()), "")
    drawn = sum(_DRAWN.fullmatch(each.mime) is not None for each in result.outputs) if result is not None else 0
    duration = None if result is None or result.duration_ms is None else result.duration_ms * 1000
    if duration is None and run.started_at is not None and run.finished_at is not None:
        duration = max(0, run.finished_at - run.started_at)
    empty: dict[str, object] = dict.fromkeys(
        ("reads", "binds", "changes", "fed_by", "sources", "unknown_names", "shapes", "estimators"), ()
    )
    empty |= {"files_read": (), "files_written": ()}
    return RunNode(
        index=run.index,
        run_id=run.run_id,
        cell_id=run.cell_id,
        version=run.version,
        source=run.source,
        scheduled_position=run.scheduled_position,
        started_position=run.started_position,
        finished_position=run.finished_position,
        facts_position=run.facts_position,
        scheduled_at=run.scheduled_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        status=result.status if result is not None else "lost",
        duration=duration,
        execution_count=result.execution_count if result is not None else None,
        error_name=error.name if error is not None else None,
        error_message=error.message if error is not None else None,
        output=last if len(last) <= _MOST_SHOWN else last[: _MOST_SHOWN - 1] + "…",
        outputs=len(result.outputs) if result is not None else 0,
        facts=facts,
        kernel_life=life,
        feeds=(),
        survives=False,
        frames=tuple(run.facts.frames) if run.facts is not None else (),
        figures=max(drawn, run.facts.figures if run.facts is not None else 0),
        **(empty | found),  # type: ignore[arg-type]
    )
