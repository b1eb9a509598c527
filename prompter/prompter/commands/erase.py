"""``prompter erase``: removes what one participant left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from prompter_events import Log, ParticipantId
from prompter_events.catalogue.study import ParticipantErased

from ..erased_list import add_to_list, default_list
from ..errors import SettingInvalid
from .erasing import ListOption, erase, open_for_erasing
from .options import LogOption, log_url, run
from .output import counted, stdout


def erase_participant(
    participant: Annotated[str, typer.Option("--participant", "-p", help="The participant's name, or their id.")],
    log: LogOption = "",
    erased_list: ListOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what one participant typed, ran and answered, and their name.

    It cannot be undone. Digests stay, so that `prompter verify` passes.

    On MySQL it signs in as prompter_eraser (PROMPTER_DB_ERASER_PASSWORD).

    Backups and the server's binlog are yours to clear.

    Example: [bold]prompter erase --participant P07[/bold]
    """
    path = erased_list or default_list()
    erased = run(_erase(log_url(log), participant, path, yes))
    stdout.print(
        f"{participant}: {counted(erased.events, 'payload')} of {counted(len(erased.sessions), 'session')} removed. "
        f"{path} names whom to erase again after a restore; keep it apart from the backups.",
        markup=False,
        soft_wrap=True,
    )


async def _erase(url: str, participant: str, path: Path, yes: bool) -> ParticipantErased:
    async with open_for_erasing(url) as log:
        participant_id = await _find(log, participant)
        if not yes:
            _ask(participant, url)
        # First, so that an erasure that is interrupted is not forgotten.
        add_to_list(path, participant_id)
        return await erase(log, participant_id)


async def _find(log: Log, participant: str) -> ParticipantId:
    """By name, else by id. Raises ``SettingInvalid``."""
    names = await log.participant_names()
    for participant_id, name in names.items():
        if participant in (name, str(participant_id)):
            return participant_id
    try:
        # Somebody who was erased already has no name any more; doing it again finishes what was interrupted.
        return ParticipantId(UUID(participant))
    except ValueError:
        raise SettingInvalid(
            f"the log knows no participant {participant!r}: `prompter sessions` lists who there is"
        ) from None


def _ask(participant: str, url: str) -> None:
    if not sys.stdin.isatty():
        raise SettingInvalid("erasing asks first: run it in a terminal, or say --yes")
    typer.confirm(f"Erase everything of {participant} from {url}? It cannot be undone", abort=True, err=True)
