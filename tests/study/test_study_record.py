"""The study record: which version was in force when, whole, and why it was changed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from prompter.record import (
    InForce,
    StudyChangeUnexplained,
    limited_since,
    study_record,
    tell_study,
    to_tell,
    versions_of,
)
from prompter.study import WITHOUT_STUDY, Study, StudyInvalid, load_study
from prompter.study.recorded import digest_of
from prompter_events import NO_PARTICIPANT, NO_SESSION, Log, Position, draft, open_log
from prompter_events.catalogue.study import StudyLoaded
from support.events import new_producer
from support.lab import Lab
from support.page import OPENED, page, stored


def study(text: str, phase: str = "pilot", why: str = "", texts: dict[str, str] | None = None) -> Study:
    """A version whose file has that text."""
    return replace(
        WITHOUT_STUDY,
        name="loans",
        digest=digest_of(text),
        phase=phase,
        changed=why,
        text=text,
        texts=texts or {},
    )


PILOT, PILOT_2 = study("pilot"), study("pilot 2")
MAIN, MAIN_2 = study("main", "main"), study("main 2", "main")


async def told(log: Log) -> list[StudyLoaded]:
    return [entry.loaded for entry in await study_record(log)]


async def test_a_version_is_told_whole_when_it_comes_into_force(log: Log) -> None:
    one = study("a: 1\n", why="new wording", texts={"consent.md": "I agree"})
    await tell_study(log, one)
    [loaded] = await told(log)
    assert (loaded.name, loaded.text, loaded.texts) == ("loans", "a: 1\n", {"consent.md": "I agree"})
    assert (loaded.digest, loaded.version) == (one.digest, digest_of("a: 1\n").hex()[:16])
    assert (loaded.phase, loaded.reason) == ("pilot", "new wording")


async def test_a_version_that_is_in_force_is_told_no_more(log: Log) -> None:
    for _ in range(3):
        await tell_study(log, PILOT)
    await tell_study(log, WITHOUT_STUDY)
    assert len(await told(log)) == 1


async def test_an_older_version_that_comes_back_is_told_again(log: Log) -> None:
    for one in (PILOT, PILOT_2, PILOT, PILOT, PILOT_2):
        await tell_study(log, one)
    assert [loaded.text for loaded in await told(log)] == ["pilot", "pilot 2", "pilot", "pilot 2"]


async def test_studies_of_two_names_do_not_replace_each_other(log: Log) -> None:
    other = replace(MAIN, name="houses")
    for one in (MAIN, other, MAIN, other):
        await tell_study(log, one)
    assert [loaded.name for loaded in await told(log)] == ["loans", "houses"]


async def test_servers_that_start_at_once_tell_each_change_once(stored_url: str) -> None:
    async with open_log(stored_url) as one, open_log(stored_url) as other:
        for version in (PILOT, PILOT_2, PILOT, MAIN):
            records = await asyncio.gather(*(tell_study((one, other)[number % 2], version) for number in range(8)))
            assert len({tuple(entry.position for entry in record) for record in records}) == 1
        assert [loaded.text for loaded in await told(one)] == ["pilot", "pilot 2", "pilot", "main"]


async def test_servers_that_start_with_different_files_at_once_leave_a_record_without_repetition(
    stored_url: str,
) -> None:
    async with open_log(stored_url) as one, open_log(stored_url) as other:
        await asyncio.gather(*(tell_study((one, other)[n % 2], (PILOT, PILOT_2)[n % 2]) for n in range(8)))
        texts = [loaded.text for loaded in await told(one)]
        assert set(texts) == {"pilot", "pilot 2"}
        assert all(before != after for before, after in itertools.pairwise(texts))


EXPLAINED = study("main 2", "main", "a wrong word in question 3")
FIRST, SECOND = study("1", "main", "one"), study("2", "main", "two")


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [
        ([], MAIN, ""),
        ([PILOT], PILOT_2, ""),
        ([PILOT], MAIN, ""),
        ([MAIN], MAIN, ""),
        ([MAIN], MAIN_2, "its file was changed"),
        ([MAIN], EXPLAINED, ""),
        ([MAIN], PILOT, "its file was changed"),
        ([MAIN], study("pilot", why="tried on friends first"), ""),
        ([MAIN, EXPLAINED], study("main 3", "main", EXPLAINED.changed), "once more"),
        ([MAIN, FIRST, SECOND], study("3", "main", "one"), "once more"),
        ([MAIN, FIRST, SECOND], FIRST, "once more"),
        ([MAIN, FIRST, SECOND], study("3", "main", "three"), ""),
        ([MAIN, study("p", why="back"), MAIN], MAIN_2, "its file was changed"),
        ([MAIN], replace(MAIN, texts={"consent.md": "I agree"}), "its consent text was changed"),
        ([PILOT], replace(PILOT, texts={"consent.md": "I agree"}), ""),
        ([replace(MAIN, name="houses")], MAIN_2, ""),
    ],
    ids=[
        "first",
        "pilots change freely",
        "the pilot is over",
        "the same",
        "main without a reason",
        "main with a reason",
        "back to a pilot without a reason",
        "back to a pilot with a reason",
        "the last reason again",
        "an older reason again",
        "an older file with its reason",
        "a third reason",
        "main after a second pilot",
        "consent text in main",
        "consent text in a pilot",
        "another study",
    ],
)
def test_a_change_in_the_main_phase_needs_a_reason_of_its_own(before: list[Study], now: Study, refused: str) -> None:
    record: list[InForce] = []
    for position, one in enumerate(before, 1):
        loaded = to_tell(one, record) or pytest.fail("each of these comes into force")
        record.append(InForce(Position(position), position, loaded))
    if refused:
        with pytest.raises(StudyChangeUnexplained, match=refused) as caught:
            to_tell(now, record)
        line = str(caught.value)
        assert "\n" not in line
        assert "`changed: why`" in line
        assert f"prompter record {record[-1].loaded.version} -o study.yaml" in line
    else:
        told_of = to_tell(now, record)
        assert (told_of is None) == (before != [] and now is before[-1])


async def test_a_refused_change_leaves_the_log_as_it_was(log: Log) -> None:
    await tell_study(log, MAIN)
    with pytest.raises(StudyChangeUnexplained):
        await tell_study(log, MAIN_2)
    assert [loaded.text for loaded in await told(log)] == ["main"]


async def test_what_an_early_version_told_by_digest_alone_is_told_once_whole(log: Log) -> None:
    """It is the same study, so no reason is needed even in the main phase."""
    assert MAIN.digest is not None
    producer_id = new_producer()
    early = StudyLoaded(digest=MAIN.digest, version="1", phase="main")
    event = draft(
        early,
        session_id=NO_SESSION,
        producer_id=producer_id,
        producer_seq=1,
        participant_id=NO_PARTICIPANT,
        occurred_at=1,
    )
    await log.append(producer_id, [event])
    for _ in range(2):
        await tell_study(log, MAIN)
    assert [loaded.text for loaded in await told(log)] == [None, "main"]
    assert [entry.is_intact for entry in versions_of(MAIN, await study_record(log))] == [None, True]


LIMITED = "study: loans\ncapture: {outputs: none}\nperiods: [{name: one, conditions: [EXP_CTS], minutes: 5}]\n"
FREE = "study: loans\ncapture: {outputs: none}\n"


UNREADABLE = "study: loans\nunknown: 1"


@pytest.mark.parametrize(
    ("texts", "since"),
    [
        ([FREE], None),
        ([LIMITED], 1),
        ([FREE, LIMITED, LIMITED + "# \n"], 2),
        ([LIMITED, FREE], None),
        ([LIMITED, FREE, LIMITED], 3),
        ([UNREADABLE, LIMITED], 2),
        ([LIMITED, UNREADABLE, LIMITED], 3),
    ],
)
def test_limits_hold_since_the_version_that_set_them(texts: list[str], since: int | None, tmp_path: Path) -> None:
    record = []
    for position, text in enumerate(texts, 1):
        loaded = StudyLoaded(digest=digest_of(text), version="", phase="pilot", name="loans", text=text)
        record.append(InForce(Position(position), position, loaded))
    assert limited_since(load_study(written(tmp_path, texts[-1])), record) == since


def test_a_study_that_is_not_on_record_yet_has_no_limits_of_the_past(tmp_path: Path) -> None:
    assert limited_since(load_study(written(tmp_path, LIMITED)), []) is None


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_bytes(text.encode())
    return path


def test_a_file_is_kept_byte_by_byte_with_its_texts(tmp_path: Path) -> None:
    (tmp_path / "consent.md").write_text("Ich stimme zu: ä", encoding="utf-8")
    text = (
        "study: loäns # \r\nchanged: ' for  clarity '\r\nparticipants: {consent: consent.md}\ncapture: {outputs: none}"
    )
    loaded = load_study(written(tmp_path, text))
    assert (loaded.text, loaded.texts) == (text, {"consent.md": "Ich stimme zu: ä"})
    assert loaded.digest == digest_of(loaded.text)
    assert loaded.changed == "for clarity"


def test_a_file_that_an_event_cannot_hold_is_refused(tmp_path: Path) -> None:
    text = "study: loans\ncapture: {outputs: none}\n#" + "x" * 950_000
    with pytest.raises(StudyInvalid, match="allowed are at most 921,600 together"):
        load_study(written(tmp_path, text))


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes("study: loans\ncapture: {outputs: none}\n".encode("utf-16"))
    with pytest.raises(StudyInvalid, match="write the file in UTF-8"):
        load_study(path)


SERVED = """\
study: served
phase: main
capture: {outputs: none}
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Lab, Path, str]]:
    """A server under a study in its main phase, not started yet; the study's file and the log's URL."""
    url, path = f"sqlite:///{tmp_path}/log.db", written(tmp_path, SERVED)
    lab = Lab(tmp_path, "server", {"PROMPTER_LOG": url, "PROMPTER_STUDY": str(path), "JP_PLUGIN_USER": "wren"})
    yield lab, path, url
    lab.stop()


async def test_a_server_records_nothing_under_an_unexplained_change_and_says_so_everywhere(
    served: tuple[Lab, Path, str],
) -> None:
    lab, path, url = served
    lab.start()
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED)
    lab.stop()
    path.write_text(SERVED + "adaptive: true\n", encoding="utf-8")
    lab.start()
    status = lab.status()
    assert status["recording"] is False
    assert "write `changed: why` into it" in status["reason"]
    assert "Prompter is not recording: the study served is in its main phase" in lab.output
    async with page(lab) as other:
        state = await other.hear("state")
        assert (state["recording"], state["reason"]) == (False, status["reason"])
        assert await other.closed() == 1013
    lab.stop()
    path.write_text(SERVED + "adaptive: true\nchanged: people were asked too often\n", encoding="utf-8")
    lab.start()
    async with page(lab) as third:
        await third.hello()
        await third.send(1, OPENED)
    loaded = [event.body for event in await stored(url, NO_SESSION)]
    assert [(body.phase, body.reason) for body in loaded if isinstance(body, StudyLoaded)] == [
        ("main", ""),
        ("main", "people were asked too often"),
    ]
