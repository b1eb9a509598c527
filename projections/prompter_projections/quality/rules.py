"""The rules by which a session is found good, worth a look, or bad. Their reasons stand in ``docs/quality.md``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from .facts import SessionFacts

Verdict = Literal["good", "look", "bad"]

VERDICTS: tuple[Verdict, ...] = ("good", "look", "bad")
"""From best to worst."""

LOST_SHARE = 0.01
"""Of all events of a session; so many are about half a minute of an hour."""

LATE_SHARE = 0.05
LATE_LONGEST = 600_000_000  # µs

OFFSET = 60_000_000  # µs
DRIFT = 2_000_000  # µs

TABS = 5_000_000  # µs

CUT_SHARE = 0.2
FACTS_SHARE = 0.1

OPEN = 300_000_000  # µs

LEAST_ASKED = 4
RESPONSE = 0.5


@dataclass(frozen=True)
class Around:
    """What is to be known of a session besides its own events."""

    together: int = 0
    """How long another tab of the same participant had the same notebook, µs."""
    divergences: int = 0
    """At how many moments a replay differs from what was saved and run."""
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    """Events that a projection could not fold, by projection."""
    quiet: int = 0
    """How long the log goes on after the session's last event, µs."""
    withdrew: bool = False
    """The participant took their consent back afterwards."""
    asked: int = 0
    answered: int = 0
    withdrawn: int = 0


@dataclass(frozen=True)
class Finding:
    """What one rule says of a session."""

    rule: str
    verdict: Verdict
    text: str
    """What was found, or what was checked."""


Said = tuple[Verdict, str]
Rule = Callable[[SessionFacts, Around], Said]


def _numbers(session: SessionFacts, around: Around) -> Said:
    if session.holes:
        return "bad", f"{_counted(session.holes, 'hole')} in the producers' numbers: run `prompter verify`"
    return "good", "no holes in the producers' numbers"


def _lost(session: SessionFacts, around: Around) -> Said:
    count = session.lost.total()
    if not count:
        return "good", "the page lost nothing"
    why = ", ".join(f"{number:,}: {reason}" for reason, number in sorted(session.lost.items()))
    share = count / (count + session.events)
    return "bad" if share >= LOST_SHARE else "look", f"{_counted(count, 'event')} lost, {share:.1%} ({why})"


def _invalid(session: SessionFacts, around: Around) -> Said:
    count = session.invalid.total()
    if not count:
        return "good", "every event was understood"
    what = ", ".join(f"{number:,} {name or '(no type)'}" for name, number in sorted(session.invalid.items()))
    cut = f"; {_counted(session.cut_payloads, 'payload')} cut" if session.cut_payloads else ""
    bad = count / session.events >= LOST_SHARE
    return "bad" if bad else "look", f"{_counted(count, 'event')} not understood ({what}){cut}"


def _clock(session: SessionFacts, around: Around) -> Said:
    skew = session.skew
    if skew is None or skew.offset is None:
        return "good", "no clocks to compare"
    told = f"page {_signed(-skew.offset)} against the server, drift {_signed(-skew.drift)}"
    jumps = max(len(skew.jumps), session.said_jumps)
    if jumps:
        by = f" ({', '.join(_signed(jump) for jump in skew.jumps)})" if skew.jumps else ""
        return "look", f"the page's clock was set {_counted(jumps, 'time')}{by}; {told}"
    if abs(skew.offset) > OFFSET or abs(skew.drift) > DRIFT:
        return "look", told
    return "good", told


def _late(session: SessionFacts, around: Around) -> Said:
    skew = session.skew
    if skew is None or not skew.late:
        return "good", "no event came late"
    share = skew.late / session.events
    look = share > LATE_SHARE or skew.longest > LATE_LONGEST
    return "look" if look else "good", f"{_counted(skew.late, 'event')} late, the latest by {_span(skew.longest)}"


def _tabs(session: SessionFacts, around: Around) -> Said:
    if around.together > TABS:
        return "look", f"open in two tabs at once for {_span(around.together)}"
    return "good", "in one tab at a time"


def _cut(session: SessionFacts, around: Around) -> Said:
    parts = []
    if session.outputs and session.cut_outputs / session.outputs > CUT_SHARE:
        parts.append(f"{session.cut_outputs:,} of {_counted(session.outputs, 'output')}")
    if session.facts and session.cut_facts / session.facts > FACTS_SHARE:
        parts.append(f"{session.cut_facts:,} of {_counted(session.facts, 'report')} of the kernel")
    if parts:
        return "look", f"cut: {' and '.join(parts)}"
    return "good", f"{session.cut_outputs:,} of {_counted(session.outputs, 'output')} cut; sources are never cut"


def _kernel(session: SessionFacts, around: Around) -> Said:
    restarts = _counted(session.restarts, "restart")
    if session.deaths or session.lost_runs:
        died = f"the kernel died {_counted(session.deaths, 'time')}; " if session.deaths else ""
        return "look", f"{died}{_counted(session.lost_runs, 'run')} lost; {restarts}"
    return "good", f"the kernel did not die; {restarts}"


def _replay(session: SessionFacts, around: Around) -> Said:
    if around.divergences:
        times = _counted(around.divergences, "time")
        return "bad", f"replay differs from what was saved or run {times}: `prompter verify` names them"
    return "good", "replay gives what was saved and run"


def _folded(session: SessionFacts, around: Around) -> Said:
    if not around.dead_letters:
        return "good", "every projection folded every event"
    which = ", ".join(f"{number:,} in {name}" for name, number in sorted(around.dead_letters.items()))
    return "bad", f"events that could not be folded ({which}): what tables say of this session ends there"


def _end(session: SessionFacts, around: Around) -> Said:
    if session.closed:
        return "good", "closed"
    if session.erased:
        return "good", "erased"
    if around.withdrew:
        return "good", "ended by withdrawal"
    if around.quiet <= OPEN:
        return "good", "still open where the log ends"
    return "look", "the browser or the machine went away"


def _response(session: SessionFacts, around: Around) -> Said:
    counted = around.asked - around.withdrawn
    if not counted:
        return "good", "nothing asked"
    told = f"{around.answered:,} of {_counted(counted, 'question')} answered"
    low = counted >= LEAST_ASKED and around.answered / counted < RESPONSE
    return "look" if low else "good", told


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "numbers": _numbers,
        "lost": _lost,
        "invalid": _invalid,
        "replay": _replay,
        "folded": _folded,
        "clock": _clock,
        "late": _late,
        "tabs": _tabs,
        "cut": _cut,
        "kernel": _kernel,
        "end": _end,
        "response": _response,
    }
)
"""By name, in the order in which they are told."""

UNBLINDING = frozenset({"response"})
"""Rules whose finding tells under which condition somebody worked."""


def findings(session: SessionFacts, around: Around, *, blind: bool = False) -> Sequence[Finding]:
    """What every rule says, in their order."""
    told = []
    for name, rule in RULES.items():
        if not (blind and name in UNBLINDING):
            verdict, text = rule(session, around)
            told.append(Finding(name, verdict, text))
    return told


def worst(told: Sequence[Finding]) -> Verdict:
    """The verdict of a session."""
    return max((finding.verdict for finding in told), key=VERDICTS.index, default="good")


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _span(micros: int) -> str:
    seconds = micros / 1e6
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _signed(micros: int) -> str:
    seconds = micros / 1e6
    return f"{seconds:+.1f} s" if abs(seconds) < 120 else f"{seconds / 60:+.1f} min"
