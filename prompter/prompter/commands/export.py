"""``prompter export``: the data, for the tools that researchers use."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from prompter_events import Log, ParticipantId
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_projections.fold import body_of
from prompter_projections.pseudonym import pseudonym

from ..errors import SettingInvalid
from ..exports import (
    FORMATS,
    Export,
    Release,
    check_target,
    format_named,
    open_release,
    write_export,
)
from ..storage import open_study_log
from .keys import key_of
from .options import JsonOption, KeyOption, LogOption, find_session, log_url, run
from .output import counted, print_json, stderr, stdout

_SHOWN = 10
"""Remaining names that are printed; the file has all."""


def export_log(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="A new or empty directory.")],
    export_format: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")
    ] = "csv",
    *,
    session: Annotated[
        list[str] | None,
        typer.Option("--session", "-s", help="Only this session: its id, or the beginning. May be repeated."),
    ] = None,
    participant: Annotated[
        list[str] | None,
        typer.Option("--participant", "-p", help="Only this participant: name, id or pseudonym. May be repeated."),
    ] = None,
    since: Annotated[
        str, typer.Option(help="Only sessions that began then or later, ISO 8601.", show_default=False)
    ] = "",
    until: Annotated[str, typer.Option(help="Only sessions that began before, ISO 8601.", show_default=False)] = "",
    identified: Annotated[
        bool, typer.Option("--identified", help="With names, paths and ids as they are; not to be published.")
    ] = False,
    blind: Annotated[
        bool, typer.Option("--blind", help="Without conditions and how they were assigned, for whoever codes answers.")
    ] = False,
    pilots: Annotated[bool, typer.Option("--pilots", help="With the sessions of a study's pilot phase.")] = False,
    key_file: KeyOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an export that is there.")] = False,
    log: LogOption = "",
    json: JsonOption = False,
) -> None:
    """Write the data for the tools that researchers use, with a codebook, under pseudonyms.

    Names that the log knows are replaced in texts too; what remains is listed in remaining-names.csv: look at it.

    Examples: [bold]prompter export --format parquet -o loans[/bold] ·
    [bold]prompter export --format csv --blind -o to-code --since 2026-06-01[/bold]
    """
    chosen = format_named(export_format)
    check_target(output, force=force)
    url = log_url(log)
    written = run(
        _export(
            url,
            chosen.name,
            output,
            force=force,
            sessions=session or [],
            participants=participant or [],
            key_file=key_file,
            options={
                "identified": identified,
                "blind": blind,
                "pilots": pilots,
                "since": _moment("--since", since),
                "until": _moment("--until", until),
            },
        )
    )
    if json:
        print_json([_summary(written)])
    else:
        _tell(written)


async def _export(
    url: str,
    name: str,
    output: Path,
    *,
    force: bool,
    sessions: Sequence[str],
    participants: Sequence[str],
    key_file: Path | None,
    options: dict[str, Any],
) -> Export:
    async with open_study_log(url) as log:
        wanted = frozenset([await find_session(log, one) for one in sessions])
        # Only now: a mistake in what is asked for makes no key.
        secret = b"" if options["identified"] else key_of(url, key_file)
        people = frozenset([await _find_participant(log, one, secret) for one in participants])
        release = Release(**options, key=secret, sessions=wanted, participants=people)
        with _bar() as progress:
            task = progress.add_task("survey", total=None)
            released = await open_release(
                log,
                release,
                lambda what, done, total: progress.update(task, description=what, completed=done, total=total),
            )
            if not released.sessions and release.is_selected:
                raise SettingInvalid("no session is left by --session, --participant, --since, --until: give fewer")
            return await write_export(
                released,
                format_named(name),
                output,
                force=force,
                scanning=lambda: progress.update(task, description="scanning for names", completed=0, total=None),
            )


async def _find_participant(log: Log, text: str, key: bytes) -> ParticipantId:
    """By name, id or pseudonym. Raises ``SettingInvalid`` for one who is not known, or was erased."""
    names = await log.participant_names()
    for participant_id, name in names.items():
        if text in (name, str(participant_id)):
            return participant_id
    with contextlib.suppress(ValueError):
        if await log.is_erased(ParticipantId(UUID(text))):
            raise SettingInvalid(f"participant {text} was erased: there is nothing left to export")
    found: set[ParticipantId] = set()
    studies: dict[ParticipantId, set[str]] = {}
    async for event in log.read(types=["session.accepted"]):
        body = body_of(event)
        if isinstance(body, SessionAccepted):
            studies.setdefault(event.participant_id, set()).add(body.study)
    for participant_id, named in studies.items():
        if text == str(participant_id) or text in {pseudonym(participant_id, study, key) for study in named}:
            found.add(participant_id)
    if not found:
        raise SettingInvalid(f"the log knows no participant {text!r}: `prompter sessions` lists who there is")
    if len(found) > 1:
        raise SettingInvalid(f"{len(found)} participants are called {text!r}: give the name or id")
    return found.pop()


def _moment(option: str, text: str) -> int | None:
    """µs since the epoch."""
    if not text:
        return None
    try:
        return round(datetime.fromisoformat(text).astimezone().timestamp() * 1_000_000)
    except (ValueError, OverflowError, OSError):
        raise SettingInvalid(f"{option} {text!r} is no moment: write it like 2026-06-09 or 2026-06-09T13:30") from None


def _summary(written: Export) -> dict[str, object]:
    return {
        "directory": str(written.directory),
        "format": written.format,
        "participants": written.participants,
        "sessions": written.sessions,
        "files": [{"file": name, "rows": rows} for name, rows in written.files.items()],
        "left_out": {"pilot_sessions": written.pilot_sessions, "erased_events": written.erased_events},
        "cells_with_withheld_typing": written.withheld_cells,
        "withdrawn_participants": written.withdrawn,
        "remaining_names": [
            {"kind": one.kind, "name": one.name, "file": one.file, "where": one.where, "count": one.count}
            for one in written.remaining
        ],
    }


def _tell(written: Export) -> None:
    def say(text: str) -> None:
        stdout.print(text, markup=False, soft_wrap=True)

    files = ", ".join(f"{name} ({rows:,})" for name, rows in written.files.items())
    say(
        f"{written.directory}: {counted(written.sessions, 'session')} of "
        f"{counted(written.participants, 'participant')}: {files}"
    )
    if written.pilot_sessions:
        say(f"Left out: {counted(written.pilot_sessions, 'session')} of a pilot phase; --pilots takes them in.")
    if written.withheld_cells:
        say(f"Into {counted(written.withheld_cells, 'cell')} a name was typed: their typing is told as lengths only.")
    if written.withdrawn:
        say(
            f"{counted(written.withdrawn, 'participant')} in it withdrew their consent: `prompter erase` removes what "
            "they left."
        )
    if written.identified:
        say("It names people: keep it as safe as the log.")
        return
    if not written.remaining:
        say("No name that the log knows is left in it. What people typed may still tell who they are.")
        return
    counts: Counter[tuple[str, str]] = Counter()
    for one in written.remaining:
        counts[one.kind, one.name] += one.count
    say(f"{counted(len(counts), 'name')} may remain; remaining-names.csv says where. Remove it before you pass it on.")
    for (kind, name), count in counts.most_common(_SHOWN):
        say(f"  {kind} {' '.join(name.split())}: {count:,}")
    if len(counts) > _SHOWN:
        say(f"  and {len(counts) - _SHOWN:,} more")


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal)
