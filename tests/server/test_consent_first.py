"""Who has not agreed has no place in the study, and nothing of theirs is in the log; who agrees is greeted anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prompter.settings import read_settings
from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.study import ParticipantAssigned
from support.lab import Lab
from support.page import OPENED, page

STUDY = """\
study: consent-first
capture: {outputs: none}
participants: {consent: consent.md}
periods:
  - {name: session, conditions: [EXP_END], assign: {by: blocks, size: 1, seed: 1}}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Lab, str, str]]:
    """A server, its log, and the version of the text to agree to."""
    study = tmp_path / "study.yaml"
    study.write_text(STUDY, encoding="utf-8")
    (tmp_path / "consent.md").write_text("We record how you work.", encoding="utf-8")
    settings = {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "PROMPTER_STUDY": str(study)}
    consent = read_settings(settings).study.consent
    assert consent is not None
    lab = Lab(tmp_path / "lab", "server", {**settings, "JP_PLUGIN_USER": "heron"})
    lab.start()
    yield lab, settings["PROMPTER_LOG"], consent.version
    lab.stop()


async def events_of(url: str) -> list[Event]:
    async with open_study_log(url) as log:
        return [event async for event in log.read()]


async def test_who_has_not_agreed_is_assigned_to_nothing(server: tuple[Lab, str, str]) -> None:
    lab, url, version = server
    async with page(lab) as mine:
        assert (await mine.hello())["study"]["consent"]["given"] is False
        assert [event.type for event in await events_of(url)] == ["study.loaded"]
        await mine.say(type="events", first_seq=1, events=[mine.wire("consent.given", {"version": version})])
        assert await mine.closed() == 1001
    async with page(lab) as again:
        study = (await again.hello())["study"]
        assert study["consent"]["given"] is True
        assert study["asking"] == "end"
        await again.send(1, OPENED)
    bodies = [event.body for event in await events_of(url)]
    assert [body.condition for body in bodies if isinstance(body, ParticipantAssigned)] == ["EXP_END"]
    assert [body.condition for body in bodies if isinstance(body, SessionAccepted)] == ["EXP_END"]


async def test_a_session_that_comes_with_the_consent_has_the_condition_that_is_assigned_then(
    server: tuple[Lab, str, str],
) -> None:
    lab, url, version = server
    async with page(lab) as mine:
        await mine.hello()
        both = [mine.wire("consent.given", {"version": version}), mine.wire(*OPENED)]
        await mine.say(type="events", first_seq=1, events=both)
        assert await mine.closed() == 1001
    types = [event.type for event in await events_of(url)]
    assert types == ["study.loaded", "participant.assigned", "session.accepted", "consent.given", "session.opened"]
    [accepted] = [event.body for event in await events_of(url) if isinstance(event.body, SessionAccepted)]
    assert accepted.condition == "EXP_END"
