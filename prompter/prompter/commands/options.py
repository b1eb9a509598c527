"""Options that several commands share, and how they open the log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from prompter_events import Log, SessionId

from ..errors import SettingInvalid
from ..settings import checked_log_url, default_log_url

T = TypeVar("T")

LogOption = Annotated[
    str,
    typer.Option(
        "--log",
        help="The log's URL: sqlite:///path/log.db or mysql://user@host:port/database. Default: PROMPTER_LOG.",
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


async def find_session(log: Log, text: str) -> SessionId:
    """A session by its id or the beginning of it.

    Raises ``SettingInvalid`` if none or several fit, or if it was erased.
    """
    wanted = text.lower().replace("-", "")
    found: set[UUID] = set()
    erased: set[UUID] = set()
    async for event in log.read(types=["session.opened"]):
        if event.session_id.hex.startswith(wanted):
            found.add(event.session_id)
            if event.payload is None:
                erased.add(event.session_id)
    if not wanted or not found:
        raise SettingInvalid(f"there is no session {text!r}: `prompter sessions` lists them")
    if len(found) > 1:
        raise SettingInvalid(f"{len(found)} sessions begin with {text!r}: give more of the id")
    if erased:
        raise SettingInvalid(f"session {text!r} was erased: there is nothing left to show")
    return SessionId(found.pop())
