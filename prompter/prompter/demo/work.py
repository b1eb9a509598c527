"""The story of one made-up person: their days: what they do next, their rests and their mishaps.

A story is a generator that does one thing at a time on a page, so that it may go on for days in little memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from uuid import UUID

from prompter_events.catalogue.notebook import Client, FocusChanged, IdleBegan, IdleEnded, SessionClosed
from prompter_events.catalogue.prompts import PromptAnswered, PromptDismissed, PromptShown, ReviewClosed, ReviewOpened
from prompter_events.catalogue.runs import RunExternal
from prompter_events.catalogue.study import (
    CaptureLost,
    ClockJumped,
    ConsentGiven,
    ConsentWithdrawn,
    RecordingPaused,
    RecordingResumed,
)

from . import loans
from .answers import answer
from .cells import MOST_CELLS, Cells
from .desk import uuid
from .page import Apart, Ended, Gone, Jump, Look, NewPage, Offline, Page

PATH = "loans.ipynb"

AUTOSAVE = 120.0
"""Seconds between two saves by JupyterLab itself, where something changed."""

IDLE = 60.0
"""Seconds without input after which the page says that its person is idle."""


@dataclass(frozen=True)
class Sitting:
    """A stretch of work on one day."""

    begin: float
    """Seconds since the person's first."""
    seconds: float


@dataclass(frozen=True)
class Fate:
    """What is to befall a person besides what chance brings."""

    withdraws: bool = False
    """They take their consent back in the middle of their last sitting."""
    killed: bool = False
    """Their browser is killed at the end of their first sitting: that session has no end."""
    jump: float = 0.0
    """By so many seconds their machine's clock is set once."""
    loses: int = 0
    """So many events are lost once, where the browser's store is full."""


class Work:
    """Tells a person's story on a page; ``version`` is the consent's."""

    def __init__(
        self, page: Page, sittings: Sequence[Sitting], version: str, *, client: Client, fate: Fate, random: Random
    ) -> None:
        self._page = page
        self._sittings = sittings
        self._version = version
        self._client = client
        self._fate = fate
        self._random = random
        self._cells = Cells(page, random)
        self._saved = 0.0
        self._kernels = 0
        self._loads = 0
        self._mishaps: list[Callable[[], None]] = []
        if fate.jump:
            self._mishaps.append(self._jump)
        if fate.loses:
            self._mishaps.append(self._lose)
        cells = self._cells
        self._things: dict[Callable[[], Iterator[None]], float] = {
            cells.step: 56,
            cells.revise: 18,
            cells.again: 3,
            cells.note: 4,
            self._rest: 6,
            cells.tidy: 3,
            cells.split: 1.5,
            self._cut_off: 2.5,
            cells.restart: 1.2,
            cells.interrupt: 1.3,
            self._aside: 1.5,
            self._pause: 1,
            self._reload: 1,
        }
        """What they do next, and of a hundred times how often."""

    def story(self) -> Iterator[None]:
        """All of it."""
        page = self._page
        page.cells = [list(cell) for cell in loans.GIVEN]
        for number, sitting in enumerate(self._sittings):
            last = number == len(self._sittings) - 1
            page.now = max(page.now, sitting.begin)
            self._load(None)
            if number == 0:
                page.say(Apart(ConsentGiven(version=self._version)))
                page.wait(2)
            self._open(None)
            yield
            end = page.now + sitting.seconds
            if number:
                yield from self._cells.run_all()
            if last and self._fate.withdraws:
                yield from self._working(page.now + sitting.seconds / 2)
                page.say(Apart(ConsentWithdrawn(version=self._version)))
                return
            yield from self._working(end)
            self._save()
            page.wait(self._random.uniform(2, 15))
            if last:
                yield from self._end()
            killed = self._fate.killed and number == 0 and not last
            page.say(Gone() if killed else SessionClosed(reason="closed"))
            yield

    def _working(self, end: float) -> Iterator[None]:
        page = self._page
        middle = (page.now + end) / 2
        while page.now < end:
            if self._mishaps and page.now > middle:
                self._mishaps.pop()()
            yield from self._next()
            if page.now - self._saved > AUTOSAVE:
                self._save()
                yield

    def _next(self) -> Iterator[None]:
        """One thing, chosen by chance; nobody goes back before there is something to go back to."""
        if len(self._page.cells) > MOST_CELLS:
            return self._cells.tidy()
        if len(self._cells.own) < 3:
            return self._cells.step()
        [thing] = self._random.choices(list(self._things), weights=list(self._things.values()))
        return thing()

    def _aside(self) -> Iterator[None]:
        """A word in a console on the same kernel."""
        source = f"loans.{self._random.choice(loans.COLUMNS)}.nunique()"
        digest = blake2b(source.encode(), digest_size=32).digest()
        self._page.emit(FocusChanged(cell_id=None, visible=True))
        self._cells.forget_place()
        self._page.wait(8)
        self._page.emit(RunExternal(digest=digest, source=source))
        yield
        self._page.wait(5)

    def _rest(self) -> Iterator[None]:
        page, seconds = self._page, self._random.lognormvariate(math.log(110), 0.6)
        if seconds <= IDLE:
            page.wait(seconds)
            return
        page.wait(IDLE)
        page.emit(IdleBegan())
        page.wait(seconds - IDLE)
        page.emit(IdleEnded())
        yield

    def _pause(self) -> Iterator[None]:
        page = self._page
        page.emit(RecordingPaused())
        page.wait(self._random.uniform(40, 200))
        page.emit(RecordingResumed(cells=page.snapshot()))
        yield

    def _reload(self) -> Iterator[None]:
        """The page is loaded anew: its session goes on in another one."""
        page = self._page
        page.emit(SessionClosed(reason="reloaded"))
        page.wait(3)
        before = self._page.session_of(self._loads)
        self._load(self._kernels)
        self._open(before)
        yield

    def _load(self, kernel: int | None) -> None:
        """A page is loaded; on another day with another kernel."""
        self._loads += 1
        if kernel is None:
            self._kernels += 1
            self._cells.forget_kernel()
            self._page.kernel_id = str(uuid(self._page.seed, "kernel", self._kernels))
        self._page.say(NewPage())

    def _open(self, continues: UUID | None) -> None:
        self._page.open_notebook(PATH, self._client, continues)
        self._cells.forget_place()
        self._saved = self._page.now
        self._page.wait(self._random.uniform(3, 12))

    def _end(self) -> Iterator[None]:
        """They say that they are done, and answer what was held for the end."""
        page = self._page
        page.say(Ended())
        page.wait(6)
        page.say(Look())
        yield
        waiting = sorted(page.held.values(), key=lambda prompt: prompt.trigger)
        if not waiting:
            return
        page.emit(ReviewOpened(n=len(waiting)))
        answered = 0
        for prompt in waiting:
            page.wait(3)
            page.emit(PromptShown(prompt_id=prompt.prompt_id))
            page.wait(self._random.lognormvariate(math.log(8), 0.5))
            if self._random.random() < page.manner.answers:
                text, choice = answer(self._random, page.manner, prompt)
                took = page.drafting(text)
                page.wait(took)
                page.emit(
                    PromptAnswered(prompt_id=prompt.prompt_id, text=text, choice=choice, drafting_ms=round(took * 1000))
                )
                answered += 1
            else:
                page.emit(PromptDismissed(prompt_id=prompt.prompt_id, reason="skip"))
            yield
        page.emit(ReviewClosed(answered=answered, left=len(waiting) - answered))

    def _cut_off(self) -> Iterator[None]:
        self._page.say(Offline(self._random.lognormvariate(math.log(45), 0.7)))
        yield

    def _jump(self) -> None:
        self._page.say(Jump(self._fate.jump))
        self._page.emit(ClockJumped(by_ms=round(self._fate.jump * 1000)))

    def _lose(self) -> None:
        """Where the mouse went is lost, nothing of the notebook: its replay stays whole."""
        self._page.emit(CaptureLost(count=self._fate.loses, reason="the browser's store was full"))

    def _save(self) -> None:
        self._page.save()
        self._saved = self._page.now
