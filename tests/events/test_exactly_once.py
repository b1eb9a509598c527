"""Exactly once, whatever the network and the processes do: pages, frames and servers against lists."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from prompter_events import Batch, Event, Log, Position, open_log, verify
from prompter_events.catalogue.study import NoteAdded
from support.events import events, new_producer
from support.outbox import Outbox
from support.serving import Nursery, Remote

PAGES, SERVERS = 3, 2
pages = st.integers(0, PAGES - 1)
servers = st.integers(0, SERVERS - 1)
any_of_them = st.sampled_from(range(12))
"""Which of those that are there now: modulo their number."""


@dataclass(frozen=True)
class Frame:
    """Events on their way. They may arrive late, in another order, twice, or never."""

    page: int
    connection: int
    server: int
    first_seq: int
    texts: tuple[str, ...]

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.texts) - 1


@dataclass(frozen=True)
class Answer:
    """An acknowledgement on its way back."""

    page: int
    connection: int
    durable: int


class Delivery(RuleBasedStateMachine):
    """Pages send their outbox to servers that are processes of their own. The model is what each page wrote, a list.

    ``stored`` says how many of a page's events are known to be in the log.
    """

    url: str
    nursery: Nursery
    fault: str | None = None
    running: list[Remote]

    @initialize()
    def begin(self) -> None:
        if self.fault:  # it may still be at what it said it had done
            for one in self.running:
                one.kill()
        self.runner = asyncio.Runner()
        self.log: Log = self.runner.run(_opened(self.url))
        self.seen = self.runner.run(self.log.head()).position
        self.outboxes = [Outbox() for _ in range(PAGES)]
        self.connections = [0] * PAGES
        self.at = [0] * PAGES
        self.stored = [0] * PAGES
        self.frames: list[Frame] = []
        self.answers: list[Answer] = []
        for page in range(PAGES):
            self.connect(page, page % SERVERS)

    @rule(page=pages, count=st.integers(0, 3), most=st.integers(1, 3))
    def work(self, page: int, count: int, most: int) -> None:
        """The person writes something, and the page sends what it holds."""
        outbox = self.outboxes[page]
        for _ in range(count):
            outbox.add(f"page {page}, event {len(outbox.held) + 1}")
        while frame := outbox.next(most):
            first, texts = frame
            self.frames.append(Frame(page, self.connections[page], self.at[page], first, tuple(texts)))

    @rule(page=pages, server=servers)
    def reconnect(self, page: int, server: int) -> None:
        """Perhaps to another process. What is not acknowledged is sent again; what was under way may still arrive."""
        self.connect(page, server)
        self.work(page, 0, 3)

    @precondition(lambda self: self.frames)
    @rule(which=any_of_them, twice=st.booleans())
    def deliver(self, which: int, twice: bool) -> None:
        """Any of the frames arrives, and perhaps once more later."""
        frame = self.frame(which, keep=twice)
        last = self.stored[frame.page]
        expected = max(last, frame.last_seq) if frame.first_seq <= last + 1 else last
        assert self.server(frame.server).ask(self.request(frame)) == [expected]
        self.answers.append(Answer(frame.page, frame.connection, expected))
        self.look()
        assert self.stored[frame.page] == expected

    @precondition(lambda self: len(self.frames) > 1)
    @rule(which=st.lists(any_of_them, min_size=2, max_size=4), server=servers)
    def deliver_at_once(self, which: list[int], server: int) -> None:
        """Several frames, some perhaps twice, arrive at one process in the same moment."""
        arriving = [self.frame(one, keep=True) for one in which]
        for frame in set(arriving):
            self.frames.remove(frame)
        answers = self.server(server).ask(*map(self.request, arriving))
        self.look()
        for frame, durable in zip(arriving, answers, strict=True):
            assert durable is not None
            assert durable <= self.stored[frame.page]
            self.answers.append(Answer(frame.page, frame.connection, durable))

    @precondition(lambda self: self.answers)
    @rule(which=any_of_them)
    def hear(self, which: int) -> None:
        """Any of the answers arrives, if its connection still stands."""
        answer = self.answers.pop(which % len(self.answers))
        if answer.connection == self.connections[answer.page]:
            self.outboxes[answer.page].answered(answer.durable)

    @rule(which=any_of_them, of=st.sampled_from(["frames", "answers"]))
    def lose(self, which: int, of: str) -> None:
        """A frame or an acknowledgement never arrives."""
        under_way = getattr(self, of)
        if under_way:
            under_way.pop(which % len(under_way))

    @precondition(lambda self: self.frames)
    @rule(
        which=any_of_them,
        server=servers,
        where=st.sampled_from(["idle", "anywhere", "before commit", "after commit"]),
    )
    def crash(self, which: int, server: int, where: str) -> None:
        """A process is killed: idle, anywhere with a frame, with all of it written, with all of it committed."""
        dying, frame, before = self.server(server), self.frame(which, keep=True), list(self.stored)
        if where == "anywhere":
            dying.put(self.request(frame))
        if where.endswith("commit"):
            assert dying.last_words(self.request(frame, die=where)) is None
        dying.kill()
        self.await_commits()
        self.look()
        if where == "after commit" and frame.first_seq <= before[frame.page] + 1:
            before[frame.page] = max(before[frame.page], frame.last_seq)
        assert self.stored == before or where == "anywhere"

    @invariant()
    def look(self) -> None:
        """What is new in the log continues what the pages wrote, and what was acknowledged is there."""
        for one in self.runner.run(_news(self.log, self.seen)):
            self.seen = one.position
            [page] = [at for at, outbox in enumerate(self.outboxes) if outbox.producer == one.producer_id]
            assert one.producer_seq == self.stored[page] + 1
            assert isinstance(one.body, NoteAdded)
            assert one.body.text == self.outboxes[page].held[self.stored[page]]
            self.stored[page] += 1
        for stored, outbox in zip(self.stored, self.outboxes, strict=True):
            assert outbox.acknowledged <= stored <= len(outbox.held)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # else a step failed, and the log is not what it should be already
                self.drain()
        finally:
            self.runner.run(self.log.aclose())
            self.runner.close()

    def drain(self) -> None:
        """Everybody connects again and sends until all is acknowledged: then the log holds what was written, once."""
        for page, outbox in enumerate(self.outboxes):
            self.connect(page, page % SERVERS)
            while frame := outbox.next(3):
                first, texts = frame
                [durable] = self.server(self.at[page]).ask(self.request(Frame(page, 0, 0, first, tuple(texts))))
                assert durable is not None
                outbox.answered(durable)
        self.look()
        assert self.stored == [outbox.acknowledged for outbox in self.outboxes]
        assert self.stored == [len(outbox.held) for outbox in self.outboxes]
        assert self.runner.run(verify(self.log)) == self.seen

    def connect(self, page: int, server: int) -> None:
        """A new connection of a page; no answer comes over the old one any more."""
        durable = self.server(server).hello(self.outboxes[page].producer)
        self.connections[page] += 1
        self.at[page] = server
        self.outboxes[page].welcome(durable)

    def server(self, which: int) -> Remote:
        """The process of this number; a new one if it was killed."""
        if not self.running[which].alive:
            self.running[which] = self.nursery.start(self.url, self.fault)
        return self.running[which]

    def frame(self, which: int, *, keep: bool) -> Frame:
        """One of the frames under way."""
        at = which % len(self.frames)
        return self.frames[at] if keep else self.frames.pop(at)

    def request(self, frame: Frame, die: str = "") -> dict[str, Any]:
        """A frame as a server takes it."""
        producer = self.outboxes[frame.page].producer
        return {"producer_id": producer.bytes, "first_seq": frame.first_seq, "texts": frame.texts, "die": die}

    def await_commits(self) -> None:
        """Wait for the commit of a killed process: a database server may still be at it, and then holds the lock."""
        producer = new_producer()
        [behind_a_hole] = self.runner.run(self.log.append_batches([Batch(producer, events(producer, 2, 2))]))
        assert behind_a_hole.stored == 0


async def _opened(url: str) -> Log:
    return await open_log(url)


async def _news(log: Log, after: int) -> list[Event]:
    return [one async for one in log.read(after=Position(after))]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


def machine(nursery: Nursery, url: str, fault: str | None = None) -> type[Delivery]:
    """The machine over one log; its processes go from one example to the next, and so does the log."""
    running = [nursery.start(url, fault) for _ in range(SERVERS)]
    return type("Machine", (Delivery,), {"nursery": nursery, "url": url, "fault": fault, "running": running})


BOUNDED = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""The same examples each time, and no more of them than a quarter of a minute holds."""


def test_every_event_is_stored_exactly_once(nursery: Nursery, stored_url: str) -> None:
    run_state_machine_as_test(machine(nursery, stored_url), settings=BOUNDED)


@pytest.mark.parametrize("fault", ["acknowledges first", "trusts its memory", "takes holes"])
def test_a_server_with_a_fault_is_caught(nursery: Nursery, sqlite_url: str, fault: str) -> None:
    unshrunk = settings(BOUNDED, max_examples=100, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(nursery, sqlite_url, fault), settings=unshrunk)
