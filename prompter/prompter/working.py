"""The projection workers of one process: those of a recording service, or of ``prompter worker`` in one of its own.

Any number of processes may run them: a lease lets one at a time keep a projection current, and the others wait to take
over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from prompter_events import Event, Log, LogReadOnly, LogRestored, LogUnavailable, Position
from prompter_projections import Policy, SharedReading, Worker, WorkerStopped
from prompter_projections.reading import Read

from .record import InForce, tell_study
from .storage import kept_current, open_study_log
from .study import Study

logger = logging.getLogger(__name__)

#: How long events gather between two batches of a worker that shares its process with pages, in seconds. Readers of
#: the models are people, who do not see a quarter of a second; the policy's prompts have 25 ms from the event to the
#: socket, and it writes less often than it folds.
_MODEL_REST, _POLICY_REST = 0.25, 0.001

#: Before something that ended by an error begins again, in seconds: long enough to fill no disk with its complaints.
AGAIN_SECONDS = 15.0

#: Between two tries to open a log, in seconds: quick at first, for a database that is just starting.
FIRST_RETRY, LAST_RETRY = 1.0, 15.0

#: How long workers may take to finish their batch when they are to end, in seconds.
_STOP_SECONDS = 5.0

#: Between two looks at what a worker in another process has done, in seconds.
_LOOK_SECONDS = 0.5

Progress = Callable[[str, Position, Position], None]
"""Hears how far a projection is, and where it is to come."""


def workers_of(
    log: Log, study: Study, read: Read, record: Sequence[InForce], *, beside_pages: bool = True
) -> list[Worker[Any]]:
    """A worker for each projection that ``study`` needs; none of them runs yet. ``record``: what was in force so far.

    ``beside_pages``: they share a process with those who wait for answers, and rest between batches.
    """
    return [
        Worker(log, projection, rest=_rest(projection) if beside_pages else 0.0, read=read)
        for projection in kept_current(study, record)
    ]


def _rest(projection: object) -> float:
    return _POLICY_REST if isinstance(projection, Policy) else _MODEL_REST


async def kept_going(
    run: Callable[[], Awaitable[None]], stopping: asyncio.Event, troubled: Callable[[Exception], None]
) -> None:
    """Run a worker, or a follower, to its end; again a while after it ended by an error, which ``troubled`` hears.

    Raises ``LogRestored``: then it is of no use any more.
    """
    while not stopping.is_set():
        try:
            await run()
            return
        except LogRestored:
            raise
        except Exception as error:
            troubled(error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), AGAIN_SECONDS)


def shared_reading(log: Log, committed: Callable[[int, float], None] = lambda count, seconds: None) -> SharedReading:
    """What a process reads its log with: events that it committed itself are at hand.

    ``committed`` hears of each append how many events its commit held, and how many seconds it took.
    """
    together = SharedReading(log)

    def hold(events: Sequence[Event], seconds: float | None) -> None:
        together.hold(events)
        if seconds is not None:
            committed(len(events), seconds)

    log.watch_commits(hold)
    return together


async def ended(workers: Iterable[Worker[Any]], tasks: Collection[asyncio.Future[None]]) -> None:
    """Ask workers to end, and wait for their tasks; cancel those that take too long. What they raised is dropped."""
    for worker in workers:
        worker.stop()
    _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Working:
    """The workers of a process of their own. They wait for a log that is away, and open again one that was restored."""

    def __init__(self, url: str, study: Study) -> None:
        self._url = url
        self._study = study
        self._stopping = asyncio.Event()
        self._workers: Sequence[Worker[Any]] = ()

    def stop(self) -> None:
        """Ask the workers to end: each finishes its batch and gives its lease back."""
        self._stopping.set()
        for worker in self._workers:
            worker.stop()

    async def run(self) -> None:
        """Keep every projection current until ``stop``.

        Raises what waiting does not mend, such as ``LogNotMigrated`` and ``LogTooNew``.
        """
        pause = FIRST_RETRY
        while not self._stopping.is_set():
            try:
                async with open_study_log(self._url) as log:
                    pause = FIRST_RETRY
                    await self._keep_current(log)
            except LogRestored as error:
                logger.warning("%s: opening it again", error)
            except (LogUnavailable, LogReadOnly) as error:
                if pause == FIRST_RETRY:
                    logger.warning("waiting for the log: %s", error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
                pause = min(2 * pause, LAST_RETRY)

    async def catch_up(self, progress: Progress | None = None) -> Position:
        """Bring every projection to where the log ends now; that position.

        What another process keeps current is waited for. Raises ``LogUnavailable`` if the log goes away, and
        ``WorkerStopped`` after ``stop``.
        """
        async with open_study_log(self._url) as log:
            head = (await log.head()).position
            async with self._running(log, lambda worker: worker.run()) as tasks:
                reaching = [
                    asyncio.create_task(_reached(log, worker, task, head, progress))
                    for worker, task in zip(self._workers, tasks, strict=True)
                ]
                try:
                    await asyncio.gather(*reaching)
                except WorkerStopped:
                    if not self._stopping.is_set():
                        raise
                    raise WorkerStopped("stopped before it caught up; the next one goes on from there") from None
                finally:
                    for task in reaching:
                        task.cancel()
                    await asyncio.gather(*reaching, return_exceptions=True)
            return head

    async def _keep_current(self, log: Log) -> None:
        def troubled(error: Exception) -> None:
            logger.error("a worker ended and begins again in %d s: %s: %s", AGAIN_SECONDS, type(error).__name__, error)

        async with self._running(log, lambda worker: kept_going(worker.run, self._stopping, troubled)) as tasks:
            logger.info("keeping %s of %s current", ", ".join(worker.name for worker in self._workers), self._url)
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()

    @asynccontextmanager
    async def _running(
        self, log: Log, run: Callable[[Worker[Any]], Awaitable[None]]
    ) -> AsyncIterator[Sequence[asyncio.Future[None]]]:
        """The workers' tasks; in the end they are stopped, and cancelled if that takes too long."""
        together = shared_reading(log)
        record = await tell_study(log, self._study)
        self._workers = workers_of(log, self._study, together.read, record, beside_pages=False)
        tasks = [asyncio.ensure_future(run(worker)) for worker in self._workers]
        if self._stopping.is_set():  # while the log was opened, when there was no worker to ask
            self.stop()
        try:
            yield tasks
        finally:
            await ended(self._workers, tasks)


async def _reached(
    log: Log, worker: Worker[Any], running: asyncio.Future[None], head: Position, progress: Progress | None
) -> None:
    """Return once a projection is at ``head``, by this worker or by whoever holds its lease meanwhile."""
    own = asyncio.create_task(worker.caught_up(head))
    try:
        while True:
            await asyncio.wait({own, running}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            if own.done():
                return own.result()
            at = (await log.checkpoint(worker.name)).position
            if progress is not None:
                progress(worker.name, min(at, head), head)
            if at >= head:
                return None
            if running.done():
                raise WorkerStopped(f"{worker.name} ended at {at}, and the log at {head}")
    finally:
        own.cancel()
        await asyncio.gather(own, return_exceptions=True)
