"""The recording service of one process: the log, the projection workers, the follower.

It starts what it can, says in one line what it cannot, and tries again when that may help. Nothing here ever keeps
Jupyter from starting or a notebook from working.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from prompter_events import (
    Log,
    LogCorrupt,
    LogError,
    LogRestored,
    LogTooNew,
    LogUrlInvalid,
    Position,
    PrompterError,
)
from prompter_events.event import START
from prompter_projections import Worker

from .consents import Consents
from .errors import SettingInvalid
from .follower import Follower
from .garbage import collect_seldom, spare_the_long_lived
from .metrics import Metrics
from .record import InForce, limited_since, tell_study
from .settings import Settings
from .storage import kept_current, open_study_log
from .timetable import Timetable
from .working import AGAIN_SECONDS, FIRST_RETRY, LAST_RETRY, ended, kept_going, shared_reading, workers_of

logger = logging.getLogger(__name__)

_DISCREET = "the study's records cannot be reached at present: try again in a while"
_DISCREET_FOR_GOOD = "the study's records are not kept: tell the study's team"

_WILL_NOT_MEND = (SettingInvalid, LogUrlInvalid, LogTooNew, LogCorrupt)


@dataclass(frozen=True)
class Running:
    """What a socket needs: an open log and somebody who follows it."""

    log: Log
    follower: Follower
    settings: Settings
    workers: Sequence[Worker[Any]]
    """Those of this process; none where ``prompter worker`` does it."""
    projections: Sequence[str]
    """The names of those that the study needs, whoever keeps them current."""

    async def lags(self, head: Position) -> dict[str, int]:
        """How many events each projection is behind the log, as the log tells: another process may be at work.

        It costs one row of a primary key for each of them.
        """
        return {name: max(0, head - (await self.log.checkpoint(name)).position) for name in self.projections}

    async def lag(self, head: Position) -> int:
        """How many events the slowest projection is behind the log."""
        return max((await self.lags(head)).values())


class Service:
    """Opens the log and keeps the workers going until it is closed."""

    def __init__(self, read_settings: Callable[[], Settings], *, works: bool = True, discreet: bool = False) -> None:
        """``works``: whether the projections are kept current here; else ``prompter worker`` does it elsewhere.

        ``discreet``: whether those who ask are told nothing of where the log is and what ails it.
        """
        self._read_settings = read_settings
        self._discreet = discreet
        self._given_up = False
        self._works = works
        self._running: Running | None = None
        self._reason = "the log is being opened"
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._stopping = asyncio.Event()
        self._restored = asyncio.Event()
        self.settings: Settings | None = None
        self.metrics = Metrics()
        self.trouble = ""
        """One line about a worker or follower that ended by an error, the latest."""

    @property
    def running(self) -> Running | None:
        """None while nothing can be recorded; then ``reason`` says why."""
        return self._running

    @property
    def reason(self) -> str:
        """One line: why nothing is recorded and what to do; empty while recording."""
        return self._reason

    def told(self, reason: str) -> str:
        """What whoever is recorded is told of a reason or an error: a database's address is none of a participant's."""
        if not (self._discreet and reason):
            return reason
        return _DISCREET_FOR_GOOD if self._given_up else _DISCREET

    def start(self) -> None:
        """Begin, in the running event loop. Returns at once."""
        self._task = asyncio.create_task(self._run(), name="prompter service")

    async def settled(self) -> None:
        """Wait until the first try to open the log ended, either way."""
        await self._settled.wait()

    async def aclose(self) -> None:
        """Finish what is under way, then let go of the log."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ready(self) -> Running | None:
        """What a new socket works with; none while nothing can be recorded. After a refusal the log is tried first."""
        await self._settled.wait()
        running = self._running
        if running is None or not self._reason:
            return running
        try:
            await running.log.lease("check", holder := uuid4(), 1)
            await running.log.release("check", holder)
        except LogError as error:
            self.refused(error)
            return None
        self.recovered()
        return running

    def refused(self, error: PrompterError) -> None:
        """The log refused a write: pages are told why until it takes one again."""
        if self._reason != str(error):
            logger.error("Prompter is not recording: %s", error)
        self._reason = str(error)
        if isinstance(error, LogRestored):
            self._restored.set()

    def recovered(self) -> None:
        """A write went through."""
        if self._running is not None and self._reason:
            logger.info("Prompter is recording again")
            self._reason = ""

    async def _run(self) -> None:
        pause = FIRST_RETRY
        while True:
            try:
                self.settings = self._read_settings()
                log = await open_study_log(self.settings.log_url, migrate=True)
                async with log:
                    record = await tell_study(log, self.settings.study)
                    head = await log.head()
                    await self._serve(log, head.position, self.settings, record)
                pause = FIRST_RETRY
                continue  # the log was restored: open it again, at once
            except PrompterError as error:
                self.refused(error)
                self._settled.set()
                if isinstance(error, _WILL_NOT_MEND):
                    self._given_up = True
                    return
            except Exception as error:
                logger.exception("Prompter could not start")
                self._reason = f"an internal error, see the server's log: {type(error).__name__}: {error}"
                self._settled.set()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_RETRY)

    async def _serve(self, log: Log, head: Position, settings: Settings, record: Sequence[InForce]) -> None:
        """Keep the read models and the policy current, and followers told, until cancelled or the log is restored."""
        self._restored.clear()
        self._stopping.clear()
        together = shared_reading(log, self.metrics.committed)
        consents = Consents(settings.study.consent)
        await consents.read(log)
        timetable = Timetable(settings.study)
        await timetable.read(log, limited_since(settings.study, record) or START)
        follower = Follower(log, head, self.metrics.prompt, read=together.read, consents=consents, timetable=timetable)
        kept = [projection.name for projection in kept_current(settings.study, record)]
        workers = workers_of(log, settings.study, together.read, record) if self._works else []
        tasks = [asyncio.create_task(self._kept_going(worker.run)) for worker in workers]
        tasks.append(asyncio.create_task(self._kept_going(follower.run)))
        self._running = Running(log, follower, settings, workers, kept)
        self._reason = ""
        spare_the_long_lived()
        collecting = asyncio.create_task(collect_seldom(), name="prompter garbage collector")
        self._settled.set()
        logger.info("Prompter records to %s", settings.log_url)
        try:
            await self._restored.wait()
        finally:
            self._running = None
            if not self._restored.is_set():
                self._reason = "the server is stopping"
            follower.dismiss()
            self._stopping.set()
            tasks[-1].cancel()
            collecting.cancel()
            await ended(workers, [*tasks, collecting])

    async def _kept_going(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run a worker or the follower; begin again if it ends by an error: events still enter the log meanwhile."""
        try:
            await kept_going(run, self._stopping, self._troubled)
        except LogRestored as error:
            self.refused(error)

    def _troubled(self, error: Exception) -> None:
        self.trouble = f"{type(error).__name__}: {error}"
        logger.error("a part of Prompter ended and begins again in %d s", AGAIN_SECONDS, exc_info=error)
