"""The events of one notebook, over all its sessions, as events and objects of an OCEL 2.0 log. Pure.

| object | its events |
|---|---|
| participant | all of theirs |
| notebook, session | all that happened there |
| cell | its changes, its runs, the questions about it |
| run | from being asked for to what the kernel told of it |
| prompt | from being issued to its end |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from prompter_events.catalogue import Body
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.event import Event
from prompter_projections.current import BY_THE_SERVER
from prompter_projections.lineage import Lineage
from prompter_projections.notebook import NotebookState

from ..session import SessionCells, clean, json_text, notebook_of
from ..stream import ReleasedSession
from .model import OcelEvent, OcelObject, Value
from .schema import event_attributes

_DID: Mapping[str, str] = {
    "cell.added": "adds",
    "cell.removed": "removes",
    "cell.moved": "moves",
    "cell.type_changed": "changes type of",
    "cell.edited": "edits",
    "focus.changed": "focuses",
    "run.scheduled": "runs",
    "run.started": "runs",
    "run.finished": "runs",
    "prompt.suppressed": "would ask about",
}
"""What an event does to its cell; else it is about it."""

_FATES: Mapping[str, str] = {
    "prompt.shown": "shown",
    "prompt.answered": "answered",
    "prompt.amended": "answered",
    "prompt.dismissed": "dismissed",
    "prompt.snoozed": "snoozed",
    "prompt.expired": "expired",
    "prompt.withdrawn": "withdrawn",
}


class NotebookObjects:
    """Makes the events and objects of one notebook. The participant is shared by all their notebooks."""

    def __init__(self, session: ReleasedSession, participant: OcelObject) -> None:
        self.participant = participant
        self._id = notebook_of(session)
        self._notebook = OcelObject(f"notebook:{self._id}", "notebook")
        self._notebook.relate(participant.object_id, "belongs to")
        self._sessions: dict[str, OcelObject] = {}
        self._cells: dict[str, OcelObject] = {}
        self._runs: dict[str, OcelObject] = {}
        self._run_cells: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        self._prompts: dict[str, OcelObject] = {}
        self._asked: dict[str, p.PromptIssued] = {}
        self._session = self._notebook
        self._following = SessionCells()

    def open(self, session: ReleasedSession) -> None:
        """The next session of the notebook; its events follow."""
        self._following = SessionCells()
        self._versions.clear()
        self._session = OcelObject(f"session:{session.session_id}", "session")
        self._sessions[str(session.session_id)] = self._session
        for told in (self.participant, self._session):
            told.set("study", clean(session.study) or None, session.began_at)
            told.set("condition", clean(session.condition) or None, session.began_at)
        self._notebook.set("path", clean(session.notebook_path) or None, session.began_at)
        self._session.relate(self.participant.object_id, "worked by")
        self._session.relate(self._notebook.object_id, "opens")

    def take(self, event: Event, body: Body) -> OcelEvent:
        """The next event of the session; the objects know of it afterwards."""
        before, after = self._following.take(event, body)
        step = _STEPS.get(event.type)
        if step is not None:
            step(self, event, body, before, after)
        attributes: dict[str, Value] = {"position": event.position, "recorded_at": event.recorded_at}
        for name, value in event_attributes(event.type, body).items():
            attributes[name] = clean(value) if isinstance(value, str) else value
        return OcelEvent(
            event_id=f"event:{event.position}",
            type=event.type,
            time=event.occurred_at,
            attributes=attributes,
            relationships=tuple(dict.fromkeys(self._related(event, body))),
        )

    def link(self, lineage: Lineage) -> None:
        """Which run of the session used what another one bound: as the kernel saw it, or as the code lets one think."""
        for node in lineage.runs:
            run = self._runs.get(str(node.run_id))
            qualifier = "uses names of" if node.facts == "kernel" else "may use names of"
            for index in node.fed_by if run is not None else ():
                other = self._runs.get(str(lineage.runs[index].run_id))
                if run is not None and other is not None:
                    run.relate(other.object_id, qualifier)

    def objects(self) -> Iterator[OcelObject]:
        """All objects of the notebook, once its events are read."""
        yield self._notebook
        for group in (self._sessions, self._cells, self._runs, self._prompts):
            yield from group.values()

    # -- relations of events

    def _related(self, event: Event, body: Body) -> Iterator[tuple[str, str]]:
        yield self.participant.object_id, "concerns" if event.type in BY_THE_SERVER else "by"
        yield self._notebook.object_id, "in"
        yield self._session.object_id, "during"
        prompt_id, run_id = _text(body, "prompt_id"), _text(body, "run_id")
        asked = self._asked.get(prompt_id or "")
        cell_id = getattr(body, "cell_id", None) or (asked.cell_id if asked else self._run_cells.get(run_id or ""))
        if cell_id is not None:
            yield self._cell(cell_id).object_id, _DID.get(event.type, "about")
        for snapshot in getattr(body, "cells", ()):
            yield self._cell(snapshot.cell_id).object_id, "finds"
        if run_id is not None and run_id in self._runs:
            yield self._runs[run_id].object_id, "of"
        if prompt_id is not None:
            yield self._prompt(prompt_id).object_id, "of"

    def _cell(self, cell_id: str) -> OcelObject:
        known = self._cells.get(cell_id)
        if known is None:
            told = clean(cell_id)
            if told != cell_id:
                # Two ids that cannot be written as they are must not become one.
                told += "~" + blake2b(cell_id.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
            known = self._cells[cell_id] = OcelObject(f"cell:{self._id}:{told}", "cell")
            known.relate(self._notebook.object_id, "part of")
        return known

    def _prompt(self, prompt_id: str) -> OcelObject:
        known = self._prompts.get(prompt_id)
        if known is None:
            known = self._prompts[prompt_id] = OcelObject(f"prompt:{prompt_id}", "prompt")
            known.relate(self.participant.object_id, "put to")
        return known

    # -- what events tell of objects

    def _opened(self, event: Event, body: n.SessionOpened, before: NotebookState, after: NotebookState) -> None:
        self._session.set("kernel_name", clean(body.kernel_name) or None, event.occurred_at)
        self._session.set("client", clean(body.client.lab) or None, event.occurred_at)
        if body.continues is not None and str(body.continues) in self._sessions:
            self._session.relate(self._sessions[str(body.continues)].object_id, "continues")
        self._replaced(event, body, before, after)

    def _replaced(self, event: Event, body: Any, before: NotebookState, after: NotebookState) -> None:
        for cell in after.cells:
            self._stands(event, after, cell.cell_id)
        for cell_id in before.order:
            if cell_id not in after.table:
                self._cell(cell_id).set("present", False, event.occurred_at)

    def _stands(self, event: Event, after: NotebookState, cell_id: str) -> None:
        """A cell as it is now: its type, and its text where a version of it begins."""
        cell = after.table.get(cell_id)
        if cell is not None:
            told = self._cell(cell_id)
            told.set("cell_type", cell.cell_type, event.occurred_at)
            told.set("source", clean(cell.source), event.occurred_at)
            told.set("present", True, event.occurred_at)

    def _renamed(self, event: Event, body: n.NotebookRenamed, before: NotebookState, after: NotebookState) -> None:
        self._notebook.set("path", clean(body.path), event.occurred_at)

    def _added(self, event: Event, body: n.CellAdded, before: NotebookState, after: NotebookState) -> None:
        self._stands(event, after, body.cell_id)
        for parent in dict.fromkeys(body.parents):
            self._cell(body.cell_id).relate(self._cell(parent).object_id, "made of")

    def _retyped(self, event: Event, body: n.CellTypeChanged, before: NotebookState, after: NotebookState) -> None:
        self._stands(event, after, body.cell_id)

    def _removed(self, event: Event, body: n.CellRemoved, before: NotebookState, after: NotebookState) -> None:
        # What was typed since its last run is a version too: the last one.
        self._stands(event, before, body.cell_id)
        self._cell(body.cell_id).set("present", False, event.occurred_at)

    def _closed(self, event: Event, body: n.SessionClosed, before: NotebookState, after: NotebookState) -> None:
        for cell_id in after.order:
            self._stands(event, after, cell_id)

    def _scheduled(self, event: Event, body: r.RunScheduled, before: NotebookState, after: NotebookState) -> None:
        self._stands(event, after, body.cell_id)
        run_id, source = str(body.run_id), clean(body.source)
        version = self._versions[body.cell_id] = self._versions.get(body.cell_id, 0) + 1
        run = self._runs[run_id] = OcelObject(f"run:{run_id}", "run")
        self._run_cells[run_id] = body.cell_id
        run.set("version", version, event.occurred_at)
        run.set("source", source, event.occurred_at)
        run.set("status", "scheduled", event.occurred_at)
        run.relate(self._cell(body.cell_id).object_id, "executes")
        run.relate(self._session.object_id, "part of")

    def _started(self, event: Event, body: r.RunStarted, before: NotebookState, after: NotebookState) -> None:
        run = self._runs.get(str(body.run_id))
        if run is not None:
            run.set("status", "running", event.occurred_at)

    def _finished(self, event: Event, body: r.RunFinished, before: NotebookState, after: NotebookState) -> None:
        run = self._runs.get(str(body.run_id))
        if run is not None:
            run.set("status", body.status, event.occurred_at)
            run.set("execution_count", body.execution_count, event.occurred_at)
            run.set("duration_ms", body.duration_ms, event.occurred_at)
            if body.error is not None:
                run.set("error", clean(body.error.name), event.occurred_at)
                run.set("error_message", clean(body.error.message), event.occurred_at)

    def _issued(self, event: Event, body: p.PromptIssued, before: NotebookState, after: NotebookState) -> None:
        prompt_id = str(body.prompt_id)
        self._asked[prompt_id] = body
        prompt = self._prompt(prompt_id)
        for name in ("question", "rule", "author", "language", "deliver"):
            prompt.set(name, clean(getattr(body, name)) or None, event.occurred_at)
        prompt.set("status", "issued", event.occurred_at)
        prompt.relate(self._cell(body.cell_id).object_id, "asks about")
        if body.run_id is not None and str(body.run_id) in self._runs:
            prompt.relate(self._runs[str(body.run_id)].object_id, "asked after")

    def _lived(self, event: Event, body: Any, before: NotebookState, after: NotebookState) -> None:
        prompt = self._prompt(str(body.prompt_id))
        prompt.set("status", _FATES[event.type], event.occurred_at)
        if isinstance(body, p.PromptAnswered | p.PromptAmended):
            prompt.set("answer", clean(body.text), event.occurred_at)
            taken = body.choices or ([] if body.choice is None else [body.choice])
            prompt.set("choices", json_text(taken), event.occurred_at)


def _text(body: Body, name: str) -> str | None:
    value = getattr(body, name, None)
    return None if value is None else str(value)


# One step for each type that says something about an object; a step gets the body of its own type.
_STEPS: dict[str, Callable[[NotebookObjects, Event, Any, NotebookState, NotebookState], None]] = {
    "session.opened": NotebookObjects._opened,
    "session.closed": NotebookObjects._closed,
    "notebook.renamed": NotebookObjects._renamed,
    "notebook.reloaded": NotebookObjects._replaced,
    "recording.resumed": NotebookObjects._replaced,
    "cell.added": NotebookObjects._added,
    "cell.removed": NotebookObjects._removed,
    "cell.type_changed": NotebookObjects._retyped,
    "run.scheduled": NotebookObjects._scheduled,
    "run.started": NotebookObjects._started,
    "run.finished": NotebookObjects._finished,
    "prompt.issued": NotebookObjects._issued,
    **dict.fromkeys(_FATES, NotebookObjects._lived),
}
