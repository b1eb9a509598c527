"""The frames tell what was recorded, with the right types, under the right names."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from making_study import BEGIN, DAY, PEOPLE, Clock, Page, append, copied

import prompter
from prompter.errors import SettingInvalid
from prompter.exports.key import pseudonym_key
from prompter.research.columns import FRAMES, Kind, reference
from prompter.storage import DIRECTORIES
from prompter_events import ParticipantId, draft, migrate, open_log
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellAdded, CellEdited
from prompter_events.catalogue.prompts import PromptSuppressed
from prompter_events.catalogue.runs import RunScheduled
from prompter_events.catalogue.study import ConsentGiven, NoteAdded
from prompter_projections.pseudonym import pseudonym
from support.events import new_producer, new_session
from support.lifelike import lifelike
from support.mariadb import MariaDB

PANDAS: dict[Kind, str] = {
    "category": "category",
    "text": "string",
    "list": "object",
    "whole": "Int64",
    "truth": "boolean",
    "time": "datetime64[us, UTC]",
    "duration": "timedelta64[us]",
}
POLARS: dict[Kind, tuple[type[pl.DataType], ...]] = {
    "category": (pl.Categorical, pl.Enum),
    "text": (pl.String,),
    "list": (pl.List,),
    "whole": (pl.Int64,),
    "truth": (pl.Boolean,),
    "time": (pl.Datetime,),
    "duration": (pl.Duration,),
}


@pytest.fixture(scope="module")
def frames(url: str) -> dict[str, pd.DataFrame]:
    return all_frames(url)


def all_frames(url: str, **options: Any) -> dict[str, Any]:
    """Each frame that a study gives, by its name."""
    with prompter.Study(url, **options) as study:
        return {name: getattr(study, name)() for name in FRAMES}


def bodies(kind: type[Body]) -> list[Any]:
    """What the story of the first session says."""
    return [event.body for event in lifelike() if isinstance(event.body, kind)]


@pytest.mark.parametrize("name", FRAMES)
def test_columns_have_their_types_with_and_without_rows(name: str, frames: dict[str, Any], tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path}/empty.db"
    asyncio.run(migrate(empty, directories=DIRECTORIES))
    wanted = {column.name: PANDAS[column.kind] for column in FRAMES[name].columns}
    for frame in (frames[name], all_frames(empty)[name]):
        assert {column: str(kind) for column, kind in frame.dtypes.items()} == wanted
    bare = all_frames(empty, frames="polars")[name]
    assert (len(bare), bare.columns) == (0, list(wanted))
    for column in FRAMES[name].columns:
        assert isinstance(bare[column.name].dtype, POLARS[column.kind]), column.name


@pytest.mark.parametrize("name", FRAMES)
def test_polars_and_pandas_hold_the_same(name: str, frames: dict[str, Any], url: str) -> None:
    told = all_frames(url, frames="polars")[name]
    for column in FRAMES[name].columns:
        assert isinstance(told[column.name].dtype, POLARS[column.kind]), column.name
        assert told[column.name].to_list() == plain(frames[name][column.name]), column.name


def plain(column: pd.Series[Any]) -> list[Any]:
    """The values as Python has them; none where one is missing."""
    made: list[Any] = []
    for value in column:
        if isinstance(value, tuple):
            made.append(list(value))
        elif pd.isna(value):
            made.append(None)
        elif isinstance(value, pd.Timestamp):
            made.append(value.to_pydatetime())
        else:
            made.append(value.to_pytimedelta() if isinstance(value, pd.Timedelta) else value)
    return made


def test_the_frames_tell_the_story(frames: dict[str, Any]) -> None:
    sessions, cells, runs, prompts = (frames[name] for name in ("sessions", "cells", "runs", "prompts"))
    events = lifelike()
    first = sessions.iloc[0]
    assert list(sessions["condition"]) == list(PEOPLE.values())
    assert first["began_at"] == datetime.fromtimestamp(BEGIN / 1e6, UTC)
    assert sessions["began_at"].diff().dropna().eq(pd.Timedelta(DAY, "us")).all()
    assert first["events"] == len(events)
    page = [event.occurred_at for event in events if not event.type.startswith(("prompt.i", "session.a", "prompt.su"))]
    assert first["length"] == timedelta(microseconds=max(page) - min(page))
    # One pause of 330 s is no work; one of 226 s is.
    assert timedelta(seconds=329) < first["length"] - first["worked"] < timedelta(seconds=345)

    scheduled = bodies(RunScheduled)
    own = runs[runs["session_id"].eq(first["session_id"])]
    assert list(own["source"]) == [body.source for body in scheduled]
    assert (own["status"].eq("error").sum(), own["status"].eq("lost").sum()) == (8, 1)
    assert own["duration"].max() == timedelta(seconds=48)
    assert own.loc[own["error_name"].eq("KeyError"), "error_message"].tolist() == ["'instalment'"]

    mine = cells[cells["session_id"].eq(first["session_id"])].set_index("cell_id")
    edited = [(event.position, event.body.cell_id) for event in events if isinstance(event.body, CellEdited)]
    for cell_id, cell in mine.iterrows():
        ran = [event for event in events if isinstance(event.body, RunScheduled) and event.body.cell_id == cell_id]
        begun = ran[0].position if ran else 10**9
        assert cell["edits_before_first_run"] == sum(one == cell_id and at < begun for at, one in edited)
        assert cell["runs"] == len(ran)
        assert pd.isna(cell["first_run_at"]) == (not ran)
    assert mine["errors"].sum() == 8
    assert mine["characterization"].dropna().str[:12].tolist() == ["Just getting", "I wrote inst", "0.97 is far "]
    assert mine["place"].isna().sum() == 3

    asked = prompts[prompts["session_id"].eq(first["session_id"])]
    assert Counter(asked["status"]) == Counter(
        {"answered": 3, "held back": 3, "dismissed": 1, "expired": 1, "withdrawn": 1, "snoozed": 1}
    )
    assert asked["delay"].dropna().dt.total_seconds().tolist() == [14, 55, 30]
    assert asked.loc[asked["status"].eq("held back"), "reason"].tolist() == [
        body.reason for body in bodies(PromptSuppressed)
    ]


def test_events_are_selected_by_type_session_and_time(url: str) -> None:
    with prompter.Study(url) as study:
        everything, session = study.events(), study.sessions()["session_id"][1]
        assert everything["position"].tolist() == list(range(1, len(everything) + 1))
        opened = study.events("session.opened")
        assert (len(opened), json.loads(opened["body"][0])["kernel_name"]) == (3, "python3")
        some = study.events(["run.*", "notebook.saved"], session=session[:8])
        assert set(some["type"]) == {"run.scheduled", "run.started", "run.finished", "notebook.saved"}
        assert set(some["session_id"]) == {session}
        begin, end = some["occurred_at"].iloc[10], some["occurred_at"].iloc[20]
        # The same moment in another zone, and as text.
        assert study.events(
            session=session, types="run.*", since=begin.tz_convert("Asia/Tokyo"), until=str(end)
        ).equals(study.events(session=session, types="run.*", since=begin.value // 1000, until=end))
        between = study.events(session=session, since=begin, until=end)
        assert (between["occurred_at"].min(), between["occurred_at"].lt(end).all()) == (begin, True)
        assert study.runs(session)["session_id"].nunique() == study.prompts(session)["session_id"].nunique() == 1
        for wrong, told in (
            ({"types": "run.ended"}, "no events of type 'run.ended'"),
            ({"since": "2026-06-09T13:00"}, "write a time with its zone"),
            ({"until": datetime(2026, 6, 9)}, "write a time with its zone"),  # noqa: DTZ001 - that is the mistake
            ({"session": "ffffffff"}, "there is no session 'ffffffff'"),
            ({"session": ""}, "there is no session ''"),
        ):
            with pytest.raises(SettingInvalid, match=told):
                study.events(**wrong)


def test_names_are_pseudonyms_unless_asked_for(url: str, frames: dict[str, Any]) -> None:
    secret = pseudonym_key(url).secret
    identified = all_frames(url, identified=True)
    assert identified["sessions"]["participant"].tolist() == list(PEOPLE)

    async def ids() -> dict[ParticipantId, str]:
        async with open_log(url, migrations=DIRECTORIES) as log:
            return await log.participant_names()

    called = {name: pseudonym(participant, "loans", secret) for participant, name in asyncio.run(ids()).items()}
    assert frames["sessions"]["participant"].tolist() == [called[name] for name in PEOPLE]
    for frame in frames.values():
        told = frame.to_csv()
        assert not any(part in told for name in PEOPLE for part in (name, *name.split()))
        assert set(frame["participant"].dropna()) == set(called.values())


def test_a_blind_study_tells_no_condition(url: str) -> None:
    for name, frame in all_frames(url, blind=True).items():
        assert frame["condition"].isna().all(), name
        assert "EXP_" not in frame.to_csv(), name


def test_a_study_on_mariadb_tells_the_same(mariadb: MariaDB, url: str, frames: dict[str, Any], tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(pseudonym_key(url).secret)
    there = asyncio.run(mariadb.fresh_database(*DIRECTORIES))
    asyncio.run(taken_over(url, there))
    for name, frame in all_frames(there, key_file=key).items():
        apart = ["recorded_at"] if name == "events" else []
        pd.testing.assert_frame_equal(frame.drop(columns=apart), frames[name].drop(columns=apart))


async def taken_over(url: str, to: str) -> None:
    """Append all events of a log to another one."""
    async with open_log(url, migrations=DIRECTORIES) as log:
        events = [event async for event in log.read()]
    async with open_log(to, migrations=DIRECTORIES) as log:
        await append(log, events, Clock(), within_s=1e6)


def test_a_study_sees_what_was_recorded_since(url: str, tmp_path: Path) -> None:
    url = copied(url, tmp_path)
    with prompter.Study(url) as study:
        assert len(study.sessions()) == 3
        asyncio.run(one_more(url))
        assert study.sessions()["notebook_path"].nunique() == 2
        assert pd.isna(study.sessions()["condition"][3])


async def one_more(url: str) -> None:
    """A session that was never accepted, without an end."""
    page = Page()
    async with open_log(url, migrations=DIRECTORIES) as log:
        await log.append(page.producer, page.events)


def test_whatever_was_typed_is_text(tmp_path: Path) -> None:
    long = "x" * 1_000_000
    page = Page(
        # Half an emoji, which no file can hold.
        CellEdited(cell_id="=1+1", changes=[(0, [1, -1])], cause="user"),
        CellAdded(cell_id="\0\n", index=1, cell_type="raw", source=long, cause="user", parents=["=1+1", "\u2028"]),
        NoteAdded(text="{0.__class__} %s", at=0, by="=cmd|'/c calc'!A1"),
    )

    async def record() -> None:
        await migrate(url, directories=DIRECTORIES)
        async with open_log(url, migrations=DIRECTORIES) as log:
            await log.append(page.producer, page.events)

    url = f"sqlite:///{tmp_path}/study.db"
    asyncio.run(record())
    for library in ("pandas", "polars"):
        told = all_frames(url, frames=library, identified=True)
        cells = told["cells"]
        assert list(cells["source"]) == ["\ufffd", long]
        assert list(cells["cell_id"]) == ["=1+1", "\0\n"]
        assert list(cells["parents"][1]) == ["=1+1", "\u2028"]
        assert list(told["sessions"]["kernel_name"]) == ["\0"]
        assert json.loads(told["events"]["body"][3])["text"] == "{0.__class__} %s"


def test_of_who_was_erased_nothing_is_left(url: str, tmp_path: Path) -> None:
    url = copied(url, tmp_path)

    async def erase() -> None:
        async with open_log(url, migrations=DIRECTORIES) as log:
            await log.erase(await log.participant("Ada Lovelace"), by="test")

    with prompter.Study(url) as study:
        gone = study.sessions()["session_id"][0]
        asyncio.run(erase())
        assert len(study.sessions()) == 2
        for name in ("cells", "runs", "prompts", "edits", "events"):
            assert gone not in set(getattr(study, name)()["session_id"]), name
        for show in (study.notebook, study.timeline, study.runs):
            with pytest.raises(SettingInvalid):
                show(gone)


def test_the_guide_lists_every_column() -> None:
    guide = (Path(__file__).parents[2] / "docs/python.md").read_text("utf-8")
    assert reference() in guide


def test_consent_is_told_under_the_name_of_whose_sessions_follow(url: str, tmp_path: Path) -> None:
    """A page tells of consent under a session of its own, before any notebook is open."""
    url = copied(url, tmp_path)

    async def agree() -> None:
        async with open_log(url, migrations=DIRECTORIES) as log:
            producer = new_producer()
            given = draft(
                ConsentGiven(version="1"),
                session_id=new_session(),
                producer_id=producer,
                producer_seq=1,
                participant_id=await log.participant("Grace Hopper"),
                occurred_at=BEGIN,
            )
            await log.append(producer, [given])

    asyncio.run(agree())
    with prompter.Study(url) as study:
        assert len(study.sessions()) == len(study.timeline().rows) == 3
        assert study.events("consent.given")["participant"].tolist() == [study.sessions()["participant"][1]]
