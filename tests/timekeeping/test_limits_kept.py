"""Time limits as workers keep them: once, through restarts, by however many services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from clocked import MINUTE, Clocked, limited

from prompter.record import tell_study
from prompter.service import Service
from prompter.settings import read_settings
from prompter.storage import DIRECTORIES, all_projections, kept_current, open_study_log
from prompter.study import WITHOUT_STUDY, Study, load_study
from prompter.timekeeping import Timekeeping
from prompter_events import Event, Log, ParticipantId, Position, ProducerId, SessionId, draft, migrate
from prompter_events.catalogue import Body
from prompter_events.catalogue.study import StudyEnded, TaskBegan, TaskEnded
from prompter_events.clock import now_micros
from prompter_projections import Worker, rebuild
from prompter_projections.relations import STATE
from support.events import new_producer

SAID = ("task.began", "task.ended", "study.ended")


async def said(log: Log) -> list[Event]:
    return [event async for event in log.read(types=SAID)]


async def worked(log: Log, nth: int = 1) -> ParticipantId:
    """A participant's ``nth`` session with work on a task, in the log."""
    person = Clocked(limited(period=20))
    for _ in range(nth):
        person.events.clear()
        person.open()
    person.edit(3)
    who = await log.participant("wren")
    producer_id = new_producer()
    events = [
        draft(
            event.body,
            session_id=event.session_id,
            producer_id=producer_id,
            producer_seq=number,
            participant_id=who,
            occurred_at=event.occurred_at,
        )
        for number, event in enumerate(person.events, 1)
    ]
    await log.append(producer_id, events)
    return who


def ahead(minutes: int) -> Callable[[], int]:
    """A clock so many minutes ahead of the log's."""
    return lambda: now_micros() + minutes * MINUTE


async def until_said(log: Log, count: int) -> list[Event]:
    """Everything that was said, once there is so much of it."""
    position = Position(0)
    async with asyncio.timeout(30):
        while len(found := await said(log)) < count:
            position = await log.wait(position, None)
    return found


@pytest.fixture(params=["sqlite", "mysql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A log with the tables of projections, on disk."""
    if request.param == "mysql":
        return await request.getfixturevalue("mariadb").fresh_database(*DIRECTORIES)  # type: ignore[no-any-return]
    return await _sqlite(tmp_path)


async def _sqlite(folder: Path) -> str:
    url = f"sqlite:///{folder}/limits.db"
    await migrate(url, directories=DIRECTORIES)
    return url


async def test_several_workers_and_restarts_say_each_thing_once(url: str) -> None:
    study = limited(period=20)
    async with open_study_log(url) as one, open_study_log(url) as other:
        await worked(one)
        for minutes in (0, 0, 11, 11, 30, 30):
            workers = [Worker(log, Timekeeping(study), clock=ahead(minutes)) for log in (one, other, one)]
            tasks = [asyncio.create_task(worker.run()) for worker in workers]
            await until_said(one, {0: 1, 11: 2, 30: 3}[minutes])
            for worker in workers:
                worker.stop()
            await asyncio.gather(*tasks)
        bodies = [event.body for event in await said(one)]
    assert bodies == [
        TaskBegan(name="load", minutes=10),
        TaskEnded(name="load", by="time limit"),
        StudyEnded(by="time limit"),
    ]


async def test_a_rebuild_of_the_read_models_says_nothing(url: str) -> None:
    study = limited(period=20)
    async with open_study_log(url) as log:
        await worked(log)
        worker = Worker(log, Timekeeping(study))
        task = asyncio.create_task(worker.run())
        await until_said(log, 1)
        worker.stop()
        await task
        for projection in all_projections(study)[:3]:
            await rebuild(log, projection)
        with pytest.raises(ValueError, match="is a policy"):
            await rebuild(log, Timekeeping(study))
        assert len(await said(log)) == 1


STUDY = """\
study: timed
phase: pilot
capture: {outputs: none}
periods:
  - name: one
    conditions: [EXP_NONE]
    tasks: [{name: load, at: "# Load", minutes: 1}]
"""


def test_without_limits_nobody_keeps_the_time(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    limited_study = load_study(path)
    path.write_text(STUDY.replace(", minutes: 1", ""), encoding="utf-8")
    for study, kept in ((limited_study, True), (load_study(path), False), (WITHOUT_STUDY, False)):
        names = [projection.name for projection in kept_current(study, [])]
        assert ("timekeeping" in names) is kept
    # An erasure must forget what was kept under any study.
    assert "timekeeping" in [projection.name for projection in all_projections()]


async def test_two_services_on_one_log_keep_the_time_once(url: str, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    settings = read_settings({"PROMPTER_LOG": url, "PROMPTER_STUDY": str(path)})
    services = [Service(lambda: settings) for _ in range(2)]
    for service in services:
        service.start()
    try:
        await asyncio.gather(*(service.settled() for service in services))
        running = services[0].running
        assert running is not None, services[0].reason
        log, session, producer_id = running.log, SessionId(uuid4()), new_producer()
        who = await log.participant("wren")
        person = Clocked(limited())
        person.accept(session, study="timed")
        person.open()
        person.edit(3)
        person.edit(6)
        person.edit(4)
        bodies: list[Body] = [event.body for event in person.events if event.type != "session.accepted"]
        await log.append(
            producer_id,
            [
                _draft(body, session, producer_id, who, number)
                for number, body in enumerate([person.events[0].body, *bodies], 1)
            ],
        )
        await until_said(log, 1)
        loaded = [event async for event in log.read(types=["study.loaded"])]
    finally:
        await asyncio.gather(*(service.aclose() for service in services))
    async with open_study_log(url) as log:
        assert [event.body for event in await said(log)] == [TaskBegan(name="load", minutes=1)]
    assert len(loaded) == 1


def _draft(body: Body, session: SessionId, producer_id: ProducerId, who: ParticipantId, number: int) -> Event:
    return draft(
        body,
        session_id=session,
        producer_id=producer_id,
        producer_seq=number,
        participant_id=who,
        occurred_at=1,
    )


async def test_an_erased_participants_time_is_forgotten(tmp_path: Path) -> None:
    study = limited(period=20)
    async with open_study_log(await _sqlite(tmp_path)) as log:
        who = await worked(log)
        worker = Worker(log, Timekeeping(study))
        task = asyncio.create_task(worker.run())
        await until_said(log, 1)
        erased = await log.erase(who, by="operator")
        head = await log.head()
        await worker.caught_up(head.position)
        worker.stop()
        await task
        assert erased.participant_id == UUID(bytes=who.bytes)
        assert await log.rows(STATE, {"projection": "timekeeping"}) == []


async def test_what_was_recorded_without_limits_comes_under_none_in_hindsight(tmp_path: Path) -> None:

    def version(text: str) -> Study:
        path = tmp_path / "study.yaml"
        path.write_text(text.replace("timed", "loans"), encoding="utf-8")
        return load_study(path)

    async with open_study_log(await _sqlite(tmp_path)) as log:
        await tell_study(log, version(STUDY.replace(", minutes: 1", "")))
        await worked(log)
        study = version(STUDY)
        [keeping] = [one for one in kept_current(study, await tell_study(log, study)) if isinstance(one, Timekeeping)]
        await worked(log, 2)  # the same person again, under limits now
        second = [event async for event in log.read(types=["session.accepted"])][-1].session_id
        worker = Worker(log, keeping)
        task = asyncio.create_task(worker.run())
        head = await log.head()
        await worker.caught_up(head.position)
        worker.stop()
        await task
        [began] = [event for event in await said(log) if event.type == "task.began"]
        assert began.session_id == second
