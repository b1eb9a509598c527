"""``prompter verify``: is the log as it was written, and does replay give what was saved?"""

from __future__ import annotations

from collections.abc import Iterable

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from prompter_events import Log, SessionId, verify
from prompter_projections import notebook_at

from ..storage import open_study_log
from .options import LogOption, log_url, run
from .output import stderr, stdout


def verify_log(log: LogOption = "") -> None:
    """Recompute the hash chain, then replay each session against the digests of what was saved and run.

    Names the first changed, missing or inserted event, and each moment at which a replay differs.

    Example: [bold]prompter verify --log sqlite:///study.db[/bold]
    """
    events, sessions, differences = run(_verify(log_url(log)))
    stdout.print(f"{events:,} events: the chain is whole.")
    for session_id, position, text in differences:
        stderr.print(f"session {session_id}, position {position}: {text}", markup=False, soft_wrap=True)
    if differences:
        raise typer.Exit(1)
    stdout.print(f"{sessions:,} {'session' if sessions == 1 else 'sessions'}: replay gives what was saved and run.")


async def _verify(url: str) -> tuple[int, int, list[tuple[SessionId, int, str]]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with open_study_log(url) as log:
        with Progress(*columns, console=stderr, transient=True) as progress:
            chain = progress.add_task("chain", total=None)
            events = await verify(log, lambda done, total: progress.update(chain, completed=done, total=total))
            sessions = [event.session_id async for event in log.read(types=["session.opened"])]
            replaying = progress.add_task("replay", total=len(sessions))
            return events, len(sessions), await _differences(log, sessions, progress, replaying)


async def _differences(
    log: Log, sessions: Iterable[SessionId], progress: Progress, task: TaskID
) -> list[tuple[SessionId, int, str]]:
    found: list[tuple[SessionId, int, str]] = []
    for session_id in sessions:
        notebook = await notebook_at(log, session_id)
        found.extend((session_id, note.position, note.text) for note in notebook.divergences)
        progress.advance(task)
    return found
