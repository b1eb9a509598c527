"""A participant under time limits: events go in as the worker hands them on, what is emitted comes out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from uuid import UUID, uuid5

from msgspec.structs import replace

from prompter.study import WITHOUT_STUDY, Period, Study, Task
from prompter.timekeeping import Timekeeping
from prompter.timekeeping.sheet import Sheet
from prompter_events import NO_SESSION, Event, ParticipantId, Position, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellEdited,
    CellSnapshot,
    Client,
    FocusChanged,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunScheduled
from prompter_events.catalogue.study import StudyEnded, TaskBegan, TaskEnded
from prompter_events.event import START
from prompter_projections import Emission
from prompter_projections.fold import is_own

SECOND = 1_000_000
MINUTE = 60 * SECOND
NOON = 1_790_000_000 * SECOND

_NAMES = UUID("5a3e4a44-9b8f-5b39-8a1d-0c1b5a0f6f2e")

TASKS = (
    Task("load", heading="# Load", minutes=10),
    Task("clean", heading="# Clean", minutes=5),
    Task("look", heading="# Look"),
    Task("plots", tag="plot", minutes=3),
)
SOURCES = ("before", "# Load", "read", "read more", "# Clean", "drop", "# Look", "head", "!plot", "# Out", "fit")
"""Cells c1, c2 … of the notebook; ``!`` is a tag."""


def limited(period: int | None = None, tasks: Sequence[Task] = TASKS, *, focus: bool = True) -> Study:
    """A study with one period of these tasks and so many minutes, and another one without limits."""
    one = Period("one", ("EXP_CTS",), minutes=period, tasks=tuple(tasks))
    two = Period("two", ("EXP_CTS",), tasks=tuple(replace(task, minutes=None) for task in tasks))
    return replace(WITHOUT_STUDY, name="loans", digest=b"d" * 32, periods=(one, two), focus=focus)


class Clocked:
    """One participant. ``said`` has (moment, session, body) of everything that was emitted."""

    def __init__(self, study: Study, since: int = START) -> None:
        self.study = study
        self.keeping = Timekeeping(study, Position(since))
        self.now = NOON
        self.said: list[tuple[int, SessionId, Body]] = []
        self.events: list[Event] = []
        self.sessions: list[SessionId] = []
        self._state: bytes | None = None
        self._ids = count()
        self._position = 0
        self.participant = ParticipantId(self._uuid())
        self.notebooks: dict[SessionId, UUID] = {}

    def open(
        self,
        notebook: UUID | None = None,
        period: str = "one",
        continues: SessionId | None = None,
        study: str = "loans",
    ) -> SessionId:
        """A page opens the notebook."""
        session = SessionId(self._uuid())
        self.sessions.append(session)
        self.notebooks[session] = notebook or UUID(int=7)
        self.accept(session, period, study)
        cells = [
            CellSnapshot(
                cell_id=f"c{number}",
                cell_type="markdown" if source.startswith("#") else "code",
                source=source.lstrip("!"),
                tags=["plot"] if source.startswith("!") else [],
            )
            for number, source in enumerate(SOURCES, 1)
        ]
        client = Client(lab="", extension="", browser="")
        self.say(
            SessionOpened(notebook_path="a.ipynb", kernel_name="", client=client, cells=cells, continues=continues),
            session,
        )
        return session

    def accept(self, session: SessionId, period: str = "one", study: str = "loans") -> None:
        """The server accepts a session."""
        self.say(
            SessionAccepted(
                participant_id=self.participant,
                notebook_id=self.notebooks.setdefault(session, UUID(int=7)),
                condition="EXP_CTS",
                study=study,
                study_digest=b"d" * 32,
                clock_offset_ms=0,
                period=period,
            ),
            session,
        )

    def edit(self, cell: int, session: SessionId | None = None, cause: str = "user") -> None:
        """The person types into a cell."""
        self.say(CellEdited(cell_id=f"c{cell}", changes=[(0, ["x"])], cause=cause), session)  # type: ignore[arg-type]

    def run(self, cell: int, session: SessionId | None = None) -> None:
        """A cell is run."""
        self.say(RunScheduled(run_id=self._uuid(), cell_id=f"c{cell}", source="x"), session)

    def focus(self, cell: int, session: SessionId | None = None) -> None:
        """The person goes to a cell."""
        self.say(FocusChanged(cell_id=f"c{cell}", visible=True), session)

    def close(self, session: SessionId | None = None) -> None:
        """The page closes."""
        self.say(SessionClosed(reason="tab closed"), session)

    def end(self, by: str = "participant", session: SessionId | None = None) -> None:
        """Somebody ends the study in a session."""
        self.say(StudyEnded(by=by), session)

    def end_everywhere(self, by: str) -> None:
        """Somebody ends the study for the participant."""
        self.say(StudyEnded(by=by), NO_SESSION)

    def say(self, body: Body, session: SessionId | None = None) -> None:
        """An event reaches the log now; the timers before it fire as the worker lets them."""
        self._position += 1
        event = draft(
            body,
            session_id=self.sessions[-1] if session is None else session,
            producer_id=ProducerId(self._uuid()),
            producer_seq=1,
            participant_id=self.participant,
            occurred_at=self.now,
        )
        event = replace(event, position=Position(self._position), recorded_at=self.now)
        self.events.append(event)
        self._until(self.now)
        assert not is_own(self.keeping.name, event)
        if self.keeping.key(event) is not None:
            state = self.keeping.fold(self._loaded(), event)
            self._keep(*self.keeping.decide(state, self.now, event.position), moment=self.now)

    def wait(self, micros: int) -> None:
        """Time passes; timers fire at their moments."""
        self._until(self.now + micros)
        self.now += micros

    def restart(self, study: Study | None = None, since: int = START) -> None:
        """The worker begins anew, with the state that was saved; maybe under another version of the study."""
        self.keeping = Timekeeping(study or self.study, Position(since))

    def told(self) -> list[tuple[float, str, str]]:
        """(minutes since noon, what happened, by whom or how many minutes)."""
        return [((moment - NOON) / MINUTE, *_words(body)) for moment, _, body in self.said]

    def _until(self, moment: int) -> None:
        while (state := self._loaded()) is not None and (due := self.keeping.due(state)) is not None and due <= moment:
            before = self._state
            emitted = self._keep(*self.keeping.decide(state, due, Position(self._position)), moment=due)
            assert emitted or self._state == before, "a timer that changed something unsaid"
            later = self.keeping.due(self._loaded() or state)
            assert later is None or later > due, "a timer that fires again at once"

    def _loaded(self) -> Sheet | None:
        return None if self._state is None else self.keeping.decode(self._state)

    def _keep(self, state: Sheet, emissions: Sequence[Emission], *, moment: int) -> int:
        self._state = self.keeping.encode(state)  # as after a restart of the worker
        for emission in emissions:
            assert emission.participant_id == self.participant
            self.said.append((moment, emission.session_id, emission.body))
        self._position += len(emissions)
        return len(emissions)

    def _uuid(self) -> UUID:
        return uuid5(_NAMES, str(next(self._ids)))


def _words(body: Body) -> tuple[str, str]:
    match body:
        case TaskBegan():
            return f"{body.name} began", str(body.minutes)
        case TaskEnded():
            return f"{body.name} ended", body.by
        case StudyEnded():
            return "study ended", body.by
    raise AssertionError(f"{body} is not timekeeping's to say")
