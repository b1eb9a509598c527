"""Reading a whole log."""

from __future__ import annotations

from prompter_events import Event, Log


async def everything(log: Log) -> list[Event]:
    """All events, in the order in which they are read."""
    return [one async for one in log.read()]
