"""The format ``progsnap2``: a directory after ProgSnap2 1.0."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from prompter_projections.fold import body_of

from ..session import by_notebook, clean
from ..stream import ReleasedLog, ReleasedSession
from .columns import CODE_STATES, CONDITION_COLUMNS, LINK_TABLES, MAIN_TABLE
from .maker import LinkRow, MainRow, Question, Resource
from .readme import readme
from .rows import SessionRows
from .states import CodeState, CodeStates
from .table import Table

METADATA = {
    "Version": "1.0",
    # One log gave the events their order, and but for pages that were offline it is that of the work.
    "IsEventOrderingConsistent": "true",
    "EventOrderScope": "Global",
    "EventOrderScopeColumns": "",
    # One file, however many versions a cell has, and no name of a participant's becomes a path.
    "CodeStateRepresentation": "Table",
    "ProgramInputLinkTable": "",
}


class ProgSnap2:
    """Writes a data set. Memory holds one session's notebook and the prompts of one notebook's sessions."""

    name = "progsnap2"
    summary = "ProgSnap2 1.0: the events as programming snapshots, for tools of computing education"
    needs: tuple[str, ...] = ()

    async def write(self, released: ReleasedLog, directory: Path) -> Mapping[str, int]:
        """Main table, code states, link tables, metadata, README and a file for each output that was kept."""
        blind = released.release.blind
        numbers = count(1)
        resources = done = 0
        with ExitStack() as stack:
            main, states, links = _tables(stack, directory, blind=blind)
            for sessions in by_notebook(released.sessions):
                questions: dict[str, Question] = {}
                for session in sessions:
                    rows = SessionRows(session, CodeStates(numbers), questions)
                    async for event in released.events_of(session.session_id):
                        body = body_of(event)
                        for made in rows.take(event, body) if body is not None else ():
                            match made:
                                case MainRow(values):
                                    main.write(values)
                                case CodeState(code_state_id, code):
                                    states.write({"CodeStateID": code_state_id, "Code": code})
                                case LinkRow(table, values):
                                    links[table].write(values)
                                case Resource():
                                    _keep(directory, made)
                                    resources += 1
                    done += 1
                    released.tell("sessions", done, len(released.sessions))
            for row in _subjects(released.sessions):
                links["LinkSubject"].write(row)
            with Table(directory / "DatasetMetadata.csv", ("Property", "Value")) as metadata:
                for name, value in METADATA.items():
                    metadata.write({"Property": name, "Value": value})
            counts = {
                "MainTable.csv": main.rows,
                "CodeStates/CodeStates.csv": states.rows,
                "DatasetMetadata.csv": metadata.rows,
                **{f"LinkTables/{name}.csv": table.rows for name, table in links.items()},
                "Resources": resources,
            }
        (directory / "README.md").write_text(readme(blind=blind), encoding="utf-8", newline="\n")
        return counts


def _tables(stack: ExitStack, directory: Path, *, blind: bool) -> tuple[Table, Table, dict[str, Table]]:
    hidden = CONDITION_COLUMNS if blind else frozenset()

    def table(path: str, columns: Mapping[str, str] | tuple[str, ...]) -> Table:
        return stack.enter_context(Table(directory / path, [name for name in columns if name not in hidden]))

    links = {name: table(f"LinkTables/{name}.csv", columns) for name, columns in LINK_TABLES.items()}
    return table("MainTable.csv", MAIN_TABLE), table("CodeStates/CodeStates.csv", CODE_STATES), links


def _keep(directory: Path, resource: Resource) -> None:
    path = directory / resource.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(resource.text, encoding="utf-8", newline="")


def _subjects(sessions: list[ReleasedSession]) -> list[dict[str, str | int]]:
    """One row for each participant, in the order of their first sessions."""
    of: dict[str, list[ReleasedSession]] = {}
    for session in sessions:
        of.setdefault(session.participant, []).append(session)
    return [
        {
            "SubjectID": clean(participant),
            "X-Sessions": len(theirs),
            "X-Study": _listed(session.study for session in theirs),
            "X-Condition": _listed(session.condition for session in theirs),
        }
        for participant, theirs in of.items()
    ]


def _listed(names: Iterable[str]) -> str:
    return clean(json.dumps(list(dict.fromkeys(filter(None, names))), ensure_ascii=False))
