"""``prompter restored``: what must happen once a backup was put in place of the log."""

from __future__ import annotations

from pathlib import Path

from prompter_events import LogCorrupt

from ..erased_list import default_list, read_list
from ..storage import open_study_log
from .erasing import ListOption, erase, open_for_erasing
from .options import LogOption, log_url, run
from .output import counted, stdout


def log_restored(log: LogOption = "", erased_list: ListOption = None) -> None:
    """Tell the log that it was restored from a backup.

    Run it before the service starts again. Open pages then send again what the backup lacks.

    Whoever was erased since is erased again; on MySQL by prompter_eraser, as by `prompter erase`.

    Example: [bold]prompter restored --log sqlite:///study.db[/bold]
    """
    url, path = log_url(log), erased_list or default_list()
    position, erased = run(_restored(url, path))
    stdout.print(
        f"{url}: restored up to position {position:,}; {counted(erased, 'participant')} of {path} erased again. "
        "`prompter verify` checks what the backup holds.",
        markup=False,
        soft_wrap=True,
    )


async def _restored(url: str, path: Path) -> tuple[int, int]:
    erased = read_list(path)
    async with open_for_erasing(url) if erased else open_study_log(url) as log:
        head = await log.head()
        if (stray := await log.beyond_head()) is not None:
            raise LogCorrupt(
                stray,
                "events lie behind the head, so somebody wrote while the backup was put back; "
                "stop the service and put it back once more",
            )
        # Erased first: with the new epoch pages come back, and what they send of somebody erased must be refused.
        for participant_id in erased:
            await erase(log, participant_id)
        await log.renew_epoch()
        return head.position, len(erased)
