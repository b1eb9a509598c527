"""``prompter check``: will this machine record, what, and what will be asked?"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import typer

from prompter_events import Position, PrompterError
from prompter_events.sqlite import network_filesystem
from prompter_events.url import SqliteUrl, parse_url

from ..settings import Condition, Settings, machine_user, read_settings
from ..storage import open_study_log
from .options import JsonOption, LogOption, run
from .output import print_json, stdout

#: How far the newest event may lie in the future before the clock is suspect, in µs: no NTP is off by a minute.
_CLOCK_TOLERANCE = 60 * 1_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    check: str
    ok: bool
    detail: str


def check(log: LogOption = "", json: JsonOption = False) -> None:
    """Say whether the log is reachable, migrated and writable, and what will be recorded and asked.

    Example: [bold]prompter check && jupyter lab[/bold]
    """
    findings = run(_findings(log))
    if json:
        print_json([{"check": f.check, "ok": f.ok, "detail": f.detail} for f in findings])
    else:
        for finding in findings:
            sign = "[green]ok[/green]    " if finding.ok else "[red]failed[/red]"
            stdout.print(f"{sign}  {finding.check:<12}", end="")
            stdout.print(finding.detail, markup=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


async def _findings(log: str) -> list[Finding]:
    try:
        settings = read_settings(os.environ, log_url=log)
    except PrompterError as error:
        return [Finding("settings", False, str(error))]
    return [*[finding async for finding in _log_findings(settings.log_url)], *_study_findings(settings)]


async def _log_findings(url: str) -> AsyncIterator[Finding]:
    try:
        target = parse_url(url)
        if isinstance(target, SqliteUrl) and (kind := network_filesystem(target.path)):
            yield Finding("log", False, f"{target.path} lies on {kind}: SQLite's WAL needs a local disk; move it")
            return
        if isinstance(target, SqliteUrl) and not target.path.exists():
            yield _new_file(target.path.absolute(), url)
            return
        async with open_study_log(url) as opened:
            head = await opened.head()
            yield Finding("log", True, f"{url}, {head.position:,} events")
            await opened.lease("check", (holder := uuid4()), 1)
            await opened.release("check", holder)
            yield Finding("writable", True, "a write was committed")
            newest = Position(max(0, head.position - 1))
            yield _clock_finding([event.recorded_at async for event in opened.read(after=newest)])
    except PrompterError as error:
        yield Finding("log", False, str(error))


def _new_file(path: Path, url: str) -> Finding:
    """A log that the server will make when it starts."""
    nearest = next(parent for parent in path.parents if parent.exists())
    # Rights alone do not tell: root may write everywhere, and still not on a read-only disk or below /proc.
    try:
        tempfile.TemporaryDirectory(prefix="prompter-check-", dir=nearest).cleanup()
    except OSError:
        return Finding(
            "log", False, f"{url} cannot be made: {nearest} takes no files; correct its rights or PROMPTER_LOG"
        )
    return Finding("log", True, f"{url}, made when Jupyter starts")


def _clock_finding(recorded: list[int]) -> Finding:
    ahead = max(recorded, default=0) - time.time_ns() // 1000
    if ahead > _CLOCK_TOLERANCE:
        return Finding(
            "clock", False, f"the newest event is {ahead // 1_000_000} s in the future: set this machine's clock"
        )
    return Finding("clock", True, "no event lies in the future")


def _study_findings(settings: Settings) -> list[Finding]:
    study = settings.study
    kept = {None: "whole", 0: "not kept"}.get(study.output_bytes, f"the first {study.output_bytes} bytes")
    asked = (
        "nothing; what would have been asked is logged"
        if settings.condition is Condition.EXP_NONE
        else f"by {', '.join(rule.use for rule in study.rules)}, at most {study.pace.hour} an hour"
    )
    return [
        Finding("participant", True, settings.participant or f"{machine_user()} (from this machine's login)"),
        Finding("study", True, study.name or "none: built-in questions"),
        Finding("condition", True, settings.condition.value),
        Finding("recorded", True, f"cells, edits by keystroke, runs, answers; text of outputs: {kept}"),
        Finding("asked", True, asked),
    ]
