"""Whichever log it is, the export is the same."""

from __future__ import annotations

from pathlib import Path

import polars

from prompter_events import Log, open_log
from support.released import Person, export, told


async def test_each_kind_of_log_gives_the_same_tables(log: Log, tmp_path: Path) -> None:
    people = await told(log)
    written = await export(log, "parquet", tmp_path / "x")
    rows = {name.removesuffix(".parquet"): count for name, count in written.files.items()}
    kept = [person for name, person in people.items() if name != "pilot person"]
    assert rows == {
        "events": sum(len(person.events) for person in kept) + 2,
        "sessions": 2,
        "cells": 4,
        "runs": 2,
        "prompts": 4,
        "edits": 12,
    }
    events = polars.read_parquet(tmp_path / "x" / "events.parquet")
    assert events["position"].is_sorted()
    assert _occurred(kept) <= set(events["occurred_at"].dt.epoch("us").to_list())


async def test_an_erasure_on_disk_is_kept(sqlite_url: str, tmp_path: Path) -> None:
    async with open_log(sqlite_url) as log:
        people = await told(log)
        await log.erase(people["zsofia.kertesz"].participant_id, by="root")
        written = await export(log, "csv", tmp_path / "x")
    assert (written.sessions, written.erased_events) == (1, len(people["zsofia.kertesz"].events))
    assert not any("zsofia.kertesz" in path.read_text("utf-8") for path in (tmp_path / "x").iterdir())


def _occurred(people: list[Person]) -> set[int]:
    return {event.occurred_at for person in people for event in person.events}
