"""Where a log is kept, for tests that open it more than once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from prompter_events import Log, open_log
from prompter_events.memory import MemoryLog


@dataclass(frozen=True)
class Place:
    """``open()`` opens the log that is kept here, again or once more beside the others, as another process would."""

    open: Callable[[], AbstractAsyncContextManager[Log]]


def place_of(url: str) -> Place:
    """Where the log of this URL is kept."""
    return kept(MemoryLog()) if url == "memory://" else Place(lambda: open_log(url))


def kept(log: Log) -> Place:
    """A place for a log that would be gone with its object: every opening is that one object."""

    @asynccontextmanager
    async def same() -> AsyncIterator[Log]:
        yield log

    return Place(same)
