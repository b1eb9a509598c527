"""Rows of runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prompter_events.catalogue import runs as r
from prompter_events.event import Event
from prompter_projections.notebook import NotebookState

from ..session import clean
from .maker import Made, Maker, Resource, Row, RunUnderWay, event_id, x_type
from .table import Value

# What Python's parser raises. A cell that raises one of these by itself is rare, and the rows say that they are
# concluded.
_PARSE_ERRORS = frozenset({"SyntaxError", "IndentationError", "TabError"})
_LINE = re.compile(r"\bline ([0-9]{1,9})\b")

_RESULTS = {"ok": "Success", "error": "Error"}


def scheduled(
    maker: Maker, event: Event, body: r.RunScheduled, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """Somebody asked for a run: what runs is the text as it stood then."""
    yield from maker.state(clean(body.source))
    if body.cell_id in after.table:
        maker.texts[body.cell_id] = maker.last
    version = maker.versions[body.cell_id] = maker.versions.get(body.cell_id, 0) + 1
    run_id = str(body.run_id)
    maker.runs[run_id] = RunUnderWay(body.cell_id, maker.last, version)
    yield maker.row(event, x_type(event.type), _of_run(maker, run_id), {"EventInitiator": "UserDirectAction"})


def started(
    maker: Maker, event: Event, body: r.RunStarted, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """The kernel began."""
    yield maker.row(event, x_type(event.type), _of_run(maker, str(body.run_id)))


def finished(
    maker: Maker, event: Event, body: r.RunFinished, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """A run that ended is ``Run.Program``; one that never began, or whose end nobody saw, is not."""
    run = _of_run(maker, str(body.run_id))
    maker.runs.pop(str(body.run_id), None)
    error = body.error
    how: dict[str, Value] = {"X-DurationMs": body.duration_ms}
    if error is not None:
        how |= {"X-ErrorName": clean(error.name), "X-ErrorMessage": clean(error.message)}
    result = _RESULTS.get(body.status)
    if result is None:
        yield maker.row(event, "X-Run." + body.status.capitalize(), run, how)
        return
    # ProgSnap2 calls a run that the user or the system interrupts a Timeout.
    how["ExecutionResult"] = "Timeout" if error is not None and error.name == "KeyboardInterrupt" else result
    for column, resource in _printed(maker, body):
        yield resource
        how[column] = resource.path
    yield maker.row(event, "Run.Program", run, how)
    if error is not None and error.name in _PARSE_ERRORS and "CodeStateSection" in run:
        yield from _not_parsed(maker, event, run, error)


def _of_run(maker: Maker, run_id: str) -> Row:
    run = maker.runs.get(run_id)
    if run is None:
        return {"ExecutionID": run_id}
    cell = maker.cells.cell(run.cell_id)
    return {
        "ExecutionID": run_id,
        "CodeStateSection": clean(run.cell_id),
        "CodeStateID": run.code_state_id,
        "X-CellType": None if cell is None else cell.cell_type,
        "X-RunVersion": run.version,
    }


def _printed(maker: Maker, body: r.RunFinished) -> Iterator[tuple[str, Resource]]:
    texts = [(output.mime, clean(output.text)) for output in body.outputs if output.text is not None]
    shown = [text for mime, text in texts if mime != "stream/stderr"]
    wrong = [text for mime, text in texts if mime == "stream/stderr"]
    if body.error is not None and body.error.traceback:
        wrong.append(clean(body.error.traceback))
    if shown or wrong:
        maker.outputs += 1
    for column, ending, parts in (("ProgramOutput", "out", shown), ("ProgramErrorOutput", "err", wrong)):
        if parts:
            path = f"Resources/{maker.session_id}/{maker.outputs}-{ending}.txt"
            yield column, Resource(path, "\n".join(parts))


def _not_parsed(maker: Maker, event: Event, run: Row, error: r.RunError) -> Iterator[Made]:
    concluded = {**run, "X-RunVersion": None, "IsFabricatedEvent": True}
    yield maker.row(event, "Compile", concluded, {"CompileResult": "Error"})
    line = _LINE.search(error.message)
    yield maker.row(
        event,
        "Compile.Error",
        concluded,
        {
            "ParentEventID": event_id(event, maker.count),
            "CompileMessageType": clean(error.name),
            "CompileMessageData": clean(error.message) or clean(error.name),
            "SourceLocation": f"Text:{line[1]}" if line else "Text:1",
        },
    )
