"""Sessions made for one finding each: a page whose clock, network and mishaps a test chooses, in a log in memory."""

from __future__ import annotations

from uuid import UUID

from prompter.demo.desk import uuid
from prompter_events import Log, NotebookId, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellEdited,
    CellSnapshot,
    Client,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.prompts import PromptAnswered, PromptIssued, PromptShown
from prompter_events.catalogue.runs import RunFinished, RunOutput, RunScheduled
from prompter_events.memory import MemoryLog
from prompter_projections.quality import Finding, Quality, SessionQuality, quality

BEGIN = 1_790_000_000_000_000
"""µs since the epoch."""


class Room:
    """A log in memory whose clock moves only when told; times are in seconds since ``BEGIN``."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: Log = MemoryLog(clock=lambda: BEGIN + round(self.now * 1e6))

    async def quality(self, *, blind: bool = False) -> Quality:
        return await quality(self.log, blind=blind)


class Tab:
    """One page of one participant on one notebook. ``behind``: the server's clock minus the page's, in seconds."""

    def __init__(self, room: Room, name: str = "tab", *, person: str = "ann", behind: float = 0.0) -> None:
        self.room = room
        self.name = name
        self.behind = behind
        self.session_id = SessionId(uuid(name, "session"))
        self.producer_id = ProducerId(uuid(name, "producer"))
        self.participant_id = ParticipantId(uuid(person, "person"))
        self.notebook_id = NotebookId(uuid(person, "notebook"))
        self._seqs: dict[ProducerId, int] = {}
        self._last = 0

    async def say(self, body: Body, at: float, *, late: float = 0.0, server: bool = False) -> None:
        """An event that occurs at a second by the server's clock, and is recorded so much later."""
        producer_id = ProducerId(uuid(self.name, "server")) if server else self.producer_id
        self._seqs[producer_id] = seq = self._seqs.get(producer_id, 0) + 1
        self.room.now = at + late
        occurred_at = BEGIN + round((at - (0 if server else self.behind)) * 1e6)
        event = draft(
            body,
            session_id=self.session_id,
            producer_id=producer_id,
            producer_seq=seq,
            participant_id=self.participant_id,
            occurred_at=occurred_at,
        )
        await self.room.log.append(producer_id, [event])

    async def open(
        self, at: float = 0.0, *, condition: str = "EXP_CTS", shared: bool = False, path: str = "loans.ipynb"
    ) -> None:
        accepted = SessionAccepted(
            participant_id=self.participant_id,
            notebook_id=self.notebook_id,
            condition=condition,
            study="trial",
            study_digest=None,
            clock_offset_ms=round(self.behind * 1000) + 20,
        )
        await self.say(accepted, at, server=True)
        cells = [CellSnapshot(cell_id=name, cell_type="code", source="") for name in ("a", "b")]
        client = Client(lab="", extension="", browser="")
        opened = SessionOpened(notebook_path=path, kernel_name="python3", client=client, cells=cells, shared=shared)
        await self.say(opened, at)

    async def type(self, begin: float, end: float, *, every: float = 5.0, late: float = 0.0) -> None:
        """Keys at intervals."""
        at = begin
        while at < end:
            await self.say(CellEdited(cell_id="a", changes=[(0, ["x"])], cause="user"), at, late=late or 0.05)
            at += every

    async def typed_until(self, at: float) -> None:
        """Open, and type until then: a plain session that goes on."""
        await self.open()
        await self.type(1, at)

    async def close(self, at: float) -> None:
        await self.say(SessionClosed(reason="closed"), at)

    async def run(self, at: float, *outputs: RunOutput, cell: str = "b") -> None:
        run_id = uuid(self.name, "run", at)
        await self.say(RunScheduled(run_id=run_id, cell_id=cell, source=""), at)
        await self.say(
            RunFinished(run_id=run_id, status="ok", execution_count=1, duration_ms=5, outputs=list(outputs)), at
        )

    async def ask(
        self, at: float, *, shown: float | None = None, answered: float | None = None, rule: str = "first_run"
    ) -> UUID:
        """A question, seen and answered so many seconds later, if at all."""
        prompt_id = uuid(self.name, "prompt", at)
        issued = PromptIssued(
            prompt_id=prompt_id,
            notebook_id=self.notebook_id,
            cell_id="b",
            run_id=None,
            cell_version=1,
            question="What for?",
            choices=[],
            language="en",
            author="rule",
            rule=rule,
            trigger=1,
            deliver="now",
            decided_at=BEGIN,
            after=1,
        )
        await self.say(issued, at, server=True)
        if shown is not None:
            await self.say(PromptShown(prompt_id=prompt_id), at + shown)
        if answered is not None:
            answer = PromptAnswered(prompt_id=prompt_id, text="to see", choice=None, drafting_ms=1)
            await self.say(answer, at + (shown or 0) + answered)
        return prompt_id


def session(report: Quality, tab: Tab) -> SessionQuality:
    return next(one for one in report.sessions if one.session_id == tab.session_id)


def said(report: Quality, tab: Tab, rule: str) -> Finding:
    return next(finding for finding in session(report, tab).findings if finding.rule == rule)
