"""Keeps one projection current: reads the log, folds, and commits rows, states, checkpoint and emissions together.

Each event counts once, through crashes and restarts, because nothing but the log says where the worker stands: after
anything that went wrong it forgets what it holds and begins again at the checkpoint. One worker runs a projection at a
time; a lease keeps others waiting, and the checkpoint's compare-and-set makes sure.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Generic, TypeVar
from uuid import uuid4

from prompter_events.clock import now_micros
from prompter_events.errors import CheckpointMoved, LogError, LogReadOnly, LogUnavailable, PrompterError
from prompter_events.event import Event, Position
from prompter_events.log import Log
from prompter_events.transaction import Checkpoint

from .fold import Policy, Projection, Resuming
from .forgetting import erasure_in, taken_together
from .portion import Portion
from .reading import Read, reading
from .states import States
from .step import FoldFailed, Letter, Step, advance, keys_of, tick
from .writing import Writing

logger = logging.getLogger(__name__)

S = TypeVar("S")
T = TypeVar("T")

LEASE_SECONDS = 10.0
"""How long a worker that died keeps others waiting."""

TRIES = 5
"""How often a fold that raises is tried."""

_MOST_PRESSURE = 10.0
"""A worker that is behind rests as long as it worked, times how many more events came meanwhile than it took, up to so
many: in a busy process those who append come first. Where nobody appends it does not rest at all."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds


class WorkerStopped(PrompterError):
    """The worker ended before it came to the position that somebody waits for."""


class Worker(Generic[S]):
    """Runs one projection until it is told to stop.

    ``clock`` gives µs since the epoch; ``batch`` bounds the events of one transaction, which are fewer where it would
    hold up those who append (see ``Portion``); ``lease_seconds`` is how long the lease lasts without renewal; ``pause``
    waits so many seconds before another try.
    """

    def __init__(
        self,
        log: Log,
        projection: Projection[S],
        *,
        clock: Callable[[], int] = now_micros,
        batch: int = 500,
        lease_seconds: float = LEASE_SECONDS,
        rest: float = 0.0,
        read: Read | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._log = log
        self._projection = projection
        self._clock = clock
        self._portion = Portion(batch)
        self._lease_seconds = lease_seconds
        self._rest_seconds = rest
        self._read = read or reading(log)
        self._pause = pause
        self._holder = uuid4()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ended = False
        self._position = -1
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._pauses = 0

    @property
    def name(self) -> str:
        """The projection's name."""
        return self._projection.name

    @property
    def position(self) -> int:
        """The last checkpoint that this worker made or found; -1 before it found one."""
        return self._position

    async def run(self) -> None:
        """Keep the projection current until ``stop()`` or cancellation.

        Waits while another worker holds the lease, and while the log is unavailable or takes no writes. Other errors of
        the log, such as ``LogCorrupt``, come out: somebody must look.
        """
        self._ended = False
        try:
            while not self._stopping.is_set():
                try:
                    if await self._log.lease(self._projection.name, self._holder, self._lease_seconds):
                        await self._keep_current()
                    else:
                        await self._unless_stopped(self._pause(self._lease_seconds / 5))
                except CheckpointMoved as moved:
                    logger.info("%s; going on from there", moved)
                    await self._unless_stopped(self._pause(_FIRST_PAUSE))
                except (LogUnavailable, LogReadOnly) as error:
                    await self._wait_for_log(error)
        finally:
            self._ended = True
            for _, reached in self._waiting:
                if not reached.done():
                    reached.set_exception(WorkerStopped(f"{self._projection.name} ended at {self._position}"))
            await self._let_go()

    def stop(self) -> None:
        """Ask the worker to end: it finishes the batch under way and gives its lease back; then ``run`` returns."""
        self._stopping.set()
        self._hurry.set()

    async def caught_up(self, position: int) -> None:
        """Wait until the checkpoint is at or past a position. Raises ``WorkerStopped`` if the worker ends before."""
        if self._position >= position:
            return
        if self._ended:
            raise WorkerStopped(f"{self._projection.name} ended at {self._position}")
        reached = asyncio.get_running_loop().create_future()
        self._waiting.append((position, reached))
        self._hurry.set()
        await reached

    async def _keep_current(self) -> None:
        """Work with the lease in hand, until it is lost or the worker is to stop."""
        log, name = self._log, self._projection.name
        loop = asyncio.get_running_loop()
        renew_at = loop.time() + self._lease_seconds / 3
        found = await log.checkpoint(name)
        states = States(log, self._projection, found.generation, holder=self._holder)
        await states.load_due()
        writing = Writing(states, self._portion, found, clock=self._clock, came_to=self._came_to)
        head = found.position
        while not self._stopping.is_set():
            if loop.time() >= renew_at:
                if not await log.lease(name, self._holder, self._lease_seconds):
                    return
                renew_at = loop.time() + self._lease_seconds / 3
            if self._waiting or loop.time() >= writing.write_at:
                await writing.flush()
            asked = self._portion.size
            events = await self._read(writing.at.position, asked)
            if events:
                began = loop.time()
                together = taken_together(events)
                full = len(events) == asked or len(together) < len(events)
                await self._take(together, states, writing, hold=not full)
                if full:
                    before, head = head, await log.wait(writing.at.position, 0)
                    pressure = min((head - before) / len(together), _MOST_PRESSURE)
                    await self._rest(pressure * (loop.time() - began))
                    continue
                head = writing.at.position  # or a few more: it keeps up
                await self._rest(self._rest_seconds)
            elif self._pauses:
                self._log_is_back()
            now = self._clock()
            due = states.due_keys(now, self._portion.size)
            if due:
                await self._decide(due, now, states, writing)
            elif not events and (not writing.holds or self._is_calm()):
                next_due = states.next_due()
                timeout = max(min(renew_at, writing.write_at) - loop.time(), 0.0)
                if next_due is not None:
                    timeout = min(timeout, max(next_due - now, 0) / 1_000_000)
                # Whoever comes to wait wants what is held to be written.
                told = self._hurry if writing.holds else self._stopping
                await self._unless(told, log.wait(writing.at.position, timeout))
        await writing.flush()

    def _is_calm(self) -> bool:
        """Whether nobody waits for the worker, nor is it to stop; if so, ``_hurry`` is set when that changes."""
        if self._waiting or self._stopping.is_set():
            return False
        self._hurry.clear()
        return True

    async def _rest(self, seconds: float) -> None:
        """Let events gather, unless somebody waits for the worker, it is to stop, or it has a process of its own."""
        if self._rest_seconds and self._is_calm():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._hurry.wait()

    async def _take(self, events: Sequence[Event], states: States[S], writing: Writing[S], *, hold: bool) -> None:
        """Fold a batch; if it may not be held, commit it."""
        at = writing.at
        folding = 0.0

        async def fold(failed: Mapping[tuple[Position, bytes | None], Letter]) -> Step[S]:
            keys = keys_of(self._projection, events, failed)
            kept = await states.load({key for key in keys if key is not None})
            began = time.perf_counter()
            keyed = zip(keys, events, strict=True)
            if isinstance(self._projection, Resuming):
                step = await asyncio.to_thread(advance, self._projection, kept, keyed, at.position, failed)
            else:
                step = advance(self._projection, kept, keyed, at.position, failed)
            nonlocal folding
            folding = time.perf_counter() - began
            return step

        to = Checkpoint(events[-1].position, at.generation)
        erased = erasure_in(events)
        step = await self._tried(fold)
        if hold and erased is None and self._may_wait(step):
            writing.hold(step, to, len(events))
        else:
            await writing.write(step, to, len(events), folding=folding, erased=erased)

    def _may_wait(self, step: Step[S]) -> bool:
        """Whether nobody misses a step that is written a moment later: one by which a policy says nothing."""
        silent = not step.emitted and not step.letters and not step.rows
        return isinstance(self._projection, Policy) and silent and not self._waiting and not self._stopping.is_set()

    async def _decide(self, due: list[bytes], now: int, states: States[S], writing: Writing[S]) -> None:
        policy = self._projection
        if not isinstance(policy, Policy):  # only a policy has due times
            return

        at = writing.at

        async def decide(failed: Mapping[tuple[Position, bytes | None], Letter]) -> Step[S]:
            return tick(policy, await states.load(set(due)), due, now, at.position, failed=failed)

        step = await self._tried(decide)
        if self._may_wait(step):
            writing.hold(step, at, len(due))
        else:
            await writing.write(step, at, len(due))

    async def _tried(
        self, step: Callable[[Mapping[tuple[Position, bytes | None], Letter]], Awaitable[Step[S]]]
    ) -> Step[S]:
        """A step, tried again where the projection's code raises, and without those events where it goes on raising."""
        failed: dict[tuple[Position, bytes | None], Letter] = {}
        tries: dict[tuple[Position, bytes | None], int] = {}
        while True:
            try:
                return await step(failed)
            except FoldFailed as failure:
                where = (failure.letter.position, failure.key)
                tries[where] = tries.get(where, 0) + 1
                if tries[where] < TRIES:
                    await self._pause(min(_FIRST_PAUSE * 2 ** (tries[where] - 1), _LONGEST_PAUSE))
                    continue
                logger.error(
                    "%s cannot fold the event at %d; it is kept in dead_letter\n%s",
                    self._projection.name,
                    failure.letter.position,
                    failure.letter.trace,
                )
                failed[where] = failure.letter

    async def _wait_for_log(self, error: LogError) -> None:
        if not self._pauses:
            logger.warning("%s waits for the log: %s", self._projection.name, error)
        await self._unless_stopped(self._pause(min(_FIRST_PAUSE * 2**self._pauses, _LONGEST_PAUSE)))
        # Seven doublings reach the longest pause; the exponent need not grow beyond.
        self._pauses = min(self._pauses + 1, 7)

    def _log_is_back(self) -> None:
        logger.info("%s goes on: the log is back", self._projection.name)
        self._pauses = 0

    def _came_to(self, position: int) -> None:
        self._position = position
        for wanted, reached in self._waiting:
            if wanted <= position and not reached.done():
                reached.set_result(None)
        self._waiting = [waiting for waiting in self._waiting if not waiting[1].done()]

    async def _unless_stopped(self, work: Coroutine[Any, Any, object] | Awaitable[object]) -> None:
        """Wait for something, or for ``stop()``."""
        await self._unless(self._stopping, work)

    async def _unless(self, told: asyncio.Event, work: Coroutine[Any, Any, object] | Awaitable[object]) -> None:
        tasks = {asyncio.ensure_future(work), asyncio.ensure_future(told.wait())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _let_go(self) -> None:
        try:
            await self._log.release(self._projection.name, self._holder)
        except (LogUnavailable, LogReadOnly):
            logger.info("the lease of %s could not be given back; it ends by itself", self._projection.name)
