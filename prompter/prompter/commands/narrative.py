"""``prompter narrative``: a session in words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from prompter_projections.narrative import DEFAULT, FORMATS, Material, material_of, render, told
from prompter_projections.timeline import blinded

from ..called import Called
from ..errors import SettingInvalid
from ..storage import open_study_log
from .keys import key_of
from .options import KeyOption, LogOption, find_session, log_url, run
from .output import stdout


def write_narrative(
    session: Annotated[str, typer.Argument(help="The session's id, or its beginning.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.md, FILE.html or FILE.ipynb.")],
    *,
    narrator: Annotated[str, typer.Option(help="Who tells it; packages may bring others.")] = DEFAULT,
    timeline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html",
            help="The session's timeline, as `prompter timeline` drew it: positions link to it.",
            show_default=False,
        ),
    ] = None,
    blind: Annotated[bool, typer.Option("--blind", help="Hide the condition, and why prompts were held back.")] = False,
    key_file: KeyOption = None,
    log: LogOption = "",
) -> None:
    """Tell how somebody approached a notebook: aim, data, attempts, errors and repairs, dead ends, in chapters.

    Their words are quoted, each sentence names the positions in the log that it rests on, and what is inferred says so.

    Example: [bold]prompter narrative 0198f3 --timeline session.html -o story.html[/bold]
    """
    if output.suffix not in FORMATS:
        raise SettingInvalid(
            f"{output} ends in {output.suffix or 'nothing'}; a narrative is one of {', '.join(FORMATS)}"
        )
    address = "" if timeline is None else _address(timeline, output)
    material = run(_material(log_url(log), session, key_file, blind=blind))
    output.write_bytes(render(told(material, narrator), output.suffix, material, address))
    stdout.print(f"{output}: session {material.timeline.session.session_id}", markup=False, soft_wrap=True)


def _address(timeline: Path, output: Path) -> str:
    """The timeline as seen from the narrative's directory."""
    if timeline.suffix != ".html":
        raise SettingInvalid(f"--timeline {timeline} is no page: `prompter timeline SESSION -o FILE.html` draws one")
    if not timeline.is_file():
        raise SettingInvalid(
            f"--timeline {timeline} is not there: draw it with `prompter timeline SESSION -o {timeline}`"
        )
    return Path(os.path.relpath(timeline, output.parent)).as_posix()


async def _material(url: str, session: str, key_file: Path | None, *, blind: bool) -> Material:
    async with open_study_log(url) as log:
        material = await material_of(log, await find_session(log, session))
    timeline = blinded(material.timeline) if blind else material.timeline
    material.timeline = Called(None, key_of(url, key_file))(timeline)
    return material
