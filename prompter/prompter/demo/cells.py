"""What a made-up person does to cells and to the kernel, one thing at a time.

Each method is a generator that may be told on later: what it does stands on the page's queue whenever it yields.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from random import Random
from uuid import UUID

from prompter_events.catalogue.notebook import FocusChanged
from prompter_events.catalogue.runs import (
    FrameFact,
    FrameShape,
    KernelDied,
    KernelFacts,
    KernelInterrupted,
    KernelRestarted,
)

from . import loans
from .desk import KERNEL
from .page import Page

MOST_CELLS = 45
"""Whoever has more of them begins to tidy up, so that a long story keeps its notebook small."""

_GIVEN = frozenset(cell for cell, _, _ in loans.GIVEN)


class Cells:
    """A person's cells, with what comes of each run."""

    def __init__(self, page: Page, random: Random) -> None:
        self._page = page
        self._random = random
        self._plan = deque(loans.plan(random))
        self._steps: dict[str, loans.Step] = {}
        self.own: list[str] = []
        """Code cells of theirs, in the order in which they made them."""
        self._frames: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._at: str | None = None

    def forget_place(self) -> None:
        """They are at no cell."""
        self._at = None

    def forget_kernel(self) -> None:
        """The kernel holds nothing any more."""
        self._page.count = 0
        self._frames.clear()

    def step(self) -> Iterator[None]:
        """The next cell: planned, or one look more."""
        if self._plan:
            section, step = self._plan.popleft()
        else:
            section = self._random.choice(loans.SECTIONS)
            step = loans.explored(self._random, section, self._frames)
        page = self._page
        if step.source.startswith("import numpy") and "read" not in self._steps:
            cell = "read"
        else:
            cell = page.add(index=self._end_of(section))
        self.own.append(cell)
        self._steps[cell] = step
        self._focus(cell)
        page.wait(self._random.lognormvariate(math.log(5), 0.6))
        slips = [slip for slip in step.slips if self._random.random() < 0.45][:1]
        for source, error in slips:
            yield from self._write(cell, source)
            yield from self._fail(cell, error)
        yield from self._write(cell, step.source)
        yield from self._run(cell)

    def _write(self, cell: str, source: str) -> Iterator[None]:
        page = self._page
        head, blank, _ = source.partition("\n\n")
        if blank and head.startswith(("from ", "import ")) and not page.source(cell) and self._random.random() < 0.3:
            # Imports are often taken from elsewhere.
            page.paste(cell, f"{head}\n\n")
            page.wait(self._random.uniform(1, 3))
        page.write(cell, source)
        yield

    def _run(self, cell: str) -> Iterator[None]:
        """Run a cell, then look at what came."""
        page, step = self._page, self._steps[cell]
        page.wait(self._random.uniform(0.2, 1.2))
        self._ran(page.schedule(cell), cell, step)
        yield
        page.wait(self._random.lognormvariate(math.log(9), 0.6))

    def _ran(self, run_id: UUID, cell: str, step: loans.Step) -> None:
        page = self._page
        page.wait(0.05)
        page.finish(run_id, "ok", step.seconds, step.output, facts=self._facts(run_id, step))
        self._frames.update(step.frames)

    def _fail(self, cell: str, error: str) -> Iterator[None]:
        page = self._page
        page.wait(self._random.uniform(0.2, 1.2))
        run_id = page.schedule(cell)
        page.wait(0.05)
        page.finish(run_id, "error", self._random.uniform(0.02, 0.3), error=error)
        yield
        page.wait(self._random.lognormvariate(math.log(7), 0.6))

    def _facts(self, run_id: UUID, step: loans.Step) -> KernelFacts:
        frames = []
        for name, (rows, columns) in step.frames.items():
            before = self._frames.get(name)
            after = FrameShape(rows=rows, columns=len(columns), names=list(columns), missing=0)
            known = before and FrameShape(rows=before[0], columns=len(before[1]), names=list(before[1]), missing=0)
            if known != after:
                frames.append(FrameFact(name=name, kind="pandas.DataFrame", before=known, after=after))
        return KernelFacts(
            run_id=run_id,
            read=list(step.reads),
            bound=list(step.binds),
            frames=frames,
            estimators=list(step.estimators),
            figures=step.figures,
            took_us=self._random.randint(300, 4000),
        )

    def revise(self) -> Iterator[None]:
        """Back to a cell of theirs, mostly a late one."""
        cell = self.own[max(0, len(self.own) - 1 - int(self._random.expovariate(0.4)))]
        self._focus(cell)
        self._page.wait(self._random.lognormvariate(math.log(6), 0.7))
        yield from self._write(cell, loans.revised(self._random, self._page.source(cell)))
        yield from self._run(cell)

    def again(self) -> Iterator[None]:
        """The same cell once more."""
        cell = self._random.choice(self.own[-4:])
        self._focus(cell)
        yield from self._run(cell)

    def note(self) -> Iterator[None]:
        page = self._page
        cell = page.add("markdown", index=self._end_of(self._random.choice(loans.SECTIONS)))
        self._focus(cell)
        page.wait(3)
        page.write(cell, self._random.choice(loans.NOTES))
        yield
        page.wait(self._random.uniform(2, 8))

    def tidy(self) -> Iterator[None]:
        """Something is thrown away, or moved."""
        page = self._page
        if len(page.cells) <= MOST_CELLS and self._random.random() < 0.4:
            cell = self._random.choice(self.own[-3:])
            self._focus(cell)
            page.move(cell, min(len(page.cells) - 1, page.index(cell) + 1))
        else:
            spare = self.own[4:] + [cell for cell, kind, _ in page.cells if kind == "markdown" and cell not in _GIVEN]
            cell = self._random.choice(spare or self.own[1:])
            self._focus(cell)
            page.wait(2)
            if cell in self._steps:
                self.own.remove(cell)
                del self._steps[cell]
            page.remove(cell)
            self._at = None
        yield
        page.wait(self._random.uniform(2, 6))

    def split(self) -> Iterator[None]:
        """A cell is cut behind its imports, and both parts are run."""
        page = self._page
        fitting = [
            cell
            for cell in self.own
            if page.source(cell).startswith(("from ", "import ")) and "\n\n" in page.source(cell)
        ]
        if not fitting:
            return
        cell = self._random.choice(fitting)
        self._focus(cell)
        lines = page.source(cell).split("\n")
        first = page.split(cell, lines.index("") + 1)
        self.own.insert(self.own.index(cell), first)
        self._steps[first] = loans.Step(page.source(first), seconds=0.1, reads=())
        yield
        page.wait(2)
        yield from self._run(first)
        yield from self._run(cell)

    def restart(self) -> Iterator[None]:
        """The kernel is begun anew; of four times once it had died."""
        page = self._page
        if self._random.random() < 0.25:
            run_id = page.schedule(self.own[-1])
            page.wait(0.05)
            page.begin(run_id)
            page.wait(self._random.uniform(5, 30))
            page.emit(KernelDied(kernel_id=page.kernel_id, name=KERNEL))
            page.ended(run_id, "lost", None)
            page.wait(2)
        page.emit(KernelRestarted(kernel_id=page.kernel_id, name=KERNEL))
        self.forget_kernel()
        yield
        page.wait(self._random.uniform(2, 6))
        yield from self.run_all()

    def run_all(self) -> Iterator[None]:
        """All cells are asked for at once and run one by one."""
        page = self._page
        order = [cell for cell, kind, source in page.cells if kind == "code" and cell in self._steps and source]
        for cell, run_id in [(cell, page.schedule(cell)) for cell in order]:
            self._ran(run_id, cell, self._steps[cell])
            yield
        page.wait(self._random.uniform(3, 20))

    def interrupt(self) -> Iterator[None]:
        """A run takes too long for them."""
        page, cell = self._page, self.own[-1]
        self._focus(cell)
        run_id = page.schedule(cell)
        page.wait(0.05)
        page.begin(run_id)
        seconds = self._random.uniform(8, 50)
        page.wait(seconds)
        page.emit(KernelInterrupted(kernel_id=page.kernel_id, name=KERNEL))
        page.wait(0.1)
        page.ended(run_id, "error", seconds, error="KeyboardInterrupt: ")
        yield
        page.wait(4)

    def _focus(self, cell: str) -> None:
        if cell != self._at:
            self._at = cell
            self._page.emit(FocusChanged(cell_id=cell, visible=True))
            self._page.wait(self._random.uniform(0.3, 1.5))

    def _end_of(self, section: loans.Section) -> int:
        """The place behind the last cell of a section."""
        heads = [cell for cell, _, _ in self._page.cells]
        following = loans.SECTIONS.index(section) + 1
        return heads.index(loans.SECTIONS[following]) if following < len(loans.SECTIONS) else len(heads)
