"""The quality report of a log: what is found in each session, and how the questions were taken."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from uuid import UUID

from prompter_events import Event, Log, ParticipantId, SessionId

from ..relations import DEAD_LETTER
from ..replay import notebook_at
from .asked import Asked, Responses, responses
from .facts import Counting, SessionFacts
from .rules import Around, Finding, Verdict, findings, worst


@dataclass(frozen=True)
class SessionQuality:
    """One session. Times in µs since the epoch, UTC, by the server's clock.

    In a blinded report whatever tells of a condition is none.
    """

    session_id: SessionId
    participant_id: ParticipantId
    participant: str
    """The name; the id where the log has no name."""
    notebook: str
    condition: str | None
    began_at: int
    last_at: int
    verdict: Verdict
    findings: Sequence[Finding]
    events: int
    lost: int
    invalid: int
    late: int
    offset: int | None
    """The server's clock minus the page's, µs."""
    drift: int
    jumps: int
    together: int
    """In two tabs at once, µs."""
    cut_outputs: int
    deaths: int
    restarts: int
    runs: int
    divergences: int
    closed: bool
    cells_run: int
    characterized: int | None
    """Of the cells that were run, those with an answer."""
    asked: int | None
    answered: int | None

    @property
    def rules(self) -> Sequence[Finding]:
        """The findings that made the verdict, unless it is good."""
        return [finding for finding in self.findings if finding.verdict != "good"]


@dataclass(frozen=True)
class Suppressed:
    """How often a rule's question was held back for a reason."""

    rule: str
    reason: str
    condition: str
    count: int


@dataclass(frozen=True)
class Quality:
    """The report."""

    sessions: Sequence[SessionQuality]
    """In the order of their first events."""
    responses: Sequence[Responses]
    suppressed: Sequence[Suppressed]
    blind: bool
    events: int
    """In the whole log."""
    producers: int
    holes: int
    """In the producers' numbers, over the whole log."""
    dead_letters: int

    @property
    def is_good(self) -> bool:
        """Whether no rule found anything."""
        return not self.holes and not self.dead_letters and all(one.verdict == "good" for one in self.sessions)


_TELLING = frozenset({"condition", "review cap"})
"""Reasons for holding a question back that only some conditions know."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


def _silent(what: str, done: int, total: int) -> None:
    return


async def quality(
    log: Log, sessions: Collection[SessionId] = (), *, blind: bool = False, progress: Progress = _silent
) -> Quality:
    """The report of these sessions, of all where none are named. The log is read once, then each session replayed.

    ``blind`` leaves out whatever tells under which condition somebody worked, also how questions were taken if they are
    those of chosen sessions or of one person alone. Deterministic: the same log, the same report.
    """
    head = (await log.head()).position
    counting = await counted(log.read(limit=head), head, progress)
    names = await log.participant_names()
    letters = await _dead_letters(log)
    wanted = [one for one in counting.sessions.values() if not sessions or one.session_id in sessions]
    together = _together(counting.sessions.values())
    found = []
    for number, session in enumerate(wanted, 1):
        divergences = 0 if session.erased else await _divergences(log, session.session_id)
        progress("replaying", number, len(wanted))
        around = Around(
            together=together.get(session.session_id, 0),
            divergences=divergences,
            dead_letters=letters.get(session.session_id, {}),
            quiet=counting.last_at - session.last_at,
            withdrew=counting.withdrawn.get(session.participant_id, 0) >= session.last_at,
        )
        found.append((session, around))
    report = _report(counting, found, names, blind=blind, dead_letters=sum(len(one) for one in letters.values()))
    alone = len({session.participant_id for session in wanted}) < 2
    return replace(report, responses=(), suppressed=()) if blind and (sessions or alone) else report


async def counted(events: AsyncIterable[Event], total: int, progress: Progress = _silent) -> Counting:
    """One pass over events in the log's order."""
    counting = Counting()
    async for event in events:
        counting.take(event)
        if counting.events % 1000 == 0:
            progress("reading", counting.events, total)
    counting.end()
    return counting


async def _divergences(log: Log, session_id: SessionId) -> int:
    # As `prompter verify` does: from the events alone, so that no snapshot hides what they tell.
    notebook = await notebook_at(log, session_id, use_snapshots=False)
    return len(notebook.divergences)


async def _dead_letters(log: Log) -> dict[SessionId, Counter[str]]:
    found: defaultdict[SessionId, Counter[str]] = defaultdict(Counter)
    for row in await log.rows(DEAD_LETTER, {}):
        raw = row["session_id"]
        session_id = SessionId(UUID(bytes=raw) if isinstance(raw, bytes) else UUID(int=0))
        found[session_id][str(row["projection"])] += 1
    return dict(found)


def _together(sessions: Collection[SessionFacts]) -> dict[SessionId, int]:
    """How long each session's notebook was open in another tab of the same person at the same time, at most, in µs."""
    by_notebook: defaultdict[UUID, list[SessionFacts]] = defaultdict(list)
    for session in sessions:
        if session.notebook_id is not None and not session.shared:
            by_notebook[session.notebook_id].append(session)
    found: dict[SessionId, int] = {}
    for some in by_notebook.values():
        still: list[tuple[int, SessionId]] = []
        for session in sorted(some, key=lambda one: (one.began_at, one.session_id)):
            while still and still[0][0] <= session.began_at:
                heappop(still)
            for last_at, other in still:
                both = min(last_at, session.last_at) - session.began_at
                for one in (session.session_id, other):
                    found[one] = max(found.get(one, 0), both)
            heappush(still, (session.last_at, session.session_id))
    return found


def _report(
    counting: Counting,
    found: Sequence[tuple[SessionFacts, Around]],
    names: Mapping[ParticipantId, str],
    *,
    blind: bool,
    dead_letters: int,
) -> Quality:
    chosen = {session.session_id for session, _ in found}
    prompts: defaultdict[SessionId, list[Asked]] = defaultdict(list)
    for prompt in counting.asking.prompts.values():
        prompts[prompt.session_id].append(prompt)
    conditions = {session.session_id: "" if blind else session.condition for session, _ in found}
    suppressed: Counter[tuple[str, str, str]] = Counter()
    for (session_id, rule, reason), number in counting.asking.suppressed.items():
        if session_id in chosen and not (blind and reason in _TELLING):
            suppressed[rule, reason, conditions[session_id]] += number
    asked = [prompt for session_id in chosen for prompt in prompts[session_id]]
    return Quality(
        sessions=[
            _session(session, around, prompts[session.session_id], names, blind=blind) for session, around in found
        ],
        responses=responses(asked, conditions),
        suppressed=[Suppressed(*key, count=number) for key, number in sorted(suppressed.items())],
        blind=blind,
        events=counting.events,
        producers=len(counting.producers),
        holes=counting.holes,
        dead_letters=dead_letters,
    )


def _session(
    session: SessionFacts, around: Around, prompts: Sequence[Asked], names: Mapping[ParticipantId, str], *, blind: bool
) -> SessionQuality:
    fates = Counter(prompt.fate for prompt in prompts)
    around = replace(around, asked=len(prompts), answered=fates["answered"], withdrawn=fates["withdrawn"])
    told = findings(session, around, blind=blind)
    characterized = {prompt.cell_id for prompt in prompts if prompt.fate == "answered"} & session.run_cells
    skew = session.skew
    return SessionQuality(
        session_id=session.session_id,
        participant_id=session.participant_id,
        participant=names.get(session.participant_id, str(session.participant_id)),
        notebook="(erased)" if session.erased else session.path,
        condition=None if blind else session.condition,
        began_at=session.began_at,
        last_at=session.last_at,
        verdict=worst(told),
        findings=told,
        events=session.events,
        lost=session.lost.total(),
        invalid=session.invalid.total(),
        late=skew.late if skew is not None else 0,
        offset=skew.offset if skew is not None else None,
        drift=skew.drift if skew is not None else 0,
        jumps=max(len(skew.jumps) if skew is not None else 0, session.said_jumps),
        together=around.together,
        cut_outputs=session.cut_outputs,
        deaths=session.deaths,
        restarts=session.restarts,
        runs=session.runs,
        divergences=around.divergences,
        closed=session.closed,
        cells_run=len(session.run_cells),
        characterized=None if blind else len(characterized),
        asked=None if blind else around.asked,
        answered=None if blind else around.answered,
    )
