"""``prompter erase``: removes what one participant left, or all who withdrew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from prompter_events import Log, ParticipantId
from prompter_events.catalogue.study import ParticipantErased

from ..erased_list import add_to_list, default_list
from ..errors import SettingInvalid
from ..withdrawn import withdrawn as who_withdrew
from .erasing import ListOption, erase, open_for_erasing
from .options import LogOption, find_participant, log_url, run
from .output import counted, local_time, stdout


def erase_participant(
    participant: Annotated[
        str, typer.Option("--participant", "-p", help="The participant's name, or their id.", show_default=False)
    ] = "",
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Whoever withdrew their consent and is in the log still.")
    ] = False,
    log: LogOption = "",
    erased_list: ListOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what one participant typed, ran and answered, and their name; or that of all who withdrew.

    It cannot be undone. Digests stay, so that `prompter verify` passes.

    On MySQL it signs in as prompter_eraser (PROMPTER_DB_ERASER_PASSWORD).

    Backups and the server's binlog are yours to clear.

    Examples: [bold]prompter erase --participant P07[/bold] · [bold]prompter erase --withdrawn[/bold]
    """
    if bool(participant) == withdrawn:
        raise SettingInvalid("say whom to erase: --participant NAME, or --withdrawn for all who withdrew")
    path = erased_list or default_list()
    run(_erase(log_url(log), participant, path, yes))


async def _erase(url: str, participant: str, path: Path, yes: bool) -> None:
    async with open_for_erasing(url) as log:
        if participant:
            chosen = {await find_participant(log, participant): participant}
        else:
            chosen = await _list_withdrawn(log)
            if not chosen:
                return
        if not yes:
            _ask(", ".join(chosen.values()), url)
        for participant_id, name in chosen.items():
            # First, so that an erasure that is interrupted is not forgotten.
            add_to_list(path, participant_id)
            _tell(name, await erase(log, participant_id))
    stdout.print(
        f"{path} names whom to erase again after a restore; keep it apart from the backups.",
        markup=False,
        soft_wrap=True,
    )


async def _list_withdrawn(log: Log) -> dict[ParticipantId, str]:
    """Shows who withdrew, and when; their names, or ids where there is none."""
    found = await who_withdrew(log)
    if not found:
        stdout.print("Nobody withdrew who was not erased: there is nothing to do.")
    for one in found:
        stdout.print(f"{one.name or one.participant_id} withdrew on {local_time(one.at)}.", markup=False)
    return {one.participant_id: one.name or str(one.participant_id) for one in found}


def _tell(name: str, erased: ParticipantErased) -> None:
    stdout.print(
        f"{name}: {counted(erased.events, 'payload')} of {counted(len(erased.sessions), 'session')} removed.",
        markup=False,
        soft_wrap=True,
    )


def _ask(names: str, url: str) -> None:
    if not sys.stdin.isatty():
        raise SettingInvalid("erasing asks first: run it in a terminal, or say --yes")
    typer.confirm(f"Erase everything of {names} from {url}? It cannot be undone", abort=True, err=True)
