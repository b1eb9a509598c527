"""``prompter sessions``: who worked on what, when."""

from __future__ import annotations

from typing import Any

from prompter_events import open_log
from prompter_projections import SessionSummary, sessions

from .options import JsonOption, LogOption, log_url, run
from .output import length, local_time, print_json, print_table, stdout


def list_sessions(log: LogOption = "", json: JsonOption = False) -> None:
    """List the sessions: participant, condition, notebook, begin, length, runs, answers.

    Examples: [bold]prompter sessions[/bold] · [bold]prompter sessions --json | jq '.[0].session_id'[/bold]
    """
    summaries = run(_sessions(log_url(log)))
    if json:
        print_json([_row(summary) for summary in summaries])
    elif not summaries:
        stdout.print("No sessions yet: open a notebook in JupyterLab.")
    else:
        headings = ["session", "participant", "condition", "notebook", "begin", "length", "runs", "asked", "answered"]
        print_table(headings, [_cells(s) for s in summaries], right=frozenset({"runs", "asked", "answered"}))


async def _sessions(url: str) -> list[SessionSummary]:
    async with open_log(url) as log:
        return await sessions(log)


def _row(summary: SessionSummary) -> dict[str, Any]:
    return {name: getattr(summary, name) for name in summary.__struct_fields__}


def _cells(summary: SessionSummary) -> list[str]:
    return []
