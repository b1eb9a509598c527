"""One session as a provenance document: its cells, runs, questions and answers, out of its events and their lineage."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from uuid import UUID

from prov.identifier import QualifiedName
from prov.model import ProvDocument

from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.event import Event
from prompter_projections.fold import body_of
from prompter_projections.lineage import build

from ..session import notebook_of
from ..stream import ReleasedSession
from .document import Document
from .names import RELEASE
from .questions import Asked, Questions
from .runs import Runs
from .versions import Versions


def document_of(session: ReleasedSession, events: Sequence[Event], asked: MutableMapping[UUID, Asked]) -> ProvDocument:
    """The provenance of one session from its events, in order; at least one.

    ``asked`` is what earlier sessions of the notebook asked; it holds what this one asked afterwards.
    """
    document = Document(session.session_id)
    participant = document.agent(
        RELEASE[f"participant-{session.participant_id}"],
        "Person",
        {"name": session.participant, "study": session.study or None, "condition": session.condition or None},
    )
    notebook = document.collection(
        RELEASE[f"notebook-{notebook_of(session)}"], "Notebook", {"path": session.notebook_path or None}
    )
    document.by(notebook, participant)
    versions = Versions(document, participant, notebook)

    def about(body: p.PromptIssued) -> QualifiedName | None:
        of_run = None if body.run_id is None else versions.of_run.get(body.run_id)
        return of_run if of_run is not None else versions.latest(body.cell_id)

    questions = Questions(document, participant, asked, about)
    ends: dict[UUID, r.RunFinished] = {}
    kernel_name = ""
    for event in events:
        body = body_of(event)
        if body is None:
            continue
        versions.take(event, body)
        questions.take(event, body)
        if isinstance(body, r.RunFinished):
            ends.setdefault(body.run_id, body)
        elif isinstance(body, r.KernelStarted) and not kernel_name:
            kernel_name = body.name
    versions.end()
    Runs(document, participant, build(events)).fill(versions.of_run, ends, kernel_name)
    return document.prov
