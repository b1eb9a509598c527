"""``prompter check``: will this machine record, what, and what will be asked?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from prompter_events import PrompterError

from ..durations import milliseconds
from ..errors import SettingInvalid
from ..settings import Condition, Settings, machine_user, read_settings
from ..study import Period, Rule, Study, StudyInvalid
from .finding import Finding
from .log_findings import Wanted, log_findings
from .options import JsonOption, LogOption, run
from .output import print_json, stdout

FRESH = "26 h"
"""How old the newest anchor may be if nothing else is said: a nightly backup that is late."""


def check(
    log: LogOption = "",
    running: Annotated[
        bool,
        typer.Option("--running", help="Fail also if no worker keeps a projection current: for a server that is up."),
    ] = False,
    anchor: Annotated[
        Path | None,
        typer.Option(
            "--anchor",
            metavar="FILE",
            help="Fail also if the newest line of this file is old or contradicts the log: "
            "what `prompter verify --save-anchor` wrote of the last backup.",
            show_default=False,
        ),
    ] = None,
    fresh: Annotated[str, typer.Option("--fresh", metavar="TIME", help="How old that line may be.")] = FRESH,
    json: JsonOption = False,
) -> None:
    """Say whether the log is reachable, migrated and writable, and what will be recorded and asked.

    Also room, clocks, rights, how far projections are behind, and what they could not fold.

    What failed says what to do.

    Examples: [bold]prompter check && jupyter lab[/bold] · [bold]prompter check --running --anchor FILE[/bold]
    """
    findings = run(_findings(log, _wanted(running, anchor, fresh)))
    if json:
        print_json([{"check": f.check, "ok": f.ok, "detail": f.detail} for f in findings])
    else:
        for finding in findings:
            sign = "[green]ok[/green]    " if finding.ok else "[red]failed[/red]"
            stdout.print(f"{sign}  {finding.check:<12}", end="")
            stdout.print(finding.detail, markup=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _wanted(running: bool, anchor: Path | None, fresh: str) -> Wanted:
    try:
        return Wanted(running, anchor, milliseconds(fresh) * 1000)
    except ValueError as error:
        raise SettingInvalid(f"--fresh: {error}") from None


async def _findings(log: str, wanted: Wanted) -> list[Finding]:
    try:
        settings = read_settings(os.environ, log_url=log)
    except StudyInvalid as error:
        return [Finding("study", False, line) for line in error.lines]
    except PrompterError as error:
        return [Finding("settings", False, str(error))]
    of_log = [finding async for finding in log_findings(settings.log_url, wanted, settings.study)]
    return [*of_log, *_study_findings(settings)]


def _study_findings(settings: Settings) -> list[Finding]:
    study, period = settings.study, _period(settings)
    return [
        Finding("participant", True, settings.participant or f"{machine_user()} (from this machine's login)"),
        Finding("study", True, _named(study)),
        *([Finding("period", True, _lasting(period))] if period else []),
        Finding("condition", True, _condition(settings, period)),
        Finding("consent", True, f"asked for, version {study.consent.version}" if study.consent else "not asked for"),
        Finding("recorded", True, _recorded(study)),
        Finding("languages", True, ", ".join(study.languages)),
        *(Finding("rule", True, _rule(rule, study)) for rule in study.rules),
        Finding("asked", True, _asked(settings)),
    ]


def _period(settings: Settings) -> Period | None:
    periods = settings.study.periods
    return next((period for period in periods if period.name == settings.period), periods[0] if periods else None)


def _named(study: Study) -> str:
    if study.digest is None:
        return "none: built-in questions"
    return f"{study.name}, phase {study.phase}, version {study.digest.hex()[:16]}"


def _lasting(period: Period) -> str:
    named = (f"{task.name} ({task.minutes} minutes)" if task.minutes else task.name for task in period.tasks)
    tasks = f"; tasks {', '.join(named)}" if period.tasks else ""
    return f"{period.name}, {f'{period.minutes} minutes' if period.minutes else 'until it is ended'}{tasks}"


def _condition(settings: Settings, period: Period | None) -> str:
    if settings.condition is not None:
        return f"{settings.condition} for everybody here, since MODE is set"
    if period is None:
        return Condition.NO_EXP
    strata = [f"{name}={settings.traits.get(name) or 'unknown'}" for name in period.assign.strata]
    within = f", within {', '.join(strata)}" if strata else ""
    way = "an order of a balanced Latin square" if period.assign.by == "counterbalance" else "seeded blocks"
    return f"one of {', '.join(dict.fromkeys(period.conditions))}, by {way}{within}"


def _recorded(study: Study) -> str:
    kept = {None: "whole", 0: "not kept"}.get(study.output_bytes, f"the first {study.output_bytes} bytes")
    edits = "edits by keystroke" if study.keystrokes else "the results of edits"
    focus = ", which cell people are at" if study.focus else ""
    return f"cells, {edits}, runs, answers{focus}; text of outputs: {kept}"


def _rule(rule: Rule, study: Study) -> str:
    where = f" (in {', '.join(rule.within)})" if rule.within else ""
    question = study.questions[rule.ask].now[study.language]
    return f"{rule.use}{where} asks {rule.ask}: {question}"


def _asked(settings: Settings) -> str:
    pace = settings.study.pace
    if settings.condition is Condition.EXP_NONE:
        return "nothing; what would have been asked is logged"
    if settings.condition is Condition.EXP_END:
        return f"at the end, about at most {settings.study.review_at_most} cells"
    if not settings.study.rules:
        return "nothing: the study has no rules"
    return f"at most {pace.hour} an hour, {pace.day} a day, {pace.apart / 60_000:g} min apart"
