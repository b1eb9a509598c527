"""A whole made-up log in a file: events, what the policy decided, read models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from prompter_events import Log, open_log
from prompter_projections import CurrentProjection, PromptsProjection, SharedReading, SnapshotsProjection, Worker

from ..storage import DIRECTORIES
from ..study import load_study
from .filling import Clock, Filling
from .people import Plan, new_ids, pages

STUDY, PILOT, CONSENT = "study.yaml", "pilot.yaml", "consent.md"
"""The files of the made-up study."""

_BESIDE = ("", "-wal", "-shm", "-journal", "-turn")
"""What SQLite and the log keep beside a file of theirs."""

Reached = Callable[[str, int], None]
"""Told what is being made, and how far it is: µs since the epoch, or positions."""


@dataclass(frozen=True)
class Made:
    """What was made."""

    log: Path
    study: Path
    """The study's file, for ``prompter simulate``."""
    events: int


def write_study(folder: Path) -> tuple[Path, Path]:
    """The made-up study's files: the paths of the main phase and of the pilot, which differ in their phase alone."""
    folder.mkdir(parents=True, exist_ok=True)
    here = files(__package__)
    text = here.joinpath(STUDY).read_text("utf-8")
    (folder / CONSENT).write_text(here.joinpath(CONSENT).read_text("utf-8"), encoding="utf-8")
    (folder / STUDY).write_text(text, encoding="utf-8")
    (folder / PILOT).write_text(text.replace("phase: main", "phase: pilot"), encoding="utf-8")
    return folder / STUDY, folder / PILOT


async def make(plan: Plan, path: Path, folder: Path, reached: Reached = lambda what, how_far: None) -> Made:
    """Make a log at ``path`` and its study in ``folder``. The same plan gives the same events.

    It grows beside ``path`` and takes its name only once it is whole. What stands at ``path`` is replaced.
    """
    main, pilot = write_study(folder)
    growing = path.with_name(f"{path.name}.part")
    _remove(growing)
    clock = Clock(plan.begin())
    try:
        opening = open_log(
            f"sqlite:///{growing.absolute()}",
            migrate=True,
            migrations=DIRECTORIES,
            clock=clock,
            new_id=new_ids(plan.seed),
        )
        async with opening as log:
            people, studies = await pages(plan, log, load_study(main), load_study(pilot))
            filling = Filling(log, clock, people, studies, lambda moment: reached("work", moment))
            await filling.fill()
            await _keep_current(log, clock, reached)
        _remove(path)
        growing.rename(path)
    finally:
        _remove(growing)
    return Made(path, main, filling.events)


async def _keep_current(log: Log, clock: Clock, reached: Reached) -> None:
    """Run the projections up to the end of the log, as the service does."""
    head = (await log.head()).position
    read = SharedReading(log).read
    workers: list[Worker[Any]] = [
        Worker(log, CurrentProjection(), clock=clock, read=read),
        Worker(log, PromptsProjection(), clock=clock, read=read),
        Worker(log, SnapshotsProjection(), clock=clock, read=read),
    ]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        for worker in workers:
            await worker.caught_up(head)
            reached("tables", head)
    finally:
        for worker in workers:
            worker.stop()
        await asyncio.gather(*tasks)


def _remove(path: Path) -> None:
    for ending in _BESIDE:
        path.with_name(path.name + ending).unlink(missing_ok=True)
