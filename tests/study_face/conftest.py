"""The log of a small study, recorded once."""

from __future__ import annotations

import asyncio

import pytest
from making_study import recorded_study


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The log's URL. Nobody writes into it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('study')}/study.db"
    asyncio.run(recorded_study(url))
    return url
