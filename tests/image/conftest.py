"""A container of each image that the tests share, and a MariaDB where the image looks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from prompter.storage import DIRECTORIES
from prompter_events import create_database, migrate
from support.containers import DATABASE_HOST, Container
from support.mariadb import APP_USER, MariaDB


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these are left out unless they are asked for."""
    for item in items:
        if "tests/image/" in item.path.as_posix():
            item.add_marker(pytest.mark.image)


@pytest.fixture(scope="session")
def container() -> Iterator[Container]:
    """Of the image for one person."""
    made = Container("localhost/prompter")
    yield made
    made.remove()


@pytest.fixture(scope="session")
def hub_container() -> Iterator[Container]:
    """Of the image of Hub and collector."""
    made = Container("localhost/prompter-hub")
    yield made
    made.remove()


@pytest.fixture
async def database(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, str]]:
    """The URL and the password of the database that DOCKER_HOST_IP leads to, made as an administrator would."""
    server = MariaDB()
    try:
        server.start(f"--bind-address={DATABASE_HOST}", "--port=3306")
        monkeypatch.setenv("PROMPTER_DB_PASSWORD", server.password)
        url = f"mysql://{APP_USER}@{DATABASE_HOST}:3306/prompter"
        await create_database(url, server.admin, server.password)
        await migrate(url, admin=server.admin, directories=DIRECTORIES)
        yield url, server.password
    finally:
        server.remove()
