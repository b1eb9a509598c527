"""One made-up person's page: puts what they do, and how they take questions, into frames for the server.

What the person does comes from their story, told ahead in seconds of their own; what they do about a question falls
between that, and shifts the rest of the story by the time that it takes.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import TypeAlias
from uuid import UUID

from prompter_events import Event, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import SessionClosed, SessionOpened
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptFocused,
    PromptIssued,
    PromptShown,
    PromptSnoozed,
    PromptWithdrawn,
)

from ..connection import Opened
from .answers import Manner, answer
from .desk import Desk, uuid

FRAME = 2.0
"""Seconds of work that go to the server together. A page sends each burst at once where the network lets it; fewer
frames make fewer commits, and a log that is made sooner."""

_BURST = 0.55  # seconds: an event of typing is sent once its burst is closed

_LATENCY = (0.045, 0.5)  # median in seconds, and the deviation of its logarithm


@dataclass(frozen=True)
class NewPage:
    """The page is loaded: another producer, another session."""


@dataclass(frozen=True)
class Apart:
    """An event that belongs to no notebook, such as consent, has a session of its own."""

    body: Body


@dataclass(frozen=True)
class Offline:
    """The connection is lost for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Ended:
    """The person ends the session; the server says so."""


@dataclass(frozen=True)
class Look:
    """The story goes on only now, since it depends on what the server said."""


@dataclass(frozen=True)
class Jump:
    """The page's clock is set anew, by so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Gone:
    """The browser is killed: nothing more comes of this page."""


Item: TypeAlias = Body | NewPage | Apart | Offline | Ended | Look | Jump | Gone

_ALONE = (NewPage, Offline, Ended, Look)
"""What never stands in a frame behind something else."""


@dataclass(frozen=True)
class Frame:
    """What reaches the server at one moment."""

    arrives: int
    """µs since the epoch."""
    producer_id: ProducerId
    session_id: SessionId
    events: list[Event]
    opened: list[Opened]
    offset_ms: int
    """The server's clock minus the page's, as measured at hello."""
    ended: bool = False
    """The person ended the session."""


@dataclass(frozen=True)
class Clock:
    """How the page's clock differs from the server's."""

    behind: float
    """Seconds at the begin."""
    drift: float
    """Seconds a second."""


class Page(Desk):
    """A person's page over all their sittings. ``begin`` is the second 0, µs since the epoch by the server's clock."""

    def __init__(
        self, seed: str, participant_id: ParticipantId, *, begin: int, manner: Manner, clock: Clock, random: Random
    ) -> None:
        super().__init__(seed, random)
        self.participant_id = participant_id
        self.begin_us = begin
        self.manner = manner
        self.story: Iterator[None] = iter(())
        self.held: dict[UUID, PromptIssued] = {}
        """Questions that wait for the review at the end."""
        self._open: dict[UUID, PromptIssued] = {}
        """Questions that nobody took or ended yet."""
        self._loaded = False
        self._clock = clock
        self._jumped = 0.0
        self._queue: deque[tuple[float, Item]] = deque()
        self._reactions: list[tuple[float, int, UUID, Body, float]] = []
        self._told = 0
        self._shift = 0.0
        self._pages = 0
        self._seq = 0
        self._last = 0
        self._producer = ProducerId(UUID(int=0))
        self.session_id = SessionId(UUID(int=0))
        self._offset_ms = 0
        self._latency = self._drawn_latency()

    # What the story says.

    def emit(self, body: Body, *, at: float | None = None) -> None:
        self._queue.append((self.now if at is None else at, body))

    def say(self, item: Item) -> None:
        """Something besides the events of the notebook."""
        self._queue.append((self.now, item))

    # What the server does with it.

    def arrival(self) -> int | None:
        """When the next frame reaches the server, µs since the epoch; none once the story is over."""
        head = self._head()
        if head is None:
            return None
        at, item = head
        wait = item.seconds if isinstance(item, Offline) else FRAME
        return self._micros(at + wait + _BURST + self._latency)

    def take(self) -> Frame:
        """The next frame; the story goes on as far as that needs."""
        arrives = self.arrival()
        head = self._head()
        if arrives is None or head is None:
            raise ValueError("the story is over")
        at, item = head
        until = at + FRAME
        ended = False
        events: list[Event] = []
        opened: list[Opened] = []
        if isinstance(item, _ALONE):
            self._pop()
            if isinstance(item, NewPage):
                self._load(at)
            elif isinstance(item, Offline):
                until = at + item.seconds
            ended = isinstance(item, Ended)
        while not ended and (head := self._head()) is not None:
            at, item = head
            if at > until or isinstance(item, _ALONE):
                break
            self._pop()
            if isinstance(item, Jump):
                self._jumped += item.seconds
                continue
            if isinstance(item, Gone):
                self._leave()
                continue
            session_id = self.session_id
            if isinstance(item, Apart):
                session_id, item = SessionId(uuid(self.seed, "apart", self._pages, self._seq)), item.body
            event = self._event(item, session_id, at)
            events.append(event)
            if isinstance(item, SessionOpened):
                opened.append(Opened(session_id, item.notebook_path, event.occurred_at))
            if isinstance(item, PromptAnswered | PromptDismissed):
                self._open.pop(item.prompt_id, None)
            elif isinstance(item, SessionClosed):
                self._leave()
        self._latency = self._drawn_latency()
        return Frame(arrives, self._producer, self.session_id, events, opened, self._offset_ms, ended)

    def tell(self, body: Body, now: int) -> None:
        """What a policy decided about this person reaches the page, unless it is offline."""
        if isinstance(body, PromptExpired | PromptWithdrawn):
            self.held.pop(body.prompt_id, None)
            self._open.pop(body.prompt_id, None)
            self._reactions = [reaction for reaction in self._reactions if reaction[2] != body.prompt_id]
            heapq.heapify(self._reactions)
        elif isinstance(body, PromptIssued) and body.deliver == "end":
            self.held[body.prompt_id] = body
        elif isinstance(body, PromptIssued):
            self._open[body.prompt_id] = body
            if self._loaded:
                self._asked(body, self._reached(now))

    def _reached(self, now: int) -> float:
        at = (now - self.begin_us) / 1e6
        head = self._head()
        if head is not None and isinstance(head[1], Offline) and head[0] <= at:
            return head[0] + head[1].seconds
        return at

    def _asked(self, prompt: PromptIssued, at: float) -> None:
        """When they see the question, whether they turn to it, and what they say."""
        random, manner, prompt_id = self.random, self.manner, prompt.prompt_id
        at += FRAME + _BURST + random.uniform(1.0, 2.5)
        self._react(at, prompt_id, PromptShown(prompt_id=prompt_id))
        at += random.lognormvariate(math.log(manner.haste), 0.8)
        wish = random.random()
        if wish < manner.skips:
            reason = "never" if random.random() < 0.1 else "skip"
            self._react(at, prompt_id, PromptDismissed(prompt_id=prompt_id, reason=reason))  # type: ignore[arg-type]
            return
        wish -= manner.skips
        if wish < manner.snoozes:
            until = self._micros(at + 600)
            self._react(at, prompt_id, PromptSnoozed(prompt_id=prompt_id, until=until))
            at += 600 + random.uniform(5, 60)
            self._react(at, prompt_id, PromptShown(prompt_id=prompt_id))
            at += random.lognormvariate(math.log(manner.haste), 0.8)
        elif wish - manner.snoozes >= manner.answers:
            return
        text, choice = answer(random, manner, prompt)
        took = self.drafting(text)
        self._react(at, prompt_id, PromptFocused(prompt_id=prompt_id), busy=took)
        answered = PromptAnswered(prompt_id=prompt_id, text=text, choice=choice, drafting_ms=round(took * 1000))
        self._react(at + took, prompt_id, answered)
        if text and random.random() < 0.05:
            amended = PromptAmended(prompt_id=prompt_id, text=f"{text} At least I think so.", choice=choice)
            self._react(at + took + random.uniform(20, 90), prompt_id, amended)

    def drafting(self, text: str) -> float:
        """How many seconds it takes to choose and write that."""
        return self.random.uniform(1.5, 6) + len(text) * self.typist.key * self.random.uniform(1.1, 1.8)

    def _react(self, at: float, prompt_id: UUID, body: Body, *, busy: float = 0.0) -> None:
        self._told += 1
        heapq.heappush(self._reactions, (at, self._told, prompt_id, body, busy))

    def _head(self) -> tuple[float, Item] | None:
        """What happens next; the story is told on where nothing of it is left."""
        while not self._queue:
            try:
                next(self.story)
            except StopIteration:
                return None
        at, item = self._queue[0]
        at += self._shift
        if self._reactions and self._reactions[0][0] < at:
            return self._reactions[0][0], self._reactions[0][3]
        return at, item

    def _pop(self) -> None:
        at, _ = self._queue[0]
        if self._reactions and self._reactions[0][0] < at + self._shift:
            # Who writes an answer does nothing else meanwhile.
            self._shift += heapq.heappop(self._reactions)[4]
        else:
            self._queue.popleft()

    def _load(self, at: float) -> None:
        self._pages += 1
        self._seq = 0
        self._last = 0
        self._producer = ProducerId(uuid(self.seed, "page", self._pages))
        self.session_id = self.session_of(self._pages)
        self._leave()
        self._loaded = True
        self._offset_ms = round((self._behind(at) + self._latency) * 1000)
        for prompt in self._open.values():
            self._asked(prompt, at)

    def _leave(self) -> None:
        """Whoever is gone answers nothing any more."""
        self._reactions.clear()
        self._loaded = False

    def session_of(self, page: int) -> SessionId:
        """The session of the page of that number, counted from 1."""
        return SessionId(uuid(self.seed, "session", page))

    def _event(self, body: Body, session_id: SessionId, at: float) -> Event:
        self._seq += 1
        # A page's clock never runs backwards.
        self._last = max(self._last, self._micros(at - self._behind(at)))
        return draft(
            body,
            session_id=session_id,
            producer_id=self._producer,
            producer_seq=self._seq,
            participant_id=self.participant_id,
            occurred_at=self._last,
        )

    def _behind(self, at: float) -> float:
        return self._clock.behind + self._clock.drift * at - self._jumped

    def _micros(self, at: float) -> int:
        return self.begin_us + round(at * 1e6)

    def _drawn_latency(self) -> float:
        median, deviation = _LATENCY
        return min(self.random.lognormvariate(math.log(median), deviation), 0.4)
