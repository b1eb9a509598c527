"""``prompter verify``: is the log as it was written, and does replay give what was saved?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from prompter_events import Log, SessionId
from prompter_events.anchors import Anchor, append_anchor, check_belonging, check_earlier, hashes, read_anchors
from prompter_events.clock import now_micros
from prompter_events.verify import verified_head
from prompter_projections import notebook_at

from ..errors import SettingInvalid
from ..storage import open_study_log
from .options import LogOption, log_url, run
from .output import counted, stderr, stdout
from .progress import bar

AnchorOption = Annotated[
    Path | None,
    typer.Option(
        "--anchor",
        metavar="FILE",
        help="Compare with the anchors in this file, kept where nobody who can change the log can change them.",
        show_default=False,
    ),
]
SaveOption = Annotated[
    Path | None,
    typer.Option(
        "--save-anchor",
        metavar="FILE",
        help="If the chain is whole, add the log's end to this file. What it knows already is compared first.",
        show_default=False,
    ),
]


def verify_log(log: LogOption = "", anchor: AnchorOption = None, save_anchor: SaveOption = None) -> None:
    """Recompute the hash chain, then replay each session against the digests of what was saved and run.

    Names the first changed, missing or inserted event, and each moment at which a replay differs.

    A recomputed or cut-off chain shows only against an anchor kept elsewhere.

    Example: [bold]prompter verify --log sqlite:///study.db --save-anchor study.anchors[/bold]
    """
    differing = run(_verify(log_url(log), anchor, save_anchor))
    for session_id, position, text in differing:
        stderr.print(f"session {session_id}, position {position}: {text}", markup=False, soft_wrap=True)
    if differing:
        raise typer.Exit(1)


async def _verify(url: str, anchor: Path | None, save: Path | None) -> list[tuple[SessionId, int, str]]:
    known = _anchors(anchor, save)
    async with open_study_log(url) as log:
        await _verify_chain(log, known, save)
        sessions = [event.session_id async for event in log.read(types=["session.opened"])]
        differing = await _differences(log, sessions)
    if not differing:
        stdout.print(f"{counted(len(sessions), 'session')}: replay gives what was saved and run.")
    return differing


def _anchors(anchor: Path | None, save: Path | None) -> dict[Path, list[Anchor]]:
    """What the files know, before a long log is read in vain. Raises ``AnchorsInvalid`` and ``SettingInvalid``."""
    known = {} if anchor is None else {anchor: read_anchors(anchor)}
    if save is not None:
        if not save.absolute().parent.is_dir():
            raise SettingInvalid(f"{save} cannot be written: {save.absolute().parent} is no directory")
        known.setdefault(save, read_anchors(save, must_exist=False))
    return known


async def _verify_chain(log: Log, known: dict[Path, list[Anchor]], save: Path | None) -> None:
    for path, anchors in known.items():
        await check_belonging(log, anchors, path)
    current = hashes(one for anchors in known.values() for one in anchors if one.epoch == log.epoch)
    with bar() as progress:
        task = progress.add_task("chain", total=None)
        head = await verified_head(
            log, lambda done, total: progress.update(task, completed=done, total=total), anchors=current
        )
    for path, anchors in known.items():
        await check_earlier(log, anchors, path)
    compared = len({one.position for anchors in known.values() for one in anchors})
    agrees = f", and agrees with {counted(compared, 'anchor')}" if compared else ""
    stdout.print(f"{counted(head.position, 'event')}: the chain is whole{agrees}.")
    if not head.position:
        if save is not None:
            raise SettingInvalid("the log holds no event yet: there is nothing to anchor")
        return
    end = Anchor(head.position, head.hash, now_micros(), log.epoch)
    stdout.print(str(end), markup=False, soft_wrap=True)
    if save is not None:
        append_anchor(save, end)
        stdout.print(f"This line is in {save} now.", markup=False, soft_wrap=True)


async def _differences(log: Log, sessions: Sequence[SessionId]) -> list[tuple[SessionId, int, str]]:
    found: list[tuple[SessionId, int, str]] = []
    with bar() as progress:
        for session_id in progress.track(sessions, description="replay"):
            notebook = await notebook_at(log, session_id, use_snapshots=False)
            found.extend((session_id, note.position, note.text) for note in notebook.divergences)
    return found
