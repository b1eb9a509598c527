"""An event loop on a thread of its own, for callers who have none, or whose own one runs already, as in a notebook."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from threading import Lock, Thread, current_thread
from typing import Any, Generic, TypeVar

from .errors import StudyClosed

T = TypeVar("T")

_CLOSED = "this study was closed: make a new prompter.Study"
_FORKED = "this study was opened by the process that this one was forked from: make a new prompter.Study here"


class LoopThread:
    """Runs coroutines for any number of threads. Whoever asks waits; Ctrl-C ends the work as well as the waiting.

    A process that was forked has no copy of the thread, and the connections of the log are its parent's: there every
    call raises ``StudyClosed`` instead of waiting for ever.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._process = os.getpid()
        self._lock = Lock()
        self._closed = False
        # A daemon: a study that nobody closed holds up no interpreter that wants to end.
        self._thread = Thread(target=_serve, args=(self._loop,), name="prompter-study", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether nothing runs here any more."""
        return self._closed or os.getpid() != self._process

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine. Raises what it raises; ``StudyClosed`` after ``close`` and after a fork."""
        call = _Call(work)
        try:
            return self._begin(call).result()
        except CancelledError:
            raise StudyClosed(_CLOSED) from None
        except Exception:
            raise
        except BaseException:
            # Ctrl-C may have come at any moment, also before there was a future that could be cancelled.
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(call.give_up)
            raise

    def _begin(self, call: _Call[T]) -> Future[T]:
        if os.getpid() != self._process:
            call.drop()
            raise StudyClosed(_FORKED)
        with self._lock:
            if self._closed:
                call.drop()
                raise StudyClosed(_CLOSED)
            return asyncio.run_coroutine_threadsafe(call.run(), self._loop)

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """End what runs, then run a last coroutine, then end the thread. Nothing the second time, or after a fork."""
        if os.getpid() != self._process:
            last.close()
            return
        with self._lock:
            again, self._closed = self._closed, True
        if again:
            last.close()
            return
        ending = asyncio.run_coroutine_threadsafe(_end(last), self._loop)
        ending.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._loop.stop))
        # The garbage collector may call this in the loop's own thread, which then goes on to the end by itself.
        if current_thread() is not self._thread:
            self._thread.join()
            ending.result()


class _Call(Generic[T]):
    """One piece of work in the loop's thread. Only that thread touches it once it has begun."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work
        self._task: asyncio.Task[Any] | None = None
        self._given_up = False

    async def run(self) -> T:
        """Do it."""
        if self._given_up:
            self.drop()
            raise asyncio.CancelledError
        self._task = asyncio.current_task()
        return await self._work

    def drop(self) -> None:
        """It never begins."""
        self._work.close()

    def give_up(self) -> None:
        """Nobody waits for the result any more."""
        self._given_up = True
        if self._task is not None:
            self._task.cancel()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _end(last: Coroutine[Any, Any, None]) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await last
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    with suppress(RuntimeError):  # an interpreter that ends starts no thread any more, not even one that waits
        await loop.shutdown_default_executor()
