"""What an operator sees of a running server, and what its pages see when it stops."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from prompter.service import Service
from prompter.settings import read_settings
from prompter.storage import open_study_log
from prompter.working import Working
from prompter_events import Position
from prompter_events.event import START
from prompter_events.transaction import Checkpoint
from prompter_projections import WorkerStopped
from support.events import events, new_producer
from support.lab import Lab
from support.page import ADDED, OPENED, page, stored


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Lab, str]]:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = Lab(tmp_path, "server", {"PROMPTER_LOG": url, "JP_PLUGIN_USER": "heron", "MODE": "EXP_CTS"})
    lab.start()
    yield lab, url
    lab.stop()


async def test_the_metrics_count_what_pages_send_and_are_asked(server: tuple[Lab, str]) -> None:
    lab, _ = server
    lab.status()  # which waits until the log is open
    before = lab.metrics()
    assert before["prompter_recording"] == 1
    assert before["prompter_connected_pages"] == 0
    assert before["prompter_events_total"] == 0
    run = uuid4().bytes
    ran = [
        ("run.scheduled", {"run_id": run, "cell_id": "b", "source": "loans.head()"}),
        ("run.finished", {"run_id": run, "status": "ok", "execution_count": 1, "duration_ms": 3}),
    ]
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED, ADDED)
        await mine.send(1, OPENED, ADDED)
        await mine.send(3, *ran)
        prompt = await mine.hear("prompt")
        answer = {"prompt_id": prompt["prompt_id"], "text": "to look", "choice": None, "drafting_ms": 5}
        await mine.send(5, ("prompt.answered", answer))
        await mine.hear("withdraw")
        lab.catch_up()
        then = lab.metrics()
    assert then["prompter_events_total"] == 5
    assert then["prompter_duplicate_events_total"] == 2
    assert then["prompter_payload_bytes_total"] > 0
    assert then["prompter_ack_seconds_count"] == 4
    assert 0 < then["prompter_ack_seconds_sum"] < 60
    assert then["prompter_question_seconds_count"] == 1
    assert 0 < then["prompter_question_seconds_sum"] < 60
    assert then["prompter_commit_seconds_count"] >= 4
    # The fact that the session is accepted is committed with the frame that opens it; duplicates are commits, too.
    assert then["prompter_commit_events_sum"] >= 6
    assert then["prompter_connected_pages"] == 1
    assert then["prompter_prompts_total{event=issued}"] == 1
    assert then["prompter_prompts_total{event=answered}"] == 1
    assert then["prompter_follower_lag_events"] == 0
    assert {name for name in then if name.startswith("prompter_projection_lag_events")} == {
        f"prompter_projection_lag_events{{projection={name}}}"
        for name in ("current", "prompts", "snapshots", "prompting")
    }
    assert not [name for name in then if "heron" in name or "EXP" in name]


async def test_the_metrics_tell_what_waits_in_pages_and_who_was_turned_away(server: tuple[Lab, str]) -> None:
    lab, _ = server
    async with page(lab) as mine, page(lab) as bad:
        await mine.hello()
        await mine.say(type="pong", t=1, sent_at=1, unsent=17)
        await mine.send(1, OPENED)  # answered after the pong was read
        await bad.say(type="hello", protocol="one")
        assert await bad.closed() == 4400
        figures = lab.metrics()
    assert figures["prompter_unsent_events"] == 17
    assert figures["prompter_closed_pages_total{code=4400}"] == 1


def test_the_metrics_are_for_those_who_may_see_jupyters_own(server: tuple[Lab, str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server[0].url}prompter/metrics", timeout=10)
    assert refused.value.code == 403
    refused.value.close()


async def test_the_servers_log_tells_who_came_and_left_and_nothing_of_what_was_typed(server: tuple[Lab, str]) -> None:
    lab, _ = server
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED, ("kernel.started", {"kernel_id": "k", "name": "Zaunkönig"}))
    lab.stop()
    assert "page came participant=" in lab.output
    assert f"producer={mine.producer} durable=0" in lab.output
    assert "stored=2 unsent=0" in lab.output
    assert "Zaunk" not in lab.output


async def test_a_server_that_stops_says_so_to_its_pages_and_loses_nothing(server: tuple[Lab, str]) -> None:
    lab, url = server
    async with page(lab) as mine, page(lab) as other:
        await mine.hello()
        await other.hello()
        assert (await mine.send(1, OPENED, ADDED))["producer_seq"] == 2
        stopping = asyncio.create_task(asyncio.to_thread(lab.stop))
        assert await mine.closed() == 1001
        assert await other.closed() == 1001
        await stopping
    assert [event.type for event in await stored(url, mine.session)] == [
        "session.accepted",
        "session.opened",
        "cell.added",
    ]


@pytest.mark.parametrize("works", [False, True], ids=["works elsewhere", "waits to take over"])
async def test_a_process_tells_how_far_projections_are_that_another_keeps(tmp_path: Path, works: bool) -> None:
    settings = read_settings({"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"})
    async with open_study_log(settings.log_url, migrate=True) as log:
        names = ["current", "prompts", "snapshots", "prompting"]
        for name in names:
            assert await log.lease(name, uuid4(), 60)
        await log.append(producer := new_producer(), events(producer, 1, 5))
        service = Service(lambda: settings, works=works)
        service.start()
        try:
            await service.settled()
            running = service.running
            assert running is not None
            head = (await log.head()).position
            assert (await running.lags(head), await running.lag(head)) == (dict.fromkeys(names, head), head)
            async with log.transaction() as transaction:
                for name in names:
                    transaction.move(name, Checkpoint(START, 1), Checkpoint(Position(head - 1), 1))
            assert (await running.lags(head), await running.lag(head)) == (dict.fromkeys(names, 1), 1)
        finally:
            await service.aclose()


async def test_workers_that_are_stopped_before_they_begin_end_all_the_same(tmp_path: Path) -> None:
    settings = read_settings({"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"})
    async with open_study_log(settings.log_url, migrate=True) as log:
        await log.append(producer := new_producer(), events(producer, 1, 5))
        working = Working(settings.log_url, settings.study)
        working.stop()
        with pytest.raises(WorkerStopped, match="before it caught up"):
            await working.catch_up()
        assert (await log.checkpoint("current")).position == START
