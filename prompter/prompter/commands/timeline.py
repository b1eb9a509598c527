"""``prompter timeline``: a session at a glance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prompter_projections.timeline import FORMATS, Timeline, render, timeline

from ..errors import SettingInvalid
from ..storage import open_study_log
from .options import LogOption, find_session, log_url, run
from .output import stdout


def draw_timeline(
    session: Annotated[list[str], typer.Argument(help="One or more sessions: their ids, or the beginnings.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.html (interactive), FILE.svg or FILE.png.")],
    log: LogOption = "",
) -> None:
    """Draw sessions: a lane per cell, edits, runs by length and outcome, prompts by fate.

    Example: [bold]prompter timeline 0198f3 -o session.html[/bold]
    """
    if output.suffix not in FORMATS:
        raise SettingInvalid(
            f"{output} ends in {output.suffix or 'nothing'}; a timeline is one of {', '.join(FORMATS)}"
        )
    output.write_bytes(render(run(_timelines(log_url(log), session)), output.suffix))
    stdout.print(
        f"{output}: {len(session)} {'session' if len(session) == 1 else 'sessions'}", markup=False, soft_wrap=True
    )


async def _timelines(url: str, sessions: list[str]) -> list[Timeline]:
    async with open_study_log(url) as log:
        return [await timeline(log, await find_session(log, session)) for session in sessions]
