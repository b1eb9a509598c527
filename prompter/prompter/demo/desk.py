"""A notebook on a made-up person's desk: what they do to it, told in the events that a page would make of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import Any
from uuid import UUID

from prompter_events import notebook_digest
from prompter_events.catalogue import Body
from prompter_events.catalogue.base import Cause
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellSnapshot,
    Client,
    NotebookSaved,
    SessionOpened,
)
from prompter_events.catalogue.runs import (
    KernelFacts,
    KernelStarted,
    RunError,
    RunFinished,
    RunOutput,
    RunScheduled,
    RunStarted,
    RunStatus,
)

from .rhythm import Typist

BURST = 0.5
"""Seconds from the first change of a burst until the page closes it."""

KERNEL = "prompter"
"""The kernel's name."""


def uuid(*parts: object) -> UUID:
    """The same random-looking id (version 4) for the same parts, in every version of Python."""
    digest = blake2b(":".join(map(str, parts)).encode(), digest_size=16).digest()
    return UUID(bytes=digest, version=4)


class Desk(ABC):
    """Methods do what a person does, and events come of it. Times are in seconds.

    ``seed`` and ``name`` make the ids of runs; ``random`` makes everything else.
    """

    def __init__(self, seed: int | str, random: Random) -> None:
        self.seed = seed
        self.random = random
        self.typist = Typist(random)
        self.now = 0.0
        self.kernel_id = "k1"
        self.cells: list[list[str]] = []
        """Triples of id, type and source, in the notebook's order."""
        self.made = 0
        """Cells that were ever made here."""
        self.runs = 0
        """Runs that were ever asked for here."""
        self.count = 0
        """Runs that this kernel began: the number in brackets."""

    @abstractmethod
    def emit(self, body: Body, *, at: float | None = None) -> Any:
        """One event of the page, now or at a second."""

    def wait(self, seconds: float) -> None:
        """Nothing for a while."""
        self.now += seconds

    def open_notebook(self, path: str, client: Client, continues: UUID | None = None) -> None:
        """Open the notebook with the cells that it has, and find its kernel."""
        opened = SessionOpened(
            notebook_path=path, kernel_name=KERNEL, client=client, cells=self.snapshot(), continues=continues
        )
        self.emit(opened)
        self.emit(KernelStarted(kernel_id=self.kernel_id, name=KERNEL))

    def snapshot(self) -> list[CellSnapshot]:
        """All cells as they stand."""
        return [CellSnapshot(cell_id=i, cell_type=t, source=x) for i, t, x in self.cells]  # type: ignore[arg-type]

    def index(self, cell_id: str) -> int:
        """A cell's place. Raises ``StopIteration`` if it is not there."""
        return next(i for i, cell in enumerate(self.cells) if cell[0] == cell_id)

    def source(self, cell_id: str) -> str:
        """A cell's text."""
        return self.cells[self.index(cell_id)][2]

    def add(
        self,
        cell_type: str = "code",
        source: str = "",
        index: int | None = None,
        cause: Cause = "user",
        parents: Sequence[str] = (),
    ) -> str:
        """Insert a cell, at the end if not told otherwise."""
        self.made += 1
        cell_id = f"cell-{self.made}"
        at = len(self.cells) if index is None else index
        self.cells.insert(at, [cell_id, cell_type, source])
        kind: Any = cell_type
        self.emit(
            CellAdded(cell_id=cell_id, index=at, cell_type=kind, source=source, cause=cause, parents=list(parents))
        )
        return cell_id

    def remove(self, cell_id: str) -> None:
        """Delete a cell."""
        at = self.index(cell_id)
        del self.cells[at]
        self.emit(CellRemoved(cell_id=cell_id, index=at, cause="user"))

    def move(self, cell_id: str, to: int) -> None:
        """Move a cell."""
        at = self.index(cell_id)
        self.cells.insert(to, self.cells.pop(at))
        self.emit(CellMoved(cell_id=cell_id, from_=at, to=to))

    def split(self, cell_id: str, line: int) -> str:
        """Cut a cell in two before a line; the last piece keeps the id. Returns the id of the first one."""
        at = self.index(cell_id)
        lines = self.source(cell_id).split("\n")
        head, tail = "\n".join(lines[:line]), "\n".join(lines[line:])
        first = self.add("code", head, at, "split", [cell_id])
        self.cells[self.index(cell_id)][2] = tail
        self.emit(CellEdited(cell_id=cell_id, changes=[(0, [-(len(head) + 1)])], cause="split"))
        return first

    def write(self, cell_id: str, source: str, pace: float | None = None) -> None:
        """Change a cell's text as typing does. ``pace``: seconds a key, instead of the person's own."""
        cell = self.cells[self.index(cell_id)]
        slow = 1.0 if pace is None else pace / self.typist.key
        began, changes = self.now, list[tuple[int, list[int | str]]]()
        for stroke in self.typist.changes(cell[2], source):
            self.wait(stroke.after * slow)
            if changes and self.now - began >= BURST:
                self._burst(cell_id, changes, began)
                changes = []
            if not changes:
                began = self.now
            changes.append((int((self.now - began) * 1000), stroke.ops))
        if changes:
            self._burst(cell_id, changes, began)
        cell[2] = source

    def _burst(self, cell_id: str, changes: list[tuple[int, list[int | str]]], began: float) -> None:
        self.emit(CellEdited(cell_id=cell_id, changes=changes, cause="user"), at=began)

    def paste(self, cell_id: str, text: str) -> None:
        """Put a text before what stands in a cell."""
        cell = self.cells[self.index(cell_id)]
        cell[2] = text + cell[2]
        self.emit(CellEdited(cell_id=cell_id, changes=[(0, [text])], cause="paste"))

    def schedule(self, cell_id: str) -> UUID:
        """Ask for a run."""
        self.runs += 1
        run_id = uuid(self.seed, "run", self.runs)
        self.emit(RunScheduled(run_id=run_id, cell_id=cell_id, source=self.source(cell_id)))
        return run_id

    def begin(self, run_id: UUID) -> None:
        """The kernel begins a run."""
        self.count += 1
        self.emit(RunStarted(run_id=run_id))

    def finish(
        self,
        run_id: UUID,
        status: RunStatus = "ok",
        seconds: float = 0.2,
        output: str = "",
        error: str = "",
        *,
        facts: KernelFacts | None = None,
    ) -> None:
        """Let a run begin and end. ``error`` is ``Name: message``."""
        started = status in {"ok", "error"}
        if started:
            self.begin(run_id)
            self.wait(seconds)
        if facts is not None:
            self.emit(facts)
        self.ended(run_id, status, seconds if started else None, output, error)

    def ended(self, run_id: UUID, status: RunStatus, seconds: float | None, output: str = "", error: str = "") -> None:
        """A run comes to its end."""
        name, _, message = error.partition(": ")
        self.emit(
            RunFinished(
                run_id=run_id,
                status=status,
                execution_count=None if seconds is None else self.count,
                duration_ms=None if seconds is None else round(seconds * 1000),
                error=RunError(name=name, message=message, traceback=_traceback(error)) if error else None,
                outputs=[_output(output)] if output else [],
            )
        )

    def save(self) -> None:
        """Save, with the digest that a replay must find."""
        self.emit(NotebookSaved(digest=notebook_digest((i, t, x) for i, t, x in self.cells)))


OUTPUT_BYTES = 2048
"""How much of an output's text the made-up study keeps."""


def _output(text: str) -> RunOutput:
    mime = "text/html" if text.startswith("<") else "text/plain"
    whole = text.encode()
    kept = whole[:OUTPUT_BYTES].decode("utf-8", "ignore")
    return RunOutput(mime=mime, bytes=len(whole), digest=blake2b(whole, digest_size=32).digest(), text=kept)


def _traceback(error: str) -> str:
    return f"Traceback (most recent call last)\n{error}"
