"""Options that several commands share, and how they open the log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ..naming import find_participant, find_session
from ..settings import checked_log_url, default_log_url

__all__ = ["JsonOption", "LogOption", "find_participant", "find_session", "log_url", "run"]

T = TypeVar("T")

LogOption = Annotated[
    str,
    typer.Option(
        "--log",
        help="The log's URL: sqlite:///path/log.db or mysql://user@host:port/database. Default: PROMPTER_LOG.",
        show_default=False,
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="FILE",
        help="The key of the pseudonyms. Default: the log's own, beside it, made at the first use.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]


def log_url(option: str) -> str:
    """What ``--log`` says, else the environment's log."""
    return checked_log_url(option or default_log_url(os.environ))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work in an event loop of its own.

    The task itself returns nothing: when it ends, Python's signal module asks for the task's ``repr``, and that holds
    the ``repr`` of the result. Of a long session's history it is a gigabyte.
    """
    result: list[T] = []

    async def keep() -> None:
        result.append(await work)

    asyncio.run(keep())
    return result[0]
