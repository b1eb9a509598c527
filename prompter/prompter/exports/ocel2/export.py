"""The format ``ocel2``: one object-centric event log after OCEL 2.0, as JSON and as an SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from prompter_events.event import Event
from prompter_projections.fold import body_of
from prompter_projections.lineage import build

from ..session import by_notebook, clean
from ..stream import ReleasedLog
from .json_file import JsonFile
from .mapper import NotebookObjects
from .model import OcelObject
from .schema import EVENT_TYPES, object_types
from .sqlite_file import SqliteFile

_NO_LINK = frozenset({"cell.edited", "focus.changed", "idle.began", "idle.ended", "notebook.saved"})
"""What a session has most of, and no run is linked to another by: each run tells its source itself."""


class Ocel2:
    """Writes the log twice. Memory holds one session's runs, one notebook's objects, and the participants."""

    name = "ocel2"
    summary = "OCEL 2.0: events with their notebooks, cells, runs and prompts, for process mining"
    needs: tuple[str, ...] = ()

    async def write(self, released: ReleasedLog, directory: Path) -> Mapping[str, int]:
        """``log.json``, and ``log.sqlite`` with the same content."""
        types = object_types(blind=released.release.blind)
        participants: dict[str, OcelObject] = {}
        events = objects = done = 0
        try:
            with (
                JsonFile(directory / "log.json", EVENT_TYPES, types) as json_file,
                SqliteFile(directory / "log.sqlite", EVENT_TYPES, types) as sqlite_file,
            ):
                for sessions in by_notebook(released.sessions):
                    participant = _participant(participants, sessions[0].participant)
                    notebook = NotebookObjects(sessions[0], participant)
                    for session in sessions:
                        notebook.open(session)
                        seen: list[Event] = []
                        async for event in released.events_of(session.session_id):
                            if event.type not in _NO_LINK:
                                seen.append(event)
                            body = body_of(event)
                            if body is not None:
                                told = notebook.take(event, body)
                                json_file.event(told)
                                sqlite_file.event(told)
                                events += 1
                        if seen:
                            notebook.link(build(seen))
                        done += 1
                        released.tell("sessions", done, len(released.sessions))
                    for known in notebook.objects():
                        json_file.object(known)
                        sqlite_file.object(known)
                        objects += 1
                for known in participants.values():
                    json_file.object(known)
                    sqlite_file.object(known)
                    objects += 1
        except sqlite3.OperationalError as error:
            # A full disk, told as the other files tell it.
            raise OSError(None, str(error), str(directory / "log.sqlite")) from error
        return {"log.json": events + objects, "log.sqlite": events + objects}


def _participant(known: dict[str, OcelObject], name: str) -> OcelObject:
    if name not in known:
        known[name] = OcelObject(f"participant:{clean(name)}", "participant")
    return known[name]
