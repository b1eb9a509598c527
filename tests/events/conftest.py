"""A place for each kind of log in turn."""

from __future__ import annotations

import pytest

from support.places import Place, place_of


@pytest.fixture
def place(log_url: str) -> Place:
    """Where a fresh log of each kind is kept."""
    return place_of(log_url)
