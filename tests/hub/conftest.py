"""A Hub for the tests of signing in: a real one, with its real proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from entering import start_hub

from support.hub import Hub
from support.mariadb import MariaDB


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory, mariadb_server: MariaDB) -> Iterator[Hub]:
    """One Hub for all tests of this folder that do not stop it. It is open, and has questionnaires."""
    started = start_hub(
        tmp_path_factory.mktemp("hub"),
        mariadb_server,
        open=True,
        researchers=["ana"],
        questionnaires={
            "start": "https://survey.example.org/before?id={participant}&pid={PROLIFIC_PID}",
            "end": "https://survey.example.org/after?id={participant}",
            "code": "C1A2B3C4",
            "back": "https://recruiting.example.org/complete?cc=C1A2B3C4&session={SESSION_ID}",
        },
    )
    yield started
    started.stop()
