"""A log as it may be released: its sessions, its events in order, and rows of tables made of them.

Each is an asynchronous iterator that reads the log page by page; what is kept between events is one session's notebook.
The same log and release give the same events and rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from prompter_events import Event, Log, ParticipantId, SessionId
from prompter_events.append import Head
from prompter_events.catalogue.study import StudyLoaded
from prompter_events.erasure import NO_PARTICIPANT
from prompter_events.event import NO_SESSION
from prompter_projections.fold import body_of
from prompter_projections.pseudonym import name_of

from .names import file_name
from .release import Release
from .released import Released, Releasing
from .survey import SessionFacts, Survey, survey
from .typed import Typed

Progress = Callable[[str, int, int], None]
"""(what is done, so far, in all): of one reading of the log. Readings follow one another."""

_EACH = 1_000
"""Events between two words of progress."""


def _silent(what: str, done: int, total: int) -> None:
    return


@dataclass(frozen=True, kw_only=True)
class ReleasedSession:
    """One session under the names of the release. Times in µs since the epoch, UTC, by the page's clock."""

    session_id: SessionId
    participant_id: ParticipantId
    participant: str
    study: str
    condition: str
    """Empty in a blind release, or if it is not known."""
    notebook_id: UUID | None
    notebook_path: str
    began_at: int
    pilot: bool


class ReleasedLog:
    """What of a log is released. Made by ``open_release``."""

    def __init__(self, log: Log, release: Release, found: Survey, progress: Progress) -> None:
        self.release = release
        self.survey = found
        self._log = log
        self._progress = progress
        self._releasing = Releasing(release, found)
        self._kept = {facts.session_id: facts for facts in found.sessions.values() if self._is_kept(facts)}
        self._participants = {facts.participant_id for facts in self._kept.values()}
        """Of sessions that are kept."""
        self._all = {facts.participant_id for facts in found.sessions.values()}
        self._digests = {facts.study_digest for facts in self._kept.values()}

    @property
    def epoch(self) -> UUID:
        """The log's."""
        return self.survey.epoch

    @property
    def head(self) -> Head:
        """The log's end when the release was opened; nothing behind it is released."""
        return self.survey.head

    @property
    def sessions(self) -> list[ReleasedSession]:
        """Those in which a notebook was open, in the order of their first events."""
        return [self._session(facts) for facts in self._kept.values() if facts.is_of_notebook]

    @property
    def participants(self) -> list[str]:
        """How the participants are called, each once, in the order of their first sessions."""
        return list(dict.fromkeys(session.participant for session in self.sessions))

    @property
    def pilot_sessions(self) -> int:
        """How many sessions were left out because they belong to a pilot phase."""
        if self.release.pilots:
            return 0
        return sum(
            self.survey.is_pilot(facts) and facts.is_of_notebook and not self._is_erased(facts)
            for facts in self.survey.sessions.values()
        )

    @property
    def withheld_cells(self) -> int:
        """Into how many cells a name was typed, so that their typed text is released as lengths."""
        return len(self._releasing.tainted)

    @property
    def withdrawn(self) -> int:
        """How many participants of the release withdrew their consent, and were not erased."""
        return sum(self.survey.withdrawn.get(participant_id, False) for participant_id in self._participants)

    def called(self, participant_id: UUID) -> str:
        """How the participant with a released id is called, such as a collaborator who edited a shared notebook."""
        if self.release.identified:
            return self.survey.people.get(ParticipantId(participant_id), str(participant_id))
        return name_of(ParticipantId(participant_id))

    def stand_ins(self) -> set[str]:
        """What stands in for the names in texts."""
        studies = dict.fromkeys(facts.study for facts in self._kept.values())
        return {self._releasing.names(study).stand_in(name) for study in studies for _, name in self.names()}

    def names(self) -> list[tuple[str, str]]:
        """What an unidentified release must not tell: (kind, name), each once, for the scan of what remains."""
        found = [("participant", name) for name in self.survey.people.values()]
        found += [("account", name) for name in self.survey.accounts]
        found += [("researcher", name) for name in self.survey.researchers]
        found += [("path", part) for path in self.survey.paths for part in (path, file_name(path))]
        return [pair for pair in dict.fromkeys(found) if pair[1].strip()]

    async def events(self, types: Collection[str] | None = None, *, what: str = "events") -> AsyncIterator[Released]:
        """Released events in the order of their positions, which have holes where something is left out.

        ``what`` names the reading to whoever watches the progress.
        """
        end = self.head.position
        async for event in self._log.read(types=types):
            if event.position > end:
                break
            if event.position % _EACH == 0:
                self._progress(what, event.position, end)
            if event.payload is not None and self._is_event_kept(event):
                yield self._releasing.event(event)

    async def events_of(self, session_id: SessionId) -> AsyncIterator[Released]:
        """The released events of one session, in order; none if it is not released."""
        if session_id in self._kept:
            async for event in self._raw(session_id):
                if event.payload is not None and event.participant_id not in self.survey.barred:
                    yield self._releasing.event(event)

    def tell(self, what: str, done: int, total: int) -> None:
        """A word of progress, from a format that reads session by session."""
        self._progress(what, done, total)

    async def find_typed_names(self) -> None:
        """Find the cells into which names were typed; ``open_release`` does this before anything is released."""
        tainted: set[tuple[SessionId, str]] = set()
        for number, facts in enumerate(self._kept.values(), 1):
            typed = Typed(self._releasing.names(facts.study))
            async for event in self._raw(facts.session_id):
                typed.take(event)
            tainted.update((facts.session_id, cell_id) for cell_id in typed.found)
            self._progress("typed names", number, len(self._kept))
        self._releasing.tainted = tainted

    async def _raw(self, session_id: SessionId) -> AsyncIterator[Event]:
        async for event in self._log.read(session=session_id):
            if event.position > self.head.position:
                break
            yield event

    def _session(self, facts: SessionFacts) -> ReleasedSession:
        return ReleasedSession(
            session_id=facts.session_id,
            participant_id=self._releasing.participant_id(facts.participant_id, facts.study),
            participant=self._releasing.participant(facts.participant_id, facts.study),
            study=facts.study,
            condition="" if self.release.blind else facts.condition,
            notebook_id=facts.notebook_id,
            notebook_path=self._releasing.path(facts.path, facts.study),
            began_at=facts.at,
            pilot=self.survey.is_pilot(facts),
        )

    def _is_erased(self, facts: SessionFacts) -> bool:
        return facts.erased or facts.participant_id in self.survey.barred

    def _is_kept(self, facts: SessionFacts) -> bool:
        release = self.release
        return (
            not self._is_erased(facts)
            and (release.pilots or not self.survey.is_pilot(facts))
            and (not release.sessions or facts.session_id in release.sessions)
            and (not release.participants or facts.participant_id in release.participants)
            and release.within(facts.at)
        )

    def _is_event_kept(self, event: Event) -> bool:
        if event.participant_id in self.survey.barred:
            return False
        if event.session_id != NO_SESSION:
            return event.session_id in self._kept
        if event.participant_id != NO_PARTICIPANT:
            if event.participant_id in self._participants:
                return self.release.within(event.occurred_at)
            return not self.release.is_selected and event.participant_id not in self._all
        body = body_of(event) if event.type == "study.loaded" else None
        if isinstance(body, StudyLoaded):
            is_wanted = self.release.pilots or body.phase != "pilot"
            return is_wanted and (not self.release.is_selected or body.digest in self._digests)
        return not self.release.is_selected


async def open_release(log: Log, release: Release, progress: Progress = _silent) -> ReleasedLog:
    """Survey a log, so that it can be released. Reads it once, and its sessions once more for names that were typed."""
    found = await survey(log, lambda done, total: progress("survey", done, total))
    released = ReleasedLog(log, release, found, progress)
    if not release.identified:
        await released.find_typed_names()
    return released
