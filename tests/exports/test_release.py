"""What a release tells, and what it does not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from prompter.conditions import assign_by_link, condition_of
from prompter.errors import SettingInvalid
from prompter.exports import Release, Released, open_release
from prompter.exports.key import key_path, pseudonym_key
from prompter.exports.names import Names
from prompter.exports.rows import rows
from prompter.settings import Condition, Settings
from prompter.study import WITHOUT_STUDY, Period
from prompter_events import Event, Log, open_log, verify
from prompter_events.catalogue.notebook import (
    WITHHELD,
    CellEdited,
    NotebookSaved,
    SessionAccepted,
    SessionOpened,
)
from prompter_events.catalogue.prompts import PromptAnswered, PromptIssued
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from prompter_events.catalogue.study import NoteAdded, ParticipantAssigned, ParticipantErased
from prompter_projections.notebook import EMPTY, fold
from prompter_projections.pseudonym import pseudonym, pseudonymous_id
from prompter_projections.text import units
from support.lifelike import lifelike
from support.released import KEY, Person, release, store, told


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    async with open_log("memory://") as opened:
        yield opened


async def events(log: Log, **options: object) -> list[Released]:
    return [event async for event in (await release(log, **options)).events()]


def bodies(found: Sequence[Event], kind: type) -> list:  # type: ignore[type-arg]
    return [event.body for event in found if isinstance(event.body, kind)]


async def test_a_pseudonym_is_the_same_in_each_release_with_the_key_and_another_one_with_another(log: Log) -> None:
    await told(log)
    first, second = await release(log), await release(log)
    other = await release(log, key=b"another key of some length")
    assert first.participants == second.participants
    assert len(set(first.participants)) == 2
    assert not set(first.participants) & set(other.participants)


async def test_a_release_calls_people_as_everything_else_does(log: Log) -> None:
    people = await told(log)
    person = people["zsofia.kertesz"]
    [session] = (await release(log, participants=frozenset([person.participant_id]))).sessions
    assert session.participant == pseudonym(person.participant_id, "loans", KEY)
    assert session.participant_id == pseudonymous_id(person.participant_id, "loans", KEY)
    assert session.participant.partition("-")[2] == str(session.participant_id)[:8]


def test_without_a_key_nothing_is_released_under_pseudonyms() -> None:
    with pytest.raises(SettingInvalid, match="16 or more"):
        Release(key=b"short")
    assert Release(identified=True).key == b""


async def test_no_id_that_is_made_of_a_participants_is_released(log: Log) -> None:
    people = await told(log)
    ids = {
        str(getattr(person, name)) for person in people.values() for name in ("participant_id", "producer_id", "server")
    }
    raw = bodies([event async for event in log.read()], PromptIssued)
    prompts = {str(body.prompt_id) for body in raw}
    assert len(prompts) == 2
    found = await events(log, pilots=True)
    shown = set(re.findall(r"[0-9a-f-]{36}", str([(e.participant_id, e.producer_id, e.body) for e in found])))
    assert not (ids | prompts) & shown
    issued = [body.prompt_id for body in bodies(found, PromptIssued)]
    assert issued == [body.prompt_id for body in bodies(found, PromptAnswered)]
    assert len(set(issued)) == 2


async def test_names_paths_and_home_directories_are_replaced_wherever_they_stand(log: Log) -> None:
    await told(log)
    text = str([event.body for event in await events(log)]).casefold()
    assert "example.org" in text
    for name in ("zsofia", "kertesz", "ødegård", "ørn", "moragas", "thesis"):
        assert name not in text


async def test_the_words_for_what_assigns_by_itself_are_no_names(log: Log) -> None:
    study = replace(WITHOUT_STUDY, name="loans", periods=(Period(name="session", conditions=("EXP_CTS", "EXP_END")),))
    person = Person(5, await log.participant("zsofia.kertesz"))
    await assign_by_link(log, Settings("memory://", study, None, None), person.participant_id, "EXP_END")
    wren = await log.participant("wren")
    await condition_of(log, Settings("memory://", study, Condition.EXP_CTS, None), wren)
    person.begin("work.ipynb")
    person.run("link = block = operator = 'a link of zsofia.kertesz'")
    await store(log, person.events)
    found = await events(log)
    assert [body.by for body in bodies(found, ParticipantAssigned)] == ["link", "operator"]
    source = bodies(found, RunScheduled)[0].source
    assert source.startswith("link = block = operator = 'a link of ")
    assert "zsofia" not in source


async def test_the_same_name_has_the_same_stand_in_everywhere(log: Log) -> None:
    await told(log)
    found = await events(log)
    path = bodies(found, SessionOpened)[0].notebook_path
    name = path.split("/")[0]
    assert path.endswith(".ipynb")
    output = bodies(found, RunFinished)[0].outputs[0].text
    assert output.startswith(f"written by {name} in {path.split('/')[1]}")
    assert name.upper() in bodies(found, PromptAnswered)[0].text


def test_a_stand_in_is_as_long_as_the_name_and_a_word_like_it() -> None:
    names = Names(["Jürgen 𝒵", "o'neil"], ["über uns/Größe.ipynb"], KEY)
    for text in ("by Jürgen 𝒵!", "o'neil", "'über uns/Größe.ipynb'", "/home/Öz/x", "C:\\\\Users\\\\Öz\\x"):
        made = names.text(text)
        assert made != text
        assert units(made) == units(text)
        assert re.sub(r"\w+", "", made, flags=re.ASCII) == re.sub(r"[^\W_]+|𝒵", "", text)
    assert names.text("übermut, joneil, jürgen") == "übermut, joneil, jürgen"


def test_words_of_python_are_never_replaced() -> None:
    names = Names(["print", "data", "max", "Li", "1234", "user", "for"], ["in", "print", "", "/", "max"], KEY)
    text = "for max in data: print(user, 1234, Li)"
    assert names.text(text) == text


async def test_what_is_typed_key_by_key_is_withheld_where_it_spells_a_name(log: Log) -> None:
    person = Person(1, await log.participant("zsofia"))
    person.begin("x.ipynb")
    person.type("# zsofia wrote this")
    person.type("# mine", cell_id="b", at=6)
    person.run("# zsofia wrote this")
    await store(log, person.events)
    found = await events(log)
    typed = [body for body in bodies(found, CellEdited) if body.cell_id == "a"]
    assert {op for body in typed for _, ops in body.changes for op in ops if isinstance(op, str)} == {WITHHELD}
    assert all(body.withheld for body in typed)
    other = [body for body in bodies(found, CellEdited) if body.cell_id == "b"]
    assert "".join(body.changes[0][1][-1] for body in other) == "# mine"
    assert len(bodies(found, RunScheduled)[0].source) == len("# zsofia wrote this")
    assert "zsofia" not in str(found)


async def test_a_name_is_found_in_typing_behind_emojis_and_over_deletions(log: Log) -> None:
    person = Person(1, await log.participant("zsofia"))
    person.begin("x.ipynb")
    person.say(CellEdited(cell_id="a", changes=[(0, ["🙂" * 300 + " zso_ "])], cause="user"))
    person.say(CellEdited(cell_id="a", changes=[(0, [604, "fia"])], cause="user"))
    person.say(CellEdited(cell_id="a", changes=[(0, [604, 3, -1])], cause="user"))
    person.say(CellEdited(cell_id="b", changes=[(0, ["zso fia"])], cause="user"))
    person.say(CellEdited(cell_id="b", changes=[(0, [3, -1])], cause="user"))
    await store(log, person.events)
    assert all(body.withheld for body in bodies(await events(log), CellEdited))


async def test_typing_beside_a_name_that_came_as_a_whole_stays(log: Log) -> None:
    person = Person(1, await log.participant("zsofia"))
    person.begin("x.ipynb")
    person.run("# by zsofia\n\n")
    person.type("y", at=13)
    await store(log, person.events)
    [edit] = bodies(await events(log), CellEdited)
    assert edit.changes == [(0, [13, "y"])]


async def test_released_events_replay_to_the_notebook_with_stand_ins(log: Log) -> None:
    for event in lifelike():
        await store(log, [event])
    await log.participant("logit")
    raw, state = EMPTY, EMPTY
    async for event in log.read():
        raw = fold(raw, event)
    for released in await events(log):
        state = fold(state, released)
    assert [cell.cell_id for cell in state.cells] == [cell.cell_id for cell in raw.cells]
    assert [units(cell.source) for cell in state.cells] == [units(cell.source) for cell in raw.cells]
    assert not any("logit" in cell.source for cell in state.cells)
    beyond = [note for note in state.divergences if "reaches" in note.text]
    assert beyond == []


async def test_digests_cannot_be_compared_with_a_guess(log: Log) -> None:
    await told(log)
    found = await events(log)
    digests = [body.digest for body in bodies(found, NotebookSaved)]
    outputs = [output.digest for body in bodies(found, RunFinished) for output in body.outputs]
    assert len(set(digests)) == 2
    assert len(set(outputs)) == 1
    assert not {bytes(32), bytes([1]) * 32, bytes([2]) * 32} & {*digests, *outputs}


async def test_a_researcher_whose_name_is_too_short_to_be_looked_for_is_replaced_where_they_stand(log: Log) -> None:
    person = Person(5, await log.participant("zsofia.kertesz"))
    person.begin("work.ipynb")
    person.ask("to look")
    issued = next(event.body for event in person.events if isinstance(event.body, PromptIssued))
    person.say(NoteAdded(text="stuck", at=1, by="li"), replace(issued, author="li"), server=True)
    await store(log, person.events)
    found = await events(log)
    [note] = bodies(found, NoteAdded)
    assert "li" not in (note.by, *(body.author for body in bodies(found, PromptIssued)))
    assert {body.author for body in bodies(found, PromptIssued)} == {"rule", note.by}


async def test_a_blind_release_tells_no_condition(log: Log) -> None:
    await told(log)
    for identified in (False, True):
        found = await events(log, blind=True, identified=identified)
        text = str(found)
        assert not re.search("EXP_|NO_EXP|novice|'condition'", text)
        assert {body.condition for body in bodies(found, SessionAccepted) + bodies(found, ParticipantAssigned)} == {""}
        assert {body.deliver for body in bodies(found, PromptIssued)} == {""}
        assert {session.condition for session in (await release(log, blind=True)).sessions} == {""}
    assert "EXP_END" in str(await events(log))


async def test_pilot_data_stay_out_unless_they_are_asked_for(log: Log) -> None:
    people = await told(log)
    pilot = people["pilot person"].session_id
    without, with_them = await release(log), await release(log, pilots=True)
    assert pilot not in {session.session_id for session in without.sessions}
    assert without.pilot_sessions == 1
    assert {session.session_id: session.pilot for session in with_them.sessions}[pilot] is True
    assert "pilot" not in str([event.body async for event in without.events()])
    assert [event async for event in without.events_of(pilot)] == []


async def test_sessions_participants_and_times_select(log: Log) -> None:
    people = await told(log)
    person = people["Ødegård Ørn"]
    begun = person.events[1].occurred_at
    for options in (
        {"sessions": frozenset([person.session_id])},
        {"participants": frozenset([person.participant_id])},
        {"since": begun},
    ):
        released = await release(log, **options)
        assert [session.session_id for session in released.sessions] == [person.session_id]
        found = [event async for event in released.events()]
        assert {event.participant for event in found} <= {released.participants[0], ""}
        assert len([e for e in found if e.session_id == person.session_id]) == len(person.events) - 1
    assert len((await release(log, until=begun)).sessions) == 1


async def test_nothing_of_who_was_erased_remains_but_that_it_happened(log: Log) -> None:
    people = await told(log)
    person = people["zsofia.kertesz"]
    await log.erase(person.participant_id, by="root")
    released = await release(log)
    found = [event async for event in released.events()]
    assert person.session_id not in {session.session_id for session in released.sessions}
    assert person.session_id not in {event.session_id for event in found}
    [erased] = bodies(found, ParticipantErased)
    assert erased.participant_id != person.participant_id
    assert person.session_id in erased.sessions
    assert released.survey.erased_events == len(person.events)
    assert str(person.participant_id) not in str(found)


async def test_an_erasure_that_was_begun_counts(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    people = await told(log)
    person = people["zsofia.kertesz"]

    async def is_erased(participant_id: UUID) -> bool:
        return participant_id == person.participant_id

    monkeypatch.setattr(log, "is_erased", is_erased)
    assert person.session_id not in {event.session_id for event in await events(log)}


async def test_what_comes_while_it_is_released_stays_out(log: Log) -> None:
    people = await told(log)
    released = await release(log)
    before = len([event async for event in released.events()])
    late = people["Ødegård Ørn"]
    count = len(late.events)
    late.run("late = 1", number=9)
    await store(log, late.events[count:])
    assert len([event async for event in released.events()]) == before
    assert "late" not in str([event async for event in released.events_of(late.session_id)])


async def test_an_identified_release_is_as_the_log(log: Log) -> None:
    await told(log)
    found = await events(log, identified=True, pilots=True, key=b"")
    raw = [event async for event in log.read()]
    assert [event.body for event in found] == [event.body for event in raw]
    assert [event.participant_id for event in found] == [event.participant_id for event in raw]
    assert {"zsofia.kertesz", "Ødegård Ørn"} < {event.participant for event in found}


async def test_each_reading_tells_how_far_it_is(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompter.exports.stream._EACH", 10)
    await told(log)
    seen: dict[str, list[tuple[int, int]]] = {}

    def watch(what: str, done: int, total: int) -> None:
        seen.setdefault(what, []).append((done, total))

    released = await open_release(log, Release(key=KEY), watch)
    async for _ in rows(released):
        pass
    assert {"typed names", "events", "sessions"} <= set(seen)
    for steps in seen.values():
        assert steps == sorted(steps)
        assert all(0 < done <= total for done, total in steps)
    assert seen["sessions"][-1] == (2, 2)


async def test_a_release_leaves_the_log_as_it_was(log: Log) -> None:
    await told(log)
    before = await log.head()
    await events(log)
    assert await log.head() == before
    await verify(log)


def test_each_log_has_a_key_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    assert key_path(f"sqlite:///{tmp_path}/a.db") == tmp_path / "a.pseudonyms.key"
    assert key_path("mysql://u@host/loans") == tmp_path / "data" / "prompter" / "loans.pseudonyms.key"
    assert pseudonym_key("mysql://u@host/loans").secret != pseudonym_key(f"sqlite:///{tmp_path}/a.db").secret
    assert "secret" not in repr(pseudonym_key("mysql://u@host/loans"))
    assert repr(KEY) not in repr(Release(key=KEY))


def test_the_same_key_in_two_files_is_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    made = pseudonym_key(url)
    assert made.made
    assert made.path == tmp_path / "study.pseudonyms.key"
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert pseudonym_key(url).secret == made.secret
    other = tmp_path / "copy"
    other.write_bytes(made.path.read_bytes() + b"\n")
    assert pseudonym_key(url, other).secret == made.secret
    with pytest.raises(SettingInvalid, match="no key file"):
        pseudonym_key(url, tmp_path / "none")
    other.write_bytes(b"short")
    with pytest.raises(SettingInvalid, match="16 or more"):
        pseudonym_key(url, other)
