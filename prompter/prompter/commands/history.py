"""``prompter history``: a session as a git repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from prompter_projections.commits import History, history

from ..storage import open_study_log
from .keys import key_of
from .options import KeyOption, LogOption, find_session, log_url, run
from .output import counted, stderr, stdout


def write_history(
    session: Annotated[str, typer.Argument(help="The session's id, or its beginning.")],
    git: Annotated[
        Path, typer.Option("--git", metavar="DIR", help="The repository to make: a new or empty directory.")
    ],
    key_file: KeyOption = None,
    log: LogOption = "",
) -> None:
    """Make a git repository of a session: one commit per run, with the notebook as it stood when the run was over.

    Author and dates are the participant's (under a pseudonym) and those of the run; the message tells the cell, the
    outcome and the participant's answer. The same log gives the same commits.

    Example: [bold]prompter history 0198f3 --git loans && git -C loans log -p[/bold]
    """
    # The library takes a moment to import; the other commands need not wait for it.
    from ..git_history import check_directory, write_repository  # noqa: PLC0415

    check_directory(git)
    url = log_url(log)
    with _bar() as progress:
        reading = progress.add_task("reading", total=None)
        told = run(
            _history(url, session, key_file, lambda done, total: progress.update(reading, completed=done, total=total))
        )
        progress.remove_task(reading)
        writing = progress.add_task("writing", total=None)
        commits = write_repository(git, told, lambda done, total: progress.update(writing, completed=done, total=total))
    for note in told.notes:
        stderr.print(f"position {note.position}: {note.text}", markup=False, soft_wrap=True)
    if told.more_notes:
        stderr.print(f"and {told.more_notes:,} more like these", soft_wrap=True)
    stdout.print(f"{git}: {counted(commits, 'commit')}", markup=False, soft_wrap=True)


async def _history(url: str, session: str, key_file: Path | None, progress: Callable[[int, int], None]) -> History:
    async with open_study_log(url) as log:
        session_id = await find_session(log, session)
        return await history(log, session_id, progress, key=key_of(url, key_file))


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal)
