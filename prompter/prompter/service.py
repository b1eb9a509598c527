"""The recording service of one process: the log, the projection workers, the follower.

It starts what it can, says in one line what it cannot, and tries again when that may help. Nothing here ever keeps
Jupyter from starting or a notebook from working.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from prompter_events import (
    Log,
    LogCorrupt,
    LogError,
    LogTooNew,
    LogUrlInvalid,
    PrompterError,
    open_log,
)
from prompter_projections import CurrentNotebooks, CurrentPrompts, Worker

from .errors import SettingInvalid
from .follower import Follower
from .policy import Prompting
from .settings import Settings

logger = logging.getLogger(__name__)

#: Between two tries to open a log, in seconds: quick at first, for a database that is just starting.
_FIRST_RETRY, _LAST_RETRY = 1.0, 15.0

_WILL_NOT_MEND = (SettingInvalid, LogUrlInvalid, LogTooNew, LogCorrupt)


@dataclass(frozen=True)
class Running:
    """What a socket needs: an open log and somebody who follows it."""

    log: Log
    follower: Follower
    settings: Settings


class Service:
    """Opens the log and keeps the workers going until it is closed."""

    def __init__(self, read_settings: Callable[[], Settings]) -> None:
        self._read_settings = read_settings
        self._running: Running | None = None
        self._reason = "the log is being opened"
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self.settings: Settings | None = None

    @property
    def running(self) -> Running | None:
        """None while nothing can be recorded; then ``reason`` says why."""
        return self._running

    @property
    def reason(self) -> str:
        """One line: why nothing is recorded and what to do; empty while recording."""
        return self._reason

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
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def refused(self, error: PrompterError) -> None:
        """The log refused a write: pages are told why until it takes one again."""
        if self._reason != str(error):
            logger.error("Prompter is not recording: %s", error)
        self._reason = str(error)

    def recovered(self) -> None:
        """A write went through."""
        if self._running is not None and self._reason:
            logger.info("Prompter is recording again")
            self._reason = ""

    async def _run(self) -> None:
        pause = _FIRST_RETRY
        while True:
            try:
                self.settings = self._read_settings()
                log = await open_log(self.settings.log_url, migrate=True)
            except PrompterError as error:
                self.refused(error)
                self._settled.set()
                if isinstance(error, _WILL_NOT_MEND):
                    return
            else:
                async with log:
                    await self._serve(log, self.settings)
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_RETRY)

    async def _serve(self, log: Log, settings: Settings) -> None:
        try:
            head = await log.head()
        except LogError as error:
            self.refused(error)
            self._settled.set()
            raise
        follower = Follower(log, head.position)
        projections = (CurrentNotebooks(), CurrentPrompts(), Prompting(settings.study))
        workers = [Worker(log, projection) for projection in projections]
        self._running = Running(log, follower, settings)
        self._reason = ""
        self._settled.set()
        logger.info("Prompter records to %s", settings.log_url)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(follower.run(), name="prompter follower")
                for worker in workers:
                    tasks.create_task(worker.run(), name=f"prompter worker {worker}")
        finally:
            self._running = None
            self._reason = "the server is stopping"
            async with asyncio.timeout(5):
                await asyncio.gather(*(worker.stop() for worker in workers))


def clock() -> int:
    """µs since the epoch, UTC."""
    return time.time_ns() // 1000
