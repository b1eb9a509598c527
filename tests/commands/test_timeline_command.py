"""``prompter timeline`` for sessions, participants and studies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pytest
from click.testing import Result
from msgspec.structs import replace
from typer.testing import CliRunner

from prompter.commands import app
from prompter.commands import timeline as command
from prompter.errors import SettingInvalid
from prompter.exports.key import pseudonym_key
from prompter.storage import open_study_log
from prompter_events import Event, Log, ParticipantId
from prompter_projections.pseudonym import pseudonym
from support.studies import study_sessions


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a log of four sessions: two of one person, who has a name, and two of others."""
    url = f"sqlite:///{tmp_path_factory.mktemp('log')}/study.db"

    async def fill() -> None:
        async with open_study_log(url, migrate=True) as opened:
            for number, events in enumerate(study_sessions(4)):
                agota = await opened.participant("agota")  # no bird: pseudonyms are birds
                await _record(opened, [_of(event, agota) if number < 2 else event for event in events])

    asyncio.run(fill())
    return url


async def _record(log: Log, events: Sequence[Event]) -> None:
    """Append events as they come: what one producer made without another between, in one commit."""
    for producer, some in groupby(events, lambda event: event.producer_id):
        await log.append(producer, list(some))


def _of(event: Event, participant_id: ParticipantId) -> Event:
    return replace(event, participant_id=participant_id)


def timeline(log: str, *arguments: str) -> Result:
    """Run the command in this process; what it raises is the one line that people see."""
    return CliRunner().invoke(app, ["timeline", "--log", log, *arguments])


def test_the_first_use_of_the_key_is_said_and_one_that_is_missing_can_be_made(log: str, tmp_path: Path) -> None:
    own = Path(log.removeprefix("sqlite:///")).with_name("study.pseudonyms.key")
    own.unlink(missing_ok=True)
    told = [timeline(log, "--all", "-o", str(tmp_path / f"{number}.html")).stderr for number in range(2)]
    assert "study.pseudonyms.key is the new key of the pseudonyms: keep it" in told[0]
    assert "key" not in told[1]
    missing = timeline(log, "--all", "-o", str(tmp_path / "x.html"), "--key-file", str(tmp_path / "none"))
    assert "such as by `openssl rand -hex 32 > FILE`" in str(missing.exception)


def test_all_sessions_stand_in_one_page_that_holds_each_of_them(log: str, tmp_path: Path) -> None:
    done = timeline(log, "--all", "-o", str(tmp_path / "all.html"))
    assert done.exit_code == 0, done.output
    assert "4 sessions" in done.output
    page = (tmp_path / "all.html").read_text()
    assert page.count("<template ") == 4
    assert "Study loans" in page
    assert "EXP_END (1)" in page


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_study_is_drawn_in_each_format_by_the_clock(log: str, tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"all{suffix}"
    done = timeline(log, "--all", "--align", "clock", "-o", str(output))
    assert done.exit_code == 0, done.output
    assert output.stat().st_size > 10_000
    if suffix == ".svg":
        assert "10 Jun" in output.read_text()


def test_one_participant_is_found_by_name_id_and_pseudonym(log: str, tmp_path: Path) -> None:
    sessions = study_sessions(4)
    other = ParticipantId(sessions[2][0].participant_id)
    pages = {}
    called = pseudonym(other, "loans", pseudonym_key(log).secret)
    for name, text in (("name", "agota"), ("id", str(other)), ("pseudonym", called)):
        done = timeline(log, "--participant", text, "-o", str(tmp_path / f"{name}.html"))
        assert done.exit_code == 0, done.output
        pages[name] = (tmp_path / f"{name}.html").read_text()
    assert pages["id"] == pages["pseudonym"]
    assert called in pages["id"]
    assert "agota" not in pages["name"], "names stay in the log"
    assert pages["name"].count('class="study-row"') == 2
    assert 'class="study-row"' not in pages["id"], "of a single session, its own timeline"


def test_a_directory_gets_a_file_for_each_session_and_one_for_all(log: str, tmp_path: Path) -> None:
    done = timeline(log, "--all", "--blind", "-o", str(tmp_path / "new" / "study"))
    assert done.exit_code == 0, done.output
    files = sorted((tmp_path / "new" / "study").iterdir())
    assert sorted([*(f"{events[0].session_id}.html" for events in study_sessions(4)), "index.html"]) == [
        file.name for file in files
    ]
    for file in files:
        assert "EXP_" not in file.read_text()
    sessions = [str(events[0].session_id) for events in study_sessions(2)]
    again = timeline(log, *sessions, "-o", str(tmp_path / "two"))
    assert again.exit_code == 0
    assert len(list((tmp_path / "two").iterdir())) == 3


def test_named_sessions_stand_one_below_the_other_in_the_order_given(log: str, tmp_path: Path) -> None:
    sessions = [str(events[0].session_id) for events in study_sessions(3)]
    done = timeline(log, sessions[2], sessions[0], sessions[2], "-o", str(tmp_path / "some.html"))
    assert done.exit_code == 0, done.output
    page = (tmp_path / "some.html").read_text()
    assert page.count('<section class="session"') == 2


def test_too_many_sessions_for_one_page_are_said(log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "INSIDE_SESSIONS", 3)
    done = timeline(log, "--all", "-o", str(tmp_path / "all.html"))
    assert done.exit_code == 0
    page = (tmp_path / "all.html").read_text()
    assert page.count('class="study-row"') == 4
    assert page.count("<template ") == 0
    assert "-o DIR" in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "x.html"], "--participant, or --all"),
        (["--all", "--participant", "agota", "-o", "x.html"], "one of the three"),
        (["0", "--all", "-o", "x.html"], "one of the three"),
        (["--all", "-o", "x.gif"], r"\.html, \.svg, \.png"),
        (["--participant", "../nobody", "-o", "x.html"], "knows no participant"),
        (["--participant", "nobody", "-o", "dir"], "prompter sessions"),
        (["ffffffff", "-o", "x.html"], "there is no session"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = timeline(log, *arguments)
    assert done.exit_code != 0
    assert isinstance(done.exception, SettingInvalid)
    with pytest.raises(SettingInvalid, match=says):
        raise done.exception
    assert "\n" not in str(done.exception)
    assert list(tmp_path.iterdir()) == [], "nothing is written"


def test_erased_sessions_are_left_out_and_an_empty_log_is_said(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    sessions = study_sessions(2)

    async def fill() -> None:
        async with open_study_log(url, migrate=True):
            pass

    async def record() -> None:
        async with open_study_log(url) as opened:
            for number, events in enumerate(sessions):
                who = await opened.participant(f"person {number}")
                await _record(opened, [_of(event, who) for event in events[:40]])
            await opened.erase(await opened.participant("person 0"), by="test")

    asyncio.run(fill())
    done = timeline(url, "--all", "-o", str(tmp_path / "x.html"))
    assert "no sessions yet" in str(done.exception)
    asyncio.run(record())
    done = timeline(url, "--all", "-o", str(tmp_path / "study"))
    assert done.exit_code == 0, done.output
    assert "1 erased session left out" in done.output
    assert len(list((tmp_path / "study").iterdir())) == 2


def test_the_documentation_names_every_option() -> None:
    text = (Path(__file__).parents[2] / "docs" / "timelines.md").read_text("utf-8")
    [told] = [one for one in app.registered_commands if one.name == "timeline"]
    shown = CliRunner().invoke(app, [str(told.name), "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    options = set(re.findall(r" (--[a-z-]+)", shown)) - {"--help", "--log", "--output"}
    assert options >= {"--all", "--align", "--blind", "--participant"}
    assert [option for option in sorted(options) if f"{option} " not in text] == []
