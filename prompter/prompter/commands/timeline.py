"""``prompter timeline``: a session, a participant or a study at a glance."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from prompter_events import Log, ParticipantId, SessionId
from prompter_projections import SessionSummary, sessions
from prompter_projections.pseudonym import pseudonym
from prompter_projections.sessions import ERASED
from prompter_projections.timeline import (
    FORMATS,
    SessionRow,
    StudyTimeline,
    Timeline,
    blinded,
    file_of,
    render,
    render_study,
    session_row,
    session_timelines,
    study_timeline,
)

from ..called import Called
from ..errors import SettingInvalid
from ..storage import open_study_log
from .keys import key_of
from .options import KeyOption, LogOption, find_session, log_url, run
from .output import counted, stderr, stdout

INSIDE_SESSIONS, INSIDE_EVENTS = 40, 100_000
"""Up to so many, a study's page holds the sessions' own timelines as well: ten megabytes, open within a second."""


class Alignment(StrEnum):
    """Where the rows of small multiples begin."""

    begin = "begin"
    clock = "clock"


def draw_timeline(
    session: Annotated[
        list[str] | None, typer.Argument(help="One or more sessions: their ids, or the beginnings.", show_default=False)
    ] = None,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE|DIR", help="FILE.html (interactive), FILE.svg, FILE.png; or a directory."
        ),
    ],
    participant: Annotated[
        str, typer.Option("--participant", "-p", help="All sessions of one person: name, id or pseudonym.")
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="All sessions of the log.")] = False,
    align: Annotated[
        Alignment, typer.Option("--align", help="Small multiples: all from the left, or by the clock.")
    ] = Alignment.begin,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide the conditions, and why prompts were held back.")
    ] = False,
    key_file: KeyOption = None,
    log: LogOption = "",
) -> None:
    """Draw sessions: a lane per cell, edits, runs by length and outcome, prompts by fate.

    A participant or a study becomes small multiples, one row for each session; in a page a row leads to the session's
    own timeline: in the same file if they are few, in a file beside it if -o names a directory. Several sessions that
    are named stand one below the other.

    file.html#position=N opens what stands at a position of the log, file.html#at=2026-06-09T13:38:06Z a moment.

    Examples: [bold]prompter timeline 0198f3 -o session.html[/bold] ·
    [bold]prompter timeline --participant heron -o heron.html[/bold] ·
    [bold]prompter timeline --all --align clock -o study/[/bold]
    """
    beside = output.is_dir() or not output.suffix
    if not beside and output.suffix not in FORMATS:
        raise SettingInvalid(f"{output} ends in {output.suffix}; a timeline is one of {', '.join(FORMATS)}")
    if bool(session) + bool(participant) + everything != 1:
        raise SettingInvalid("name sessions, or a --participant, or --all: one of the three")
    with _bar() as progress:
        bar = progress.add_task("drawing", total=None)
        drawing = Drawing(output, beside=beside, align=align, blind=blind, key_file=key_file)
        run(
            drawing.draw(
                log_url(log),
                session or [],
                participant,
                lambda done, total: progress.update(bar, completed=done, total=total),
            )
        )
    for note in drawing.notes:
        stderr.print(note, markup=False, soft_wrap=True)
    stdout.print(f"{drawing.written}: {counted(drawing.count, 'session')}", markup=False, soft_wrap=True)


class Drawing:
    """One drawing of sessions: what the command does, and ``prompter demo`` too."""

    def __init__(
        self, output: Path, *, beside: bool, align: Alignment, blind: bool, key_file: Path | None = None
    ) -> None:
        self.output = output
        self.beside = beside
        self.align = align
        self.blind = blind
        self._key_file = key_file
        self._key = b""
        self.count = 0
        self.notes: list[str] = []
        self.written = output

    async def draw(
        self, url: str, named: Sequence[str], participant: str, progress: Callable[[int, int], None]
    ) -> None:
        """Read the log and write the files. Raises ``SettingInvalid`` for what the log does not hold."""
        async with open_study_log(url) as log:
            self._key = key_of(url, self._key_file)
            if named:
                found = list(dict.fromkeys([await find_session(log, one) for one in named]))
            else:
                found = self._chosen(await sessions(log), participant)
            self.count = len(found)
            timelines = self._timelines(log, found, progress)
            if not self.beside and (named or self.count == 1):
                self.output.write_bytes(render([one async for one in timelines], self.output.suffix))
            else:
                await self._multiples(timelines)

    def _chosen(self, summaries: Sequence[SessionSummary], participant: str) -> list[SessionId]:
        if participant:
            summaries = [one for one in summaries if _is_of(one, participant, self._key)]
            if not summaries:
                raise SettingInvalid(f"the log knows no participant {participant!r}: `prompter sessions` lists them")
        left = [one for one in summaries if one.notebook != ERASED]
        if not left and summaries:
            raise SettingInvalid("these sessions were erased: there is nothing left to draw")
        if not left:
            raise SettingInvalid("the log holds no sessions yet: open a notebook in JupyterLab")
        if len(left) < len(summaries):
            self.notes.append(f"{counted(len(summaries) - len(left), 'erased session')} left out")
        return [SessionId(one.session_id) for one in left]

    async def _timelines(
        self, log: Log, found: Sequence[SessionId], progress: Callable[[int, int], None]
    ) -> AsyncIterator[Timeline]:
        called = Called(None, self._key)
        async for one in session_timelines(log, found, progress):
            yield called(blinded(one) if self.blind else one)

    async def _multiples(self, timelines: AsyncIterator[Timeline]) -> None:
        """Small multiples. No more sessions are held than a page may hold, whatever their number."""
        rows: list[SessionRow] = []
        inside: list[Timeline] = []
        suffix = ".html" if self.beside else self.output.suffix
        events = 0
        if self.beside:
            self.output.mkdir(parents=True, exist_ok=True)
        async for one in timelines:
            rows.append(row := session_row(one))
            events += one.session.events
            if self.beside:
                (self.output / file_of(row)).write_bytes(render([one], suffix, back="index.html"))
            elif suffix == ".html" and len(rows) <= INSIDE_SESSIONS and events <= INSIDE_EVENTS:
                inside.append(one)
        if suffix == ".html" and not self.beside and len(inside) < len(rows):
            inside.clear()
            self.notes.append(
                "These are too many for their own timelines to be in the same file: -o DIR writes them too."
            )
        self.written = self.output / "index.html" if self.beside else self.output
        study = study_timeline(rows, align=self.align.value)
        self.written.write_bytes(render_study(study, _title(study), suffix, timelines=inside, beside=self.beside))


def _is_of(summary: SessionSummary, text: str, key: bytes) -> bool:
    """Whether a session is this person's, called by name, id, or as in files that are passed on."""
    called = pseudonym(ParticipantId(summary.participant_id), summary.study, key)
    return text in (summary.participant, str(summary.participant_id), called)


def _title(study: StudyTimeline) -> str:
    names = ", ".join(dict.fromkeys(row.session.study for row in study.rows if row.session.study))
    if study.participants == 1:
        return study.rows[0].who + (f" · {names}" if names else "")
    return f"Study {names}" if names else "All sessions"


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal)
