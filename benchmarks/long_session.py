"""A made-up session of any length: somebody goes from cell to cell, types as people type, runs, looks, comes back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

from prompter_events import Event, ParticipantId, ProducerId, SessionId, draft, notebook_digest
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    Client,
    FocusChanged,
    NotebookSaved,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunFinished, RunOutput, RunScheduled, RunStarted

BEGIN = 1_790_000_000_000_000
"""µs since the epoch: an afternoon of September 2026."""

LONGEST_CELL = 1_500
"""Characters; a cell that is longer loses its first lines before more is typed."""

_TEXT = """
    loans frame rows years income rate status grade total clean missing model score train test split columns mean
    groupby merge sort_values fillna astype describe fit predict plot import from numpy pandas as def return for in
    if not and lambda values index loc iloc drop axis inplace print len range float int str None True False
"""
_WORDS = _TEXT.split()
_SIGNS = (" = ", ".", "(", ")", "[", "]", ", ", " + ", " == ", '"', ": ", " ")


class LongSession:
    """``cells`` cells, added one by one as the work goes on; the same seed tells the same story."""

    def __init__(self, cells: int, seed: int = 17) -> None:
        self._random = random.Random(seed)
        self.session_id = SessionId(self._uuid())
        self._participant_id = ParticipantId(self._uuid())
        self._producer_id = ProducerId(self._uuid())
        self._most = cells
        self._sources: dict[str, str] = {}
        self._now = BEGIN
        self._seq = 0
        self._runs = 0

    def events(self, count: int) -> Iterator[Event]:
        """So many events, from the opening on."""
        for _, body in zip(range(count), self._work(), strict=False):
            self._seq += 1
            yield draft(
                body,
                session_id=self.session_id,
                producer_id=self._producer_id,
                producer_seq=self._seq,
                participant_id=self._participant_id,
                occurred_at=self._now,
            )

    def _work(self) -> Iterator[Body]:
        client = Client(lab="JupyterLab 4.6.6", extension="0.1.0", browser="Chromium")
        yield SessionOpened(notebook_path="long.ipynb", kernel_name="python3", client=client, cells=[])
        while True:
            if len(self._sources) < self._most:
                cell_id = str(self._uuid())
                index = len(self._sources)
                self._sources[cell_id] = ""
                yield CellAdded(cell_id=cell_id, index=index, cell_type="code", source="", cause="user")
            else:
                cell_id = self._random.choice(list(self._sources))
            self._wait(1, 8)
            yield FocusChanged(cell_id=cell_id, visible=True)
            yield from self._type(cell_id)
            yield from self._run(cell_id)
            if self._random.random() < 0.05:
                cells = ((one, "code", source) for one, source in self._sources.items())
                yield NotebookSaved(digest=notebook_digest(cells))

    def _type(self, cell_id: str) -> Iterator[Body]:
        """A few lines at the cell's end, two to five keys a burst."""
        source = self._sources[cell_id]
        if len(source) > LONGEST_CELL:
            cut = source.index("\n", len(source) - LONGEST_CELL // 2) + 1
            source = self._sources[cell_id] = source[cut:]
            yield CellEdited(cell_id=cell_id, changes=[(0, [-cut])], cause="user")
        for line in range(self._random.randint(1, 4)):
            text = "".join(
                self._random.choice(_WORDS) + self._random.choice(_SIGNS) for _ in range(self._random.randint(3, 7))
            )
            text = f"\n{text}" if source or line else text
            while text:
                keys, text = text[: (n := self._random.randint(2, 5))], text[n:]
                changes: list[tuple[int, list[int | str]]] = []
                for place, key in enumerate(keys):
                    ops: list[int | str] = [len(source), key] if source else [key]
                    changes.append((100 * place, ops))
                    source += key
                self._sources[cell_id] = source
                yield CellEdited(cell_id=cell_id, changes=changes, cause="user")
                self._wait(0.5, 1.5)

    def _run(self, cell_id: str) -> Iterator[Body]:
        run_id = self._uuid()
        yield RunScheduled(run_id=run_id, cell_id=cell_id, source=self._sources[cell_id])
        yield RunStarted(run_id=run_id)
        self._wait(0.1, 2)
        self._runs += 1
        rows = (f"{n} {self._random.random():.6f} {self._random.choice(_WORDS)}" for n in range(self._lines()))
        text = "\n".join(rows)
        output = RunOutput(mime="text/plain", bytes=len(text), digest=self._random.randbytes(32), text=text)
        yield RunFinished(
            run_id=run_id, status="ok", execution_count=self._runs, duration_ms=500, outputs=[output] if text else []
        )

    def _lines(self) -> int:
        """Of an output: none, one, a data frame's ten, or as many as the first two kilobytes hold."""
        return self._random.choice((0, 0, 1, 1, 1, 10, 10, 80))

    def _wait(self, least: float, most: float) -> None:
        self._now += round(1_000_000 * self._random.uniform(least, most))

    def _uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)
