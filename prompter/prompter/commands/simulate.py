"""``prompter simulate``: what another policy would have asked."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from prompter_events import Event, Log, ParticipantId, Position

from ..errors import SettingInvalid
from ..settings import read_settings
from ..simulation import DECIDED, FORMATS, Record, Simulated, plot
from ..storage import open_study_log
from ..study import Study, load_study
from .options import JsonOption, LogOption, find_session, log_url, run
from .output import print_json, stderr, stdout
from .simulated import json_rows, print_comparison, print_report

_TOGETHER = 500
"""Events that are taken at once, as many as a worker takes."""


def simulate_policy(
    studies: Annotated[
        list[Path] | None,
        typer.Argument(metavar="STUDY.yaml", help="The study whose policy is tried; with --compare two of them."),
    ] = None,
    *,
    compare: Annotated[bool, typer.Option("--compare", help="Show two policies side by side.")] = False,
    session: Annotated[
        list[str] | None,
        typer.Option("--session", "-s", help="Tell of this session only: its id, or the beginning. May be repeated."),
    ] = None,
    participant: Annotated[
        list[str] | None,
        typer.Option("--participant", "-p", help="Only this participant, by name or id. May be repeated."),
    ] = None,
    drawing: Annotated[
        Path | None, typer.Option("--plot", help="Draw it as well: FILE.html, FILE.svg or FILE.png.")
    ] = None,
    log: LogOption = "",
    json: JsonOption = False,
) -> None:
    """Run the recorded log through another policy: what would have been asked, when, and what held back and why.

    Nothing is written to the log. Without STUDY.yaml it is the study of PROMPTER_STUDY, or the built-in questions.

    Answers are replayed to prompts that both policies ask; nobody answers a prompt that was never asked.

    Examples: [bold]prompter simulate quiet.yaml[/bold] ·
    [bold]prompter simulate --compare study.yaml quiet.yaml --plot both.png[/bold]
    """
    if drawing is not None and drawing.suffix not in FORMATS:
        raise SettingInvalid(f"{drawing} ends in {drawing.suffix or 'nothing'}; a plot is one of {', '.join(FORMATS)}")
    policies = _policies(studies or [], compare)
    simulated, names = run(_simulated(log_url(log), policies, session or [], participant or []))
    for policy in simulated.policies:
        for failure in policy.failures:
            reason = failure.trace.strip().splitlines()[-1]
            stderr.print(f"{policy.name}: position {failure.position}: {reason}", markup=False, soft_wrap=True)
    if drawing is not None:
        drawing.write_bytes(plot(simulated, drawing.suffix))
    if json:
        print_json(json_rows(simulated, names))
    elif not simulated.scene.sessions:
        stdout.print("The log holds no sessions yet: there is nothing to simulate.")
    elif compare:
        print_comparison(simulated, names)
    else:
        print_report(simulated, names)


def _policies(paths: Sequence[Path], compare: bool) -> list[tuple[str, Study]]:
    """The studies by the names that the report gives them. Raises ``SettingInvalid``."""
    if compare != (len(paths) == 2) or len(paths) > 2:
        raise SettingInvalid(
            f"{'--compare takes two studies' if compare else 'one study is simulated at a time'}, not {len(paths)}: "
            "write `prompter simulate STUDY.yaml`, or `prompter simulate --compare A.yaml B.yaml`"
        )
    for path in paths:
        if not path.is_file():
            raise SettingInvalid(f"there is no study file {path}: name a file such as study.yaml")
    if not paths:
        study = read_settings(os.environ, log_url="memory://").study
        return [(study.name or "built-in questions", study)]
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    return [(name, load_study(path)) for name, path in zip(names, paths, strict=True)]


async def _simulated(
    url: str, policies: Sequence[tuple[str, Study]], sessions: Sequence[str], participants: Sequence[str]
) -> tuple[Simulated, dict[ParticipantId, str]]:
    """Everything in the log through all policies, and how the participants are called."""
    async with open_study_log(url) as log:
        names = await log.participant_names()
        wanted = [await _find_participant(log, names, one) for one in participants]
        record = Record()
        simulated = Simulated(
            policies,
            record,
            participants=wanted,
            sessions=[await find_session(log, one) for one in sessions],
        )
        head = (await log.head()).position
        with _bar() as progress:
            reading = progress.add_task("reading decisions", total=None)
            async for event in log.read(types=DECIDED):
                record.take(event)
            progress.remove_task(reading)
            bar = progress.add_task("simulating", total=head)
            async for events in _portions(log, head):
                simulated.take(events)
                progress.update(bar, completed=events[-1].position)
            simulated.end()
        return simulated, names


async def _portions(log: Log, head: Position) -> AsyncIterator[list[Event]]:
    """The log up to its head as it was, a few hundred events at a time."""
    events: list[Event] = []
    async for event in log.read(limit=head):
        events.append(event)
        if len(events) == _TOGETHER or event.position == head:
            yield events
            events = []


async def _find_participant(log: Log, names: dict[ParticipantId, str], text: str) -> ParticipantId:
    """By name, else by id. Raises ``SettingInvalid`` for one who is not known, or was erased."""
    for participant_id, name in names.items():
        if text in (name, str(participant_id)):
            return participant_id
    with contextlib.suppress(ValueError):
        participant_id = ParticipantId(UUID(text))
        if await log.is_erased(participant_id):
            raise SettingInvalid(f"participant {text} was erased: there is nothing left to simulate")
        if await _worked(log, participant_id):
            return participant_id
    raise SettingInvalid(f"the log knows no participant {text!r}: `prompter sessions` lists who there is")


async def _worked(log: Log, participant_id: ParticipantId) -> bool:
    """Whether somebody without a name, as in a log that was copied without them, has a session here."""
    return any([event.participant_id == participant_id async for event in log.read(types=["session.opened"])])


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal)
