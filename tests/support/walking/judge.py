"""Compares what a log tells with what was seen on the screen and on the disk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from msgspec.structs import replace

from prompter_events import Event
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.codec import pack
from prompter_projections.notebook import EMPTY, NotebookState, fold

_OWN_NAME = re.compile(r"_\d+$")
"""What the record puts behind the id of a cell whose id another one has."""

Cells = tuple[tuple[str, str, str], ...]
"""Id, type and source of each cell, first to last."""


@dataclass
class Seen:
    """What one page showed."""

    visits: list[list[Cells]] = field(default_factory=list)
    """For each time that the notebook was opened: the different states of the screen, in order."""
    saved: list[Cells] = field(default_factory=list)
    """The file after each save, in which no id occurs twice."""


def judge(seen: Seen, events: Iterable[Event]) -> str | None:
    """What is wrong with the events of a page, in a few lines; none if they tell exactly what was seen."""
    sessions = by_session(events)
    if len(sessions) != len(seen.visits):
        return f"the notebook was opened {len(seen.visits)} times, the log knows {len(sessions)} sessions"
    saves: list[tuple[int, Cells]] = []
    for number, (visit, told) in enumerate(zip(seen.visits, sessions, strict=True)):
        replayed = list(_instants(told))
        if (
            fault := _notes(replayed[-1][1])
            or _unseen(visit, [(event, cells_of(state)) for event, state in replayed])
            or _runs(told)
        ):
            return f"visit {number} ({told[0].session_id}): {fault}"
        saves += [(event.position, cells_of(state)) for event, state in replayed if event.type == "notebook.saved"]
    if len(saves) != len(seen.saved):
        return f"the notebook was saved {len(seen.saved)} times, the log knows {len(saves)}"
    differing = ((at, a, b) for (at, a), b in zip(saves, seen.saved, strict=True) if not _is_saved_as(a, b))
    return next((f"saved at position {at}: {difference(told, cells)}" for at, told, cells in differing), None)


def by_session(events: Iterable[Event]) -> list[list[Event]]:
    """The events of each session that was opened, in the order of their openings."""
    found: dict[object, list[Event]] = {}
    opened: dict[object, int] = {}
    for event in events:
        found.setdefault(event.session_id, []).append(event)
        if event.type == "session.opened":
            opened[event.session_id] = event.occurred_at
    return [found[session] for session in sorted(opened, key=lambda one: opened[one])]


def cells_of(state: NotebookState) -> Cells:
    """A state as it is compared: with the ids that JupyterLab has, which gives two cells one id at times."""
    ids = [cell.cell_id for cell in state.cells]
    assert len(set(ids)) == len(ids), f"ids occur twice: {ids}"
    return tuple((_OWN_NAME.sub("", cell.cell_id), cell.cell_type, cell.source) for cell in state.cells)


def _is_saved_as(told: Cells, file: Cells) -> bool:
    """Whether a file holds what the log tells.

    Jupyter's server gives the second of two cells with one id another, and, of a shared notebook, leaves it out where
    it is like the first.
    """
    left = list(file)
    earlier: dict[str, set[tuple[str, str]]] = {}
    for cell_id, kind, source in told:
        twins = earlier.setdefault(cell_id, set())
        same_text = bool(left) and left[0][1:] == (kind, source)
        if same_text and (left[0][0] == cell_id or twins):
            left.pop(0)
        elif (kind, source) not in twins:
            return False
        twins.add((kind, source))
    return not left


def difference(told: Cells, seen: Cells) -> str:
    """Where two notebooks part."""
    told_ids, seen_ids = [cell[0] for cell in told], [cell[0] for cell in seen]
    if told_ids != seen_ids:
        return f"the log tells the cells {told_ids}, seen were {seen_ids}"
    return "; ".join(f"the log tells {a!r}, seen was {b!r}" for a, b in zip(told, seen, strict=True) if a != b)


def _notes(state: NotebookState) -> str | None:
    """What the replay itself finds wrong."""
    return "; ".join(f"position {note.position}: {note.kind}: {note.text}" for note in state.notes[:5]) or None


def _instants(events: Iterable[Event]) -> Iterator[tuple[Event, NotebookState]]:
    """The notebook after every event, and within bursts after every keystroke."""
    state = EMPTY
    for event in events:
        body = event.body
        changes = body.changes[1:] if isinstance(body, CellEdited) else []
        if isinstance(body, CellEdited) and changes:
            event = replace(event, payload=pack(replace(body, changes=body.changes[:1])))  # noqa: PLW2901
        state = fold(state, event)
        yield event, state
        for change in changes:
            assert isinstance(body, CellEdited)
            state = fold(state, replace(event, payload=pack(replace(body, changes=[change]))))
            yield event, state


def _unseen(visit: Sequence[Cells], told: Sequence[tuple[Event, Cells]]) -> str | None:
    """The first state of the screen that the replay does not pass through, in order."""
    replayed = [cells for _, cells in told]
    at = 0
    for number, cells in enumerate(visit):
        try:
            at = replayed.index(cells, at)
        except ValueError:
            nearest = min(replayed[at:] or replayed[-1:], key=lambda one: _distance(one, cells))
            return f"state {number} of {len(visit)} is never replayed; nearest: {difference(nearest, cells)}"
    # After the last look something may still have come from elsewhere, and from there only.
    last = len(replayed) - 1 - replayed[::-1].index(visit[-1])
    if any(getattr(event.body, "cause", None) != "remote" for event, _ in _changes(told[last:])):
        return f"the end: {difference(replayed[-1], visit[-1])}"
    return None


def _changes(told: Sequence[tuple[Event, Cells]]) -> Iterator[tuple[Event, Cells]]:
    """Those that changed the cells of the one before."""
    return (after for before, after in pairwise(told) if before[1] != after[1])


def _distance(one: Cells, other: Cells) -> int:
    return len(set(one) ^ set(other)) + abs(len(one) - len(other))


def _runs(events: Iterable[Event]) -> str | None:
    """Each run that was scheduled ends exactly once, also where the page went away meanwhile."""
    open_runs: set[object] = set()
    for event in events:
        run = getattr(event.body, "run_id", None)
        if event.type == "run.scheduled":
            open_runs.add(run)
        elif event.type == "run.finished":
            if run not in open_runs:
                return f"position {event.position}: a run ended that was not open"
            open_runs.remove(run)
    return f"{len(open_runs)} runs never ended" if open_runs else None
