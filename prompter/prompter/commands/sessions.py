"""``prompter sessions``: who worked on what, when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prompter_projections import SessionSummary, sessions

from ..storage import open_study_log
from .options import JsonOption, LogOption, log_url, run
from .output import iso_time, length, local_time, print_json, print_table, stdout


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
        headings = ["session", "who", "condition", "notebook", "begin", "length", "runs", "answers"]
        shortest = _telling(summaries)
        rows = [_cells(summary, shortest) for summary in summaries]
        print_table(headings, rows, right=frozenset({"runs"}), folding=frozenset({"who", "notebook"}))


async def _sessions(url: str) -> list[SessionSummary]:
    async with open_study_log(url) as log:
        return await sessions(log)


def _row(summary: SessionSummary) -> dict[str, Any]:
    return {
        "session_id": summary.session_id,
        "participant": summary.participant,
        "condition": summary.condition,
        "study": summary.study,
        "notebook": summary.notebook,
        "began_at": iso_time(summary.began_at),
        "length_s": summary.length / 1_000_000,
        "edits": summary.edits,
        "runs": summary.runs,
        "asked": summary.asked,
        "answered": summary.answered,
        "closed": summary.closed,
    }


def _cells(summary: SessionSummary, shortest: int) -> list[str]:
    return [
        str(summary.session_id)[:shortest],
        _who(summary),
        summary.condition,
        summary.notebook,
        local_time(summary.began_at),
        length(summary.length),
        str(summary.runs),
        _answers(summary),
    ]


def _answers(summary: SessionSummary) -> str:
    """A review answers what earlier sessions asked, so there may be more answers than questions."""
    return f"{summary.answered} of {summary.asked}" if summary.answered <= summary.asked else f"{summary.answered}"


def _who(summary: SessionSummary) -> str:
    """The name; of somebody without one, the beginning of their id."""
    unnamed = summary.participant == str(summary.participant_id)
    return summary.participant[:8] if unnamed else summary.participant


def _telling(summaries: Sequence[SessionSummary]) -> int:
    """How many characters of an id tell the sessions apart; ids made in the same minute begin alike."""
    ids = sorted(str(summary.session_id) for summary in summaries)
    return next(n for n in range(8, 37) if n == 36 or len({one[:n] for one in ids}) == len(ids))
