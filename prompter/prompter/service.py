"""The recording service of one process: the log, the projection workers, the follower.

It starts what it can, says in one line what it cannot, and tries again when that may help. Nothing here ever keeps
Jupyter from starting or a notebook from working.
"""

from __future__ import annotations

import asyncio
import contextlib
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
from prompter_projections import Policy, SharedReading, Worker

from .collector import spare_the_long_lived
from .errors import SettingInvalid
from .follower import Follower
from .metrics import Metrics
from .settings import Settings
from .storage import all_projections, open_study_log

logger = logging.getLogger(__name__)

#: Between two tries to open a log, in seconds: quick at first, for a database that is just starting.
_FIRST_RETRY, _LAST_RETRY = 1.0, 15.0

#: How long workers may take to finish their batch when the server stops, in seconds.
_STOP_SECONDS = 5.0

#: How long events gather between two batches of a worker, in seconds. Readers of the models are people, who do not see
#: a tenth of a second; the policy's prompts have 25 ms from the event to the socket.
_MODEL_REST, _POLICY_REST = 0.1, 0.005

_WILL_NOT_MEND = (SettingInvalid, LogUrlInvalid, LogTooNew, LogCorrupt)


@dataclass(frozen=True)
class Running:
    """What a socket needs: an open log and somebody who follows it."""

    log: Log
    follower: Follower
    settings: Settings
    workers: Sequence[Worker[Any]]

    def lags(self, head: Position) -> dict[str, int]:
        """How many events each projection is behind the log."""
        return {worker.name: head - max(0, worker.position) for worker in self.workers}

    def lag(self, head: Position) -> int:
        """How many events the slowest projection is behind the log."""
        return max(self.lags(head).values())


class Service:
    """Opens the log and keeps the workers going until it is closed."""

    def __init__(self, read_settings: Callable[[], Settings]) -> None:
        self._read_settings = read_settings
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
        pause = _FIRST_RETRY
        while True:
            try:
                self.settings = self._read_settings()
                log = await open_study_log(self.settings.log_url, migrate=True)
                async with log:
                    head = await log.head()
                    await self._serve(log, head.position, self.settings)
                pause = _FIRST_RETRY
                continue  # the log was restored: open it again, at once
            except PrompterError as error:
                self.refused(error)
                self._settled.set()
                if isinstance(error, _WILL_NOT_MEND):
                    return
            except Exception as error:
                logger.exception("Prompter could not start")
                self._reason = f"an internal error, see the server's log: {type(error).__name__}: {error}"
                self._settled.set()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_RETRY)

    async def _serve(self, log: Log, head: Position, settings: Settings) -> None:
        """Keep the read models and the policy current, and followers told, until cancelled or the log is restored."""
        self._restored.clear()
        self._stopping.clear()
        log.watch_commits(self.metrics.committed)
        follower = Follower(log, head, self.metrics.prompt)
        together = SharedReading(log)
        workers: list[Worker[Any]] = [
            Worker(
                log,
                projection,
                rest=_POLICY_REST if isinstance(projection, Policy) else _MODEL_REST,
                read=together.read,
            )
            for projection in all_projections(settings.study)
        ]
        tasks = [asyncio.create_task(self._kept_going(worker.run)) for worker in workers]
        tasks.append(asyncio.create_task(self._kept_going(follower.run)))
        self._running = Running(log, follower, settings, workers)
        self._reason = ""
        spare_the_long_lived()
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
            for worker in workers:
                worker.stop()
            tasks[-1].cancel()
            _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _kept_going(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run a worker or the follower; begin again if it ends by an error: events still enter the log meanwhile."""
        while not self._stopping.is_set():
            try:
                await run()
                return
            except LogRestored as error:
                self.refused(error)
                return
            except Exception as error:
                self.trouble = f"{type(error).__name__}: {error}"
                logger.exception("a part of Prompter ended and begins again in %d s", _LAST_RETRY)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _LAST_RETRY)
