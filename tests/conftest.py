"""Logs for tests: one of each kind, the MySQL one on a server of the tests' own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tornado.httpclient import AsyncHTTPClient

from prompter_events import Log, open_log
from prompter_events import migrate as migrate_log
from prompter_events.mysql import connections
from support.mariadb import MariaDB

KINDS = ("memory", "sqlite", "mysql")

# The same inputs in each run, however slow the machine; `--hypothesis-profile exploring` tries others.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("exploring", _PATIENT)
settings.register_profile("same", _PATIENT, derandomize=True, database=None)
settings.load_profile("same")

AsyncHTTPClient.configure(None, defaults={"connect_timeout": 60, "request_timeout": 120})


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the browser tests may be told."""
    parser.addoption("--pictures", default="", help="directory for the README's pictures")
    parser.addoption("--walks", type=int, default=0, help="so many random walks of each kind, instead of the usual few")
    parser.addoption("--walk-seed", type=int, default=1, help="the first seed of the random walks")
    parser.addoption("--walk-shrink", type=float, default=300, help="seconds to spend on making a failing walk short")
    parser.addoption("--fuzz-seed", type=int, default=1, help="what the fuzzer begins with")
    parser.addoption("--fuzz-runs", type=int, default=150_000, help="inputs that the fuzzer tries")
    parser.addoption("--chaos-rounds", type=int, default=30, help="bursts of typing while the sockets are harmed")
    parser.addoption("--walk-script", default="", help="file with the actions of one walk, as a failure prints them")


@pytest.fixture(scope="session", autouse=True)
def _patient_connections() -> Iterator[None]:
    """A busy machine may keep a database waiting for longer than users should wait for an error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "CONNECT_SECONDS", 60)
        yield


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDB]:
    """The server that all tests share."""
    server = MariaDB()
    server.start()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def mariadb(mariadb_server: MariaDB, monkeypatch: pytest.MonkeyPatch) -> MariaDB:
    """The server, with the application's password where the application looks for it."""
    monkeypatch.setenv("PROMPTER_DB_PASSWORD", mariadb_server.password)
    return mariadb_server


@pytest.fixture
async def mysql_url(mariadb: MariaDB) -> str:
    """A fresh database with the log's tables."""
    return await mariadb.fresh_database()


@pytest.fixture
async def sqlite_url(tmp_path: Path) -> str:
    """A fresh file with the log's tables."""
    url = f"sqlite:///{tmp_path / 'study.db'}"
    await migrate_log(url)
    return url


async def _url_of(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "memory":
        return "memory://"
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'study.db'}"
        await migrate_log(url)
        return url
    # Asked for here, so that nobody who tests the other logs alone waits for the server.
    server: MariaDB = request.getfixturevalue("mariadb")
    return await server.fresh_database()


@pytest.fixture(params=KINDS)
async def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh log of each kind in turn."""
    return await _url_of(request.param, request, tmp_path)


@pytest.fixture(params=KINDS[1:])
async def stored_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh log of each kind that outlives its object."""
    return await _url_of(request.param, request, tmp_path)


@pytest.fixture
async def log(log_url: str) -> AsyncIterator[Log]:
    """An open log of each kind in turn."""
    async with open_log(log_url) as opened:
        yield opened


@pytest.fixture
async def stored_log(stored_url: str) -> AsyncIterator[Log]:
    """An open log of each kind that outlives its object."""
    async with open_log(stored_url) as opened:
        yield opened
