"""Hundreds of pages whose sockets are harmed, on servers that are killed: each event is in the log once, in order."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import pytest

from prompter.storage import open_study_log
from prompter_events.catalogue.runs import KernelStarted
from support.chaos import Chaos, Kind
from support.crowd import ScriptedPage
from support.lab import Lab, servers_of_one_log

PAGES = 300

BURSTS = 40

SEEDS = range(1, 11)
"""One proxy each, through which the same share of the pages goes."""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[list[Lab], str]]:
    """Two servers on one log."""
    url = f"sqlite:///{tmp_path}/log.db"
    settings = {"PROMPTER_LOG": url, "JP_PLUGIN_USER": "heron"}
    with servers_of_one_log(tmp_path, ("server", "server"), settings) as labs:
        yield labs, url


async def test_what_hundreds_of_pages_made_is_in_the_log_once_and_in_order(servers: tuple[list[Lab], str]) -> None:
    labs, url = servers
    with ExitStack() as stack:
        ways = [stack.enter_context(Chaos(seed, labs)) for seed in SEEDS]
        address = labs[0].stream
        pages = [ScriptedPage(ways[number % len(ways)].through(address), number) for number in range(PAGES)]
        lives = [asyncio.create_task(page.live()) for page in pages]
        dice = random.Random(SEEDS[0])
        for number in range(BURSTS):
            for page in pages:
                if dice.random() < 0.8:
                    page.make()
            if number % 8 == 4:
                dying = labs[number // 8 % 2]
                await asyncio.to_thread(dying.kill)
                await asyncio.to_thread(dying.start)
            await asyncio.sleep(0.3)  # a typist's pause
        for way in ways:
            way.calm()
        settled = asyncio.gather(*(page.settled() for page in pages))
        await asyncio.wait({settled, *lives}, timeout=600, return_when=asyncio.FIRST_COMPLETED)
        for life in lives:
            assert not life.done() or life.result()
        assert settled.done(), [str(page) for page in pages if not page.is_settled]
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
    held = defaultdict(list)
    async with open_study_log(url) as log:
        async for event in log.read():
            if isinstance(event.body, KernelStarted):
                held[event.producer_id].append((event.producer_seq, event.body.kernel_id))
    for page in pages:
        assert held[page.outbox.producer] == list(enumerate(page.outbox.held, 1))
    assert sum(page.connections for page in pages) > 2 * PAGES
    for way in ways:
        assert set(way.done) == {*get_args(Kind), "sockets"}, way.done
