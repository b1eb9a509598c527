"""Each promise of a log has a log that breaks it, and the contract's own test catches that log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import fields, replace
from test_log_contract import TestLog as Contract

from prompter_events import Event, Log, LogCorrupt, Position, ProducerId, open_log, stored
from prompter_events.chain import GENESIS, event_hash
from prompter_events.memory import MemoryLog
from prompter_events.reader import read_pages
from prompter_events.stored import StoredLog
from support import broken
from support.events import event
from support.places import Place, kept

CAUGHT = (AssertionError, pytest.fail.Exception, LogCorrupt)
"""How a test of the contract fails: by an assertion, because nothing was raised, or because ``verify`` does."""

Promise = Callable[[Contract, Place], Awaitable[None]]

BROKEN: list[tuple[Promise, Callable[[], Place]]] = [
    (Contract.test_atomic_what_is_refused_leaves_no_trace, broken.stores_up_to_the_refused),
    (Contract.test_atomic_no_reader_sees_half_an_append, broken.stores_one_by_one),
    (Contract.test_exactly_once_what_is_resent_is_stored_once, broken.forgets_producers),
    (Contract.test_exactly_once_what_is_resent_is_stored_once, broken.drops_what_overlaps),
    (Contract.test_exactly_once_within_one_commit, broken.looks_only_at_what_was_there),
    (Contract.test_exactly_once_whichever_way_it_came, broken.each_for_itself),
    (Contract.test_gapless_total_order_of_several_writers, broken.leaves_gaps),
    (Contract.test_gapless_total_order_of_several_writers, broken.stores_last_first),
    (Contract.test_no_reader_skips_a_position, broken.shows_commits_late),
    (Contract.test_durable_before_acknowledged, broken.acknowledges_first),
    (Contract.test_durable_before_acknowledged, broken.loses_its_end),
    (Contract.test_append_only_what_is_stored_stays_as_it_is, broken.last_write_wins),
    (Contract.test_append_only_what_is_stored_stays_as_it_is, broken.stamps_again),
    (Contract.test_tamper_evident_the_chain_vouches_for_every_event, broken.forgets_its_head),
]
"""A test of the contract, and where a log is kept that breaks what it is about."""


@pytest.mark.parametrize(("promise", "place_of_broken"), BROKEN)
async def test_a_broken_log_is_caught(promise: Promise, place_of_broken: Callable[[], Place]) -> None:
    with pytest.raises(CAUGHT):
        await promise(Contract(), place_of_broken())


def test_each_test_of_the_contract_has_a_log_that_fails_it() -> None:
    caught = {promise.__name__ for promise, _ in BROKEN}
    chained = {Contract.test_tamper_evident_the_first_wrong_event_is_named.__name__}
    assert caught | chained == {name for name in dir(Contract) if name.startswith("test_")}


def _without_field(field: str) -> Callable[[bytes, Event], bytes]:
    """A chain that leaves a field out: it hashes the same for all events."""
    constant = getattr(NOTHING, field)
    return lambda previous, one: event_hash(previous, replace(one, **{field: constant}))


NOTHING = event(ProducerId(UUID(int=0)), 0)
HASHED = [one.name for one in fields(Event) if one.name not in ("position", "payload", "salt", "hash")]
WEAK_CHAINS = {
    "the event before": lambda _, one: event_hash(GENESIS, one),
    **{name: _without_field(name) for name in HASHED},
}


@pytest.mark.parametrize("left_out", WEAK_CHAINS)
async def test_a_chain_that_leaves_something_out_is_caught(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("append", "chain", "verify"):
        # By `import_module`: the package's attribute `verify` is the function.
        monkeypatch.setattr(import_module(f"prompter_events.{module}"), "event_hash", WEAK_CHAINS[left_out])
    with pytest.raises(CAUGHT):
        await Contract().test_tamper_evident_the_first_wrong_event_is_named(kept(MemoryLog()))


class Torn:
    """A view of a log's table that is torn at first: every tenth event shows only when it is asked for again."""

    def __init__(self, log: StoredLog) -> None:
        self._page = log._store.page
        self._shown: set[int] = set()

    async def page(self, after: Position, upto: Position, count: int, **selection: Any) -> list[Event]:
        page = await self._page(after, upto, count, **selection)
        late = {one.position for one in page if one.position % 10 == 0} - self._shown
        self._shown |= late
        return [one for one in page if one.position not in late]


@pytest.fixture
def torn(stored_url: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A log on disk whose readers see a torn view."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Log]:
        async with open_log(stored_url) as log:
            assert isinstance(log, StoredLog)
            monkeypatch.setattr(log._store, "page", Torn(log).page)
            yield log

    return Place(opened)


async def test_a_torn_view_is_read_without_a_skip(torn: Place) -> None:
    await Contract().test_no_reader_skips_a_position(torn)


async def test_a_reader_that_takes_a_torn_view_as_it_is_is_caught(torn: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*arguments: Any, contiguous: bool, hole_seconds: float) -> AsyncIterator[Event]:
        return read_pages(*arguments, contiguous=False)

    monkeypatch.setattr(stored, "read_pages", careless)
    with pytest.raises(CAUGHT):
        await Contract().test_no_reader_skips_a_position(torn)
