"""A study with people in it: lifelike sessions that began a while ago and go on now, in the wanted conditions."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import msgpack
from msgspec.structs import replace
from tornado.websocket import WebSocketClientConnection, websocket_connect

from prompter.conditions import assign_by_hand
from prompter.storage import DIRECTORIES, open_study_log
from prompter.study import load_study
from prompter_events import Batch, Event, Log, ParticipantId, SessionId, open_log
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.prompts import PromptIssued, PromptSuppressed
from prompter_events.clock import now_micros
from prompter_events.codec import pack

from .lifelike import lifelike

STUDY = """\
study: loans-2026
capture: {outputs: {text: 2 KiB}}
rules: []
periods:
  - name: session
    conditions: [EXP_CTS, EXP_END, EXP_NONE]
"""

MINUTE = 60_000_000

_FRAME = 2_000_000
"""µs of work that go into the log together."""


@dataclass
class Worker:
    """Somebody whose session is written."""

    name: str
    condition: str
    minutes: float = 35
    """How long ago they began."""
    seed: int = 17
    silent: float = 0
    """For so many minutes they have done nothing."""
    participant_id: ParticipantId | None = None
    events: list[Event] = field(default_factory=list)
    session_id: SessionId | None = None


def write_study(home: Path) -> Path:
    """The study's file."""
    path = home / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


async def assigned(log: Log, study: Path, name: str, condition: str) -> ParticipantId:
    """A participant in a condition."""
    participant_id = await log.participant(name)
    await assign_by_hand(log, load_study(study), "session", participant_id, condition, by="test", reason="test")
    return participant_id


async def prepare(log: Log, study: Path, workers: Sequence[Worker], now: int) -> None:
    """Give everybody their condition and their story, moved to when it is to be."""
    name = load_study(study).name
    for worker in workers:
        worker.participant_id = await assigned(log, study, worker.name, worker.condition)
        told = lifelike(worker.seed)
        shift = now - round(worker.minutes * MINUTE) - told[0].occurred_at
        told = [event for event in told if event.occurred_at + shift <= now - round(worker.silent * MINUTE)] or told[:1]
        worker.events = _numbered([_moved(event, worker, name, shift) for event in as_asked(told, worker.condition)])
        worker.session_id = worker.events[0].session_id


def as_asked(told: Sequence[Event], condition: str) -> list[Event]:
    """The story as it goes where questions are held for the end, or not asked at all."""
    if condition not in ("EXP_END", "EXP_NONE"):
        return list(told)
    made = []
    for event in told:
        if isinstance(body := event.body, PromptIssued):
            if condition == "EXP_END":
                made.append(replace(event, payload=pack(replace(body, deliver="end"))))
            else:
                held = PromptSuppressed(
                    cell_id=body.cell_id,
                    rule=body.rule,
                    reason="condition",
                    decided_at=body.decided_at,
                    after=body.after,
                    question=body.question,
                )
                made.append(replace(event, type="prompt.suppressed", payload=pack(held)))
        elif not event.type.startswith("prompt.") or event.type == "prompt.suppressed":
            made.append(event)
    return made


def _numbered(events: Sequence[Event]) -> list[Event]:
    """The same events, numbered by their producers without holes."""
    last: dict[object, int] = {}
    made = []
    for event in events:
        last[event.producer_id] = number = last.get(event.producer_id, 0) + 1
        made.append(replace(event, producer_seq=number))
    return made


def _moved(event: Event, worker: Worker, study: str, shift: int) -> Event:
    assert worker.participant_id is not None
    moved = replace(
        event,
        participant_id=worker.participant_id,
        occurred_at=event.occurred_at + shift,
        recorded_at=event.recorded_at + shift,
    )
    if isinstance(body := event.body, SessionAccepted):
        told = replace(body, participant_id=worker.participant_id, condition=worker.condition, study=study)
        moved = replace(moved, payload=pack(told))
    return moved


def frames(workers: Sequence[Worker], begin: int, end: int) -> list[tuple[int, list[Batch]]]:
    """What is to be written in [begin, end) by the moment of recording, a few seconds together."""
    queue = heapq.merge(*(worker.events for worker in workers), key=lambda event: event.recorded_at)
    made: list[tuple[int, list[Batch]]] = []
    some: list[Event] = []

    def close() -> None:
        if some:
            by_producer: dict[object, list[Event]] = {}
            for event in some:
                by_producer.setdefault(event.producer_id, []).append(event)
            batches = [Batch(events[0].producer_id, events) for events in by_producer.values()]
            made.append((some[-1].recorded_at, batches))
            some.clear()

    for event in queue:
        if not begin <= event.recorded_at < end:
            continue
        if some and event.recorded_at - some[0].recorded_at > _FRAME:
            close()
        some.append(event)
    close()
    return made


class Past:
    """The clock of a log whose events lie back: µs since the epoch."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now or now_micros()


async def fill(url: str, study: Path, workers: Sequence[Worker], now: int) -> None:
    """Write everything up to ``now`` into a fresh log, recorded when it happened."""
    clock = Past()
    async with open_log(url, migrate=True, migrations=DIRECTORIES, clock=clock) as log:
        clock.now = now - 120 * MINUTE
        await prepare(log, study, workers, now)
        for at, batches in frames(workers, 0, now):
            clock.now = at
            await log.append_batches(batches)


async def go_on(url: str, workers: Sequence[Worker], begin: int, seconds: float) -> None:
    """Write what happens from ``begin`` on, when it happens."""
    async with open_study_log(url) as log:
        for at, batches in frames(workers, begin, begin + round(seconds * 1e6)):
            await asyncio.sleep(max(0, at - now_micros()) / 1e6)
            await log.append_batches(batches)


async def connect(stream: str, name: str) -> WebSocketClientConnection:
    """A page of a participant that has said hello, and answers the server's heart."""
    socket = await websocket_connect(stream, subprotocols=["prompter.v1"])
    hello = {"type": "hello", "protocol": 1, "producer_id": uuid4().bytes, "sessions": [], "sent_at": now_micros()}
    await socket.write_message(msgpack.packb({**hello, "token": f"token-of-{name}"}), binary=True)
    while True:
        frame = await socket.read_message()
        assert isinstance(frame, bytes), f"closed with {socket.close_code} {socket.close_reason}"
        if msgpack.unpackb(frame)["type"] == "welcome":
            return socket


async def answer_heart(socket: WebSocketClientConnection) -> None:
    """Answer pings until the socket closes."""
    while (frame := await socket.read_message()) is not None:
        message = msgpack.unpackb(frame)
        if message["type"] == "ping":
            pong = {"type": "pong", "t": message["t"], "sent_at": now_micros(), "unsent": 0}
            await socket.write_message(msgpack.packb(pong), binary=True)
