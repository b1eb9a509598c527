"""What the page knows of a session beside the drawing: sources with differences, outcomes, answers.

Times are seconds since the session's begin.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from . import facts
from .layout import Layout, Row, stretches
from .markup import clean
from .model import Edit, Prompt, Run

MAX_OUTPUT = 4_096
"""Characters of one output or traceback in the page; the log keeps what the study's option let through."""

MAX_LINE = 4_096
"""Characters of one line of a cell in the page."""

_SLOW = 4_000_000
"""Pairs of lines above which differences are not looked for: comparing them all would take seconds."""


def as_data(plan: Layout) -> dict[str, Any]:
    """One session for the page."""
    session = plan.timeline.session
    return {
        "begin": session.begin / 1000,
        "first": session.first,
        "last": session.last,
        "length": plan.scale.length,
        "folds": [[round(fold.begin, 3), round(fold.end, 3)] for fold in plan.scale.folds],
        "height": plan.height,
        "lanes": [_lane(plan, row) for row in plan.rows],
        "strip": [
            {"text": clean(mark.text), "at": _s(plan, mark.begin), "to": _s(plan, mark.end), "position": mark.position}
            for mark in plan.timeline.strip
        ],
    }


def difference(before: str, after: str) -> list[str]:
    """Lines of both versions in order, each behind ``+`` (new), ``-`` (gone) or a blank."""
    a = before.split("\n") if before else []
    b = after.split("\n") if after else []
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    lines = [f" {line}" for line in a[:head]]
    old, new = a[head : len(a) - tail], b[head : len(b) - tail]
    if len(old) * len(new) > _SLOW:
        lines += [f"-{line}" for line in old] + [f"+{line}" for line in new]
    else:
        for tag, i, j, k, m in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
            if tag == "equal":
                lines += [f" {line}" for line in old[i:j]]
            else:
                lines += [f"-{line}" for line in old[i:j]] + [f"+{line}" for line in new[k:m]]
    return lines + [f" {line}" for line in a[len(a) - tail :]]


def _lane(plan: Layout, row: Row) -> dict[str, Any]:
    lane, session = row.lane, plan.timeline.session
    versions: list[list[str]] = []
    seen: dict[tuple[str | None, str], int] = {}

    def version(before: str | None, source: str) -> int:
        # Cells are often run again without a change; their lines are told once.
        pair = (None if before == source else before, source)
        if pair not in seen:
            seen[pair] = len(versions)
            old = pair[0]
            lines = difference(old, source) if old is not None else [f" {line}" for line in source.split("\n")]
            versions.append([capped(line, MAX_LINE) for line in lines])
        return seen[pair]

    runs = []
    for index, run in enumerate(lane.runs):
        before = lane.runs[index - 1].source if index else None
        runs.append(_run(plan, run, version(before, run.source)) | {"changed": before != run.source})
    return {
        "name": facts.name(lane),
        "gone": None if lane.removed_at is None else _s(plan, lane.removed_at),
        "removed": lane.number is None,
        "base": row.base,
        "reach": row.reach,
        "top": row.top,
        "height": row.height,
        "spans": [
            [
                _s(plan, span.begin),
                None if span.end is None else _s(plan, span.end),
                span.added,
                span.removed,
            ]
            for span in lane.spans
        ],
        "edits": _by_second(plan, lane.edits, remote=False),
        "remote": _by_second(plan, lane.edits, remote=True),
        "stretches": [
            [_s(plan, part.begin), _s(plan, part.end), part.inserted, part.deleted, part.first, part.last]
            for part in stretches(lane, session.end - session.begin)
        ],
        "final": version(None, lane.source),
        "versions": versions,
        "runs": runs,
        "prompts": [_prompt(plan, row, prompt) for prompt in lane.prompts],
    }


def _by_second(plan: Layout, edits: tuple[Edit, ...], *, remote: bool) -> list[list[int]]:
    """[second, characters] pairs: fine enough for any zoom, and no longer than the session."""
    sums: dict[int, int] = {}
    for edit in edits:
        if edit.remote is remote:
            second = int(plan.seconds(edit.at))
            sums[second] = sums.get(second, 0) + edit.inserted + edit.deleted
    return [[second, total] for second, total in sorted(sums.items())]


def _run(plan: Layout, run: Run, version: int) -> dict[str, Any]:
    return {
        "number": run.number,
        "at": _s(plan, run.begin),
        "to": _s(plan, run.end),
        "outcome": run.outcome,
        "took": None if run.duration_ms is None else facts.lasting(run.duration_ms / 1000),
        "count": run.execution_count,
        "position": run.position,
        "positions": run.positions,
        "version": version,
        "outputs": [
            {"mime": clean(output.mime), "bytes": output.bytes, "text": output.text and capped(output.text)}
            for output in run.outputs
        ],
        "error": None
        if run.error is None
        else {
            "head": capped(f"{run.error.name}: {run.error.message}" if run.error.message else run.error.name),
            "traceback": capped(run.error.traceback),
        },
    }


def _prompt(plan: Layout, row: Row, prompt: Prompt) -> dict[str, Any]:
    asked_about = next((i for i, run in enumerate(row.lane.runs) if run.run_id == prompt.run_id), None)
    if asked_about is None:
        asked_about = max((i for i, run in enumerate(row.lane.runs) if run.begin <= prompt.issued), default=None)
    at = prompt.shown if prompt.shown is not None else prompt.issued
    return prompt_told(prompt, _s(plan, at)) | {"positions": prompt.positions, "run": asked_about}


def prompt_told(prompt: Prompt, at: float) -> dict[str, Any]:
    """A prompt for a card of the page; ``at`` in seconds on its scale."""
    return {
        "at": at,
        "fate": prompt.fate,
        "shown": prompt.shown is not None,
        "question": prompt.question,
        "rule": prompt.rule,
        "choice": prompt.choice,
        "text": prompt.text,
        "reason": prompt.reason,
        "delay": None if prompt.delay is None else facts.lasting(prompt.delay / 1e6),
        "amended": prompt.amended,
        "position": prompt.position,
    }


def capped(text: str, most: int = MAX_OUTPUT) -> str:
    """The text, cut after so many characters with a word about the rest."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} more characters in the log)"


def _s(plan: Layout, micros: int) -> float:
    return round(plan.seconds(micros), 3)
