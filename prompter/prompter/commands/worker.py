"""``prompter worker``: the projection workers in a process of their own."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from typing import Annotated

import typer

from prompter_events import Position

from ..garbage import collect_seldom, spare_the_long_lived
from ..settings import Settings, read_settings
from ..storage import kept_current
from ..working import Working
from .options import LogOption, run
from .output import counted, stdout
from .progress import bar

_ENDING = (signal.SIGTERM, signal.SIGINT)


class _Line(logging.Formatter):
    """One line for each message; the traceback of an event that could not be folded is in ``dead_letter``."""

    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage().partition("\n")[0]
        return f"{self.formatTime(record)} {record.levelname.lower()}: {said}"


def run_worker(
    log: LogOption = "",
    once: Annotated[bool, typer.Option("--once", help="Catch up with the log, then exit.")] = False,
) -> None:
    """Keep the read models current and decide what to ask, in a process of its own.

    It waits for a log that is away, and ends in order on Ctrl-C or SIGTERM.

    Several do no harm: one at a time works on each projection, the others wait to take over.

    PROMPTER_STUDY must name the study that the collector has: what is asked is decided here.

    Example: [bold]prompter worker --log mysql://prompter_user@db/prompter[/bold]
    """
    settings = read_settings(os.environ, log_url=log)
    _tell_in_lines()
    if once:
        head = run(_catch_up(settings))
        stdout.print(
            f"{settings.log_url}: {counted(len(kept_current(settings.study, ())), 'projection')} at position {head:,}.",
            markup=False,
            soft_wrap=True,
        )
    else:
        run(_keep_current(settings))


async def _keep_current(settings: Settings) -> None:
    working = Working(settings.log_url, settings.study)
    _end_in_order(working)
    spare_the_long_lived()
    collecting = asyncio.create_task(collect_seldom(), name="prompter garbage collector")
    try:
        await working.run()
    finally:
        collecting.cancel()
        await asyncio.gather(collecting, return_exceptions=True)


async def _catch_up(settings: Settings) -> Position:
    working = Working(settings.log_url, settings.study)
    _end_in_order(working)
    with bar() as progress:
        tasks = {one.name: progress.add_task(one.name, total=None) for one in kept_current(settings.study, ())}
        return await working.catch_up(
            lambda name, at, head: progress.update(tasks[name], completed=at, total=head),
        )


def _end_in_order(working: Working) -> None:
    for one in _ENDING:
        asyncio.get_running_loop().add_signal_handler(one, working.stop)


def _tell_in_lines() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for package in ("prompter", "prompter_projections"):
        logging.getLogger(package).setLevel(logging.INFO)
