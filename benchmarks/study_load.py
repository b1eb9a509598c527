"""A whole study at once: so many people at work for so long, on real sockets, at a collector without a Hub.

    python -m benchmarks.study_load [--people 200] [--minutes 10] [--log mysql] [--log sqlite]

Each person is one of the demo's: they type in bursts, run, err, mend, pause, lose their network, reload, and take
questions as people do, each after a story of their own; half of them are asked while they work, half at the end. The
study asks as often as studies do; its quiet time is 0, so that the time to a question is the server's alone. Afterwards
every event that a page sent is looked for in the log: each must be there once, in its order.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgpack
import psutil
from tornado.websocket import WebSocketClientConnection, websocket_connect

from prompter.demo import page as demo
from prompter.demo.answers import manner
from prompter.demo.work import Fate, Sitting, Work
from prompter.storage import DIRECTORIES, open_study_log
from prompter.wire.messages import SUBPROTOCOL
from prompter_events import Event, ParticipantId
from prompter_events.catalogue.notebook import Client
from prompter_events.catalogue.prompts import PromptIssued
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from prompter_events.clock import now_micros
from prompter_projections.fold import body_of
from support.collecting import Collector, link

from .figures import Target, figure, percentile, percentile_of_histogram
from .logs import NAMES, fresh_logs

STUDY = """\
study: load
capture: {outputs: {text: 2 KiB}}
pace: {quiet: {typing: 0 s, run: 0 s}}
periods:
  - {name: one, conditions: [EXP_CTS, EXP_END]}
"""

CONDITIONS = ("EXP_CTS", "EXP_END")

_ASKED_MS = 25

ACK, ASKED = Target(at_most=50), Target(at_most=_ASKED_MS)

_CLIENT = Client(lab="JupyterLab 4", extension="0", browser="benchmark", language="en-GB")

_HELD_BACK = 1000.0
"""ms: a question that took longer was held back by the spacing of questions."""

_ARRIVE_SECONDS = 30.0
"""Within which everybody comes: a course begins, and nobody starts at the same second."""


class Participant:
    """One person: their story, and the socket of their page."""

    def __init__(self, number: int, seconds: float, address: str) -> None:
        random = Random(f"load/{number}")
        begin = now_micros() + round(random.uniform(0, _ARRIVE_SECONDS) * 1e6)
        clock = demo.Clock(behind=0.0, drift=0.0)
        self._page = demo.Page(
            f"load/{time.time_ns()}/{number}",
            ParticipantId(UUID(int=number + 1)),
            begin=begin,
            manner=manner(random),
            clock=clock,
            random=random,
        )
        sittings = [Sitting(0.0, seconds)]
        self._page.story = Work(self._page, sittings, "", client=_CLIENT, fate=Fate(), random=random).story()
        self._address = address
        self._token = link(f"p{number:03}", CONDITIONS[number % 2])
        self._socket: WebSocketClientConnection | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._producer: UUID | None = None
        self._waiting: dict[tuple[UUID, int], float] = {}
        self._acked = asyncio.Event()
        self._cells: dict[UUID, str] = {}
        self._ended: dict[str, float] = {}
        self.sent: dict[UUID, list[Event]] = defaultdict(list)
        self.acks: list[float] = []
        """Seconds from each frame to its acknowledgement."""
        self.asked: list[float] = []
        """Seconds from the end of a run to the question about its cell, where it was asked for that run."""
        self.questions = 0

    async def work(self, until: int) -> None:
        """Live until ``until`` (µs since the epoch), then wait for what is under way."""
        while (at := self._page.arrival()) is not None and at < until:
            await asyncio.sleep(max(0.0, (at - now_micros()) / 1e6))
            frame = self._page.take()
            if frame.events:
                await self._send(frame.producer_id, frame.events)
        await self._all_acked()
        await self._leave()

    async def _all_acked(self) -> None:
        """Wait until nothing is under way. Raises what ended the socket: what was sent then is acknowledged no more."""
        while self._waiting:
            assert self._hearing is not None
            self._acked.clear()
            acked = asyncio.create_task(self._acked.wait())
            try:
                await asyncio.wait({acked, self._hearing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                acked.cancel()
            if self._hearing.done():
                self._hearing.result()

    async def _send(self, producer_id: UUID, events: Sequence[Event]) -> None:
        if producer_id != self._producer:
            await self._all_acked()
            await self._leave()
            await self._come(producer_id)
        assert self._socket is not None
        wire = []
        for event in events:
            body = event.body
            if isinstance(body, RunScheduled):
                self._cells[body.run_id] = body.cell_id
            elif isinstance(body, RunFinished) and (cell := self._cells.pop(body.run_id, None)):
                self._ended[cell] = time.perf_counter()
            kept = ("session_id", "type", "schema_version", "occurred_at", "payload")
            packed = {name: getattr(event, name) for name in kept}
            wire.append({**packed, "session_id": event.session_id.bytes})
        self.sent[producer_id].extend(events)
        self._waiting[producer_id, events[-1].producer_seq] = time.perf_counter()
        await self._say({"type": "events", "first_seq": events[0].producer_seq, "events": wire})

    async def _come(self, producer_id: UUID) -> None:
        self._socket = await websocket_connect(self._address, subprotocols=[SUBPROTOCOL])
        self._producer = producer_id
        hello = {"type": "hello", "protocol": 1, "producer_id": producer_id.bytes, "sessions": []}
        await self._say({**hello, "token": self._token, "sent_at": now_micros()})
        self._hearing = asyncio.create_task(self._hear(self._socket, producer_id))

    async def _leave(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
        self._socket = self._hearing = None

    async def _say(self, message: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.write_message(msgpack.packb(message), binary=True)

    async def _hear(self, socket: WebSocketClientConnection, producer_id: UUID) -> None:
        while (frame := await socket.read_message()) is not None:
            message = msgpack.unpackb(frame)
            if message["type"] == "ack":
                now = time.perf_counter()
                for key in [
                    key for key in self._waiting if key[0] == producer_id and key[1] <= message["producer_seq"]
                ]:
                    self.acks.append(now - self._waiting.pop(key))
                self._acked.set()
            elif message["type"] == "prompt":
                self._take(message)
            elif message["type"] == "ping":
                await self._say({"type": "pong", "t": message["t"], "sent_at": now_micros()})
        raise RuntimeError(f"the server closed with {socket.close_code} {socket.close_reason}")

    def _take(self, message: dict[str, Any]) -> None:
        """A question: the person takes it as people do."""
        self.questions += 1
        if (ended := self._ended.pop(message["cell_id"], None)) is not None:
            self.asked.append(time.perf_counter() - ended)
        issued = PromptIssued(
            prompt_id=UUID(bytes=message["prompt_id"]),
            notebook_id=UUID(bytes=message["notebook_id"]),
            cell_id=message["cell_id"],
            run_id=None,
            cell_version=1,
            question=message["question"],
            choices=message["choices"],
            language=message["language"],
            author="rule",
            rule="first_run",
            trigger=0,
            deliver="now",
            decided_at=message["issued_at"],
            after=0,
        )
        self._page.tell(issued, now_micros())


async def measure(kind: str, people: int, minutes: float) -> None:
    """Print the figures of one kind of log."""
    # A page sends each burst as it closes; two seconds are the demo's, for a log that is made sooner.
    demo.FRAME = 0.5
    with tempfile.TemporaryDirectory(prefix="prompter-benchmark-") as directory:
        home = Path(directory)
        (home / "study.yaml").write_text(STUDY, encoding="utf-8")
        async with fresh_logs(kind, *DIRECTORIES) as fresh:
            url = await fresh()
            password = {name: os.environ[name] for name in ("PROMPTER_DB_PASSWORD",) if name in os.environ}
            settings = {"PROMPTER_LOG": url, "PROMPTER_STUDY": str(home / "study.yaml"), **password}
            collector = Collector(home, settings)
            collector.start()
            try:
                process = psutil.Process(collector.pid)
                before, worked = process.memory_info().rss, _worked(process)
                crowd = [Participant(number, minutes * 60 + 60, collector.stream) for number in range(people)]
                until = now_micros() + round(minutes * 60e6)
                began = time.perf_counter()
                await asyncio.gather(*(one.work(until) for one in crowd))
                took = time.perf_counter() - began
                held, worked = process.memory_info().rss - before, _worked(process) - worked
                told = collector.metrics()
            finally:
                collector.stop()
            name = f"{NAMES[kind]}, {people} people, {minutes:g} min"
            _print(name, crowd, took=took, held=held, worked=worked)
            _print_asked(name, told)
            await _nothing_is_lost(url, crowd)


def _print(name: str, crowd: Sequence[Participant], *, took: float, held: int, worked: float) -> None:
    acks = [seconds * 1000 for one in crowd for seconds in one.acks]
    # One that was held back by the spacing is asked for later; what is meant is the way of the others.
    asked = [seconds * 1000 for one in crowd for seconds in one.asked]
    soon = [wait for wait in asked if wait < _HELD_BACK]
    sent = sum(len(events) for one in crowd for events in one.sent.values())
    figure(f"events sent, {name}", sent / took, "events/s")
    figure(f"frames, {name}", len(acks) / took, "frames/s")
    for percent in (50, 99):
        figure(f"ack, {name}, p{percent}", percentile(acks, percent), "ms", target=ACK if percent == 99 else None)
    figure(f"ack, {name}, longest", max(acks), "ms")
    figure(f"questions, {name}", sum(one.questions for one in crowd), "")
    for percent in (50, 99) if len(soon) > 1 else ():
        value = percentile(soon, percent)
        figure(
            f"run to question, {name}, p{percent} of {len(soon)}", value, "ms", target=ASKED if percent == 99 else None
        )
    figure(f"run to question, {name}, left out for more than {_HELD_BACK / 1000:g} s", len(asked) - len(soon), "")
    figure(f"collector's memory for a participant, {name}", held / len(crowd) / 1024, "KiB")
    figure(f"collector's share of a core, {name}", worked / took, "")


def _print_asked(name: str, told: Mapping[str, float]) -> None:
    """By the collector's own clock: from a run's end to the question, without pages and their sockets."""
    question, second = "prompter_question_seconds", _HELD_BACK / 1000
    soon, within = (told[f"{question}_bucket{{le={bound}}}"] for bound in (second, _ASKED_MS / 1000))
    if not soon:
        return
    for percent in (50, 99):
        value = percentile_of_histogram(told, question, percent, below=second) * 1000
        target = ASKED if percent == 99 else None
        figure(f"run to question, in the collector, {name}, p{percent} of {soon:.0f}", value, "ms", target=target)
    figure(f"run to question, in the collector, {name}, within {_ASKED_MS} ms", 100 * within / soon, "%")


async def _nothing_is_lost(url: str, crowd: Sequence[Participant]) -> None:
    """Raises ``AssertionError`` if the log does not hold what was sent, once and in its order."""
    stored: dict[UUID, list[tuple[int, str, bytes | None]]] = defaultdict(list)
    kinds: Counter[str] = Counter()
    ended: dict[UUID, int] = {}
    waits: list[float] = []
    async with open_study_log(url) as log:
        async for event in log.read():
            kinds[event.type] += 1
            match body_of(event) if event.type in {"run.finished", "prompt.issued"} else None:
                case RunFinished(run_id=run_id):
                    ended[run_id] = event.recorded_at
                case PromptIssued(run_id=run_id) if run_id in ended:
                    waits.append((event.recorded_at - ended[run_id]) / 1000)
            stored[event.producer_id].append((event.producer_seq, event.type, event.payload))
    total = 0
    for one in crowd:
        for producer_id, events in one.sent.items():
            assert stored[producer_id] == [(event.producer_seq, event.type, event.payload) for event in events]
            total += len(events)
    assert kinds["capture.invalid"] == 0
    soon = [wait for wait in waits if wait < _HELD_BACK]
    for percent in (50, 99) if len(soon) > 1 else ():
        figure(f"run to question, in the log alone, p{percent} of {len(soon)}", percentile(soon, percent), "ms")
    figure(f"lost, of {total:,} events sent", 0, "")
    asked = kinds["prompt.issued"], kinds["prompt.answered"], kinds["prompt.suppressed"]
    print("issued, answered, suppressed:", *asked, flush=True)


def _worked(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study_load", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; MariaDB if not given")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    for kind in options.log or ["mysql"]:
        asyncio.run(measure(kind, options.people, options.minutes))


if __name__ == "__main__":
    main()
