"""A real Hub: so many people come at once, each to a server of their own, and work.

    python -m benchmarks.hub_load [--people 12] [--seconds 60]

Everybody opens their link and presses the button at the same moment. Then, all at once, each types on a page that
speaks to the collector through the Hub's proxy with its own token, and runs cells in a kernel of their own server.
Everything is on this machine: Hub, proxy, collector, MariaDB, servers, kernels, and those who drive them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil

from prompter.links import StudyLink, seal
from prompter.roles import Role
from prompter.storage import DIRECTORIES, open_study_log
from support.collecting import collected
from support.hub import Hub
from support.kernelling import Server, run_in_kernel
from support.page import OPENED

from .figures import figure, percentile
from .logs import fresh_logs

STUDY = """\
study: hub-load
capture: {outputs: none}
periods:
  - {name: one, conditions: [EXP_CTS, EXP_END]}
"""

CODE = "import time\nsum(range(100_000))"
"""A cell that asks something of the kernel, and little of the machine."""


@dataclass(frozen=True)
class Came:
    """Somebody whose server runs."""

    server: Server
    seconds: float
    """From opening the link to the Lab's page."""


async def measure(people: int, seconds: float) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="prompter-benchmark-") as directory:
        async with fresh_logs("mysql", *DIRECTORIES) as fresh:
            url = await fresh()
            hub = _hub(Path(directory), url)
            hub.start()
            try:
                came = await _all_come(hub, people)
                _memory(hub, people)
                sent = await _all_work(hub, came, seconds)
            finally:
                hub.stop()
            async with open_study_log(url) as log:
                kinds = [event.type async for event in log.read()]
            edits = kinds.count("cell.edited")
            figure("typed bursts in the log", edits, "")
            assert edits == sent, "a burst is missing"


def _hub(folder: Path, url: str) -> Hub:
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    password = folder / "db_password"
    password.write_text(os.environ["PROMPTER_DB_PASSWORD"], encoding="utf-8")
    password.chmod(0o600)
    return Hub(folder, {"study": "study.yaml", "SQL": {"url": url, "password_file": password.name}})


def _link(hub: Hub, number: int) -> str:
    now = int(time.time())
    link = StudyLink(uuid4(), f"p{number:02}", None, Role.PARTICIPANT, now, now + 3600)
    return f"/hub/link?token={seal(link, hub.config.written.link_key)}"


async def _all_come(hub: Hub, people: int) -> Sequence[Came]:
    loop = asyncio.get_running_loop()

    def comes(number: int) -> Came:
        began = time.perf_counter()
        visitor = hub.visitor(f"p{number:02}")
        visitor.enter(_link(hub, number))
        server = Server.of(visitor, f"p{number:02}")
        return Came(server, time.perf_counter() - began)

    with ThreadPoolExecutor(people) as threads:
        came = await asyncio.gather(*(loop.run_in_executor(threads, comes, number) for number in range(people)))
    took = [one.seconds for one in came]
    figure(f"link to the Lab's page, {people} at once, median", percentile(took, 50), "s")
    figure(f"link to the Lab's page, {people} at once, longest", max(took), "s")
    return came


def _memory(hub: Hub, people: int) -> None:
    """Where the memory is: each program's own, without what it shares with others of its kind."""
    own: dict[str, list[float]] = {"Hub": [_own(psutil.Process(hub.pid))]}
    for process in psutil.Process(hub.pid).children(recursive=True):
        words = " ".join(process.cmdline())
        for name, word in (
            ("single-user server", "jupyterhub-singleuser"),
            ("collector", "prompter.commands collector"),
            ("proxy", "configurable-http-proxy"),
        ):
            if word in words:
                own.setdefault(name, []).append(_own(process))
    for name, sizes in own.items():
        figure(f"memory, {name}, mean of {len(sizes)}", sum(sizes) / len(sizes), "MiB")


def _own(process: psutil.Process) -> float:
    return float(process.memory_full_info().uss) / 2**20


async def _all_work(hub: Hub, came: Sequence[Came], seconds: float) -> int:
    """How many bursts were sent and acknowledged."""
    until = time.monotonic() + seconds
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(len(came)) as threads:
        async with AsyncExitStack() as stack:
            typing = [asyncio.create_task(_types(stack, hub, one.server, until)) for one in came]
            running = [loop.run_in_executor(threads, _runs, one.server, until) for one in came]
            acks = [ack for some in await asyncio.gather(*typing) for ack in some]
            runs = [run for some in await asyncio.gather(*running) for run in some]
    for percent in (50, 99):
        figure(f"ack through the Hub's proxy, p{percent} of {len(acks)}", percentile(acks, percent) * 1000, "ms")
    figure(f"a cell in a new kernel, median of {len(runs)}", percentile(runs, 50), "s")
    return len(acks)


async def _types(stack: AsyncExitStack, hub: Hub, server: Server, until: float) -> list[float]:
    """Two bursts a second, each acknowledged."""
    address = f"ws://127.0.0.1:{hub.port}/services/prompter/stream"
    page = await stack.enter_async_context(collected(address, server.token))
    await page.hello()
    await page.send(1, OPENED)
    acks: list[float] = []
    while time.monotonic() < until:
        began = time.perf_counter()
        typed = {"cell_id": "a", "changes": [[0, ["x" if len(acks) % 2 == 0 else -1]]], "cause": "user"}
        await page.send(len(acks) + 2, ("cell.edited", typed))
        acks.append(time.perf_counter() - began)
        await asyncio.sleep(0.5)
    return acks


def _runs(server: Server, until: float) -> list[float]:
    took = []
    while time.monotonic() < until:
        began = time.perf_counter()
        run_in_kernel(server, CODE)
        took.append(time.perf_counter() - began)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hub_load", description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    asyncio.run(measure(options.people, options.seconds))


if __name__ == "__main__":
    main()
