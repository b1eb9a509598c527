"""What ``prompter simulate`` prints: one policy, or two side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.table import Table

from prompter_events import ParticipantId
from prompter_projections.timeline.markup import label

from ..simulation import Policy, Simulated, Verdict, compared
from .output import counted, iso_time, length, local_time, print_table, stdout

Names = Mapping[ParticipantId, str]

_LEAST_CELL = 12
"""Columns for how a cell begins; where even these are not left, the others fold."""

_NOTES = {
    "new": "new: the log holds no such prompt, so nobody could react to it. Reactions are replayed where the log's "
    "prompt is asked here too, and left out where it is not.",
    "silent": "silent: the participant's condition asks nothing; it counts as asked, so that conditions compare.",
}

_HOUR = 3600 * 1_000_000


def print_report(simulated: Simulated, names: Names) -> None:
    """One policy: figures, by rule, why things were held back, then each prompt in the order of time."""
    [policy] = simulated.policies
    figures = policy.figures(simulated.worked)
    _say(f"{policy.name}: {_scope(simulated)}")
    _say(f"asks {figures.asked}, {_an_hour(figures.an_hour(figures.asked))}{_listed(figures.fates)}")
    _say(f"holds back {figures.held_back}, {_an_hour(figures.an_hour(figures.held_back))}{_listed(figures.reasons)}")
    _say(_known(simulated, policy))
    if figures.by_rule:
        stdout.print()
        rows = [
            [rule, f"{asked:,}", f"{figures.an_hour(asked):.1f}", f"{held:,}"]
            for rule, (asked, held) in figures.by_rule.items()
        ]
        print_table(["rule", "asks", "an hour", "holds back"], rows, right=frozenset({"asks", "an hour", "holds back"}))
    _print_prompts(
        simulated, names, [(verdict, {"rule": verdict.rule, "what": _what(verdict)}) for verdict in policy.verdicts]
    )
    _say_what_is_made_up(simulated)


def print_comparison(simulated: Simulated, names: Names) -> None:
    """Two policies: their figures beside each other, then each run that only one of them asks about."""
    first, second = simulated.policies
    _say(_scope(simulated))
    stdout.print()
    print_table(
        ["", first.name, second.name],
        [list(row) for row in _figures_of_both(simulated)],
        right=frozenset({first.name, second.name}),
        folding=frozenset({first.name, second.name}),
    )
    comparison = compared(first.verdicts, second.verdicts)
    stdout.print()
    _say(
        f"both ask about {counted(len(comparison.both), 'run')}, "
        f"only {first.name} about {len(comparison.only_first):,}, "
        f"only {second.name} about {len(comparison.only_second):,}"
    )
    differing = [(verdict, first.name, other) for verdict, other in comparison.only_first]
    differing += [(verdict, second.name, other) for other, verdict in comparison.only_second]
    differing.sort(key=lambda entry: entry[0].decided_at)
    _print_prompts(
        simulated,
        names,
        [
            (verdict, {"asks": name, "rule": verdict.rule, "the other": _what(other) if other else "no wish"})
            for verdict, name, other in differing
        ],
    )
    _say_what_is_made_up(simulated)


def json_rows(simulated: Simulated, names: Names) -> list[dict[str, Any]]:
    """For machines: a row of figures for each policy, then a row for each prompt; ``kind`` tells which it is."""
    rows: list[dict[str, Any]] = []
    for policy in simulated.policies:
        figures = policy.figures(simulated.worked)
        rows.append(
            {
                "policy": policy.name,
                "kind": "figures",
                "participants": len(simulated.scene.worked),
                "sessions": len(simulated.scene.sessions),
                "hours": round(simulated.worked / _HOUR, 4),
                "asked": figures.asked,
                "asked_an_hour": round(figures.an_hour(figures.asked), 3),
                "held_back": figures.held_back,
                "by_rule": {rule: {"asks": a, "holds_back": h} for rule, (a, h) in figures.by_rule.items()},
                "reasons": figures.reasons,
                "fates": figures.fates,
                "recorded_decisions": simulated.record.count,
                "decisions": policy.decisions.count,
                "same_decisions": policy.decisions.shared(simulated.record),
            }
        )
    for policy in simulated.policies:
        rows.extend(_json_row(policy.name, verdict, simulated, names) for verdict in policy.verdicts)
    return rows


def _json_row(policy: str, verdict: Verdict, simulated: Simulated, names: Names) -> dict[str, Any]:
    session = simulated.scene.sessions.get(verdict.session_id)
    return {
        "policy": policy,
        "kind": verdict.kind,
        "decided_at": iso_time(verdict.decided_at),
        "rule": verdict.rule,
        "reason": verdict.reason or None,
        "fate": verdict.fate,
        "participant": names.get(verdict.participant_id, str(verdict.participant_id)),
        "session_id": verdict.session_id,
        "notebook": session.path if session else "",
        "cell_id": verdict.cell_id,
        "cell": verdict.cell,
        "cell_version": verdict.cell_version,
        "run_id": verdict.run_id,
        "prompt_id": verdict.prompt_id,
        "question": verdict.question,
        "after": verdict.after,
    }


def _figures_of_both(simulated: Simulated) -> Iterator[tuple[str, str, str]]:
    both = [policy.figures(simulated.worked) for policy in simulated.policies]
    first, second = both

    def numbers(name: str, one: int, other: int) -> tuple[str, str, str]:
        return name, f"{one:,}", f"{other:,}"

    yield numbers("asks", first.asked, second.asked)
    yield "an hour", f"{first.an_hour(first.asked):.1f}", f"{second.an_hour(second.asked):.1f}"
    for rule in dict.fromkeys([*first.by_rule, *second.by_rule]):
        asked = [figures.by_rule.get(rule, (0, 0))[0] for figures in both]
        if any(asked):
            yield numbers(f"by {rule}", *asked)
    for fate in first.fates:
        if first.fates[fate] or second.fates[fate]:
            yield numbers(fate, first.fates[fate], second.fates[fate])
    yield numbers("holds back", first.held_back, second.held_back)
    for reason in dict.fromkeys([*first.reasons, *second.reasons]):
        yield numbers(f"for {reason}", first.reasons.get(reason, 0), second.reasons.get(reason, 0))
    yield numbers(
        "decisions as the log has them", *(policy.decisions.shared(simulated.record) for policy in simulated.policies)
    )


def _print_prompts(simulated: Simulated, names: Names, rows: Sequence[tuple[Verdict, dict[str, str]]]) -> None:
    """A table of prompts: when, of whom if there are several, then what is told of each, and how the cell begins.

    The cell's source gives way first where the width is small, then words fold.
    """
    if not rows:
        return
    several = len(simulated.scene.worked) > 1
    headings = ["when", *(["who"] if several else []), *rows[0][1]]
    lines = [
        [local_time(verdict.decided_at), *([_who(verdict, names)] if several else []), *told.values()]
        for verdict, told in rows
    ]
    widths = [max(map(cell_len, column)) for column in zip(headings, *lines, strict=True)]
    left = stdout.width - sum(widths) - len(widths) - 1
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=heading == "when" or left >= _LEAST_CELL, overflow="fold")
    table.add_column("cell", no_wrap=True, min_width=_LEAST_CELL)
    for (verdict, _), line in zip(rows, lines, strict=True):
        cell = label(verdict.cell, max(left, _LEAST_CELL) - 1)
        table.add_row(*(text.replace("[", r"\[") for text in [*line, cell]))
    stdout.print()
    stdout.print(table)


def _scope(simulated: Simulated) -> str:
    scene = simulated.scene
    erased = f"; {counted(len(scene.erased), 'erased participant')} left out" if scene.erased else ""
    return (
        f"{counted(len(scene.worked), 'participant')}, {counted(len(scene.sessions), 'session')}, "
        f"{length(simulated.worked)} of work{erased}"
    )


def _known(simulated: Simulated, policy: Policy) -> str:
    """How much of what the log's own policy decided this one decides as well."""
    recorded, same = simulated.record.count, policy.decisions.shared(simulated.record)
    if not recorded:
        return "the log holds no decisions of its own"
    if recorded == same == policy.decisions.count:
        return f"takes all {counted(recorded, 'decision')} of the log again, at the same moments"
    return f"takes {same:,} of the log's {counted(recorded, 'decision')} again, at the same moments"


def _say_what_is_made_up(simulated: Simulated) -> None:
    fates = {verdict.fate for policy in simulated.policies for verdict in policy.verdicts}
    notes = [note for fate, note in _NOTES.items() if fate in fates]
    if notes:
        stdout.print()
    for note in notes:
        _say(note)


def _an_hour(rate: float) -> str:
    return f"{rate:.1f} an hour"


def _listed(counts: Mapping[str, int]) -> str:
    told = [f"{number:,} {word}" for word, number in counts.items() if number]
    return f": {', '.join(told)}" if told else ""


def _what(verdict: Verdict) -> str:
    return f"asked, {verdict.fate}" if verdict.asked else f"held: {verdict.reason}"


def _who(verdict: Verdict, names: Names) -> str:
    """The name; of somebody without one, the beginning of their id."""
    return names.get(verdict.participant_id) or str(verdict.participant_id)[:8]


def _say(line: str) -> None:
    stdout.print(line, markup=False)
