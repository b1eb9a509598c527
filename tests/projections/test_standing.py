"""How projections stand to the log, as an operator asks; and what a rebuild leaves of what was before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from making import SECOND, Page, edited, opened, run
from workers import Clock, ShakyLog, Tally, at_work

from prompter_events import open_log
from prompter_events.log import Log
from prompter_projections import MIGRATIONS, CurrentProjection, clear_before, rebuild, standings
from prompter_projections.relations import CELL, DEAD_LETTER, RUN, SESSION, STATE


@pytest.fixture(params=["memory", "sqlite", "mysql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Log]:
    if request.param == "mysql":
        url = await request.getfixturevalue("mariadb").fresh_database(MIGRATIONS)
    else:
        url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/log.db"
    migrate = request.param == "sqlite"
    async with open_log(url, migrate=migrate, migrations=[MIGRATIONS], clock=clock) as opened_log:
        yield opened_log


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_projection_that_never_ran_is_behind_by_the_whole_log(log: Log, clock: Clock) -> None:
    written_at = clock.now
    head = await Page().say(log, opened(), edited("a", ["x"]))
    clock.now += 90 * SECOND
    [standing] = await standings(log, ["tally"])
    assert (standing.position, standing.behind, standing.oldest) == (0, head, written_at)
    assert standing.waited(clock.now) == 90 * SECOND
    assert not standing.is_kept(clock.now)
    assert not standing.letters


async def test_a_projection_that_is_current_waits_for_nothing(log: Log, clock: Clock) -> None:
    async with at_work(log, Tally()) as worker:
        head = await Page().say(log, opened())
        await worker.caught_up(head)
    [standing, other] = await standings(log, ["tally", "other"])
    assert (standing.position, standing.behind, standing.oldest, standing.waited(clock.now)) == (head, 0, None, 0)
    assert other.behind == head


@pytest.mark.parametrize("log", ["sqlite", "mysql"], indirect=True)
async def test_who_holds_the_lease_is_told_until_it_ends_or_is_given_back(log: Log, clock: Clock) -> None:
    holder = uuid4()
    assert await log.lease("tally", holder, 10)
    [held] = await standings(log, ["tally"])
    assert (held.holder, held.leased_until) == (holder, clock.now + 10 * SECOND)
    assert held.is_kept(clock.now + 9 * SECOND)
    assert not held.is_kept(clock.now + 10 * SECOND)
    await log.release("tally", holder)
    [free] = await standings(log, ["tally"])
    assert not free.is_kept(clock.now)


async def test_what_can_be_folded_again_leaves_the_dead_letters_with_the_switch(log: Log) -> None:
    bad, good = Page(), Page()
    async with at_work(log, Tally(poison="cell.edited")) as worker:
        await good.say(log, opened())
        await bad.say(log, opened(), edited("a", ["x"]), opened())
        head = await good.say(log, opened())
        await worker.caught_up(head)
    other = {"projection": "other", "session_id": bad.session_id, "traceback": "", "recorded_at": 1, "position": 3}
    async with log.transaction() as transaction:
        transaction.save(DEAD_LETTER, [other])
    [before] = await standings(log, ["tally"])
    assert before.letters == [3]

    await rebuild(log, Tally())
    [after, untouched] = await standings(log, ["tally", "other"])
    assert not after.letters
    assert untouched.letters == [3]
    states = await log.rows(STATE, {"projection": "tally", "generation": 2})
    assert {Tally().decode(row["state"])[0] for row in states if isinstance(row["state"], bytes)} == {2, 3}


async def test_a_rebuild_that_stops_keeps_the_letters(log: Log) -> None:
    await Page().say(log, opened(), edited("a", ["x"]))
    async with at_work(log, Tally(poison="cell.edited")) as worker:
        await worker.caught_up(2)
    with pytest.raises(Exception, match="stopped at position 2"):
        await rebuild(log, Tally(poison="cell.edited"))
    [standing] = await standings(log, ["tally"])
    assert standing.letters == [2]


async def test_older_generations_go_and_the_one_in_force_stays(log: Log) -> None:
    pages = [Page() for _ in range(3)]
    async with at_work(log, CurrentProjection()) as worker:
        for page in pages:
            head = await page.say(log, opened(("a", "1")), *run("a", "1"))
        await worker.caught_up(head)
        rows = {relation: len(await log.rows(relation, {})) for relation in (SESSION, CELL, RUN, STATE)}
        await rebuild(log, CurrentProjection())
        at = await rebuild(log, CurrentProjection())
        assert len(await log.rows(SESSION, {})) == 3 * len(pages)
        # Also what is older than the one in force before, where that one's clearing was interrupted.
        await clear_before(log, CurrentProjection(), at.generation, at.generation - 1)
        for relation, count in rows.items():
            left = await log.rows(relation, {})
            assert (relation.name, len(left)) == (relation.name, count)
            assert {row["generation"] for row in left} == {3}
        # The worker goes on under the generation that stayed.
        await worker.caught_up(await pages[0].say(log, edited("a", ["x"])))
    [cell] = await log.rows(CELL, {"session_id": pages[0].session_id})
    assert (cell["generation"], cell["source"]) == (3, "x1")


async def test_a_clearing_takes_no_longer_for_all_that_were_cleared_before() -> None:
    async with ShakyLog() as log:
        await Page().say(log, opened())
        costs = []
        for former in (1, 2, 3):
            at = await rebuild(log, CurrentProjection())
            before = log.transactions
            await clear_before(log, CurrentProjection(), at.generation, former)
            costs.append(log.transactions - before)
    assert costs == [256, 256, 256]
