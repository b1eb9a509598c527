"""A small study in a log, full of names, for tests of what leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from prompter.exports import FORMATS, Export, Release, ReleasedLog, open_release, write_export
from prompter_events import Batch, Event, Log, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellEdited,
    CellSnapshot,
    Client,
    NotebookSaved,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.prompts import PromptAnswered, PromptIssued, PromptShown, PromptSuppressed
from prompter_events.catalogue.runs import RunError, RunFinished, RunOutput, RunScheduled, RunStarted
from prompter_events.catalogue.study import NoteAdded, ParticipantAssigned, StudyLoaded
from prompter_events.erasure import NO_PARTICIPANT
from prompter_events.event import NO_SESSION

KEY = b"the key of the tests, long enough"
AT = 1_790_000_000_000_000
"""µs since the epoch."""

MAIN, PILOT = bytes([1]) * 32, bytes([2]) * 32
"""Digests of the study's file in its two phases."""


class Person:
    """Somebody at work in one session; each event happens a second after the one before."""

    def __init__(self, number: int, participant_id: ParticipantId) -> None:
        self.session_id = SessionId(UUID(int=0x5E55 << 64 | number))
        self.producer_id = ProducerId(UUID(int=0x9A6E << 64 | number))
        self.server = ProducerId(UUID(int=0x5E12 << 64 | number))
        self.participant_id = participant_id
        self.events: list[Event] = []
        self._seqs: dict[ProducerId, int] = {}
        self._begin = AT + number * 3_600_000_000

    def say(self, *bodies: Body, server: bool = False, session: bool = True) -> None:
        """These happened."""
        for body in bodies:
            producer = self.server if server else self.producer_id
            self._seqs[producer] = seq = self._seqs.get(producer, 0) + 1
            self.events.append(
                draft(
                    body,
                    session_id=self.session_id if session else NO_SESSION,
                    producer_id=producer,
                    producer_seq=seq,
                    participant_id=self.participant_id,
                    occurred_at=self._begin + len(self.events) * 1_000_000,
                )
            )

    def begin(self, path: str, *, condition: str = "EXP_CTS", study: str = "loans", digest: bytes = MAIN) -> None:
        """Open a notebook of two cells."""
        client = Client(lab="JupyterLab 4", extension="0.1.0", browser="Chromium")
        cells = [
            CellSnapshot(cell_id="a", cell_type="code", source=""),
            CellSnapshot(cell_id="b", cell_type="markdown", source="# Load"),
        ]
        self.say(SessionOpened(notebook_path=path, kernel_name="python3", client=client, cells=cells))
        accepted = SessionAccepted(
            participant_id=self.participant_id,
            notebook_id=UUID(int=self.session_id.int + 1),
            condition=condition,
            study=study,
            study_digest=digest,
            clock_offset_ms=12,
        )
        self.say(accepted, server=True)

    def type(self, text: str, cell_id: str = "a", at: int = 0) -> None:
        """Key by key."""
        for place, letter in enumerate(text, at):
            ops: list[int | str] = [place, letter] if place else [letter]
            self.say(CellEdited(cell_id=cell_id, changes=[(0, ops)], cause="user"))

    def run(self, source: str, output: str = "", error: str = "", number: int = 1, cell_id: str = "a") -> UUID:
        """Run a cell."""
        run_id = UUID(int=self.session_id.int * 1_000 + number)
        self.say(
            RunScheduled(run_id=run_id, cell_id=cell_id, source=source),
            RunStarted(run_id=run_id),
            RunFinished(
                run_id=run_id,
                status="error" if error else "ok",
                execution_count=number,
                duration_ms=120,
                error=RunError(name="FileNotFoundError", message=error, traceback=error) if error else None,
                outputs=[RunOutput(mime="text/plain", bytes=len(output.encode()), digest=bytes(32), text=output)],
            ),
        )
        return run_id

    def ask(self, answer: str, number: int = 1) -> None:
        """A question and its answer."""
        prompt_id = UUID(int=self.session_id.int * 1_000 + 500 + number)
        issued = PromptIssued(
            prompt_id=prompt_id,
            notebook_id=UUID(int=self.session_id.int + 1),
            cell_id="a",
            run_id=None,
            cell_version=1,
            question="What for?",
            choices=["look", "check"],
            language="en",
            author="rule",
            rule="first_run",
            trigger=1,
            deliver="end",
            decided_at=AT,
            after=1,
        )
        self.say(issued, server=True)
        self.say(
            PromptShown(prompt_id=prompt_id),
            PromptAnswered(prompt_id=prompt_id, text=answer, choice="look", drafting_ms=900),
        )


async def store(log: Log, events: Sequence[Event]) -> None:
    """Append the events of several producers in their order."""
    for event in events:
        await log.append_batches([Batch(event.producer_id, [event])])


async def told(log: Log) -> dict[str, Person]:
    """A study with names in every place; who took part, by name."""
    server = Person(90, NO_PARTICIPANT)
    server.say(
        StudyLoaded(digest=MAIN, version="1", phase="main"),
        StudyLoaded(digest=PILOT, version="0", phase="pilot"),
        NoteAdded(text="Zsofia seems to be in EXP_END", at=1, by="R. Moragas"),
        session=False,
    )
    await store(log, server.events)
    people: dict[str, Person] = {}
    for number, (name, condition) in enumerate((("zsofia.kertesz", "EXP_END"), ("Ødegård Ørn", "EXP_CTS")), 1):
        person = people[name] = Person(number, await log.participant(name))
        person.say(
            ParticipantAssigned(
                period="session",
                condition=condition,
                by="R. Moragas",
                reason=f"{name} wanted {condition}",
                study="loans",
                strata={"experience": "novice"},
            ),
            server=True,
            session=False,
        )
        person.begin(f"{name}/Thesis of Kertesz.ipynb", condition=condition)
        person.type("x = 1")
        person.say(CellEdited(cell_id="b", changes=[(0, [6, f" for {name}"])], cause="paste"))
        person.run(
            f"pd.read_csv('/home/{name.split('.')[0]}/data/loans.csv')",
            output=f"written by {name} in Thesis of Kertesz.ipynb, see zsofia@example.org",
            error=f"[Errno 2] No such file: 'C:\\Users\\{name.split('.')[0]}\\loans.csv'",
        )
        person.ask(f"I am {name.upper()} and =1+1 is two")
        person.say(
            PromptSuppressed(cell_id="a", rule="many_runs", reason="condition", decided_at=AT, after=1), server=True
        )
        person.say(NotebookSaved(digest=bytes([number]) * 32), SessionClosed(reason="tab closed"))
        await store(log, person.events)
    pilot = people["pilot person"] = Person(7, await log.participant("pilot person"))
    pilot.begin("pilot.ipynb", digest=PILOT)
    pilot.run("print('a pilot')")
    await store(log, pilot.events)
    return people


async def release(log: Log, **options: object) -> ReleasedLog:
    """A release of a log under the tests' key."""
    return await open_release(log, Release(**{"key": KEY, **options}))  # type: ignore[arg-type]


async def export(log: Log, name: str, directory: Path, **options: object) -> Export:
    """An export of a log."""
    return await write_export(await release(log, **options), FORMATS[name], directory)


def every_byte(directory: Path) -> bytes:
    """All files' contents, the names of columns in Parquet among them, and their values."""
    found = b""
    for path in sorted(directory.iterdir()):
        if path.suffix == ".parquet":
            import pandas

            frame = pandas.read_parquet(path)
            found += "\n".join([*frame.columns, *map(str, frame.to_numpy().ravel())]).encode()
        else:
            found += path.read_bytes()
    return found
