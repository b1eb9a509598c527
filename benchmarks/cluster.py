"""A log on three nodes of a Galera cluster, beside a log on one server: throughput, conflicts, staleness, a death.

    python -m benchmarks.cluster [--rounds 5] [--events 4000] [--singles 300] [--reads 500]

The nodes are those of the tests, on the loopback interface, so the network between them costs nothing; all of them, the
single server and the programs share this machine's cores. In each round many pages append at once: to the one server,
through one node, and through three nodes at a time, as programs would that know nothing of one another.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from unittest.mock import patch

from prompter_events import Log, open_log, verify
from prompter_events.mysql import connections
from support.galera import Galera
from support.mariadb import MariaDB

from .figures import Limit, figure, middle_rate, peak_memory, percentile
from .pages import Page, append_all, queues

PAGES, SIZE = 20, 100
"""(pages, events of one call): together more than one commit takes."""

BESIDE_DEATH = 20
"""Single appends that were acknowledged before a node is killed."""


async def measure(rounds: int, events: int, singles: int, reads: int) -> None:
    """Start the servers, and print the figures."""
    alone, cluster = MariaDB(), Galera()
    try:
        await asyncio.to_thread(alone.start)
        began = time.perf_counter()
        await cluster.start()
        figure("three nodes, from nothing to in step", time.perf_counter() - began, "s")
        async with AsyncExitStack() as stack:
            one = await _opened(stack, await alone.fresh_database(), alone.password)
            urls = await cluster.fresh_database()
            nodes = [await _opened(stack, url, cluster.password) for url in urls]
            await _throughput(one, nodes, cluster, rounds, events)
            await _one_by_one(one, nodes, singles)
            with patch.object(connections, "CLUSTER_SETTING", "SET SESSION wsrep_sync_wait = 0"):
                careless = await _opened(stack, urls[1], cluster.password)
                await _staleness(nodes, careless, reads)
            # The last node dies; those who write through it must go elsewhere, so it is not among these.
            await _death(cluster, nodes[:2])
            head = await verify(nodes[0])
            figure("events on the cluster, the chain whole", head, "")
    finally:
        cluster.remove()
        alone.remove()
    figure("peak memory", peak_memory(), "MiB")


async def _opened(stack: AsyncExitStack, url: str, password: str) -> Log:
    # A log keeps its password; the two kinds of servers have different ones.
    return await stack.enter_async_context(open_log(url, password=password))


async def _throughput(one: Log, nodes: Sequence[Log], cluster: Galera, rounds: int, events: int) -> None:
    crowds = {name: [Page() for _ in range(PAGES)] for name in ("alone", "node", "nodes")}
    alone, node, three = [], [], []
    conflicts, commits, counting = 0, 0, False

    def committed(of: Sequence[object], seconds: float | None) -> None:
        nonlocal commits
        commits += counting

    for log in nodes:
        log.watch_commits(committed)
    for _ in range(rounds):
        alone.append(await _append([one], crowds["alone"], events))
        node.append(await _append([nodes[0]], crowds["node"], events))
        before, counting = await cluster.conflicts(), True
        three.append(await _append(nodes, crowds["nodes"], events))
        conflicts, counting = conflicts + await cluster.conflicts() - before, False
    limit = Limit("one server", middle_rate(1, alone))
    what = f"log.append, {PAGES} pages, {SIZE} events a call"
    figure(f"{what}, through one node", middle_rate(1, node), "events/s", limit)
    figure(f"{what}, through three nodes at once", middle_rate(1, three), "events/s", limit)
    figure("refused for another node's (1213), for each commit", conflicts / commits, "")


async def _append(logs: Sequence[Log], crowd: Sequence[Page], events: int) -> float:
    """Seconds for an event, with the pages shared out among the logs."""
    queued = queues(crowd, events, SIZE)
    count = sum(len(call) for calls in queued for _, call in calls)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, log in enumerate(logs):
            group.create_task(append_all(log, queued[number :: len(logs)]))
    return (time.perf_counter() - began) / count


async def _one_by_one(one: Log, nodes: Sequence[Log], count: int) -> None:
    """How long one event takes to be durable where nothing else is written; in turns, so both see the same moments."""
    pages, alone, node = (Page(), Page()), [], []
    for _ in range(count):
        alone.append(await _single(one, pages[0]))
        node.append(await _single(nodes[0], pages[1]))
    for percent in (50, 99):
        limit = Limit("one server", percentile(alone, percent))
        figure(f"one event through one node, p{percent}", percentile(node, percent), "ms", limit)


async def _single(log: Log, page: Page) -> float:
    """How many ms the next event took."""
    producer, events = page.events(1)
    began = time.perf_counter()
    await log.append(producer, events)
    return (time.perf_counter() - began) * 1000


async def _staleness(nodes: Sequence[Log], careless: Log, count: int) -> None:
    """Reads on a second node right after a commit on the first: as the log reads, and as it would without waiting."""
    stale, waited = await _read_after(nodes[0], nodes[1], count)
    careless_stale, unwaited = await _read_after(nodes[0], careless, count)
    figure(f"reads of {count} that missed what another node had committed", stale, "")
    figure("the same without wsrep_sync_wait", careless_stale, "")
    limit = Limit("without waiting", percentile(unwaited, 50))
    figure("a read at another node, p50", percentile(waited, 50), "ms", limit)


async def _read_after(here: Log, there: Log, count: int) -> tuple[int, list[float]]:
    page, stale, delays = Page(), 0, []
    for _ in range(count):
        producer, events = page.events(1)
        receipt = await here.append(producer, events)
        began = time.perf_counter()
        stale += await there.last_seq(producer) < receipt.last_seq
        delays.append((time.perf_counter() - began) * 1000)
    return stale, delays


async def _death(cluster: Galera, survivors: Sequence[Log]) -> None:
    """A node is killed while another takes one event after the other: how long the longest waited."""
    acknowledged: list[float] = []
    enough, stop = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        page = Page()
        while not stop.is_set():
            await survivors[0].append(*page.events(1))
            acknowledged.append(time.perf_counter())
            if len(acknowledged) >= BESIDE_DEATH:
                enough.set()

    writing = asyncio.create_task(write())
    await enough.wait()
    dying = cluster.nodes[-1]
    died_at, before = time.perf_counter(), len(acknowledged)
    await dying.kill()
    while len(acknowledged) < before + 2 * BESIDE_DEATH:
        enough.clear()
        await enough.wait()
    stop.set()
    await writing
    gaps = [later - earlier for earlier, later in pairwise(acknowledged)]
    figure("a node is killed: the longest wait of a write through another", max(gaps), "s")
    began = time.perf_counter()
    await cluster.rejoin(dying)
    figure("the node comes back, in step", time.perf_counter() - began, "s")
    figure("after its death until it was back", time.perf_counter() - died_at, "s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=4_000, help="of one round")
    parser.add_argument("--singles", type=int, default=300, help="events that go one after the other")
    parser.add_argument("--reads", type=int, default=500, help="reads right after a commit elsewhere")
    options = parser.parse_args()
    asyncio.run(measure(options.rounds, options.events, options.singles, options.reads))


if __name__ == "__main__":
    main()
