"""Somebody at work in cells that are known by labels; what they run is told in one line."""

from __future__ import annotations

from collections.abc import Sequence

from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import runs as r
from prompter_events.event import Event
from prompter_projections.lineage import Lineage, build
from support.lifelike import Desk


class Work:
    """A session that is being made. Cells are added at the end when they are first run."""

    def __init__(self, kernel: str = "python3") -> None:
        self.desk = Desk(3, 1)
        self.desk.open()
        self.kernel = kernel
        if kernel != "prompter":
            self.desk.emit(r.KernelStarted(kernel_id="k1", name=kernel))
        self.cells: dict[str, str] = {}
        self.indices: dict[tuple[str, int], int] = {}
        self.facts: r.KernelFacts | None = None

    @property
    def events(self) -> list[Event]:
        return self.desk.events

    def write(self, label: str, source: str, cell_type: str = "code") -> None:
        """Give a cell a text, in one edit."""
        if label not in self.cells:
            self.cells[label] = self.desk.add(cell_type)
        cell_id = self.cells[label]
        cell = self.desk.cells[self.desk.index(cell_id)]
        before = len(cell[2].encode("utf-16-le", "surrogatepass")) // 2
        if source != cell[2]:
            ops = [*([-before] if before else []), *([source] if source else [])]
            self.desk.emit(n.CellEdited(cell_id=cell_id, changes=[(0, ops)], cause="user"))
            cell[2] = source

    def run(
        self,
        label: str,
        source: str | None = None,
        *,
        error: str = "",
        status: str = "",
        output: str = "",
        outputs: Sequence[r.RunOutput] = (),
        line: int | None = None,
        facts: dict[str, object] | None = None,
    ) -> int:
        """Write a cell and run it; gives the run's index. ``line``: where it raised, as a traceback tells."""
        if source is not None:
            self.write(label, source)
        desk = self.desk
        index = len(self.indices)
        self.indices[label, 1 + sum(cell == label for cell, _ in self.indices)] = index
        run_id = desk.schedule(self.cells[label])
        desk.wait(1)
        desk.emit(r.RunStarted(run_id=run_id))
        desk.wait(1)
        if facts is not None:
            desk.emit(r.KernelFacts(run_id=run_id, **{"read": [], "bound": [], **facts}))  # type: ignore[arg-type]
        name, _, message = error.partition(": ")
        traceback = "" if line is None else f"Cell In[{desk.count}], line {line}\n"
        made = list(outputs)
        if output:
            made.append(r.RunOutput(mime="text/plain", bytes=len(output), digest=bytes(32), text=output))
        desk.emit(
            r.RunFinished(
                run_id=run_id,
                status=status or ("error" if error else "ok"),  # type: ignore[arg-type]
                execution_count=desk.count,
                duration_ms=1000,
                error=r.RunError(name=name, message=message, traceback=traceback) if error else None,
                outputs=made,
            )
        )
        desk.wait(5)
        return index

    def remove(self, label: str) -> None:
        self.desk.remove(self.cells[label])

    def restart(self) -> None:
        self.desk.emit(r.KernelRestarted(kernel_id="k1", name=self.kernel))

    def lineage(self) -> Lineage:
        return build(self.events)


def image() -> r.RunOutput:
    """A figure as an output."""
    return r.RunOutput(mime="image/png", bytes=9, digest=bytes(32))
