"""Studies for browser tests, and what their logs tell."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from prompter.storage import open_study_log
from prompter_events import Event
from support.awaiting import awaited

EAGER = """\
study: browser-test
phase: pilot
title: Loan decisions
capture: {outputs: full}
pace:
  quiet: {typing: 300 ms, run: 0 s}
  caps: {hour: 1000, day: 1000, apart: 0 s}
"""
"""Asks at once and always, about whatever is new."""


def study_file(directory: Path, *parts: str, name: str = "own.yaml") -> dict[str, str]:
    """Write a study of these parts; the settings that choose it."""
    path = directory / name
    path.write_text("".join(parts), encoding="utf-8")
    return {"PROMPTER_STUDY": str(path)}


def events_of(log: dict[str, str]) -> list[Event]:
    """All that the log holds."""

    async def read() -> list[Event]:
        async with open_study_log(log["PROMPTER_LOG"]) as opened:
            return [event async for event in opened.read()]

    return awaited(read())


def bodies(events: list[Event], kind: type[Any]) -> list[Any]:
    """The bodies of one kind, in the log's order."""
    return [event.body for event in events if isinstance(event.body, kind)]


def events_until(url: str, kind: type[Any], count: int = 1, patience: float = 60) -> list[Event]:
    """All that a log holds up to the event that is the so-manieth of a kind, as soon as it is there."""
    told: list[Event] = []

    async def follow() -> None:
        async with asyncio.timeout(patience), open_study_log(url) as log:
            async for event in log.follow():
                told.append(event)
                if len(bodies(told, kind)) == count:
                    return

    try:
        awaited(follow())
    except TimeoutError:
        kinds = sorted({event.type for event in told})
        raise AssertionError(f"the log holds no {count} of {kind.__name__}: {kinds}") from None
    return told
