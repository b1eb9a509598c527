"""The notebook of a session as it stood at a position or an instant."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from prompter_events.catalogue.runs import RunError, RunOutput
from prompter_events.errors import PrompterError
from prompter_events.event import START, Position, SessionId
from prompter_events.log import Log

from .moments import up_to
from .nearest import nearest
from .notebook import Cell, Note, NotebookState
from .replayer import Replayer
from .text import well_formed

if TYPE_CHECKING:
    import nbformat

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# What nbformat 4.5 takes as a cell id.
_VALID_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")

_JSON_MIME = re.compile(r"application/(.*\+)?json")

# How deep a JSON output may be nested. nbformat recurses, and gives up at about 500.
_LEVELS = 100


class UnknownSession(PrompterError):
    """The log holds no event of this session."""

    def __init__(self, session_id: SessionId) -> None:
        super().__init__(f"the log knows no session {session_id}; `prompter sessions` lists those it knows")
        self.session_id = session_id


@dataclass(frozen=True)
class Notebook:
    """A notebook at one moment."""

    session_id: SessionId
    position: Position
    """The last event that it tells; 0 before the first."""
    state: NotebookState

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells, first to last."""
        return self.state.cells

    @property
    def partial(self) -> bool:
        """Whether a part of some cell's text is withheld, since a collaborator typed it who agreed to nothing."""
        return bool(self.withheld)

    @property
    def withheld(self) -> tuple[str, ...]:
        """The ids of those cells, first to last."""
        return self.state.withheld

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the reader should know, up to here: divergences, events that were passed over, holes."""
        return self.state.notes

    @property
    def divergences(self) -> tuple[Note, ...]:
        """Where the session's events contradict each other, up to here."""
        return self.state.divergences

    def to_ipynb(self) -> nbformat.NotebookNode:
        """The notebook in nbformat 4.5: ids, types, sources and execution counts as they were.

        Outputs are there where their whole text was recorded; errors as far as they were. An id that nbformat does not
        take is replaced, and kept in the cell's metadata.
        """
        # Its JSON schema takes seconds to import; only those who write a notebook need it.
        import nbformat  # noqa: PLC0415

        metadata: dict[str, Any] = {}
        if self.state.kernel_name:
            name = well_formed(self.state.kernel_name)
            metadata["kernelspec"] = {"name": name, "display_name": name}
        return nbformat.from_dict(  # type: ignore[no-untyped-call,no-any-return]  # nbformat has no types here
            {
                "nbformat": 4,
                "nbformat_minor": 5,
                "metadata": metadata,
                "cells": [_cell_node(cell) for cell in self.cells],
            }
        )


async def notebook_at(
    log: Log,
    session_id: SessionId,
    position: int | None = None,
    at: datetime | int | None = None,
    *,
    use_snapshots: bool = True,
) -> Notebook:
    """The notebook of a session after the event at ``position``, or at an instant, or as it stands at the log's end.

    ``at`` is a time of the page's clock: an aware ``datetime``, or µs since the epoch, UTC. Keystrokes are counted one
    by one: of a burst only those up to ``at``. Where the projection ``snapshots`` is kept, only what came after a
    snapshot is read from the log; the answer is the same. Without ``use_snapshots`` everything is read: for those who
    trust nothing but the log itself. Raises ``UnknownSession``; ``ValueError`` for a time without a zone, or if both
    are given.
    """
    if position is not None and at is not None:
        raise ValueError("give a position or an instant, not both")
    instant = micros(at) if isinstance(at, datetime) else at
    snapshot = await nearest(log, session_id, position=position, instant=instant) if use_snapshots else None
    replayer, last = Replayer(), START
    if snapshot is not None:
        replayer, last = Replayer(snapshot.notebook), snapshot.position
    seen = snapshot is not None
    async for event in log.read(after=last, session=session_id):
        seen = True
        if position is not None and event.position > position:
            break
        told = event if instant is None else up_to(event, instant)
        if told is None:
            break
        replayer = replayer.take(told)
        last = event.position
    if not seen:
        raise UnknownSession(session_id)
    return Notebook(session_id, last, replayer.state)


def micros(at: datetime) -> int:
    """An aware time in µs since the epoch, UTC. Raises ``ValueError`` for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return (at - _EPOCH) // timedelta(microseconds=1)


def _cell_node(cell: Cell) -> dict[str, Any]:
    node: dict[str, Any] = {
        "id": cell.cell_id,
        "cell_type": cell.cell_type,
        "metadata": {},
        "source": well_formed(cell.source),
    }
    if not _VALID_ID.fullmatch(cell.cell_id):
        node["id"] = blake2b(cell.cell_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        node["metadata"]["prompter"] = {"cell_id": well_formed(cell.cell_id)}
    if cell.cell_type == "code":
        node["execution_count"] = cell.execution_count
        outputs = [_output_node(output, output.text) for output in cell.outputs if output.text is not None]
        node["outputs"] = [output for output in outputs if output is not None]
        if cell.error is not None:
            node["outputs"].append(_error_node(cell.error))
    return node


def _output_node(output: RunOutput, text: str) -> dict[str, Any] | None:
    text = well_formed(text)
    if len(text.encode()) != output.bytes:
        return None
    if output.mime in {"stream/stdout", "stream/stderr"}:
        return {"output_type": "stream", "name": output.mime.removeprefix("stream/"), "text": text}
    data: Any = text
    if _JSON_MIME.fullmatch(output.mime):
        try:
            data = _storable(json.loads(text, parse_constant=_refuse))
        except (ValueError, RecursionError):
            return None
    return {"output_type": "display_data", "metadata": {}, "data": {well_formed(output.mime): data}}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON, and no notebook that holds it can be opened")


def _storable(data: Any, levels: int = _LEVELS) -> Any:
    """Parsed JSON as a file can hold it: an escape may have made half an emoji. Raises ``ValueError`` if too deep."""
    if isinstance(data, str):
        return well_formed(data)
    if not isinstance(data, dict | list):
        return data
    if not levels:
        raise ValueError("too deep to be written again")
    if isinstance(data, dict):
        return {well_formed(key): _storable(value, levels - 1) for key, value in data.items()}
    return [_storable(value, levels - 1) for value in data]


def _error_node(error: RunError) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": well_formed(error.name),
        "evalue": well_formed(error.message),
        "traceback": well_formed(error.traceback).splitlines(),
    }
