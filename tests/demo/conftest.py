"""One made-up log for all tests here: making it takes a second or two."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from prompter.demo import Made, Plan, make
from prompter.storage import open_study_log
from prompter_events import Event, Log
from support.awaiting import awaited

PLAN = Plan(seed=7, participants=6, hours=0.4)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A log of six people who work twice for twelve minutes."""
    folder = tmp_path_factory.mktemp("demo")
    return awaited(make(PLAN, folder / "demo.db", folder / "study"))


@pytest.fixture(scope="session")
def told(made: Made) -> list[Event]:
    """All its events."""

    async def read() -> list[Event]:
        async with open_study_log(f"sqlite:///{made.log}") as log:
            return [event async for event in log.read()]

    return awaited(read())


@pytest.fixture
async def log(made: Made) -> AsyncIterator[Log]:
    """It, open."""
    async with open_study_log(f"sqlite:///{made.log}") as opened:
        yield opened
