"""``prompter verify``: is the log as it was written?"""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from prompter_events import verify

from ..storage import open_study_log
from .options import LogOption, log_url, run
from .output import stderr, stdout


def verify_log(log: LogOption = "") -> None:
    """Recompute the hash chain; name the first changed, missing or inserted event.

    Example: [bold]prompter verify --log sqlite:///study.db[/bold]
    """
    count = run(_verify(log_url(log)))
    stdout.print(f"{count:,} events: the chain is whole.")


async def _verify(url: str) -> int:
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with open_study_log(url) as log:
        with Progress(*columns, console=stderr, transient=True) as progress:
            task = progress.add_task("verify", total=None)
            return await verify(log, lambda done, total: progress.update(task, completed=done, total=total))
