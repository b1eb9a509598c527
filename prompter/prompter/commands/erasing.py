"""What ``erase`` and ``restored`` share: the account that may erase, and an erasure with its progress."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from prompter_events import ERASER, Log, ParticipantId
from prompter_events.catalogue.study import ParticipantErased
from prompter_events.url import MysqlUrl, parse_url
from prompter_projections import forget_everywhere

from ..errors import SettingInvalid
from ..settings import machine_user
from ..storage import all_projections, open_study_log
from .progress import bar

ListOption = Annotated[
    Path | None,
    typer.Option(
        "--list",
        help="The list of erased participants. Default: erased.txt in Jupyter's data directory.",
        show_default=False,
    ),
]


@asynccontextmanager
async def open_for_erasing(url: str) -> AsyncIterator[Log]:
    """The log, opened by an account that may erase: on MySQL another one than the application's."""
    target = parse_url(url)
    if not isinstance(target, MysqlUrl):
        async with open_study_log(url) as log:
            yield log
        return
    eraser = replace(target, user=ERASER)
    async with open_study_log(str(eraser), password=_password(eraser)) as log:
        yield log


def _password(eraser: MysqlUrl) -> str:
    if (password := os.environ.get("PROMPTER_DB_ERASER_PASSWORD")) is not None:
        return password
    if not sys.stdin.isatty():
        raise SettingInvalid(
            f"erasing needs the account {eraser.user}: set PROMPTER_DB_ERASER_PASSWORD, or run this in a terminal"
        )
    answer: str = typer.prompt(f"Password of {eraser.user} on {eraser.host}:{eraser.port}", hide_input=True, err=True)
    return answer


async def erase(log: Log, participant_id: ParticipantId) -> ParticipantErased:
    """Erase a participant from the log and from the read models; a bar shows how far it is."""
    with bar() as progress:
        task = progress.add_task("erasing", total=None)
        erased = await log.erase(
            participant_id,
            by=machine_user(),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
        await forget_everywhere(log, all_projections(), erased)
    return erased
