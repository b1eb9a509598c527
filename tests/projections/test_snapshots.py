"""Replays from snapshots: the same answers as without them, soon, and never from one that must not be trusted."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import BEGIN, Page, edited, opened, output, run, scheduled, snapshots
from msgspec.structs import replace
from workers import Clock, Fault, ShakyLog, at_work

from prompter_events import Event, Log, Position, ProducerId, SessionId, open_log
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellTypeChanged,
    FocusChanged,
    NotebookReloaded,
    NotebookRenamed,
)
from prompter_events.catalogue.runs import RunFinished, RunStarted
from prompter_events.catalogue.study import CaptureLost
from prompter_events.memory import MemoryLog
from prompter_events.transaction import Value
from prompter_projections import MIGRATIONS, NotebookState, SnapshotsProjection, notebook_at, packing, rebuild
from prompter_projections.change import change, changed
from prompter_projections.fold import body_of
from prompter_projections.nearest import SNAPSHOTS, nearest
from prompter_projections.notebook import EMPTY, fold, fold_all
from prompter_projections.packing import FOLD_VERSION, packed
from prompter_projections.relations import SNAPSHOT, STATE
from prompter_projections.snapshots import Spacing
from prompter_projections.states import States
from prompter_projections.step import advance
from support.lifelike import lifelike
from support.mariadb import MariaDB

EVERY_SECOND = Spacing(least=2, most=2)


@pytest.fixture(params=["memory", "sqlite", "mysql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    url = "memory://"
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/log.db"
    elif request.param == "mysql":
        server: MariaDB = request.getfixturevalue("mariadb")
        url = await server.fresh_database(MIGRATIONS)
    async with open_log(url, migrate=request.param == "sqlite", migrations=[MIGRATIONS]) as opened_log:
        yield opened_log


async def store(log: Log, events: Sequence[Event]) -> Position:
    """Append events one by one in their order, whatever numbers they bear."""
    seqs: dict[ProducerId, int] = {}
    head = Position(0)
    for event in events:
        seqs[event.producer_id] = seq = seqs.get(event.producer_id, 0) + 1
        head = (await log.append(event.producer_id, [replace(event, producer_seq=seq)])).position
    return head


async def kept_of(log: Log) -> list[dict[str, Value]]:
    """All snapshots, but for their generation."""
    rows = await log.rows(SNAPSHOT, {"generation": (await log.checkpoint(SNAPSHOTS)).generation})
    return [{name: value for name, value in row.items() if name != "generation"} for row in rows]


async def falsify(log: Log, position: int, **columns: Value) -> None:
    """Change a snapshot's row."""
    [row] = [row for row in await log.rows(SNAPSHOT, {}) if row["position"] == position]
    async with log.transaction() as transaction:
        transaction.save(SNAPSHOT, [{**row, **columns}])


# ---- the same answers

ids = st.sampled_from("abc")
small = st.integers(0, 4)
sources = st.text("x😀\n▒", max_size=3)
MINUTE_MS = 60_000
delays = st.sampled_from([0, 1, 400, 30_000, MINUTE_MS - 1, MINUTE_MS, MINUTE_MS + 1, 10 * MINUTE_MS])
ops = st.lists(st.one_of(st.integers(-3, 3), sources), max_size=3)
runs = st.sampled_from([uuid4() for _ in range(3)])
bodies = st.one_of(
    st.builds(
        lambda cell_id, changes, withheld: CellEdited(
            cell_id=cell_id, changes=changes, cause="user", withheld=withheld
        ),
        ids,
        st.lists(st.tuples(delays, ops), max_size=3),
        st.booleans(),
    ),
    st.builds(
        lambda cell_id, index, source: CellAdded(
            cell_id=cell_id, index=index, cell_type="code", source=source, cause="user"
        ),
        ids,
        small,
        sources,
    ),
    st.builds(lambda cell_id, index: CellRemoved(cell_id=cell_id, index=index, cause="user"), ids, small),
    st.builds(lambda cell_id, a, b: CellMoved(cell_id=cell_id, from_=a, to=b), ids, small, small),
    st.builds(
        lambda cell_id, kind: CellTypeChanged(cell_id=cell_id, cell_type=kind), ids, st.sampled_from(["code", "raw"])
    ),
    st.builds(scheduled, ids, sources, runs),
    st.builds(lambda run_id: RunStarted(run_id=run_id), runs),
    st.builds(
        lambda run_id, text: RunFinished(
            run_id=run_id, status="ok", execution_count=1, duration_ms=1, outputs=[output(text)]
        ),
        runs,
        st.text("ab", max_size=2),
    ),
    st.builds(lambda cells: NotebookReloaded(cells=snapshots(*cells)), st.lists(st.tuples(ids, sources), max_size=3)),
    st.builds(lambda path: NotebookRenamed(path=path), st.text("p", max_size=2)),
    st.just(CaptureLost(count=1, reason="full")),
    st.builds(lambda cell_id: FocusChanged(cell_id=cell_id, visible=True), ids),
)
# The clock may step anywhere, and what the server says bears the server's time.
moments = st.sampled_from([0, 1, 500_000, 1_000_000, 30_000_000, 60_000_000, 120_000_000])
spoilt = st.sampled_from(["", "", "", "", "", "unknown type", "unreadable", "newer version"])
told = st.lists(st.tuples(bodies, moments, spoilt), max_size=14)


def session_of(told_: Sequence[tuple[Body, int, str]]) -> list[Event]:
    """A session whose clock goes as it likes, among the events of another one."""
    page, other = Page(), Page()
    events = [replace(page.event(opened(("a", "1"), ("b", "2"))), occurred_at=BEGIN)]
    for body, moment, spoiling in told_:
        event = replace(page.event(body), occurred_at=BEGIN + moment)
        if spoiling == "unknown type":
            event = replace(event, type="cell.exploded")
        elif spoiling == "unreadable":
            event = replace(event, payload=b"\xc1")
        elif spoiling == "newer version":
            event = replace(event, schema_version=99)
        events.append(event)
        if moment == 1:
            events.append(other.event(opened(("a", "other"))))
    return events


def instants_of(events: Sequence[Event]) -> list[int]:
    """Every instant at which an answer may change, and those beside it."""
    found = {BEGIN - 1}
    for event in events:
        moments_ = {0, MINUTE_MS * 1000}
        if event.type == "cell.edited":
            body = body_of(event)
            moments_ |= {dt * 1000 for dt, _ in body.changes} if isinstance(body, CellEdited) else set()
        found |= {event.occurred_at + moment + beside for moment in moments_ for beside in (-1, 0, 1)}
    return sorted(found)


@settings(deadline=None, max_examples=150)  # a busy machine is no failure
@given(told, st.integers(1, 4))
def test_every_position_and_every_instant_gives_the_same_answer(
    told_: Sequence[tuple[Body, int, str]], every: int
) -> None:
    events = session_of(told_)

    async def ask() -> None:
        async with MemoryLog() as log:
            head = await store(log, events)
            await rebuild(log, SnapshotsProjection(Spacing(least=every, most=every)))
            session_id = events[0].session_id
            for position in range(head + 2):
                plain = await notebook_at(log, session_id, position=position, use_snapshots=False)
                assert await notebook_at(log, session_id, position=position) == plain
            for at in instants_of(events):
                plain = await notebook_at(log, session_id, at=at, use_snapshots=False)
                assert await notebook_at(log, session_id, at=at) == plain
            plain = await notebook_at(log, session_id, use_snapshots=False)
            assert await notebook_at(log, session_id) == plain
            if len([event for event in events if event.session_id == session_id]) >= every:
                assert await nearest(log, session_id) is not None

    asyncio.run(ask())


async def test_a_long_session_is_told_from_its_snapshots(log: Log) -> None:
    events = list(lifelike())
    head = await store(log, events)
    async with at_work(log, SnapshotsProjection(Spacing(least=40, most=100, share=1)), batch=70) as worker:
        await worker.caught_up(head)
    session_id = events[0].session_id
    chains = {row["chain"] for row in await kept_of(log)}
    assert len(await kept_of(log)) > len(chains) > 1
    for position in range(1, head + 1, 37):
        plain = await notebook_at(log, session_id, position=position, use_snapshots=False)
        assert await notebook_at(log, session_id, position=position) == plain
        at = events[position - 1].occurred_at
        plain = await notebook_at(log, session_id, at=at, use_snapshots=False)
        assert await notebook_at(log, session_id, at=at) == plain
    # And really from them: what a snapshot says comes out.
    snapshot = await nearest(log, session_id)
    assert snapshot is not None
    assert head - 100 <= snapshot.position <= head
    wrong = packed(replace(snapshot.notebook, path="from a snapshot.ipynb"))
    await falsify(log, snapshot.chain, notebook=wrong)
    assert (await notebook_at(log, session_id, position=snapshot.chain)).state.path == "from a snapshot.ipynb"
    plain = await notebook_at(log, session_id, position=snapshot.chain, use_snapshots=False)
    assert plain.state.path != "from a snapshot.ipynb"


async def test_what_comes_after_the_last_snapshot_is_read_from_the_log(log: Log) -> None:
    page = Page()
    await page.say(log, opened(("a", "")), edited("a", ["x"]))
    async with at_work(log, SnapshotsProjection(EVERY_SECOND)) as worker:
        await worker.caught_up(2)
    # The worker is gone; the session goes on.
    await page.say(log, edited("a", [1, "y"]))
    assert [row["position"] for row in await kept_of(log)] == [2]
    assert (await notebook_at(log, page.session_id)).cells[0].source == "xy"


async def test_one_key_in_a_thousand_cells_is_kept_as_one_cell() -> None:
    """Storage grows with what changes, not with the notebook: neither other cells nor outputs are kept again."""
    page = Page()
    cells = [(f"cell-{n}", uuid4().hex * 10) for n in range(1_000)]
    loud = run("cell-7", cells[7][1], outputs=[output(uuid4().hex * 1_000)])
    async with MemoryLog() as log:
        await page.say(log, opened(*cells), *loud)
        for _ in range(16):
            await page.say(log, edited("cell-7", ["x"]))
        await rebuild(log, SnapshotsProjection(Spacing(least=4, most=4)))
        whole, *changes = [len(row["notebook"]) for row in await kept_of(log)]  # type: ignore[arg-type]
    assert len(changes) == 4
    assert max(changes) < 1_000
    assert whole > 30_000


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(bodies, max_size=8), st.lists(bodies, max_size=8))
def test_a_change_makes_the_later_notebook_of_the_earlier(first: list[Body], then: list[Body]) -> None:
    page = Page()
    before = fold_all(page.events(opened(("a", "1"), ("b", "2")), *first))
    after = fold_all(page.events(*then), before)
    made = change(before, after)
    assert changed(before, made) == after
    assert packing.unpacked(packed(before), [packed(made)]) == after
    assert changed(NotebookState(), change(NotebookState(), after)) == after


# ---- which are not trusted


async def two_snapshots(log: Log) -> Page:
    """A session of four events, with snapshots after the second and the fourth."""
    page = Page()
    head = await page.say(log, opened(("a", "")), edited("a", ["x"]), edited("a", [1, "y"]), edited("a", [2, "z"]))
    async with at_work(log, SnapshotsProjection(EVERY_SECOND)) as worker:
        await worker.caught_up(head)
    found = await nearest(log, page.session_id)
    assert found is not None
    assert found.position == 4
    return page


@pytest.mark.parametrize(
    "columns",
    [
        {"event_hash": bytes(32)},
        {"fold": bytes(16)},
        {"notebook": b"no zlib"},
        {"notebook": zlib.compress(b"\xc1")},
        {"notebook": zlib.compress(msgspec.msgpack.encode({"order": ["nobody"], "table": {}}))},
    ],
    ids=["other history", "other fold", "no zlib", "no msgpack", "a cell is missing"],
)
async def test_a_snapshot_that_is_not_of_this_log_and_fold_is_passed_over(log: Log, columns: dict[str, Value]) -> None:
    page = await two_snapshots(log)
    await falsify(log, 4, **columns)
    found = await nearest(log, page.session_id)
    assert found is None or found.position == 2
    assert (await notebook_at(log, page.session_id)).cells[0].source == "xyz"
    await falsify(log, 2, **columns)
    assert await nearest(log, page.session_id) is None
    assert (await notebook_at(log, page.session_id)).cells[0].source == "xyz"


async def test_a_log_that_went_another_way_has_none_of_the_old_snapshots(tmp_path: Path) -> None:
    """As after a restore that took events back, if somebody restored the events alone."""
    page = Page()
    first = page.events(opened(("a", "")), edited("a", ["x"]), edited("a", [1, "y"]), edited("a", [2, "z"]))
    async with MemoryLog() as before, MemoryLog() as after:
        await before.append(page.producer_id, first)
        await rebuild(before, SnapshotsProjection(EVERY_SECOND))
        await after.append(page.producer_id, first[:2])
        page.seq = 2
        await page.say(after, edited("a", [1, "other"]), edited("a", [1, -5]))
        async with after.transaction() as transaction:
            transaction.save(SNAPSHOT, await before.rows(SNAPSHOT, {}))
            transaction.move(SNAPSHOTS, await after.checkpoint(SNAPSHOTS), await before.checkpoint(SNAPSHOTS))
        assert await nearest(before, page.session_id) is not None
        # The two logs hold the same first events, but each keyed their digests with salts of its own.
        assert await nearest(after, page.session_id) is None
        assert (await notebook_at(after, page.session_id)).cells[0].source == "x"


async def test_snapshots_of_a_void_epoch_are_still_those_of_the_events_before_it(log: Log) -> None:
    page = await two_snapshots(log)
    await log.renew_epoch()
    found = await nearest(log, page.session_id)
    assert found is not None
    assert (await notebook_at(log, page.session_id)).cells[0].source == "xyz"


async def test_from_the_first_moment_of_an_erasure_nothing_of_theirs_comes_from_a_snapshot() -> None:
    async with MemoryLog() as log:
        page = await two_snapshots(log)
        await log.erase(page.participant_id, by="Carol")
        # No worker came to the erasure, and nobody told the projections.
        assert len(await kept_of(log)) == 2
        assert await nearest(log, page.session_id) is None
        assert (await notebook_at(log, page.session_id)).cells == ()


async def test_an_interrupted_erasure_counts_too(tmp_path: Path) -> None:
    async with open_log(f"sqlite:///{tmp_path}/log.db", migrate=True, migrations=[MIGRATIONS]) as log:
        page = await two_snapshots(log)

        def interrupt(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await log.erase(page.participant_id, by="Carol", progress=interrupt)
        assert await nearest(log, page.session_id) is None


async def test_a_log_without_the_tables_is_told_from_its_events(tmp_path: Path) -> None:
    page = Page()
    async with open_log(f"sqlite:///{tmp_path}/log.db", migrate=True) as log:
        await page.say(log, opened(("a", "")), edited("a", ["x"]))
        assert (await notebook_at(log, page.session_id)).cells[0].source == "x"


async def test_an_interrupted_rebuild_shows_nothing_of_its_snapshots(log: Log) -> None:
    page = await two_snapshots(log)
    generation = (await log.checkpoint(SNAPSHOTS)).generation
    for row in await log.rows(SNAPSHOT, {"position": 4}):
        async with log.transaction() as transaction:
            transaction.save(SNAPSHOT, [{**row, "generation": generation + 1, "notebook": b"half"}])
    found = await nearest(log, page.session_id)
    assert found is not None
    assert found.position == 4
    await rebuild(log, SnapshotsProjection(EVERY_SECOND))
    assert (await log.checkpoint(SNAPSHOTS)).generation == generation + 1
    found = await nearest(log, page.session_id)
    assert found is not None
    assert found.position == 4


# ---- the worker


async def test_a_worker_of_small_batches_that_crashes_makes_the_snapshots_of_one_pass() -> None:
    clock = Clock()
    faults: list[Fault | None] = [None, "before commit", None, "after commit", "moved", None, "after commit"]
    events = list(lifelike())
    spacing = Spacing(least=20, most=60, share=1)
    async with ShakyLog(clock) as log:
        head = await store(log, events)
        log.faults = faults
        async with at_work(log, SnapshotsProjection(spacing), batch=17, clock=clock) as worker:
            await worker.caught_up(head)
        assert not log.faults
        shaky = await kept_of(log)
        await rebuild(log, SnapshotsProjection(spacing))
        assert await kept_of(log) == shaky
        assert len(shaky) > 5


@pytest.mark.parametrize("limits", [{"hot": 1}, {"hot_bytes": 0}], ids=["few states", "few bytes"])
async def test_states_that_were_let_go_are_resumed_as_they_were(limits: dict[str, int]) -> None:
    projection = SnapshotsProjection(Spacing(least=3, most=9, share=1))
    pages = [Page(), Page()]
    async with MemoryLog() as log:
        states = States(log, projection, 1, **limits)  # type: ignore[arg-type]
        for round_ in range(12):
            for page in pages:
                await page.say(log, opened(("a", "x")) if not round_ else edited("a", ["y"]))
        events = [event async for event in log.read()]
        whole: dict[SessionId, Any] = {}
        for event in events:
            key = projection.key(event)
            assert key is not None
            held = (await states.load([key]))[key]
            before = whole.get(event.session_id)
            assert (held.state is None) == (before is None)
            if before is not None:
                assert held.state == projection.settle(before)
            whole[event.session_id] = projection.fold(before and projection.settle(before), event)
            step = advance(projection, {key: held}, [(key, event)], Position(event.position - 1), {})
            async with log.transaction() as transaction:
                for relation, rows in states.rows(step):
                    transaction.save(relation, rows)
            states.keep(step)
        assert len(await log.rows(SNAPSHOT, {})) > 4
        for row in await log.rows(STATE, {}):
            assert isinstance(row["state"], bytes)
            assert len(row["state"]) < 64


async def test_a_worker_of_another_fold_goes_on_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    async with MemoryLog() as log:
        page = await two_snapshots(log)
        monkeypatch.setattr(packing, "FOLD_VERSION", FOLD_VERSION + 1)
        packing.fold_digest.cache_clear()
        try:
            assert await nearest(log, page.session_id) is None
            head = await page.say(log, edited("a", ["1"]), edited("a", ["2"]))
            async with at_work(log, SnapshotsProjection(EVERY_SECOND)) as worker:
                await worker.caught_up(head)
            found = await nearest(log, page.session_id)
            assert found is not None
            assert (found.position, found.notebook.cells[0].source) == (6, "21xyz")
        finally:
            packing.fold_digest.cache_clear()


async def test_a_notebook_too_large_to_keep_is_told_from_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompter_projections.snapshots.MOST_BYTES", 10)
    page = Page()
    async with MemoryLog() as log:
        await page.say(log, opened(("a", "")), *[edited("a", ["x"]) for _ in range(9)])
        await rebuild(log, SnapshotsProjection(EVERY_SECOND))
        assert await kept_of(log) == []
        assert (await notebook_at(log, page.session_id)).cells[0].source == "x" * 9


def test_whoever_changes_the_fold_raises_its_version() -> None:
    """If this fails, raise FOLD_VERSION and take the new digest: no snapshot of before may be taken for one of now.

    Where it is only the story that is told anew, the new digest is enough.
    """
    page, state = Page(), EMPTY
    strange = [
        opened(("a", "1"), ("b", "😀"), ("a", "twice")),
        edited("b", [1, -1]),
        edited("a", ["▒"], [99, "beyond"]),
        CellEdited(cell_id="a", changes=[(0, ["▒"])], cause="remote", withheld=True),
        scheduled("a", "another source", UUID(int=1)),
        CellAdded(cell_id="a", index=9, cell_type="raw", source="again", cause="user"),
        CellMoved(cell_id="a", from_=5, to=9),
        CellTypeChanged(cell_id="b", cell_type="markdown"),
        NotebookReloaded(cells=snapshots(("b", "x"), ("c", "y"))),
        RunFinished(run_id=UUID(int=2), status="ok", execution_count=1, duration_ms=1),
        CellRemoved(cell_id="c", index=0, cause="user"),
        CaptureLost(count=1, reason="full"),
    ]
    digest = blake2b(digest_size=8)
    for event in (*lifelike(), *page.events(*strange)):
        state = EMPTY if event.type == "session.opened" else state
        state = fold(state, event)
        for cell in state.cells:
            source = cell.source.encode("utf-16", "surrogatepass")
            ran = cell.status, cell.execution_count, cell.outputs, cell.error
            digest.update(msgspec.json.encode((cell.cell_id, cell.cell_type, source, cell.withheld, ran)))
        digest.update(msgspec.json.encode((state.path, state.kernel_name, state.notes)))
    assert (FOLD_VERSION, digest.hexdigest()) == (1, "02b87a78a44d2e01")
