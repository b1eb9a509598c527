"""The contiguous reader, with a made-up store and a made-up clock."""

from __future__ import annotations

import msgspec
import pytest

from prompter_events import Event, LogCorrupt, Position
from prompter_events.reader import PAGE_BYTES, read_pages
from support.events import event, new_producer


class Table:
    """Events that become visible one look after the other."""

    def __init__(self, *looks: list[int], size: int = 10) -> None:
        self.looks = list(looks)
        self.size = size
        self.clock = 0.0
        self.counts: list[int] = []

    async def fetch(self, after: Position, upto: Position, count: int) -> list[Event]:
        self.counts.append(count)
        visible = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return [self.event(number) for number in visible if after < number <= upto][:count]

    def event(self, position: int) -> Event:
        plain = event(new_producer(), 1)
        return msgspec.structs.replace(plain, position=Position(position), payload=bytes(self.size))

    async def pause(self, seconds: float) -> None:
        self.clock += seconds

    async def read(self, upto: int, after: int = 0, limit: int | None = None, *, contiguous: bool = True) -> list[int]:
        pages = read_pages(
            self.fetch,
            Position(after),
            Position(upto),
            limit,
            contiguous=contiguous,
            now=lambda: self.clock,
            pause=self.pause,
        )
        return [one.position async for one in pages]


async def test_a_hole_that_fills_is_waited_for() -> None:
    table = Table([1, 2, 4], [4], [4], [3, 4], [3, 4, 5])
    assert await table.read(5) == [1, 2, 3, 4, 5]
    assert table.clock > 0


async def test_a_hole_that_stays_is_corruption() -> None:
    table = Table([1, 2, 4, 5])
    with pytest.raises(LogCorrupt) as damage:
        await table.read(5)
    assert damage.value.position == 3
    assert 5 <= table.clock < 5.2


async def test_missing_events_at_the_end_are_a_hole_too() -> None:
    with pytest.raises(LogCorrupt) as damage:
        await Table([1, 2, 3]).read(5)
    assert damage.value.position == 4


async def test_each_hole_has_its_own_time() -> None:
    late = [[1]] * 60 + [[2]] * 60 + [[3]]
    table = Table(*late)
    assert await table.read(3) == [1, 2, 3]
    assert table.clock > 5


async def test_a_selection_may_have_gaps() -> None:
    assert await Table([1, 4, 9]).read(10, contiguous=False) == [1, 4, 9]
    assert await Table([1, 4, 9]).read(10, after=1, limit=1, contiguous=False) == [4]


async def test_pages_of_large_events_are_small() -> None:
    table = Table(list(range(1, 301)), size=PAGE_BYTES // 8)
    table.counts = []
    assert len(await table.read(120)) == 120
    assert set(table.counts[1:]) == {8}


async def test_the_limit_is_kept_over_pages() -> None:
    assert await Table(list(range(1, 400))).read(399, limit=250) == list(range(1, 251))
