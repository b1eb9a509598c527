"""Errors, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .code import Codes
from .differences import differences
from .findings import Cure, Repair
from .gather import CellSeen, Gathered
from .linking import Linked
from .model import RunNode
from .raising import missing_name

#: Causes that are told of one repair.
_MOST_CURES = 20

#: Runs in which code may go on that failed in a cell which was removed.
_MOST_FOLLOWED = 200


def repairs_of(gathered: Gathered, linked: Linked, codes: Codes) -> tuple[Repair, ...]:
    """All errors in the order of their first runs; the same error of one cell, again and again, is one."""
    finder = _Finder(gathered, linked, codes)
    found = [repair for cell in gathered.cells.values() for repair in finder.of(cell)]
    return tuple(sorted(found, key=lambda each: each.errors[0]))


class _Finder:
    def __init__(self, gathered: Gathered, linked: Linked, codes: Codes) -> None:
        self._cells = gathered.cells
        self._nodes = linked.nodes
        self._linked = linked
        self._codes = codes
        self._before = _previous(linked)
        self._installs = [index for index in linked.order if linked.contexts[index].code.installs]

    def of(self, cell: CellSeen) -> Iterator[Repair]:
        runs = [self._nodes[index] for index in cell.runs if self._nodes[index].status in {"ok", "error"}]
        streak: list[RunNode] = []
        followed: list[list[RunNode]] = []
        for node in runs:
            if node.status == "error":
                if streak and not _same_error(streak[-1], node):
                    followed.append(streak)
                    streak = []
                streak.append(node)
            else:
                yield from self._ended([*followed, *([streak] if streak else [])], node, cell)
                streak, followed = [], []
        yield from self._ended([*followed, *([streak] if streak else [])], None, cell)

    def _ended(self, streaks: Sequence[list[RunNode]], well: RunNode | None, cell: CellSeen) -> Iterator[Repair]:
        for number, errors in enumerate(streaks):
            first = errors[0]
            became = streaks[number + 1][0].index if number + 1 < len(streaks) else None
            ended, cures = well, []
            if well is None and became is None:
                ended = self._moved(errors[-1], cell)
                if ended is not None:
                    cures = [Cure(ended.index, ended.cell_id, "moved", differences(errors[-1].source, ended.source))]
            elif well is not None:
                # Where another error took its place, what came until then ended this one.
                until = well if became is None else self._nodes[became]
                cures = self._cures(errors[-1], until)
            time = None
            if ended is not None and ended.finished_at is not None and first.finished_at is not None:
                time = max(0, ended.finished_at - first.finished_at)
            positions = {position for node in errors for position in node.positions}
            positions |= {position for cure in cures for position in self._nodes[cure.run].positions}
            positions |= set(ended.positions) if ended is not None else set()
            removed = cell.removed_position is not None
            if ended is None and removed:
                positions.add(cell.removed_position or 0)
            yield Repair(
                errors=tuple(each.index for each in errors),
                cell_id=cell.cell_id,
                error_name=first.error_name or "",
                error_message=first.error_message or "",
                repaired_by=None if ended is None else ended.index,
                cures=tuple(cures[:_MOST_CURES]),
                became=became,
                left="" if ended is not None else "removed" if removed else "standing",
                time=time,
                runs=None if ended is None else ended.index - first.index,
                positions=tuple(sorted(positions)),
            )

    def _cures(self, error: RunNode, well: RunNode) -> list[Cure]:
        """What changed between an error and a later run of the same cell, the likeliest cause first.

        First what bound a name that was missing. Then the cell itself, if its code changed. Then what the later run
        rests on and came after the error: changed code before new code before code that was only run again, the
        nearest first.
        """
        missing = missing_name(error.error_name, error.error_message)
        binders = {source.run for source in well.sources if source.name == missing}
        cures = []
        if not self._codes.same(error.source, well.source):
            cures.append(Cure(well.index, well.cell_id, "changed", differences(error.source, well.source)))
        others: list[tuple[int, int, Cure]] = []
        for index in self._rests_on(well, error.index):
            node = self._nodes[index]
            before = self._before[index]
            if before is None:
                others.append((1, -index, Cure(index, node.cell_id, "run first", ())))
            elif not self._codes.same(before.source, node.source):
                what = differences(before.source, node.source)
                others.append((0, -index, Cure(index, node.cell_id, "changed", what)))
            elif before.index < error.index:
                others.append((2, -index, Cure(index, node.cell_id, "run again", ())))
        for index in self._installs:
            if error.index < index < well.index:
                others.append((0, -index, Cure(index, self._nodes[index].cell_id, "installed", ())))
        found = [*cures, *(cure for *_, cure in sorted(others, key=lambda each: each[:2]))]
        return sorted(found, key=lambda each: each.run not in binders)

    def _rests_on(self, node: RunNode, after: int) -> list[int]:
        """All runs that led to a run, those after another run only."""
        found: set[int] = set()
        waiting = [*node.fed_by]
        while waiting:
            index = waiting.pop()
            if index > after and index not in found and self._nodes[index].cell_id != node.cell_id:
                found.add(index)
                waiting.extend(self._nodes[index].fed_by)
        return sorted(found)

    def _moved(self, error: RunNode, cell: CellSeen) -> RunNode | None:
        """The run of another cell that did what failed in a cell which is gone: with the same code, or nearly."""
        if cell.removed_position is None:
            return None
        wanted = set(self._codes.statements(error.source))
        for node in self._nodes[error.index + 1 : error.index + 1 + _MOST_FOLLOWED]:
            if node.cell_id != cell.cell_id and node.status == "ok" and wanted:
                shared = len(wanted.intersection(self._codes.statements(node.source)))
                if 2 * shared > len(wanted):
                    return node
        return None


def _same_error(one: RunNode, other: RunNode) -> bool:
    return (one.error_name, one.error_message) == (other.error_name, other.error_message)


def _previous(linked: Linked) -> list[RunNode | None]:
    """For each run the one before of its cell that ran."""
    found: list[RunNode | None] = [None] * len(linked.nodes)
    last: dict[str, RunNode] = {}
    for index in linked.order:
        node = linked.nodes[index]
        found[index] = last.get(node.cell_id)
        last[node.cell_id] = node
    return found
