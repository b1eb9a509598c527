"""``prompter assign``: who has which condition, and a researcher's word about it."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

from prompter_events import Log, ParticipantId
from prompter_events.catalogue.study import ParticipantAssigned

from ..conditions import assign_by_hand, assignments, free_place
from ..errors import SettingInvalid
from ..settings import read_settings
from ..storage import open_study_log
from ..study import Study
from ..study.assignment import Assigned
from .options import JsonOption, LogOption, find_participant, log_url, run
from .output import print_json, print_table, stdout

COLUMNS = ("participant", "period", "condition", "by", "reason")


def assign_condition(
    participant: Annotated[str, typer.Option("--participant", "-p", help="The participant's name, or their id.")] = "",
    *,
    condition: Annotated[str, typer.Option("--condition", "-c", help="Give them this condition.")] = "",
    free: Annotated[bool, typer.Option("--free", help="Give their place to whoever comes next.")] = False,
    period: Annotated[str, typer.Option("--period", help="By default the one in force.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why. It is logged.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who decided. By default your account's name.")] = "",
    log: LogOption = "",
    json: JsonOption = False,
) -> None:
    """Say which conditions were assigned, or decide about one participant.

    The study is PROMPTER_STUDY's. A decision holds from the participant's next page on.

    Example: [bold]prompter assign -p P07 --free --reason "left after ten minutes"[/bold]
    """
    settings = read_settings(os.environ, log_url=log)
    url = log_url(log)
    if not participant:
        if condition or free or reason:
            raise SettingInvalid("whose condition? Give --participant")
        listed = run(_listed(url))
        if json:
            print_json(listed)
        else:
            _print(listed)
        return
    if bool(condition) == free:
        raise SettingInvalid("give either --condition or --free")
    if not settings.study.periods:
        raise SettingInvalid("the study has no periods, so nothing is assigned: set MODE, or add periods to it")
    fact = run(
        _decide(
            url,
            settings.study,
            participant,
            period=period or settings.period_in_force,
            condition=condition,
            by=by or getpass.getuser(),
            reason=reason,
        )
    )
    if json:
        print_json([_row(participant, fact)])
    elif free:
        stdout.print(f"The place of {participant} in {fact.period} is free.", markup=False, soft_wrap=True)
    else:
        stdout.print(f"{participant} has {fact.condition} in {fact.period}.", markup=False, soft_wrap=True)


def _print(listed: list[dict[str, str]]) -> None:
    if not listed:
        stdout.print("Nobody was assigned a condition yet: that happens at a participant's first page.")
        return
    rows = [[row[name] for name in COLUMNS] for row in listed]
    print_table(COLUMNS, rows, folding=frozenset({"participant", "reason"}))


async def _listed(url: str) -> list[dict[str, str]]:
    async with open_study_log(url) as log:
        names = await log.participant_names()
        return [_row(_name(names, one), one.fact) for one in await assignments(log)]


def _name(names: dict[ParticipantId, str], one: Assigned) -> str:
    return names.get(one.participant_id, str(one.participant_id))


def _row(participant: str, fact: ParticipantAssigned) -> dict[str, str]:
    return {
        "participant": participant,
        "period": fact.period,
        "condition": fact.condition,
        "by": fact.by,
        "reason": fact.reason,
    }


async def _decide(
    url: str, study: Study, participant: str, *, period: str, condition: str, by: str, reason: str
) -> ParticipantAssigned:
    async with open_study_log(url) as log:
        participant_id = await _known(log, participant)
        if condition:
            return await assign_by_hand(log, study, period, participant_id, condition, by=by, reason=reason)
        return await free_place(log, study, period, participant_id, by=by, reason=reason)


async def _known(log: Log, participant: str) -> ParticipantId:
    """Raises ``SettingInvalid`` for somebody whom the log does not know, or who was erased."""
    participant_id = await find_participant(log, participant)
    if participant_id not in await log.participant_names():
        raise SettingInvalid(f"{participant} was erased, or was never here")
    return participant_id
