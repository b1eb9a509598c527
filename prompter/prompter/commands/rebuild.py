"""``prompter rebuild``: read models made anew from the first event."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from prompter_events import Log
from prompter_projections import Policy, Projection, clear_before, rebuild, standings

from ..errors import SettingInvalid
from ..storage import all_projections, open_study_log
from .options import JsonOption, LogOption, log_url, run
from .output import counted, print_json, stdout
from .progress import bar


@dataclass(frozen=True)
class Rebuilt:
    """What became of one projection."""

    projection: str
    events: int
    """How many are folded now."""
    generation: int
    seconds: float
    dead_letters: int
    """How many events could not be folded before, and are now."""


def rebuild_projections(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Which ones; all of them if none is named.")
    ] = None,
    log: LogOption = "",
    json: JsonOption = False,
) -> None:
    """Make the read models anew from the first event, beside the ones in force; then switch to them.

    People go on working meanwhile, and read the old ones until the switch.

    An event that cannot be folded stops it, and the old ones stay.

    What was asked, and which time limits were reached, are facts of the log: nothing is decided again, and no event is
    written.

    Example: [bold]prompter rebuild current[/bold]
    """
    projections = _chosen(names or [])
    url = log_url(log)
    rebuilt: list[Rebuilt] = []
    try:
        run(_rebuild(url, projections, rebuilt))
    finally:
        _tell(rebuilt, json=json)


def _chosen(names: Sequence[str]) -> list[Projection[Any]]:
    """Raises ``SettingInvalid`` for a name that cannot be rebuilt."""
    known = {projection.name: projection for projection in all_projections()}
    able = {name: projection for name, projection in known.items() if not isinstance(projection, Policy)}
    for name in names:
        if name in able:
            continue
        why = "decides, and what it decided is a fact" if name in known else "is no projection"
        raise SettingInvalid(f"{name} {why}: rebuild {', '.join(able)}")
    return [able[name] for name in dict.fromkeys(names)] or list(able.values())


async def _rebuild(url: str, projections: Sequence[Projection[Any]], rebuilt: list[Rebuilt]) -> None:
    async with open_study_log(url) as log:
        for projection in projections:
            rebuilt.append(await _one(log, projection))


async def _one(log: Log, projection: Projection[Any]) -> Rebuilt:
    began = time.monotonic()
    [before] = await standings(log, [projection.name])
    former = (await log.checkpoint(projection.name)).generation
    with bar() as progress:
        task = progress.add_task(projection.name, total=(await log.head()).position)
        at = await rebuild(log, projection, progress=lambda position: progress.update(task, completed=position))
    await clear_before(log, projection, at.generation, former)
    seconds = round(time.monotonic() - began, 1)
    return Rebuilt(projection.name, at.position, at.generation, seconds, len(before.letters))


def _tell(rebuilt: Sequence[Rebuilt], *, json: bool) -> None:
    if json:
        print_json([asdict(one) for one in rebuilt])
        return
    for one in rebuilt:
        folded = f"; {counted(one.dead_letters, 'event')} that could not be folded before" if one.dead_letters else ""
        stdout.print(
            f"{one.projection}: {counted(one.events, 'event')} folded in {one.seconds:g} s{folded}; "
            f"generation {one.generation} is in force.",
            markup=False,
            soft_wrap=True,
        )
