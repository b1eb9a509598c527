"""A process that fills a log's disk, goes on when there is room again, and says as JSON what it met.

    python -m support.filling WAY DIRECTORY

``WAY`` is ``disk``: a small file system of its own is mounted on ``DIRECTORY``, in a namespace of mounts that anybody
may have where the system allows it; or ``limit``: no file may grow beyond a size, as anybody may ask everywhere.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from prompter_events import Log, LogError, ProducerId, open_log, verify

from .checking import number_faults, position_faults
from .events import event, new_producer, note
from .hand import extent
from .processes import python

DISK_BYTES = 6 * 1024 * 1024
"""More than the WAL grows to before it is copied into the file, so that the copying too runs out of room."""

BALLAST_BYTES = 1024 * 1024
"""What is removed to make room."""

PORTION = 20
"""Events of one append."""

TEXT = "x" * 2000

LONG_TEXT = "x" * 200_000
"""So much in one append that SQLite writes to the disk before the commit."""

NAMESPACE = ("unshare", "--map-root-user", "--mount")


@dataclass
class Story:
    """What became of the log."""

    acknowledged: int = 0
    """The last number before the first error."""
    errors: list[tuple[str, str]] = field(default_factory=list)
    """Types and texts of the errors of appends while the disk was full."""
    stored_while_full: int = 0
    faults_while_full: list[str] = field(default_factory=list)
    opened_while_full: int | str = ""
    """The head of a log that was opened only then, or what was said instead."""
    acknowledged_later: int = 0
    """The last number once there was room again."""
    faults: list[str] = field(default_factory=list)
    """In the log that was opened anew at the end."""
    read_only: tuple[str, str] = ("", "")
    """Type and text of the error where the file system takes no writes at all; ``disk`` only."""


def may_mount() -> bool:
    """Whether the system gives its user a namespace of mounts."""
    if shutil.which(NAMESPACE[0]) is None:
        return False
    trial = subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)
    return trial.returncode == 0


async def fill(way: str, directory: Path) -> Story:
    """The story of a log in ``directory``."""
    process = await python("support.filling", way, directory)
    told, _ = await process.communicate()
    assert process.returncode == 0
    return Story(**json.loads(told))


class Disk:
    """A disk that is too small."""

    def __init__(self, directory: Path, *, mounted: bool) -> None:
        self._directory = directory
        self._ballast = directory / "ballast"
        self._mounted = mounted

    def begin(self) -> None:
        """From now on there is little room."""
        if self._mounted:
            self._mount("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none")
            self._ballast.write_bytes(bytes(BALLAST_BYTES))
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_BYTES, resource.RLIM_INFINITY))

    def make_room(self) -> None:
        """From now on there is enough."""
        if self._mounted:
            self._ballast.unlink()
            self._mount("-o", f"remount,size={10 * DISK_BYTES}")
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def refuse_writes(self) -> None:
        """From now on there is nothing but reading."""
        self._mount("-o", "remount,ro")

    def _mount(self, *how: str) -> None:
        subprocess.run(["mount", *how, self._directory], check=True)


async def live(disk: Disk, url: str, story: Story, *, read_only: bool) -> None:
    """Fill the disk, make room, go on."""
    producer = new_producer()
    async with open_log(url, migrate=True) as log:
        while not story.errors:
            await _append(log, producer, story, TEXT)
        story.acknowledged = story.acknowledged_later
        for text in (TEXT, LONG_TEXT, TEXT):
            await _append(log, producer, story, text)
        story.stored_while_full = await log.last_seq(producer)
        story.faults_while_full = await _faults(log, url, producer, story.acknowledged_later)
        try:
            async with open_log(url) as another:
                story.opened_while_full = (await another.head()).position
        except LogError as error:
            story.opened_while_full = f"{type(error).__name__}: {error}"
        disk.make_room()
        later = Story(acknowledged_later=story.acknowledged_later)
        for text in (LONG_TEXT, TEXT, TEXT):
            await _append(log, producer, later, text)
        story.acknowledged_later = later.acknowledged_later
        story.faults += [f"with room: {text}" for _, text in later.errors]
    async with open_log(url) as log:
        story.faults += await _faults(log, url, producer, story.acknowledged_later)
    if read_only:
        disk.refuse_writes()
        try:
            async with open_log(url) as log:
                await log.append(producer, [event(producer, story.acknowledged_later + 1)])
        except LogError as error:
            story.read_only = (type(error).__name__, str(error))


async def _append(log: Log, producer: ProducerId, story: Story, text: str) -> None:
    first = story.acknowledged_later + 1
    try:
        receipt = await log.append(
            producer, [event(producer, number, note(text)) for number in range(first, first + PORTION)]
        )
    except LogError as error:
        story.errors.append((type(error).__name__, str(error)))
        return
    if receipt.last_seq < first - 1:
        story.errors.append(("lost", f"what was acknowledged up to {first - 1} ends at {receipt.last_seq}"))
    story.acknowledged_later = receipt.last_seq


async def _faults(log: Log, url: str, producer: ProducerId, acknowledged: int) -> list[str]:
    whole = await extent(url)
    try:
        stored = [one async for one in log.read()]
        await verify(log)
    except LogError as error:
        return [str(error)]
    faults = number_faults(stored, {producer: acknowledged})
    faults += position_faults(whole.head, whole.last, whole.count, {"a reader": [one.position for one in stored]})
    return faults


async def main(way: str, directory: Path) -> None:
    """The process."""
    story = Story()
    disk = Disk(directory, mounted=way == "mounted")
    disk.begin()
    await live(disk, f"sqlite:///{directory / 'study.db'}", story, read_only=way == "mounted")
    sys.stdout.write(json.dumps(asdict(story)))


if __name__ == "__main__":
    if sys.argv[1] == "disk":
        os.execvp(NAMESPACE[0], [*NAMESPACE, sys.executable, "-m", "support.filling", "mounted", sys.argv[2]])
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
