"""A cluster of three nodes that the tests share, and a fresh log on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.awaiting import awaited
from support.galera import Galera


@pytest.fixture(scope="session")
def running_galera() -> Iterator[Galera]:
    """Three nodes, in step."""
    cluster = Galera()
    try:
        awaited(cluster.start())
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def galera(running_galera: Galera, monkeypatch: pytest.MonkeyPatch) -> Galera:
    """The cluster, with the application's password where the application looks for it."""
    monkeypatch.setenv("PROMPTER_DB_PASSWORD", running_galera.password)
    return running_galera


@pytest.fixture
async def urls(galera: Galera) -> list[str]:
    """A fresh log, as each node has it."""
    return await galera.fresh_database()
