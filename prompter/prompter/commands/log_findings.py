"""What ``prompter check`` looks at in a log: can it be written, is there room, do workers keep up, is it backed up?

Last the study's record: an error of the log in between is a finding, whatever is being looked at.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from prompter_events import Log, LogReadOnly, Position, PrompterError
from prompter_events.anchors import Anchor, check_belonging, read_anchors
from prompter_events.numbered import migrations_in, with_events
from prompter_events.sqlite import network_filesystem
from prompter_events.surroundings import Surroundings, surroundings
from prompter_events.url import SqliteUrl, parse_url
from prompter_projections import Policy, Standing, standings

from ..record import study_record
from ..storage import DIRECTORIES, all_projections, kept_current, open_study_log
from ..study import WITHOUT_STUDY, Study
from .finding import Finding
from .output import counted, length
from .record_findings import record_findings

#: How far the newest event may lie in the future before the clock is suspect, in µs: no NTP is off by a minute.
_CLOCK_TOLERANCE = 60 * 1_000_000

#: How far the clocks of a database server and its programs may lie apart, in µs: leases last ten seconds.
_SERVER_TOLERANCE = 3 * 1_000_000

#: How much room a log must have left, in bytes: some hours' writing of two hundred people, and time to make room.
_LEAST_ROOM = 512 * 1024 * 1024

#: For how long an event may wait for a worker that keeps up, in µs: batches take parts of a second.
_LONGEST_WAIT = 60 * 1_000_000


@dataclass(frozen=True)
class Wanted:
    """What an operator asks of a log besides being there."""

    running: bool = False
    """Workers must keep the projections current."""
    anchors: Path | None = None
    """A file of anchors that the newest backup, or the log, was verified with."""
    fresh: int = 0
    """How old its newest anchor may be, µs."""


async def log_findings(url: str, wanted: Wanted, study: Study = WITHOUT_STUDY) -> AsyncIterator[Finding]:
    """Each thing as it is found; the first that makes the others pointless is the last."""
    try:
        target = parse_url(url)
        if isinstance(target, SqliteUrl) and (kind := network_filesystem(target.path)):
            yield Finding("log", False, f"{target.path} lies on {kind}: SQLite's WAL needs a local disk; move it")
            return
        if isinstance(target, SqliteUrl) and not target.path.exists():
            yield _new_file(target.path.absolute(), url)
            return
        async with open_study_log(url) as opened:
            head = await opened.head()
            yield Finding("log", True, f"{url}, {head.position:,} events")
            yield Finding("migrated", True, _level())
            yield await _writable(opened)
            around = await surroundings(url)
            newest = Position(max(0, head.position - 1))
            yield _clock([event.recorded_at async for event in opened.read(after=newest)], around)
            yield _room(around)
            if around.clock_ahead is not None:
                yield _rights(around)
            names = [projection.name for projection in kept_current(study, ())]
            for standing in await standings(opened, names):
                yield _worker(standing, time.time_ns() // 1000, must_run=wanted.running)
                if standing.letters:
                    yield _letters(standing)
            if wanted.anchors is not None:
                yield await _anchored(opened, wanted.anchors, wanted.fresh, time.time_ns() // 1000)
            for finding in record_findings(study, await study_record(opened)):
                yield finding
    except PrompterError as error:
        yield Finding("log", False, str(error))


def _new_file(path: Path, url: str) -> Finding:
    """A log that the server will make when it starts."""
    nearest = next(parent for parent in path.parents if parent.exists())
    # Rights alone do not tell: root may write everywhere, and still not on a read-only disk or below /proc.
    try:
        tempfile.TemporaryDirectory(prefix="prompter-check-", dir=nearest).cleanup()
    except OSError:
        return Finding(
            "log", False, f"{url} cannot be made: {nearest} takes no files; correct its rights or PROMPTER_LOG"
        )
    return Finding("log", True, f"{url}, made when Jupyter starts")


def _level() -> str:
    # The log was opened, so its level is this program's.
    newest = {one.package: one.number for one in migrations_in(with_events(DIRECTORIES), "sqlite")}
    return ", ".join(f"{package} {number}" for package, number in newest.items())


async def _writable(log: Log) -> Finding:
    try:
        await log.lease("check", (holder := uuid4()), 1)
        await log.release("check", holder)
    except LogReadOnly as error:
        return Finding("writable", False, str(error))
    return Finding("writable", True, "a write was committed")


def _clock(recorded: Sequence[int], around: Surroundings) -> Finding:
    ahead = max(recorded, default=0) - time.time_ns() // 1000
    if ahead > _CLOCK_TOLERANCE:
        return Finding(
            "clock", False, f"the newest event is {ahead // 1_000_000} s in the future: set this machine's clock"
        )
    if around.clock_ahead is None:
        return Finding("clock", True, "no event lies in the future")
    apart = f"{abs(around.clock_ahead) / 1_000_000:.1f} s"
    if abs(around.clock_ahead) > _SERVER_TOLERANCE:
        return Finding("clock", False, f"the database server's clock and this machine's are {apart} apart: set them")
    return Finding("clock", True, f"no event lies in the future; the database server's clock is {apart} away")


def _room(around: Surroundings) -> Finding:
    used = f"the log takes {_size(around.used)}"
    if around.free is None:
        return Finding("room", True, f"{used}; what is left on its server cannot be told from here")
    if around.free < _LEAST_ROOM:
        return Finding("room", False, f"{used} and has {_size(around.free)} left: make room before it is full")
    return Finding("room", True, f"{used}, {_size(around.free)} are left")


def _rights(around: Surroundings) -> Finding:
    if around.excess:
        return Finding(
            "rights",
            False,
            f"the account has {', '.join(around.excess)} and could change what was recorded: "
            "name prompter_user in the log's URL, or revoke it",
        )
    return Finding("rights", True, "the account can add events, and neither change nor remove them")


def _worker(standing: Standing, now: int, *, must_run: bool) -> Finding:
    behind = "keeps up" if not standing.behind else f"is {counted(standing.behind, 'event')} behind"
    if standing.holder is None or not standing.is_kept(now):
        kept = "no worker runs"
        if must_run:
            kept += ": start the collector or `prompter worker`"
    else:
        kept = f"worker {standing.holder.hex[:8]} has it"
    waited = standing.waited(now)
    late = f", for {length(waited)}" if waited > _LONGEST_WAIT else ""
    ok = not must_run or (standing.is_kept(now) and not late)
    return Finding("worker", ok, f"{standing.projection} {behind}{late}; {kept}")


def _letters(standing: Standing) -> Finding:
    names = [projection.name for projection in all_projections() if isinstance(projection, Policy)]
    cure = "see `dead_letter` in the runbook" if standing.projection in names else f"`rebuild {standing.projection}`"
    return Finding(
        "dead letters",
        False,
        f"{standing.projection} could not fold {counted(len(standing.letters), 'event')}, the first at position "
        f"{min(standing.letters):,}: upgrade, then {cure}",
    )


async def _anchored(log: Log, path: Path, fresh: int, now: int) -> Finding:
    try:
        anchors = read_anchors(path)
        await check_belonging(log, anchors, path)
        newest = max(anchors, key=lambda anchor: anchor.at)
        return await _newest(log, newest, fresh, now)
    except PrompterError as error:
        return Finding("anchor", False, str(error))


async def _newest(log: Log, newest: Anchor, fresh: int, now: int) -> Finding:
    age = max(0, now - newest.at)
    since = (await log.head()).position - newest.position
    async for event in log.read(after=Position(newest.position - 1), limit=1):
        if event.hash != newest.hash:
            return Finding(
                "anchor",
                False,
                f"position {newest.position:,} has another hash than {newest.time}: run `prompter verify`",
            )
    if since < 0:
        return Finding("anchor", False, f"the log lacks what was at position {newest.position:,} on {newest.time}")
    told = f"the newest is of {length(age)} ago at position {newest.position:,}, {counted(since, 'event')} since"
    if age > fresh:
        return Finding("anchor", False, f"{told}: older than {length(fresh)}; is the backup still made and verified?")
    return Finding("anchor", True, told)


def _size(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}"
        count //= 1024
    return f"{count:,.0f} GiB"
