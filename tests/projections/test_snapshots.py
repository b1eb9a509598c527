"""Snapshots change no answer: they only make it come sooner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import BEGIN, SECOND, Page, edited, opened, run
from msgspec.structs import replace
from workers import at_work

from prompter_events import Log, SessionId, open_log
from prompter_events.catalogue.notebook import CellAdded, CellEdited, CellRemoved
from prompter_projections import MIGRATIONS, Notebook, SnapshotsProjection, notebook_at, rebuild
from prompter_projections import nearest as nearest_module
from prompter_projections.nearest import nearest
from prompter_projections.notebook import fold_all
from prompter_projections.packing import FOLD_VERSION, fold_digest, packed, unpacked
from prompter_projections.relations import SNAPSHOT
from prompter_projections.snapshots import Spacing
from support.events import ALICE
from support.lifelike import lifelike

CLOSE = Spacing(least=2, most=3, share=0)
"""A snapshot each second or third event."""


@pytest.fixture(params=["memory", "sqlite", "mysql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    url = "memory://"
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/log.db"
    elif request.param == "mysql":
        url = await request.getfixturevalue("mariadb").fresh_database(MIGRATIONS)
    async with open_log(url, migrate=request.param == "sqlite", migrations=[MIGRATIONS]) as opened_log:
        yield opened_log


async def caught_up(log: Log, projection: SnapshotsProjection | None = None) -> None:
    """Until the snapshots have come to the end of the log, by a worker of their own."""
    projection = projection or SnapshotsProjection(CLOSE)
    async with at_work(log, projection) as worker:
        await worker.caught_up((await log.head()).position)


async def kept(log: Log, session_id: SessionId) -> list[int]:
    """The positions of the snapshots of a session in the current generation."""
    generation = (await log.checkpoint(SnapshotsProjection.name)).generation
    rows = await log.rows(SNAPSHOT, {"generation": generation, "session_id": session_id})
    return [int(str(row["position"])) for row in rows]


async def both(log: Log, session_id: SessionId, **asked: int) -> tuple[Notebook, Notebook]:
    """The answer with snapshots and the one without."""
    without = await notebook_at(log, session_id, use_snapshots=False, **asked)  # type: ignore[arg-type]  # ints only
    return await notebook_at(log, session_id, **asked), without  # type: ignore[arg-type]


async def test_every_position_and_instant_is_answered_alike(log: Log) -> None:
    page, other = Page(), Page()
    await page.say(log, opened(("a", "one"), ("b", "")), *run("a", "one"), edited("a", ["x"], [1, "y"], [2, "😀"]))
    await other.say(log, opened(("a", "other")))
    await page.say(log, CellRemoved(cell_id="a", index=0, cause="user"), edited("b", ["z"]))
    await page.say(log, CellAdded(cell_id="a", index=1, cell_type="code", source="back", cause="undo"), *run("b", "?"))
    await caught_up(log)
    assert len(await kept(log, page.session_id)) >= 4
    for position in range(1, (await log.head()).position + 2):
        assert len(set(map(repr, await both(log, page.session_id, position=position)))) == 1
    for instant in range(BEGIN, page.now + 2 * SECOND, SECOND // 20):
        quick, slow = await both(log, page.session_id, at=instant)
        assert (quick.cells, quick.state.notes) == (slow.cells, slow.state.notes)


async def test_it_is_really_a_snapshot_that_answers(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    await page.say(log, opened(("a", "")), *(edited("a", [n, "x"]) if n else edited("a", ["x"]) for n in range(20)))
    await caught_up(log)
    found = await nearest(log, page.session_id, position=15)
    assert found is not None
    assert 12 <= found.position <= 15
    assert found.notebook.cells[0].source == "x" * (found.position - 1)
    # Whatever a snapshot says is believed, so a wrong one would be seen.
    monkeypatch.setattr(nearest_module, "unpacked", lambda data: replace(unpacked(data), path="from a snapshot"))
    assert (await notebook_at(log, page.session_id)).state.path == "from a snapshot"
    assert (await notebook_at(log, page.session_id, use_snapshots=False)).state.path == "work.ipynb"


MOMENTS = st.lists(
    st.tuples(st.integers(-90, 90), st.lists(st.integers(0, 120_000), min_size=1, max_size=3)), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=MOMENTS, asked=st.lists(st.integers(-200, 400), max_size=6))
async def test_times_that_run_wild_change_nothing(moments: list[tuple[int, list[int]]], asked: list[int]) -> None:
    """Clocks that step back, and bursts that last longer than they may."""
    page = Page()
    async with open_log("memory://") as log:
        events = page.events(opened(("a", "")))
        for seconds, moves in moments:
            page.now += seconds * SECOND
            events.append(page.event(CellEdited(cell_id="a", changes=[(dt, ["k"]) for dt in moves], cause="user")))
        await log.append(page.producer_id, events)
        await caught_up(log)
        instants = {event.occurred_at + shift for event in events for shift in (-1, 0, 1, 60 * SECOND, 120 * SECOND)}
        for instant in instants | {BEGIN + seconds * SECOND for seconds in asked}:
            quick, slow = await both(log, page.session_id, at=instant)
            assert quick.cells == slow.cells


async def test_a_second_worker_goes_on_where_the_first_stopped(log: Log) -> None:
    page = Page()
    await page.say(log, opened(("a", "")), *(edited("a", ["x"]) for _ in range(5)))
    await caught_up(log)
    before = await kept(log, page.session_id)
    await page.say(log, *(edited("a", ["y"]) for _ in range(6)))
    await caught_up(log)
    after = await kept(log, page.session_id)
    assert after[: len(before)] == before
    assert len(after) > len(before)
    for position in range(1, (await log.head()).position + 1):
        quick, slow = await both(log, page.session_id, position=position)
        assert quick == slow


@pytest.mark.parametrize("log", ["memory", "sqlite"], indirect=True)
async def test_they_are_not_used_for_who_was_erased(log: Log) -> None:
    page = Page(ALICE)
    await page.say(log, opened(("a", "secret")), edited("a", ["x"]), edited("a", ["y"]), edited("a", ["z"]))
    await caught_up(log)
    assert await nearest(log, page.session_id) is not None
    await log.erase(page.participant_id, by="tests")
    # No worker has come by yet.
    assert await nearest(log, page.session_id) is None
    await caught_up(log)
    assert await kept(log, page.session_id) == []


@pytest.mark.parametrize("spoil", ["another fold", "no notebook", "another event"])
async def test_what_cannot_be_trusted_is_not_used(log: Log, spoil: str) -> None:
    page = Page()
    await page.say(log, opened(("a", "")), *(edited("a", ["x"]) for _ in range(9)))
    await caught_up(log)
    generation = (await log.checkpoint(SnapshotsProjection.name)).generation
    rows = await log.rows(SNAPSHOT, {"generation": generation, "session_id": page.session_id})
    name, value = {
        "another fold": ("fold", b"?" * 16),
        "no notebook": ("notebook", b"?"),
        "another event": ("event_hash", b"?" * 32),
    }[spoil]
    async with log.transaction() as transaction:
        transaction.save(SNAPSHOT, [{**row, name: value} for row in rows])
    assert await nearest(log, page.session_id) is None
    quick, slow = await both(log, page.session_id)
    assert quick == slow


async def test_a_rebuild_makes_them_anew(log: Log) -> None:
    page = Page()
    await page.say(log, opened(("a", "")), *(edited("a", ["x"]) for _ in range(9)))
    await caught_up(log, SnapshotsProjection(Spacing(least=100, most=100)))
    assert await kept(log, page.session_id) == []
    await rebuild(log, SnapshotsProjection(CLOSE))
    assert await kept(log, page.session_id)
    quick, slow = await both(log, page.session_id)
    assert quick == slow


def test_a_notebook_is_kept_as_it_is() -> None:
    for seed in range(3):
        state = fold_all(lifelike(seed=seed))
        assert unpacked(packed(state)) == state


def test_another_fold_needs_another_version() -> None:
    """What the fold tells of the same events may only change together with its version."""
    told = "\n".join(repr(fold_all(lifelike(seed=seed)).cells) for seed in range(5))
    digest = blake2b(told.encode(), digest_size=8).hexdigest()
    assert (FOLD_VERSION, digest) == (1, "c6fe1b280ecc5a16"), (
        "raise FOLD_VERSION in packing.py, and put the new pair here"
    )
    assert len(fold_digest()) == 16
