"""``prompter replay``: a notebook as it stood."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from prompter_events import Position
from prompter_projections import Notebook, notebook_at

from ..errors import SettingInvalid
from ..storage import open_study_log
from .options import LogOption, find_session, log_url, run
from .output import stderr, stdout


def replay(
    session: Annotated[str, typer.Argument(help="The session's id, or its beginning.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The notebook to write, FILE.ipynb.")],
    at: Annotated[str, typer.Option(help="A moment, ISO 8601, such as 2026-06-09T13:30.", show_default=False)] = "",
    position: Annotated[
        int | None, typer.Option(min=1, help="A position in the log instead of a moment.", show_default=False)
    ] = None,
    log: LogOption = "",
) -> None:
    """Write the notebook as it stood at a moment or position; without either, as it was last.

    Example: [bold]prompter replay 0198f3 --at 2026-06-09T13:30 -o then.ipynb[/bold]
    """
    if at and position is not None:
        raise SettingInvalid("give --at or --position, not both")
    notebook = run(_replay(log_url(log), session, _moment(at), position))
    import nbformat  # noqa: PLC0415  # takes seconds to import; the other commands need not wait for it

    text: str = nbformat.writes(notebook.to_ipynb())  # type: ignore[no-untyped-call]  # nbformat has no types here
    output.write_text(text + "\n", encoding="utf-8")
    for note in notebook.notes:
        stderr.print(f"position {note.position}: {note.text}", markup=False, soft_wrap=True)
    if notebook.partial:
        stderr.print(
            f"The notebook is partial: what somebody typed who agreed to nothing is kept as lengths only, in the cells "
            f"{', '.join(notebook.withheld)}.",
            markup=False,
            soft_wrap=True,
        )
    stdout.print(f"{output}: {len(notebook.cells)} cells", markup=False, soft_wrap=True)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise SettingInvalid(f"--at {text!r} is no moment: write it like 2026-06-09T13:30") from None


async def _replay(url: str, session: str, at: datetime | None, position: int | None) -> Notebook:
    async with open_study_log(url) as log:
        session_id = await find_session(log, session)
        return await notebook_at(log, session_id, position=Position(position) if position is not None else None, at=at)
