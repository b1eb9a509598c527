"""What a person is given of themselves: whole, up to one position, nobody else's, nothing that tells the condition."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import threading
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import nbformat
import pytest

from prompter.my_data import consents
from prompter.my_data.making import Bench, MyData, my_data
from prompter.my_data.telling import MOST_EVENTS, Telling
from prompter.settings import Condition
from prompter.storage import DIRECTORIES, open_study_log
from prompter.study import WITHOUT_STUDY, Consent, Study
from prompter.study.file import consent_of, consent_recorded
from prompter_events import (
    CATALOGUE,
    ERASER,
    NO_SESSION,
    Body,
    ErasedParticipant,
    Log,
    ParticipantId,
    ProducerId,
    SessionId,
    draft,
    pack,
)
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import study as s
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.memory import MemoryLog
from prompter_projections import CurrentProjection, Worker
from support.lifelike import BEGIN, Desk, uuid
from support.mariadb import MariaDB

MADE = datetime(2026, 6, 9, 15, 0, tzinfo=UTC)
CONSENT = consent_of({"en": "We record how you work.\n", "de": "Wir zeichnen auf.\n"})
STUDY = Study(name="loans", digest=bytes(32), output_bytes=None, title="How people clean loans", consent=CONSENT)
HELD = "What will be asked at the end?"
SUPPRESSED = "What was held back?"
HOSTILE = '=HYPERLINK("http://x")\u2028</script> \x00 ö'


@pytest.fixture(params=["memory", "sqlite", "mysql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    """One of each kind, with the tables of the read models."""
    async with open_study_log(await url_of(request.param, request, tmp_path), migrate=True) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "mysql"])
async def erasing(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    """One of each kind that keeps something, by whom erasing is allowed: on MySQL that is another account."""
    url = await url_of(request.param, request, tmp_path)
    if request.param == "mysql":
        server: MariaDB = request.getfixturevalue("mariadb")
        await server.run(url, f"ALTER USER {ERASER}@'%%' IDENTIFIED BY %s ACCOUNT UNLOCK", server.password)
        url = url.replace("prompter_user@", f"{ERASER}@")
    async with open_study_log(url, migrate=request.param == "sqlite") as opened:
        yield opened


async def url_of(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind != "mysql":
        return "memory://" if kind == "memory" else f"sqlite:///{tmp_path / 'study.db'}"
    server: MariaDB = request.getfixturevalue("mariadb")
    return await server.fresh_database(*DIRECTORIES)


async def read_models(log: Log) -> None:
    """Bring the read model of sessions up to the log's end."""
    worker = Worker(log, CurrentProjection())
    running = asyncio.create_task(worker.run())
    await worker.caught_up((await log.head()).position)
    worker.stop()
    await running


async def keep(log: Log, *desks: Desk) -> None:
    """Append what the desks emitted and the log does not hold yet, in the order in which it came."""
    for desk in desks:
        for producer_id, events in groupby(desk.events, key=attrgetter("producer_id")):
            known = await log.last_seq(producer_id)
            if mine := [event for event in events if event.producer_seq > known]:
                await log.append(producer_id, mine)


async def say(log: Log, body: Body, desk: Desk, session_id: SessionId, seed: str) -> None:
    """One event about a person by a producer of its own."""
    producer_id = ProducerId(uuid(desk.seed, seed))
    event = draft(
        body,
        session_id=session_id,
        producer_id=producer_id,
        producer_seq=1,
        participant_id=desk.participant_id,
        occurred_at=BEGIN,
    )
    await log.append(producer_id, [event])


def issued(desk: Desk, question: str, deliver: Any = "end") -> p.PromptIssued:
    return p.PromptIssued(
        prompt_id=uuid(desk.seed, question),
        notebook_id=desk.notebook_id,
        cell_id="a",
        run_id=None,
        cell_version=1,
        question=question,
        choices=[],
        language="en",
        author="Dr Heron",
        rule="first_run",
        trigger=1,
        deliver=deliver,
        decided_at=BEGIN,
        after=1,
        deviation=True,
    )


def worked(seed: int = 1) -> Desk:
    """Somebody in EXP_END who answered one question, while another one and a third are kept from them."""
    desk = Desk(seed)
    desk.open(("a", "code", "loans = 1"), ("b", "markdown", "# Clean"), condition="EXP_END")
    run = desk.run("a")
    prompt = desk.ask("a", run, "What are you after?", "first_run")
    desk.answer(prompt, HOSTILE, "check")
    desk.emit(issued(desk, HELD), server=True)
    suppressed = p.PromptSuppressed(
        cell_id="a", rule="data_step", reason="condition", decided_at=BEGIN, after=1, question=SUPPRESSED
    )
    desk.emit(suppressed, server=True)
    desk.emit(s.NoteAdded(text="in EXP_END, slow", at=1, by="Dr Heron"), server=True)
    desk.run("a")
    return desk


async def made(log: Log, participant_id: ParticipantId, study: Study = STUDY) -> tuple[MyData, ZipFile]:
    data = await my_data(log, study, participant_id, MADE)
    return data, ZipFile(io.BytesIO(b"".join([piece async for piece in data.pieces(Bench())])))


def lines(archive: ZipFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read("events.jsonl").splitlines()]


def text(archive: ZipFile) -> str:
    """All that stands in all of its files and in their names."""
    return "\n".join(name + archive.read(name).decode() for name in archive.namelist())


async def test_it_holds_each_event_of_theirs_as_the_log_has_it(log: Log) -> None:
    desk = worked()
    await keep(log, desk)
    _, archive = await made(log, desk.participant_id)
    assert archive.testzip() is None
    told = {line["position"]: line for line in lines(archive)}
    kept = {e.position: e async for e in log.read() if e.type in {"cell.added", "run.finished", "prompt.answered"}}
    assert kept
    for position, event in kept.items():
        line = told[position]
        assert line["type"] == event.type
        assert line["session_id"] == str(desk.session_id)
        read = msgspec.json.decode(json.dumps(line["body"]).encode(), type=CATALOGUE[event.type].body)
        assert read == event.body
    missing = {e.type async for e in log.read() if e.position not in told}
    assert missing == {"prompt.issued", "prompt.suppressed", "note.added"}


async def test_the_answers_the_story_and_the_notebook_are_there(log: Log) -> None:
    desk = worked()
    desk.emit(p.PromptAmended(prompt_id=uuid(1, "nobody's"), text="lost", choice=None))
    await keep(log, desk)
    _, archive = await made(log, desk.participant_id)
    rows = list(csv.DictReader(io.StringIO(archive.read("answers.csv").decode(), newline="")))
    assert (rows[0]["question"], rows[0]["chosen"], rows[0]["amended"]) == ("What are you after?", "check", "false")
    # A spreadsheet must not take it for a formula.
    assert rows[0]["words"] == "'" + HOSTILE.replace("\0", "\u2400")
    assert (rows[1]["question"], rows[1]["amended"]) == ("", "true")
    folder = "sessions/001-2026-06-09"
    story = archive.read(f"{folder}/narrative.html").decode()
    assert "What are you after?" in story
    assert "script-src &#x27;sha256-" in story or "script-src &#39;sha256-" in story
    notebook = nbformat.reads(archive.read(f"{folder}/notebook.ipynb").decode(), as_version=4)
    assert [cell.source for cell in notebook.cells] == ["loans = 1", "# Clean"]
    readme = archive.read("README.txt").decode()
    for words in ("How people clean loans", "09 June 2026, 15:00 UTC", f"{folder}  loans.ipynb"):
        assert words in readme


async def test_nothing_names_the_condition_and_what_is_kept_for_the_end_is_kept(log: Log) -> None:
    desk = worked()
    await keep(log, desk)
    assigned = s.ParticipantAssigned(
        period="first", condition="EXP_END", by="Dr Heron", reason="EXP_END is short", strata={"site": "A"}
    )
    await say(log, assigned, desk, NO_SESSION, "assigned")
    _, archive = await made(log, desk.participant_id)
    everything = text(archive)
    for word in (*Condition, HELD, SUPPRESSED, "Dr Heron", "first_run", "condition"):
        # The readme's own words tell that there is something of the kind.
        assert word not in everything, word
    [line] = [line for line in lines(archive) if line["type"] == "participant.assigned"]
    assert line["body"] == {"period": "first", "study": "", "strata": {"site": "A"}}


async def test_when_the_session_ended_its_questions_are_told_yet_no_condition(log: Log) -> None:
    desk = worked()
    desk.emit(s.StudyEnded(by="Dr Heron"), server=True)
    await keep(log, desk)
    _, archive = await made(log, desk.participant_id)
    everything = text(archive)
    for word in (HELD, SUPPRESSED):
        assert word in everything
    for word in (*Condition, "Dr Heron", "first_run", '"reason":"condition"'):
        assert word not in everything, word


async def test_a_session_ended_after_a_reload_has_ended_and_the_next_one_has_not(log: Log) -> None:
    before, ended, after = (worked(seed) for seed in (1, 2, 3))
    for desk in (ended, after):
        _same_person(before, desk)
    ended.emit(s.StudyEnded(by="participant"), server=True)
    await keep(log, before, ended, after)
    _, archive = await made(log, before.participant_id)
    told = {line["session"] for line in lines(archive) if line["type"] == "prompt.suppressed"}
    assert told == {1, 2}


def _same_person(person: Desk, desk: Desk) -> None:
    """Have a desk's events be another session of a person on the same notebook."""
    desk.participant_id, desk.notebook_id = person.participant_id, person.notebook_id
    changed = []
    for event in desk.events:
        body: Any = event.body
        if event.type in {"session.accepted", "prompt.issued"}:
            body = msgspec.structs.replace(body, notebook_id=person.notebook_id)
        changed.append(msgspec.structs.replace(event, participant_id=person.participant_id, payload=pack(body)))
    desk.events[:] = changed


async def test_nobody_else_s_is_in_it_also_when_read_models_are_behind(log: Log) -> None:
    mine, theirs = worked(1), worked(2)
    mine.run("a", output="mine")
    theirs.run("a", output="strange words")
    await keep(log, mine, theirs)
    _, behind = await made(log, mine.participant_id)
    await read_models(log)
    _, current = await made(log, mine.participant_id)
    for archive in (behind, current):
        assert "strange words" not in text(archive)
        assert str(theirs.participant_id) not in text(archive)
        assert {line["session_id"] for line in lines(archive)} == {str(mine.session_id)}
    assert lines(behind) == lines(current)
    assert behind.namelist() == current.namelist()


async def test_a_collaborator_is_not_named_in_a_shared_notebook(log: Log) -> None:
    desk = worked()
    other = uuid(9, "somebody else")
    desk.emit(CellEdited(cell_id="a", changes=[(0, ["#"])], cause="remote", author=other))
    desk.emit(CellEdited(cell_id="a", changes=[(0, ["!"])], cause="remote", author=desk.participant_id))
    await keep(log, desk)
    _, archive = await made(log, desk.participant_id)
    remote = [line["body"]["author"] for line in lines(archive) if line["body"].get("cause") == "remote"]
    assert remote == [None, str(desk.participant_id)]
    assert str(other) not in text(archive)


async def test_what_comes_while_it_is_made_is_not_in_it(log: Log) -> None:
    desk = worked()
    await keep(log, desk)
    head = (await log.head()).position
    data = await my_data(log, STUDY, desk.participant_id, MADE)
    desk.run("a", output="too late")
    desk.emit(s.StudyEnded(by="participant"), server=True)
    await keep(log, desk)
    archive = ZipFile(io.BytesIO(b"".join([piece async for piece in data.pieces(Bench())])))
    assert max(line["position"] for line in lines(archive)) <= head
    assert "too late" not in text(archive)
    assert HELD not in text(archive)


async def test_each_text_that_they_agreed_to_is_there_with_its_version_and_when(log: Log) -> None:
    desk = worked()
    await keep(log, desk)
    old = consent_of({"en": "An older text.\n"})
    study = s.StudyLoaded(
        digest=bytes(32),
        version="0",
        phase="main",
        text="study: loans\nparticipants: {consent: old.md}\n",
        texts={"old.md": "An older text.\n"},
    )
    await say(log, study, desk, NO_SESSION, "loaded")
    for number, body in enumerate(
        [
            s.ConsentGiven(version=old.version),
            s.ConsentGiven(version=CONSENT.version),
            s.ConsentWithdrawn(version=CONSENT.version),
            s.ConsentGiven(version="../../etc/passwd"),
        ]
    ):
        await say(log, body, desk, SessionId(uuid(1, "consents", number)), f"consent {number}")
    _, archive = await made(log, desk.participant_id)
    files = {name: archive.read(name).decode() for name in archive.namelist() if name.startswith("consent/")}
    assert set(files) == {f"consent/{old.version}.txt", f"consent/{CONSENT.version}.txt", "consent/etcpasswd.txt"}
    assert "An older text." in files[f"consent/{old.version}.txt"]
    current = files[f"consent/{CONSENT.version}.txt"]
    for words in ("We record how you work.", "Wir zeichnen auf.", "Agreed on 2026-06-09T", "Withdrawn on 2026-06-09T"):
        assert words in current
    assert "not with the study's server any more" in files["consent/etcpasswd.txt"]


async def test_old_studies_are_read_off_the_loop_and_only_for_who_agreed_to_them(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, read_by = worked(), list[threading.Thread]()

    def recorded(text: str, texts: Mapping[str, str]) -> Consent | None:
        read_by.append(threading.current_thread())
        return consent_recorded(text, texts)

    monkeypatch.setattr(consents, "consent_recorded", recorded)
    text = "study: loans\nlanguages: [de]\nparticipants: {consent: old.md}\nno_longer: known\n"
    study = s.StudyLoaded(digest=bytes(32), version="0", phase="main", text=text, texts={"old.md": "Alt.\n"})
    await keep(log, desk)
    await say(log, study, desk, NO_SESSION, "loaded")
    await say(log, s.ConsentGiven(version=CONSENT.version), desk, SessionId(uuid(1, "consents", 0)), "the current one")
    await made(log, desk.participant_id)
    assert read_by == []
    old = consent_of({"de": "Alt.\n"})
    await say(log, s.ConsentGiven(version=old.version), desk, SessionId(uuid(1, "consents", 1)), "an old one")
    _, archive = await made(log, desk.participant_id)
    assert "Alt." in archive.read(f"consent/{old.version}.txt").decode()
    assert len(read_by) == 1
    assert threading.main_thread() not in read_by


@pytest.mark.parametrize("consent", ["none.md", "[old.md]", "{de: [old.md]}", "", "!!python/name:os.system old.md"])
def test_a_consent_text_that_cannot_be_read_is_none(consent: str) -> None:
    assert consent_recorded(f"study: loans\nparticipants: {{consent: {consent}}}\n", {"old.md": "Alt."}) is None
    assert consent_recorded("[", {}) is None
    assert consent_recorded("study: [loans]\nlanguages: {}\nparticipants: [consent]\n", {}) is None


async def test_who_is_unknown_has_nothing(log: Log) -> None:
    await keep(log, worked())
    assert (await my_data(log, STUDY, ParticipantId(uuid(7, "nobody")), MADE)).is_empty


async def test_who_was_erased_gets_nothing(erasing: Log) -> None:
    desk = worked()
    await keep(erasing, desk)
    await erasing.erase(desk.participant_id, by="test")
    with pytest.raises(ErasedParticipant):
        await my_data(erasing, STUDY, desk.participant_id, MADE)


async def test_who_is_erased_while_it_is_made_gets_no_whole_file() -> None:
    async with MemoryLog() as log:
        desk = worked()
        await keep(log, desk)
        data = await my_data(log, STUDY, desk.participant_id, MADE)
        await log.erase(desk.participant_id, by="test")
        with pytest.raises(ErasedParticipant):
            async for _ in data.pieces(Bench()):
                pass


class Metered(MemoryLog):
    """A log that counts how many events lie between what was read and what was handed on."""

    read_events = 0

    async def read(self, *args: Any, **kwargs: Any) -> Any:
        """As ever."""
        async for event in super().read(*args, **kwargs):
            self.read_events += 1
            yield event


async def test_it_is_handed_on_while_it_is_made_and_others_are_heard_meanwhile() -> None:
    async with Metered() as log:
        desk = Desk(3)
        desk.open(("a", "code", "1"))
        for _ in range(3_000):
            desk.run("a")
        await keep(log, desk)
        data = await my_data(log, WITHOUT_STUDY, desk.participant_id, MADE)
        log.read_events = 0
        bench = Bench()
        pieces = data.pieces(bench)
        first = await anext(pieces)
        assert first.startswith(b"PK")
        assert log.read_events < len(desk.events), "the first piece came before all was read"
        # While a portion is worked at, in a thread, the loop goes on.
        working, heard = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> bool:
            loop.call_soon_threadsafe(working.set)
            return asyncio.run_coroutine_threadsafe(_set(heard), loop).result(timeout=30)

        assert await bench.do(work)
        assert working.is_set()
        await pieces.aclose()


async def _set(signal: asyncio.Event) -> bool:
    signal.set()
    return True


def test_a_session_that_is_too_long_has_no_story_but_says_so_and_keeps_its_notebook() -> None:
    desk = Desk(4)
    desk.open(("a", "code", "1"))
    telling = Telling()
    telling.take(desk.events)
    edit = desk.emit(CellEdited(cell_id="a", changes=[(0, [1, "+1"])], cause="user"))
    telling.take([edit])
    many = [desk.emit(CellEdited(cell_id="none", changes=[], cause="user"))] * (MOST_EVENTS + 1)
    telling.take(many)
    files = dict(telling.files([]))
    assert set(files) == {"notebook.ipynb", "narrative.txt"}
    assert b"1+1" in files["notebook.ipynb"]
    assert b"too long" in files["narrative.txt"]


def test_one_archive_at_a_time_for_each_person() -> None:
    bench = Bench()
    one, other = ParticipantId(uuid(1, "one")), ParticipantId(uuid(1, "other"))
    with bench.place(one) as mine, bench.place(one) as again, bench.place(other) as theirs:
        assert (mine, again, theirs) == (True, False, True)
    with bench.place(one) as later:
        assert later
