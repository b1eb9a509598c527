"""``prompter study link``: the links by which people take part."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

import typer

from ..errors import SettingInvalid
from ..hub.config import FILE_NAME, HubConfig, read_config
from ..links import StudyLink, checked_participant, seal
from ..roles import Role
from ..study.names import Condition
from .options import JsonOption
from .output import complain, iso_time, print_json, stdout
from .study import ConfigOption

_DAY = 24 * 60 * 60

COLUMNS = ("participant", "role", "expires", "questionnaire_id", "link")


def print_links(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID… [CONDITION]", help="Participants' ids, and for all of them a condition."),
    ] = None,
    *,
    count: Annotated[int, typer.Option(min=0, max=10_000, help="So many ids more, counted on.")] = 0,
    first: Annotated[str, typer.Option(metavar="ID", help="The first id of --count.")] = "p01",
    days: Annotated[int, typer.Option(min=0, max=3650, help="How long they work. 0: as config.yml says.")] = 0,
    role: Annotated[Role | None, typer.Option(help="What they may do. By default as config.yml says.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table for a mail merge.")] = False,
    config: ConfigOption = Path(FILE_NAME),
    json: JsonOption = False,
) -> None:
    """Print a link for each participant, to be sent to them and to nobody else.

    A link says who somebody is, and nothing can be read from it. Without a condition the study assigns one at the first
    visit. Its first use binds it to that browser; a newer link of the same participant takes its place.

    Example: [bold]prompter study link P01 P02 EXP_CTS[/bold] · [bold]prompter study link --count 20 --csv[/bold] ·
    [bold]prompter study link ana --role researcher[/bold]
    """
    read = read_config(config)
    names, condition = _told(words or [])
    people = [*(_lowered(name) for name in names), *_counted(first, count)]
    if not people:
        raise SettingInvalid("for whom? Give ids, such as P01 P02, or --count 20")
    if len(set(people)) < len(people):
        raise SettingInvalid(f"{next(one for one in people if people.count(one) > 1)} stands there twice")
    rows = [_row(read, name, condition, days or read.written.links.days, role) for name in people]
    if json:
        print_json(rows)
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        for row in rows:
            stdout.print(f"{row['participant']}  {row['link']}", markup=False, soft_wrap=True)


def _told(words: Sequence[str]) -> tuple[list[str], str | None]:
    """Ids, and the condition that may stand behind them."""
    conditions = [word for word in words if word in set(Condition)]
    names = [word for word in words if word not in set(Condition)]
    if len(conditions) > 1:
        raise SettingInvalid("give one condition for all of these; call the command again for another one")
    return names, conditions[0] if conditions else None


def _lowered(name: str) -> str:
    lowered = name.lower()
    if lowered != name:
        complain(f"{name} becomes {lowered}: ids are written in lower case")
    return checked_participant(lowered)


def _counted(first: str, count: int) -> list[str]:
    """``p01``, ``p02`` …, with as many digits as the first has."""
    if not count:
        return []
    name = _lowered(first)
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    if not digits:
        raise SettingInvalid(f"--first is {first!r}: it must end in a number, such as p01, to be counted on")
    return [checked_participant(f"{stem}{int(digits) + one:0{len(digits)}}") for one in range(count)]


def _row(config: HubConfig, name: str, condition: str | None, days: int, role: Role | None) -> dict[str, Any]:
    now = int(time.time())
    meant = config.role_of(name, role or Role.PARTICIPANT)
    if condition is not None and meant is not Role.PARTICIPANT:
        raise SettingInvalid(f"{name} is a {meant}, who has no condition: leave {condition} out")
    link = StudyLink(uuid4(), name, condition, role or Role.PARTICIPANT, now, now + days * _DAY)
    return {
        "participant": name,
        "role": meant.value,
        "expires": iso_time(link.expires_at * 1_000_000),
        "questionnaire_id": config.pseudonym(name),
        "link": f"{config.address}/hub/link?token={quote(seal(link, config.written.link_key))}",
    }
