"""The format ``prov``: one provenance document for each session, after W3C PROV, as PROV-JSON and PROV-N."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from prompter_events.event import Event

from ..session import by_notebook, clean, iso_time, notebook_of
from ..stream import ReleasedLog, ReleasedSession


class Prov:
    """Writes a document for each session. Memory holds one session's events and its document."""

    name = "prov"
    summary = "W3C PROV: where cells, results and answers come from, a document for each session"
    needs: tuple[str, ...] = ("prov",)

    async def write(self, released: ReleasedLog, directory: Path) -> Mapping[str, int]:
        """``SESSION.json`` and ``SESSION.provn`` in ``sessions/``, and ``index.json`` that lists them."""
        # Of the extra; whoever writes other formats need not have it.
        from .questions import Asked  # noqa: PLC0415
        from .story import document_of  # noqa: PLC0415

        (directory / "sessions").mkdir()
        counts: dict[str, int] = {}
        index: list[dict[str, Any]] = []
        for sessions in by_notebook(released.sessions):
            asked: dict[UUID, Asked] = {}
            for session in sessions:
                events: list[Event] = [event async for event in released.events_of(session.session_id)]
                if not events:
                    continue
                document = document_of(session, events, asked)
                records = len(document.records)
                name = f"sessions/{session.session_id}"
                for ending, text in (
                    ("json", document.serialize(format="json")),
                    ("provn", document.serialize(format="provn")),
                ):
                    (directory / f"{name}.{ending}").write_text(f"{text}\n", encoding="utf-8", newline="")
                    counts[f"{name}.{ending}"] = records
                index.append(_listed(session, name, records, released))
                released.tell("sessions", len(index), len(released.sessions))
        text = json.dumps(index, ensure_ascii=False, indent=1)
        (directory / "index.json").write_text(text + "\n", encoding="utf-8", newline="")
        counts["index.json"] = len(index)
        return counts


def _listed(session: ReleasedSession, name: str, records: int, released: ReleasedLog) -> dict[str, Any]:
    condition = {} if released.release.blind else {"condition": clean(session.condition)}
    return {
        "session": str(session.session_id),
        "participant": clean(session.participant),
        "notebook": notebook_of(session),
        "study": clean(session.study),
        **condition,
        "began": iso_time(session.began_at),
        "files": [f"{name}.json", f"{name}.provn"],
        "records": records,
    }
