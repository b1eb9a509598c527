"""The head of a timeline in words: title, circumstances, figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prompter_events.event import ParticipantId

from ..pseudonym import pseudonym
from .model import Lane, Session, Timeline

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def title(timeline: Timeline) -> str:
    """Participant and notebook. Participants are called by their pseudonyms: their names stay in the log."""
    session = timeline.session
    return f"{who(session)} · {session.notebook_path or 'notebook without a path'}"


def who(session: Session) -> str:
    """How the participant is called: as whoever draws says, else by the pseudonym without a key."""
    return session.called or pseudonym(ParticipantId(session.participant_id), session.study)


def circumstances(timeline: Timeline) -> str:
    """Condition, date and time (UTC), kernel."""
    session = timeline.session
    begin, end = moment(session.begin), moment(session.end)
    until = f"{end:%H:%M}" if begin.date() == end.date() else f"{date(end)}, {end:%H:%M}"
    parts = [session.condition, f"{date(begin)}, {begin:%H:%M} to {until} UTC"]
    if session.kernel_name:
        parts.append(f"kernel {session.kernel_name}")
    return " · ".join(part for part in parts if part)


def figures(timeline: Timeline) -> list[tuple[str, str]]:
    """(figure, what it counts) pairs."""
    lanes, session = timeline.all_lanes, timeline.session
    runs = [run for lane in lanes for run in lane.runs]
    prompts = [prompt for lane in lanes for prompt in lane.prompts]
    asked = [prompt for prompt in prompts if prompt.fate != "held back"]
    outcomes = [run.outcome for run in runs]
    folded = sum(gap.end - gap.begin for gap in timeline.quiet) / 1e6
    run_words = [_plural(len(runs), "run"), _plural(outcomes.count("error"), "error", count_too=True)]
    run_words += [f"{outcomes.count(kind)} {kind}" for kind in ("aborted", "lost", "unfinished") if kind in outcomes]
    cells = _plural(len(lanes), "cell")
    made = [
        (str(len(lanes)), cells + (f", {len(timeline.removed)} of them removed" if timeline.removed else "")),
        (str(len(runs)), ", ".join(run_words)),
        (str(len(asked)), f"{_plural(len(asked), 'prompt')}, {sum(p.fate == 'answered' for p in asked)} answered"),
    ]
    if len(prompts) > len(asked):
        made.append((str(len(prompts) - len(asked)), "held back"))
    length = lasting((session.end - session.begin) / 1e6)
    made.append((length, f"of which {lasting(folded)} quiet" if folded else ""))
    made.append(("positions", f"{session.first:,} to {session.last:,}"))
    if session.unreadable:
        made.append((str(session.unreadable), "erased or unreadable events"))
    return made


def name(lane: Lane) -> str:
    """What a lane is called in sentences."""
    if lane.number is not None:
        return f"Cell {lane.number}"
    return "Removed cell" if lane.removed_at is not None else "Cell without a place"


def moment(micros: int) -> datetime:
    """µs since the epoch as a time in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def lasting(seconds: float) -> str:
    """A length of time: ``200 ms``, ``5.2 s``, ``3 min 4 s``, ``2 h 5 min``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def date(day: datetime) -> str:
    """``Tue 9 June 2026``."""
    return f"{day:%a} {day.day} {day:%B %Y}"


def counted(count: int, word: str) -> str:
    """``1 run``, ``2,000 runs``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _plural(count: int, word: str, *, count_too: bool = False) -> str:
    text = word if count == 1 else word + "s"
    return f"{count} {text}" if count_too else text
