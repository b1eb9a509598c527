"""A session's events folded into its lineage, without I/O."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from prompter_events.event import Event

from .attempts import attempts_of
from .code import Codes
from .data import data_steps_of
from .ends import alive_in, dead_ends_of, leading_to
from .findings import DeadEnd
from .gather import MOST_NOTES, Gathered
from .linking import Linked, linked
from .model import CellLife, Lineage, LineageNote, RunNode
from .repairs import repairs_of
from .results import Standing, results_of, standing
from .trials import models_of


def build(events: Iterable[Event]) -> Lineage:
    """The lineage of one session from its events, in the order of their positions.

    What cannot be read is passed over, and noted. Raises ``ValueError`` if there is no event.
    """
    seen = Gathered()
    for event in events:
        seen.take(event)
    return lineage_from(seen)


def lineage_from(seen: Gathered) -> Lineage:
    """The lineage of a session whose events were all taken. Raises ``ValueError`` if there was none."""
    if seen.session_id is None:
        raise ValueError("a lineage of no events")
    seen.finish()
    codes = Codes()
    links = linked(seen, codes)
    links.nodes[:] = _with_feeds(links.nodes)
    stands = standing(seen, links.nodes, links.order)
    results = results_of(seen, links, stands)
    feeding = leading_to(links.nodes, (each.run for each in results))
    alive = alive_in(links, stands, feeding)
    dead_ends = dead_ends_of(seen, links, stands, alive)
    links.nodes[:] = _with_survival(links, stands, alive, dead_ends)
    nodes = links.nodes
    return Lineage(
        session_id=seen.session_id,
        runs=tuple(nodes),
        cells=_cells(seen),
        results=tuple(each.run for each in results),
        result_reasons=results,
        feeding=feeding,
        restarts=tuple(seen.restarts),
        attempts=attempts_of(seen, links, codes),
        repairs=repairs_of(seen, links, codes),
        dead_ends=dead_ends,
        data_steps=data_steps_of(links),
        models=models_of(links, codes),
        notes=(*seen.notes, *links.notes, *_unknown(links)),
    )


def _unknown(links: Linked) -> list[LineageNote]:
    """Names that runs used though nothing here bound them: they come from before the session, or from elsewhere."""
    positions: dict[str, list[int]] = {}
    for node in links.nodes:
        if node.status == "ok":
            for name in node.unknown_names:
                positions.setdefault(name, []).append(node.scheduled_position)
    notes = [
        LineageNote(tuple(at[:MOST_NOTES]), f"nothing in this session bound the name {name}")
        for name, at in list(positions.items())[:MOST_NOTES]
    ]
    if len(positions) > MOST_NOTES:
        notes.append(LineageNote((), f"{len(positions) - MOST_NOTES} more names were bound by nothing in this session"))
    return notes


def _with_feeds(nodes: list[RunNode]) -> list[RunNode]:
    feeds: dict[int, list[int]] = {}
    for node in nodes:
        for source in node.fed_by:
            feeds.setdefault(source, []).append(node.index)
    return [replace(node, feeds=tuple(feeds[node.index])) if node.index in feeds else node for node in nodes]


def _with_survival(
    links: Linked, stands: Standing, alive: frozenset[int], dead_ends: tuple[DeadEnd, ...]
) -> list[RunNode]:
    dead = {each.cell_id for each in dead_ends}
    surviving = alive | {index for cell, index in stands.last_run.items() if cell not in dead}
    return [replace(node, survives=True) if node.index in surviving else node for node in links.nodes]


def _cells(seen: Gathered) -> dict[str, CellLife]:
    places = {cell_id: place for place, cell_id in enumerate(seen.notebook.order, 1)}
    return {
        cell.cell_id: CellLife(
            cell_id=cell.cell_id,
            cell_type=cell.cell_type,
            source=cell.source,
            runs=tuple(cell.runs),
            place=places.get(cell.cell_id),
            given=cell.given,
            edited=cell.edited,
            added_position=cell.added_position,
            removed_position=cell.removed_position,
            last_edit_position=cell.last_edit_position,
        )
        for cell in seen.cells.values()
    }
