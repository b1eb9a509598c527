"""A page at work, for tests of projections: bodies become numbered events with moments of their own."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID, uuid4

import msgspec

from prompter_events import NotebookId, ParticipantId, Position, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellEdited, CellSnapshot, Client, SessionAccepted, SessionOpened
from prompter_events.catalogue.prompts import PromptIssued
from prompter_events.catalogue.runs import RunFinished, RunOutput, RunScheduled, RunStarted
from prompter_events.event import Event
from prompter_events.log import Log

SECOND = 1_000_000
BEGIN = 1_790_000_000 * SECOND


class Page:
    """One session of one producer. Each event happens a second after the one before it."""

    def __init__(self, participant_id: ParticipantId | None = None, notebook_id: NotebookId | None = None) -> None:
        self.session_id = SessionId(uuid4())
        self.producer_id = ProducerId(uuid4())
        self.participant_id = participant_id or ParticipantId(uuid4())
        self.notebook_id = notebook_id or NotebookId(uuid4())
        self.now = BEGIN
        self.seq = 0
        self.position = 0

    def event(self, body: Body, position: int | None = None) -> Event:
        """The next event; as if the log held nothing but this page's."""
        self.seq += 1
        self.now += SECOND
        self.position = self.position + 1 if position is None else position
        event = draft(
            body,
            session_id=self.session_id,
            producer_id=self.producer_id,
            producer_seq=self.seq,
            participant_id=self.participant_id,
            occurred_at=self.now,
        )
        return msgspec.structs.replace(event, position=Position(self.position), recorded_at=self.now)

    def events(self, *bodies: Body) -> list[Event]:
        return [self.event(body) for body in bodies]

    async def say(self, log: Log, *bodies: Body) -> int:
        """Append events of these bodies; the head afterwards."""
        return (await log.append(self.producer_id, self.events(*bodies))).position

    def accepted(self, condition: str = "EXP_CTS") -> SessionAccepted:
        return SessionAccepted(
            participant_id=self.participant_id,
            notebook_id=self.notebook_id,
            condition=condition,
            study="trial",
            study_digest=None,
            clock_offset_ms=0,
        )


def opened(*cells: tuple[str, str] | tuple[str, str, str], path: str = "work.ipynb") -> SessionOpened:
    """Cells as (id, source) or (id, source, type)."""
    return SessionOpened(
        notebook_path=path,
        kernel_name="python3",
        client=Client(lab="", extension="", browser=""),
        cells=snapshots(*cells),
    )


def snapshots(*cells: tuple[str, str] | tuple[str, str, str]) -> list[CellSnapshot]:
    return [
        CellSnapshot(cell_id=cell[0], source=cell[1], cell_type=cell[2] if len(cell) > 2 else "code")  # type: ignore[misc]
        for cell in cells
    ]


def edited(cell_id: str, *changes: list[int | str]) -> CellEdited:
    return CellEdited(cell_id=cell_id, changes=[(100 * n, ops) for n, ops in enumerate(changes)], cause="user")


def scheduled(cell_id: str, source: str, run_id: UUID) -> RunScheduled:
    return RunScheduled(run_id=run_id, cell_id=cell_id, source=source)


def run(cell_id: str, source: str, count: int = 1, **finished: object) -> tuple[RunScheduled, RunStarted, RunFinished]:
    """A run from asking to end."""
    run_id = uuid4()
    end = {"status": "ok", "execution_count": count, "duration_ms": 5, **finished}
    return (
        scheduled(cell_id, source, run_id),
        RunStarted(run_id=run_id),
        RunFinished(run_id=run_id, **end),  # type: ignore[arg-type]
    )


def output(text: str, mime: str = "stream/stdout", *, cut: int | None = None) -> RunOutput:
    data = text.encode()
    return RunOutput(mime=mime, bytes=len(data), digest=blake2b(data, digest_size=32).digest(), text=text[:cut])


def issued(page: Page, cell_id: str, prompt_id: UUID | None = None, version: int = 1) -> PromptIssued:
    return PromptIssued(
        prompt_id=prompt_id or uuid4(),
        notebook_id=page.notebook_id,
        cell_id=cell_id,
        run_id=None,
        cell_version=version,
        question="What is this for?",
        choices=["explore", "repair"],
        language="en",
        author="rule",
        rule="new-cell",
        trigger=1,
        deliver="now",
        decided_at=page.now,
        after=1,
    )
