"""What a reader makes of commits in the wrong order, of a hole that stays, and of a view older than the head.

A log on one server never shows these: its writers take turns at the head. A replica, a cluster or a damaged table does.
So the transactions are made by hand, one step after the other, on the real databases. SQLite lets one transaction write
at a time: there the earlier one begins only when it is about to commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from prompter_events import Event, LogCorrupt, ParticipantId, Position, SessionId, open_log
from prompter_events.stored import StoredLog
from prompter_events.transaction import Relation, Row
from prompter_projections import MIGRATIONS, Worker
from support.checking import position_faults
from support.hand import Hand, by_hand, first_events
from support.mariadb import MariaDB

Reader = Callable[[StoredLog, list[int], int], Coroutine[Any, Any, None]]
"""(log, positions seen so far, the last one to read)"""


async def _read(log: StoredLog, seen: list[int], last: int) -> None:
    async for event in log.read():
        seen.append(event.position)


async def _follow(log: StoredLog, seen: list[int], last: int) -> None:
    async for event in log.follow():
        seen.append(event.position)
        if event.position == last:
            return


class _Noting:
    """A projection that notes what it is given; its state is how much that was."""

    name = "noting"
    relations = ()

    def __init__(self, seen: list[int]) -> None:
        self._seen = seen

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        return ()

    def key(self, event: Event) -> bytes | None:
        return b"all"

    def fold(self, state: int | None, event: Event) -> int:
        self._seen.append(event.position)
        return (state or 0) + 1

    def rows(self, before: int | None, after: int) -> Iterable[tuple[Relation, Sequence[Row]]]:
        return ()

    def encode(self, state: int) -> bytes:
        return msgspec.msgpack.encode(state)

    def decode(self, data: bytes) -> int:
        return msgspec.msgpack.decode(data, type=int)


async def _project(log: StoredLog, seen: list[int], last: int) -> None:
    worker: Worker[int] = Worker(log, _Noting(seen))
    running = asyncio.create_task(worker.run())
    reached = asyncio.create_task(worker.caught_up(last))
    await asyncio.wait({running, reached}, return_when=asyncio.FIRST_COMPLETED)
    worker.stop()
    await asyncio.gather(reached, return_exceptions=True)
    await running  # what stopped the worker comes out here


@pytest.fixture(params=[_read, _follow, _project], ids=["read", "follow", "worker"])
def reader(request: pytest.FixtureRequest) -> Reader:
    """Each way to read a log to its end."""

    async def read(log: StoredLog, seen: list[int], last: int) -> None:
        async with asyncio.timeout(30):  # longer than a reader of a test waits at a hole
            await request.param(log, seen, last)

    return read


@pytest.fixture(params=["sqlite", "mysql"])
async def url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """A log with the tables that a worker needs."""
    if request.param == "mysql":
        server: MariaDB = request.getfixturevalue("mariadb")
        return await server.fresh_database(MIGRATIONS)
    url = f"sqlite:///{tmp_path / 'study.db'}"
    async with open_log(url, migrate=True, migrations=[MIGRATIONS]):
        return url


class Looks:
    """Counts how often a reader asked the log for events, and can answer from an older view."""

    def __init__(self, log: StoredLog) -> None:
        self._asked = asyncio.Condition()
        self._count = 0
        self._page = log._store.page
        self.view: Hand | None = None
        """Where the answers come from, instead of from the log."""
        log._store.page = self._look  # type: ignore[method-assign]

    async def _look(
        self,
        after: Position,
        upto: Position,
        count: int,
        *,
        session: SessionId | None,
        types: Collection[str] | None,
    ) -> list[Event]:
        if self.view is None:
            page = await self._page(after, upto, count, session=session, types=types)
        else:
            page = await self.view.page(after, upto, count)
        async with self._asked:
            self._count += 1
            self._asked.notify_all()
        return page

    async def more(self, looks: int, reading: asyncio.Task[None]) -> None:
        """Wait until the log was asked so many times more, or the reader is done."""
        asking = asyncio.create_task(self._more(self._count + looks))
        await asyncio.wait({asking, reading}, return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()

    async def _more(self, wanted: int) -> None:
        async with self._asked:
            await self._asked.wait_for(lambda: self._count >= wanted)


@asynccontextmanager
async def _opened(url: str, hole_seconds: float) -> AsyncIterator[StoredLog]:
    async with open_log(url, migrations=[MIGRATIONS]) as log:
        assert isinstance(log, StoredLog)
        log.hole_seconds = hole_seconds
        yield log


async def _commit(hand: Hand, some: Sequence[Event], *, head: bool = True) -> None:
    await hand.begin()
    await hand.insert(some)
    if head:
        await hand.move_head(some[-1])
    await hand.end()


class Earlier:
    """The transaction that has earlier positions and ends later."""

    def __init__(self, hand: Hand, some: Sequence[Event], *, at_once: bool) -> None:
        self._hand = hand
        self._some = some
        self._at_once = at_once

    async def begin(self) -> None:
        if self._at_once:
            await self._hand.begin()
            await self._hand.insert(self._some)

    async def commit(self) -> None:
        if not self._at_once:
            await self._hand.begin()
            await self._hand.insert(self._some)
        await self._hand.end()

    async def roll_back(self) -> None:
        if self._at_once:
            await self._hand.end(commit=False)


@asynccontextmanager
async def _later_committed_first(url: str) -> AsyncIterator[Earlier]:
    """A log of positions 1 and 2, then 6 to 9; 3 to 5 are inserted and not committed yet."""
    events = await first_events(9)
    async with by_hand(url) as one, by_hand(url) as other:
        await _commit(one, events[:2])
        earlier = Earlier(one, events[2:5], at_once=url.startswith("mysql"))
        await earlier.begin()
        await _commit(other, events[5:])
        yield earlier


async def test_a_later_position_committed_first_is_waited_for(url: str, reader: Reader) -> None:
    seen: list[int] = []
    async with _later_committed_first(url) as earlier, _opened(url, hole_seconds=60) as log, by_hand(url) as tail:
        looks = Looks(log)
        reading = asyncio.create_task(reader(log, seen, 9))
        tailed = await _tail(tail, 0)
        await looks.more(3, reading)
        assert set(seen) <= {1, 2}
        assert not reading.done()
        await earlier.commit()
        await reading
        tailed += await _tail(tail, tailed[-1])
    assert position_faults(9, 9, 9, {"the reader": seen}) == []
    # What a reader does that only asks for what lies behind its last position:
    assert position_faults(9, 9, 9, {"the tail": tailed}) == ["the tail skipped 3 to 5"]


async def _tail(hand: Hand, after: int) -> list[int]:
    return [event.position for event in await hand.page(after, 1000, 1000)]


async def test_an_earlier_position_rolled_back_is_corruption_and_never_skipped(url: str, reader: Reader) -> None:
    async with _later_committed_first(url) as earlier, _opened(url, hole_seconds=0.2) as log:
        await earlier.roll_back()
        for _ in range(2):  # nor when asked again
            seen: list[int] = []
            with pytest.raises(LogCorrupt, match="further on") as damage:
                await reader(log, seen, 9)
            assert damage.value.position == 3
            assert set(seen) <= {1, 2}


async def test_a_rollback_while_a_reader_waits_is_corruption(url: str, reader: Reader) -> None:
    seen: list[int] = []
    async with _later_committed_first(url) as earlier, _opened(url, hole_seconds=0.5) as log:
        looks = Looks(log)
        reading = asyncio.create_task(reader(log, seen, 9))
        await looks.more(2, reading)
        await earlier.roll_back()
        with pytest.raises(LogCorrupt) as damage:
            await reading
        assert damage.value.position == 3
        assert set(seen) <= {1, 2}


async def test_a_view_older_than_the_head_is_waited_for(url: str, reader: Reader) -> None:
    seen: list[int] = []
    events = await first_events(9)
    async with by_hand(url) as writer, by_hand(url) as view, _opened(url, hole_seconds=60) as log:
        await _commit(writer, events[:4])
        await view.begin_view()
        await _commit(writer, events[4:])
        looks = Looks(log)
        looks.view = view
        reading = asyncio.create_task(reader(log, seen, 9))
        await looks.more(3, reading)
        assert (await log.head()).position == 9
        assert set(seen) <= {1, 2, 3, 4}
        assert not reading.done()
        await view.end()  # from here on it sees what there is
        await reading
    assert position_faults(9, 9, 9, {"the reader": seen}) == []


async def test_a_view_that_stays_behind_the_head_is_corruption(url: str, reader: Reader) -> None:
    seen: list[int] = []
    events = await first_events(9)
    async with by_hand(url) as writer, by_hand(url) as view, _opened(url, hole_seconds=0.2) as log:
        await _commit(writer, events[:4])
        await view.begin_view()
        await _commit(writer, events[4:])
        Looks(log).view = view
        with pytest.raises(LogCorrupt) as damage:
            await reader(log, seen, 9)
        await view.end()
    assert damage.value.position == 5
    assert set(seen) <= {1, 2, 3, 4}
