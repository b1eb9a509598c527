"""Logs for the tests of the standards, and their releases written to a directory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from prompter.exports import Format, Release, ReleasedLog, open_release
from prompter_events import Event, Log, open_log

KEY = b"a secret of the tests' own"


async def append_all(log: Log, events: Iterable[Event]) -> None:
    """Events into a log, in their order."""
    run: list[Event] = []
    for event in events:
        if run and run[-1].producer_id != event.producer_id:
            await log.append(run[0].producer_id, run)
            run = []
        run.append(event)
    if run:
        await log.append(run[0].producer_id, run)


@asynccontextmanager
async def released(*stories: Sequence[Event], **options: Any) -> AsyncIterator[ReleasedLog]:
    """What a log that holds these events releases."""
    async with open_log("memory://") as log:
        for events in stories:
            await append_all(log, events)
        options = options if options.get("identified") else {"key": KEY, **options}
        yield await open_release(log, Release(**options))


async def written(form: Format, directory: Path, *stories: Sequence[Event], **options: Any) -> Mapping[str, int]:
    """Write the release of such a log."""
    directory.mkdir(parents=True, exist_ok=True)
    async with released(*stories, **options) as log:
        return await form.write(log, directory)


async def same_bytes(form: Format, directory: Path, *stories: Sequence[Event], **options: Any) -> None:
    """Assert that one log gives the same files twice."""
    async with released(*stories, **options) as log:
        for name in ("one", "two"):
            (directory / name).mkdir()
            await form.write(log, directory / name)
    one, two = (
        {
            path.relative_to(directory / name): path.read_bytes()
            for path in sorted((directory / name).rglob("*"))
            if path.is_file()
        }
        for name in ("one", "two")
    )
    assert one
    assert one.keys() == two.keys()
    assert [path for path in one if one[path] != two[path]] == []
