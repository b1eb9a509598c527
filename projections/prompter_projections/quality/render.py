"""The report as a file: HTML, Markdown or CSV. Whatever people typed is data in each of them."""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256

from ..text import well_formed
from ..timeline.markup import DARK, LIGHT, clean, escaped
from .report import Quality, SessionQuality

FORMATS = (".html", ".md", ".csv")

WORDS = frozenset({"session", "who", "condition", "begin (UTC)", "verdict", "why", "rule", "reason"})
"""Headings over words; the others stand over figures, on the right."""

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]
"""Title, headings, rows."""


def render(report: Quality, suffix: str) -> bytes:
    """A file in UTF-8. ``suffix``: one of ``FORMATS``; raises ``ValueError`` for another."""
    match suffix.lower():
        case ".html":
            return _html(report).encode("utf-8", "replace")
        case ".md":
            return _markdown(report).encode("utf-8", "replace")
        case ".csv":
            return _csv(report).encode("utf-8", "replace")
    raise ValueError(f"a quality report can be written as {', '.join(FORMATS)}, not as {suffix!r}")


def tables(report: Quality) -> list[Table]:
    """What people read, as texts: the sessions, how questions were answered, what was held back."""
    return [_sessions(report), *([_responses(report)] if report.responses else []),
            *([_suppressed(report)] if report.suppressed else [])]  # fmt: skip


def scope(report: Quality) -> str:
    """What was checked over the whole log, in a line."""
    holes = f"{report.holes:,} holes in their numbers" if report.holes else "their numbers have no holes (checked)"
    letters = f"; {report.dead_letters:,} events that a projection could not fold" if report.dead_letters else ""
    return f"{report.events:,} events of {report.producers:,} producers: {holes}{letters}"


def summary(report: Quality) -> str:
    """How many sessions are good, and how many are not."""
    count = {verdict: sum(one.verdict == verdict for one in report.sessions) for verdict in ("good", "look", "bad")}
    return f"{len(report.sessions):,} sessions: " + ", ".join(f"{number:,} {name}" for name, number in count.items())


def _sessions(report: Quality) -> Table:
    blind = report.blind
    condition = [] if blind else ["condition"]
    answers = [] if blind else ["cells", "answers"]
    headings = ["session", "who", *condition, "begin (UTC)", "min", "events", *answers, "verdict", "why"]
    rows = []
    for one in report.sessions:
        row = [str(one.session_id)[:8], one.participant]
        row += [] if blind else [one.condition or ""]
        row += [_moment(one.began_at), f"{(one.last_at - one.began_at) / 6e7:.0f}", f"{one.events:,}"]
        row += [] if blind else [f"{one.characterized}/{one.cells_run}", f"{one.answered}/{one.asked}"]
        row += [one.verdict, "; ".join(f"{finding.rule}: {finding.text}" for finding in one.rules)]
        rows.append(row)
    return "Sessions", headings, rows


def _responses(report: Quality) -> Table:
    condition = [] if report.blind else ["condition"]
    headings = ["rule", *condition, "asked", "answered", "rate", "lower quartile", "median", "upper quartile"]
    rows = []
    for one in report.responses:
        rate = "" if one.rate is None else f"{one.rate:.0%}"
        delays = ["", "", ""] if one.delays is None else [f"{delay:,.0f} s" for delay in one.delays]
        which = [] if report.blind else [one.condition]
        rows.append([one.rule, *which, f"{one.asked:,}", f"{one.answered:,}", rate, *delays])
    return "Questions: response rate, and delay from seeing to answering", headings, rows


def _suppressed(report: Quality) -> Table:
    """A line for each reason, a column for each condition."""
    conditions = sorted({one.condition for one in report.suppressed})
    counts: Counter[tuple[str, str]] = Counter()
    for one in report.suppressed:
        counts[one.reason, one.condition] += one.count
    rows = [
        [reason, *(f"{counts[reason, condition]:,}" for condition in conditions)]
        for reason in sorted({one.reason for one in report.suppressed})
    ]
    return "Held back", ["reason", *(condition or "times" for condition in conditions)], rows


def session_row(one: SessionQuality) -> dict[str, object]:
    """Every figure of a session by its name, for machines; times in ISO 8601, spans in milliseconds."""
    return {
        "session_id": str(one.session_id),
        "participant": one.participant,
        "participant_id": str(one.participant_id),
        "notebook": one.notebook,
        "condition": one.condition,
        "began_at": _iso(one.began_at),
        "last_at": _iso(one.last_at),
        "verdict": one.verdict,
        "rules": [finding.rule for finding in one.rules],
        "why": "; ".join(finding.text for finding in one.rules),
        "events": one.events,
        "lost": one.lost,
        "invalid": one.invalid,
        "late": one.late,
        "clock_offset_ms": None if one.offset is None else round(one.offset / 1000),
        "clock_drift_ms": round(one.drift / 1000),
        "clock_jumps": one.jumps,
        "two_tabs_ms": round(one.together / 1000),
        "cut_outputs": one.cut_outputs,
        "kernel_deaths": one.deaths,
        "kernel_restarts": one.restarts,
        "runs": one.runs,
        "divergences": one.divergences,
        "closed": one.closed,
        "cells_run": one.cells_run,
        "cells_characterized": one.characterized,
        "asked": one.asked,
        "answered": one.answered,
    }


def _csv(report: Quality) -> str:
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    names = list(session_row(report.sessions[0])) if report.sessions else ["session_id"]
    writer.writerow(names)
    for one in report.sessions:
        writer.writerow([_cell(value) for value in session_row(one).values()])
    return made.getvalue()


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula: a text that begins like one gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if not isinstance(value, str):
        return value
    text = well_formed(value).replace("\x00", "")
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text


def _markdown(report: Quality) -> str:
    parts = [f"# Quality\n\n{summary(report)}. {scope(report)}.\n"]
    for title, headings, rows in tables(report):
        lines = [_line(headings), _line(["---"] * len(headings)), *(_line(map(_inline, row)) for row in rows)]
        parts.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _inline(text: str) -> str:
    """A text that Markdown shows as it is, in one cell of a table."""
    flat = " ".join(clean(text).split())
    return re.sub(r"([\\`*_{}\[\]<>|#~$&!:])", lambda match: f"&#{ord(match[1])};", flat)


_STYLE = """
body{margin:0;background:var(--paper);color:var(--ink);
font:14px/1.45 Inter,"Segoe UI","Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1280px;margin:0 auto;padding:20px 24px 56px}
h1{font-size:20px;margin:0 0 6px}h2{font-size:16px;margin:26px 0 6px}p{margin:0 0 4px;color:var(--ink2)}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px}
th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top;white-space:nowrap}
th{color:var(--ink2);font-weight:600}
.right{text-align:right}
.why td{white-space:normal;color:var(--ink2);padding-left:1.2em}
tr:has(+ .why) td{border-bottom:0;padding-bottom:0}
.v{font-weight:600}
.look{color:var(--look)}.bad{color:var(--err)}.good{color:var(--ok)}
"""


def _html(report: Quality) -> str:
    style = _style()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = "".join(_table(*table) for table in tables(report))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Quality</title>
<style>{style}</style>
</head><body><main>
<h1>Quality</h1>
<p>{escaped(summary(report))}</p>
<p>{escaped(scope(report))}</p>
{body}</main></body></html>
"""


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; why a verdict is as it is stands below its row, across all columns."""
    shown = [heading for heading in headings if heading != "why"]
    head = "".join(f'<th scope="col"{_side(heading)}>{escaped(heading)}</th>' for heading in shown)
    lines = []
    for row in rows:
        cells = dict(zip(headings, row, strict=True))
        why = cells.pop("why", "")
        lines.append(f"<tr>{''.join(_data(*pair) for pair in cells.items())}</tr>")
        if why:
            lines.append(f'<tr class="why"><td colspan="{len(shown)}">{escaped(why)}</td></tr>')
    return (
        f'<h2>{escaped(title)}</h2>\n<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>\n"
    )


def _data(heading: str, text: str) -> str:
    if heading == "verdict":
        return f'<td class="v {escaped(text)}">{escaped(text)}</td>'
    return f"<td{_side(heading)}>{escaped(text)}</td>"


def _side(heading: str) -> str:
    return "" if heading in WORDS else ' class="right"'


@cache
def _style() -> str:
    light, dark = ("".join(f"--{role}:{value};" for role, value in colours.items()) for colours in (LIGHT, DARK))
    return (
        f":root{{{light}--look:#7a5b00;color-scheme:light}}\n{_STYLE}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}--look:#f2c230;color-scheme:dark}}}}\n"
    )


def _moment(micros: int) -> str:
    return f"{datetime.fromtimestamp(micros / 1e6, UTC):%Y-%m-%d %H:%M}"


def _iso(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat()
