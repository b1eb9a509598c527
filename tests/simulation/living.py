"""People at work, recorded by a real log, prompted by the real worker; the clock moves only when told.

The worker takes a turn when it is given one, and sees as many events as it is given, so that a test chooses how they
interleave: a worker that is behind, that reads half of what there is, that is stopped for a day, that dies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from prompter.policy import Prompting
from prompter.study import Study
from prompter_events import Event, Log, NotebookId, ParticipantId, Position, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellRemoved,
    CellSnapshot,
    Client,
    FocusChanged,
    IdleBegan,
    IdleEnded,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptIssued,
    PromptRequested,
    PromptShown,
    PromptSnoozed,
)
from prompter_events.catalogue.runs import (
    EstimatorFact,
    FrameFact,
    FrameShape,
    KernelFacts,
    KernelRestarted,
    RunFinished,
    RunScheduled,
    RunStatus,
)
from prompter_events.catalogue.study import StudyEnded
from prompter_projections import Worker
from prompter_projections.fold import Emission, is_own
from support.lifelike import uuid

SECOND = 1_000_000
MINUTE = 60 * SECOND
BEGIN = 1_781_010_000 * SECOND
"""9 June 2026, 13:00 UTC, in µs."""


async def at_once(seconds: float) -> None:
    """A pause that takes no time."""
    await asyncio.sleep(0)


class Clock:
    """µs since the epoch, as told."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> int:
        return self.now


class Watched(Prompting):
    """The policy, and where it broke what the worker asks of it: that a tick which says nothing changes nothing."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self.breaches: list[str] = []

    def decide(self, state: Any, now: int, after: Position) -> tuple[Any, Sequence[Emission]]:
        due = self.due(state)
        decided, emissions = super().decide(state, now, after)
        if due is not None and due <= now and not emissions and decided != state:
            self.breaches.append(f"decided nothing after {after}, and changed")
        if (later := self.due(decided)) is not None and later <= now:
            self.breaches.append(f"is due again at once after {after}")
        return decided, emissions


class Life:
    """Everybody who works here, the log, and the worker of one study."""

    def __init__(self, log: Log, clock: Clock, study: Study, conditions: Sequence[str]) -> None:
        self.log = log
        self.clock = clock
        self.study = study
        self.policy = Watched(study)
        self.people = [Person(self, number, condition) for number, condition in enumerate(conditions)]
        self._task: asyncio.Task[None] | None = None
        self._worker: Worker[Any] | None = None
        self._limit = 0
        self._turn = asyncio.Event()
        self._idle = asyncio.Event()
        log.wait = self._no_wait  # type: ignore[method-assign]

    async def begin(self) -> None:
        """Everybody opens their notebook."""
        for person in self.people:
            await person.open()

    async def turn(self, limit: int = 10_000) -> None:
        """Let the worker read at most so many events, and decide what is due."""
        if self._task is None:
            self._worker = Worker(
                self.log, self.policy, clock=self.clock, read=self._read, pause=at_once, lease_seconds=1e9
            )
            self._task = asyncio.create_task(self._worker.run())
            await self._until_idle()
        self._limit = limit
        self._idle.clear()
        self._turn.set()
        await self._until_idle()

    async def stop(self) -> None:
        """The worker ends in good order."""
        if self._task is not None and self._worker is not None:
            self._worker.stop()
            self._limit = 0
            self._turn.set()
            await self._task
            self._forget_worker()

    async def die(self) -> None:
        """The worker is killed where it stands."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._forget_worker()

    async def finish(self) -> None:
        """The worker comes to the end of the log, decides what is due, and ends."""
        seen = -1
        while (head := (await self.log.head()).position) != seen:
            seen = head
            await self.turn()
        await self.stop()

    async def events(self) -> list[Event]:
        """The whole log."""
        return [event async for event in self.log.read()]

    def _forget_worker(self) -> None:
        self._task = self._worker = None
        self._turn.clear()
        self._idle.clear()

    async def _until_idle(self) -> None:
        assert self._task is not None
        idle = asyncio.ensure_future(self._idle.wait())
        done, _ = await asyncio.wait({idle, self._task}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        idle.cancel()
        assert done, "the worker hangs"
        if self._task in done:
            self._task.result()

    async def _read(self, after: Position, limit: int) -> Sequence[Event]:
        self._idle.set()
        await self._turn.wait()
        self._turn.clear()
        return [event async for event in self.log.read(after=after, limit=min(limit, self._limit))]

    async def _no_wait(self, after: Position, timeout: float | None = None) -> Position:
        return after


class Person:
    """Somebody with one notebook, in one page after the other."""

    def __init__(self, life: Life, number: int, condition: str) -> None:
        self._life = life
        self._number = number
        self._condition = condition
        self.participant_id = ParticipantId(uuid(number, "participant"))
        self._notebook_id = NotebookId(uuid(number, "notebook"))
        self._sources = {"given": "1"}
        self._running: dict[UUID, str] = {}
        self._pages = self._seq = self._runs = self._asks = 0

    async def open(self) -> None:
        """Open the notebook, or load the page again."""
        before, self._pages, self._seq = self._pages, self._pages + 1, 0
        self._producer = ProducerId(uuid(self._number, "page", self._pages))
        continues = self._session if before else None
        self._session = SessionId(uuid(self._number, "session", self._pages))
        accepted = SessionAccepted(
            participant_id=self.participant_id,
            notebook_id=self._notebook_id,
            condition=self._condition,
            study=self._life.study.name,
            study_digest=self._life.study.digest,
            clock_offset_ms=0,
        )
        server = ProducerId(uuid(self._number, "server", self._pages))
        await self._life.log.append(server, [self._event(accepted, server, 1)])
        cells = [CellSnapshot(cell_id=c, cell_type="code", source=s) for c, s in self._sources.items()]
        client = Client(lab="", extension="", browser="")
        opened = SessionOpened(
            notebook_path="work.ipynb", kernel_name="", client=client, cells=cells, continues=continues
        )
        await self.say(opened)

    async def say(self, *bodies: Body, ago: int = 0) -> None:
        """The page's events reach the log together; they happened some time ago, in µs."""
        first = self._seq + 1
        self._seq += len(bodies)
        await self._life.log.append(
            self._producer,
            [self._event(body, self._producer, number, ago) for number, body in enumerate(bodies, first)],
        )

    async def write(self, cell: str, source: str) -> None:
        """Type into a cell, which is made if it is not there."""
        if cell not in self._sources:
            self._sources[cell] = ""
            await self.say(CellAdded(cell_id=cell, index=0, cell_type="code", source="", cause="user"))
        self._sources[cell] = source
        await self.say(CellEdited(cell_id=cell, changes=[(0, [source])], cause="user"))

    async def remove(self, cell: str) -> None:
        """Delete a cell."""
        if self._sources.pop(cell, None) is not None:
            await self.say(CellRemoved(cell_id=cell, index=0, cause="user"))

    async def schedule(self, cell: str) -> None:
        """Ask for a run that takes its time."""
        if cell in self._sources:
            self._runs += 1
            run_id = uuid(self._number, "run", self._runs)
            self._running[run_id] = cell
            await self.say(RunScheduled(run_id=run_id, cell_id=cell, source=self._sources[cell]))

    async def finish(self, status: RunStatus = "ok", ago: int = 0) -> None:
        """The oldest run ends."""
        if self._running:
            run_id = next(iter(self._running))
            del self._running[run_id]
            await self.say(RunFinished(run_id=run_id, status=status, execution_count=1, duration_ms=5), ago=ago)

    async def run(self, cell: str, status: RunStatus = "ok") -> None:
        """Run a cell."""
        if cell in self._sources:
            self._runs += 1
            run_id = uuid(self._number, "run", self._runs)
            await self.say(
                RunScheduled(run_id=run_id, cell_id=cell, source=self._sources[cell]),
                RunFinished(run_id=run_id, status=status, execution_count=1, duration_ms=5),
            )

    async def tell(self, what: str, cell: str = "a") -> None:
        """Something else that happens at a desk."""
        newest = uuid(self._number, "run", self._runs)
        before, after = (FrameShape(rows=rows, columns=8) for rows in (1000, 880))
        frame = FrameFact(name="loans", kind="pandas.DataFrame", before=before, after=after)
        model = EstimatorFact(name="model", kind="LogisticRegression", did="fitted")
        told: dict[str, Body] = {
            "focus": FocusChanged(cell_id=cell, visible=True),
            "leave": FocusChanged(cell_id=None, visible=False),
            "idle": IdleBegan(),
            "awake": IdleEnded(),
            "frame": KernelFacts(run_id=newest, read=["loans"], bound=["loans"], frames=[frame]),
            "model": KernelFacts(run_id=newest, read=["X"], bound=["model"], estimators=[model]),
            "restart": KernelRestarted(kernel_id="k", name="prompter"),
            "close": SessionClosed(reason="closed"),
            "end": StudyEnded(by="prompter:end-session"),
        }
        await self.say(told[what])

    async def request(self, how: str = "") -> None:
        """A researcher wants to ask about what this person does now."""
        self._asks += 1
        asked = PromptRequested(
            request_id=uuid(self._number, "request", self._asks),
            question=f"Why? ({self._asks})",
            choices=[],
            language="en",
            by="ada",
            urgent="urgent" in how,
            override="override" in how,
        )
        producer = ProducerId(uuid(self._number, "monitor", self._asks))
        await self._life.log.append(producer, [self._event(asked, producer, 1)])

    async def react(self, how: str, which: int = -1) -> None:
        """Do something with a prompt that the log holds for this person; the newest one if not told otherwise."""
        asked = [prompt async for prompt in self._asked()]
        if not asked:
            return
        prompt_id = asked[which % len(asked)]
        reactions: dict[str, Callable[[], Body]] = {
            "show": lambda: PromptShown(prompt_id=prompt_id),
            "answer": lambda: PromptAnswered(prompt_id=prompt_id, text="to see", choice=None, drafting_ms=5),
            "skip": lambda: PromptDismissed(prompt_id=prompt_id, reason="skip"),
            "never": lambda: PromptDismissed(prompt_id=prompt_id, reason="never"),
            "snooze": lambda: PromptSnoozed(prompt_id=prompt_id, until=self._life.clock.now),
        }
        await self.say(reactions[how]())

    async def _asked(self) -> Any:
        async for event in self._life.log.read(types=["prompt.issued"]):
            if event.participant_id == self.participant_id:
                body = event.body
                assert isinstance(body, PromptIssued)
                yield body.prompt_id

    def _event(self, body: Body, producer_id: ProducerId, seq: int, ago: int = 0) -> Event:
        return draft(
            body,
            session_id=self._session,
            producer_id=producer_id,
            producer_seq=seq,
            participant_id=self.participant_id,
            occurred_at=self._life.clock.now - ago,
        )


def decisions(events: Iterable[Event]) -> dict[ParticipantId, list[tuple[UUID, int, Body]]]:
    """What the policy decided for each participant, in order: session, the policy's clock, and all that it said."""
    found: dict[ParticipantId, list[tuple[UUID, int, Body]]] = {}
    for event in events:
        if is_own(Prompting.name, event):
            found.setdefault(event.participant_id, []).append((event.session_id, event.occurred_at, event.body))
    return found
