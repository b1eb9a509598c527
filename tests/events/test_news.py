"""Waking those who wait: nothing is lost, one look serves all, and nothing stays behind."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from prompter_events import START, LogUnavailable, Position
from prompter_events.news import LOOK_SECONDS, News
from support.looks import Looks, look_never, soon

WAITERS = 100


@pytest.fixture
async def looks() -> Looks:
    return Looks()


def news_of(looks: Looks) -> News:
    return News(START, looks.look, pause=looks.pause)


async def waiters(news: News, count: int, after: int = 0) -> list[asyncio.Task[Position]]:
    """So many that wait, all of them waiting already."""
    tasks = [asyncio.create_task(soon(news.wait(Position(after), None))) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_an_announcement_wakes_everybody_at_once() -> None:
    news = News(START, look_never)
    waiting = await waiters(news, 5)
    further = await waiters(news, 1, after=3)
    news.announce(Position(3))
    assert await asyncio.gather(*waiting) == [3] * 5
    assert not further[0].done()
    news.announce(Position(4))
    assert await further[0] == 4
    await news.aclose()


async def test_an_announcement_before_the_waiting_is_not_lost() -> None:
    news = News(START, look_never)
    news.announce(Position(3))
    assert await soon(news.wait(Position(2), None)) == 3
    news.announce(Position(1))  # late, and older
    assert await soon(news.wait(Position(2), None)) == 3


async def test_an_announcement_during_a_look_is_not_lost() -> None:
    entered, over = asyncio.Event(), asyncio.Event()

    async def look() -> Position:
        entered.set()
        await over.wait()
        return START  # read before the announcement

    news = News(START, look)
    [waiting] = await waiters(news, 1)
    await entered.wait()
    news.announce(Position(1))
    over.set()
    assert await waiting == 1
    await news.aclose()


async def test_a_look_finds_what_others_appended(looks: Looks) -> None:
    news = news_of(looks)
    [waiting] = await waiters(news, 1)
    await looks.next()
    looks.head = Position(7)
    await asyncio.sleep(0)
    assert not waiting.done()
    await looks.next()
    assert await waiting == 7
    assert looks.count == 3
    # The contract's 200 ms, and room for the look itself.
    assert set(looks.pauses) == {LOOK_SECONDS}
    assert LOOK_SECONDS <= 0.2 * 3 / 4
    await news.aclose()


async def test_all_waiters_cost_one_look(looks: Looks) -> None:
    news = news_of(looks)
    waiting = await waiters(news, WAITERS)
    for so_far in range(1, 6):
        await looks.pausing()
        waiting += await waiters(news, 1)
        assert looks.count == so_far
        await looks.next()
    looks.head = Position(1)
    await looks.next()
    assert set(await asyncio.gather(*waiting)) == {1}
    await news.aclose()


async def test_an_error_reaches_every_waiter_and_the_next_one_looks_again(looks: Looks) -> None:
    news = news_of(looks)
    looks.error = LogUnavailable("gone")
    for _ in range(2):
        waiting = await waiters(news, 5)
        assert await asyncio.gather(*waiting, return_exceptions=True) == [looks.error] * 5
    assert looks.count == 2
    looks.error = None
    looks.head = Position(1)
    assert await soon(news.wait(START, None)) == 1
    await news.aclose()


async def test_looking_ends_when_nobody_waits(looks: Looks) -> None:
    news = news_of(looks)
    for so_far in (1, 2):
        [waiting] = await waiters(news, 1)
        await looks.pausing()
        assert looks.count == so_far
        waiting.cancel()
        await asyncio.wait({waiting})
        assert news._waiters == {}
        await looks.end_pause()
        assert news._looking is not None
        await soon(news._looking)
        assert looks.count == so_far


async def test_one_who_gives_up_disturbs_nobody(looks: Looks) -> None:
    news = news_of(looks)
    leaving, staying = await waiters(news, 2)
    leaving.cancel()
    assert await news.wait(START, 0) == START
    await looks.next()
    assert len(news._waiters) == 1
    looks.head = Position(1)
    await looks.next()
    assert await staying == 1
    assert leaving.cancelled()
    await news.aclose()


async def test_one_who_gives_up_as_the_look_fails_leaves_nothing_behind(looks: Looks) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    news = news_of(looks)
    [waiting] = await waiters(news, 1)
    await looks.pausing()
    news._fail(LogUnavailable("gone"))
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    del waiting
    gc.collect()
    assert complaints == []
    await news.aclose()


async def test_closing_tells_those_who_wait(looks: Looks) -> None:
    news = news_of(looks)
    waiting = await waiters(news, 3)
    await looks.pausing()
    await news.aclose()
    for result in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(result, LogUnavailable)
    with pytest.raises(LogUnavailable, match="closed"):
        await news.wait(START, None)
