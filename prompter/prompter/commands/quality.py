"""``prompter quality``: what is missing, doubtful or broken in what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from prompter_projections.quality import FORMATS, Quality, quality, render
from prompter_projections.quality.render import WORDS, scope, session_row, summary, tables
from prompter_projections.timeline.markup import clean

from ..errors import SettingInvalid
from ..storage import open_study_log
from .options import JsonOption, LogOption, find_session, log_url, run
from .output import print_json, stderr, stdout

_COLOURS = {"look": "yellow", "bad": "red", "good": "green"}


def report_quality(  # noqa: PLR0917 - typer calls it
    session: Annotated[
        list[str] | None, typer.Argument(help="Sessions: their ids, or the beginnings. Default: all.")
    ] = None,
    json: JsonOption = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="FILE.html, FILE.md or FILE.csv.", show_default=False)
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Leave out whatever tells under which condition somebody worked.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if anything was found.")] = False,
    log: LogOption = "",
) -> None:
    """Tell of each session whether its data are good, worth a look, or bad, and by which rule.

    Holes, lost and late events, clocks, two tabs, cut outputs, kernels that died, replays that differ, missing ends;
    then response rates and delays. Thresholds and their reasons are in docs/quality.md.

    Example: [bold]prompter quality[/bold] · [bold]prompter quality 0198f3 --blind -o quality.html[/bold]
    """
    if output is not None and output.suffix.lower() not in FORMATS:
        raise SettingInvalid(
            f"{output} ends in {output.suffix or 'nothing'}; a quality report is one of {', '.join(FORMATS)}"
        )
    report = run(_report(log_url(log), session or [], blind=blind))
    if output is not None:
        output.write_bytes(render(report, output.suffix))
    if json:
        print_json(json_rows(report))
    elif output is not None:
        stdout.print(f"{output}: {summary(report)}", markup=False, soft_wrap=True)
    else:
        _print(report)
    if strict and not report.is_good:
        raise typer.Exit(1)


async def _report(url: str, sessions: Sequence[str], *, blind: bool) -> Quality:
    async with open_study_log(url) as log:
        wanted = [await find_session(log, one) for one in sessions]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
            tasks = {what: bar.add_task(what, total=None) for what in ("reading", "replaying")}

            def progress(what: str, done: int, total: int) -> None:
                bar.update(tasks[what], completed=done, total=total)

            return await quality(log, wanted, blind=blind, progress=progress)


def json_rows(report: Quality) -> list[dict[str, Any]]:
    """For machines: the log, each session, each rule's questions, what was held back; ``kind`` tells which it is."""
    rows: list[dict[str, Any]] = [
        {
            "kind": "log",
            "events": report.events,
            "producers": report.producers,
            "holes": report.holes,
            "dead_letters": report.dead_letters,
            "good": report.is_good,
        }
    ]
    for one in report.sessions:
        told = [asdict(finding) for finding in one.findings]
        rows.append({"kind": "session", **session_row(one), "findings": told})
    for answered in report.responses:
        row = asdict(answered)
        delays = row.pop("delays") or (None, None, None)
        row |= dict(zip(("delay_lower_s", "delay_median_s", "delay_upper_s"), delays, strict=True))
        rows.append({"kind": "questions", **row, "rate": answered.rate})
    rows.extend({"kind": "held back", **asdict(one)} for one in report.suppressed)
    if report.blind:
        for row in rows:
            row.pop("condition", None)
    return rows


def _print(report: Quality) -> None:
    if not report.sessions:
        stdout.print("The log holds no sessions yet: there is nothing to judge.")
    for number, (title, headings, rows) in enumerate(tables(report)):
        if not rows:
            continue
        if number:
            stdout.print(f"\n{title}", style="bold", markup=False)
        _print_table(headings, rows)
    stdout.print()
    stdout.print(summary(report), markup=False)
    stdout.print(scope(report), markup=False)


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """What people typed is shown, not interpreted; the reasons fold."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in headings:
        side: Any = "left" if heading in WORDS else "right"
        table.add_column(heading, justify=side, overflow="fold", no_wrap=heading not in {"why", "who"})
    for row in rows:
        cells = [clean(text).replace("[", r"\[") for text in row]
        if "verdict" in headings:
            place = list(headings).index("verdict")
            cells[place] = f"[{_COLOURS[row[place]]}]{cells[place]}[/]"
        table.add_row(*cells)
    stdout.print(table)
