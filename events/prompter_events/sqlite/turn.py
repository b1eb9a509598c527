"""The queue of those who want to write to an SQLite file.

SQLite's lock is not fair: whoever finds it free takes it, and a process that works without a pause leaves it free for
moments only, in which others may happen to sleep. So a writer takes the turn first, then waits for SQLite's lock, and
gives the turn back as soon as it has the lock. Meanwhile nobody else begins, and therefore *whoever has the turn waits
for one transaction at most: the one that runs*. The turn itself is never held during a transaction.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

TURN_SECONDS = 1.0
"""How long a writer waits for the turn before it goes on without. The turn keeps order and protects nothing, so that a
process that was halted while it had the turn stops nobody for long."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.0002, 0.001
"""Seconds between two looks: short beside a transaction, long beside a look."""


class Turn:
    """A lock on a file beside the log's, which a process that dies lets go of.

    Where the file cannot be made or opened, and on systems without such locks, there is no queue.
    """

    def __init__(self, path: Path) -> None:
        self._beside = path
        self._path = path.with_name(f"{path.name}-turn")
        self._file: int | None = None

    def take(self) -> bool:
        """Wait until nobody else has the turn, 1 s at most. Returns whether there is something to give back."""
        if sys.platform == "win32":
            return False
        if self._file is None:
            self._file = self._open()
        give_up = time.monotonic() + TURN_SECONDS
        pauses = Pauses()
        while self._file is not None and not _lock(self._file):
            if time.monotonic() > give_up:
                return False
            pauses.one()
        return self._file is not None

    def give_back(self) -> None:
        """Let the next one wait for SQLite's lock."""
        if sys.platform != "win32" and self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; it stays where it is, since others may have it open."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int | None:
        # Readable by all who may open the log: a lock needs no more.
        try:
            return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            pass
        except OSError:
            return None
        try:
            mode = self._beside.stat().st_mode & 0o777
            file = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, mode)
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.fchmod(file, mode)  # whatever this process's umask takes away
        return file


class Pauses:
    """Pauses between looks at a lock, drawn at random so that those who wait do not meet again and again."""

    def __init__(self) -> None:
        self._longest = SHORTEST_PAUSE

    def one(self) -> None:
        """Pause."""
        time.sleep(random.uniform(0, self._longest))  # noqa: S311
        self._longest = min(2 * self._longest, LONGEST_PAUSE)


def _lock(file: int) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
