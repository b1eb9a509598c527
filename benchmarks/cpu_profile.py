"""What a sampling profile of the page's main thread says about one script among many."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

OURS = "/extensions/jupyterlab-prompter/"
"""What the addresses of the plugin's scripts contain."""


@dataclass(frozen=True)
class Work:
    """A stretch of work, in µs."""

    begin: float
    """By the browser's monotonic clock."""
    ran: float
    """How long the thread worked."""
    took: float
    """How long it took, with what the thread waited for a processor."""


@dataclass(frozen=True)
class OwnWork:
    """When the plugin worked. A sample is the plugin's if any function of its scripts is on the stack: so what it calls
    in JupyterLab or the browser counts as its own work.

    A sample stands for the time until the next one. The profiler samples a running thread steadily; where the next
    sample took longer than twice the usual time to come, the processor was with others meanwhile.
    """

    interval: float
    """How far samples usually are apart, in µs: what shorter work is a matter of chance."""
    stretches: Sequence[Work]
    places: Counter[str]
    """µs by the innermost function of the plugin on the stack."""

    def between(self, moments: Sequence[float]) -> list[tuple[float, float]]:
        """ms that work (ran, took) from each moment (µs, ascending) to the next.

        What came before the first or after the last moment is left out.
        """
        ran, took = [0.0] * (len(moments) - 1), [0.0] * (len(moments) - 1)
        for index, work in _placed(self.stretches, moments):
            ran[index] += work.ran / 1000
            took[index] += work.took / 1000
        return list(zip(ran, took, strict=True))

    def longest(self, moments: Sequence[float]) -> list[float]:
        """ms of the longest work without a break, from each moment to the next: what can hold up a key at most.

        Two tasks without any other work between them count as one.
        """
        longest = [0.0] * (len(moments) - 1)
        for index, work in _placed(self._unbroken(), moments):
            longest[index] = max(longest[index], work.ran / 1000)
        return longest

    def _unbroken(self) -> Iterator[Work]:
        """Samples of the plugin that follow one another as one stretch."""
        last: Work | None = None
        for work in self.stretches:
            if last is not None and work.begin - last.begin - last.took < 1:
                last = Work(last.begin, last.ran + work.ran, last.took + work.took)
            else:
                if last is not None:
                    yield last
                last = work
        if last is not None:
            yield last


def _placed(works: Iterable[Work], moments: Sequence[float]) -> Iterator[tuple[int, Work]]:
    """Each work with the index of the moment that it follows, where there is a next one."""
    for work in works:
        index = bisect_right(moments, work.begin) - 1
        if 0 <= index < len(moments) - 1:
            yield index, work


def own_work(profile: dict[str, Any], ours: str = OURS) -> OwnWork:
    """The work of the scripts whose address contains ``ours``, from what the DevTools protocol's Profiler gives."""
    nodes = {node["id"]: node for node in profile["nodes"]}
    parents = {child: node["id"] for node in profile["nodes"] for child in node.get("children", ())}
    places = {id_: _place(id_, nodes, parents, ours) for id_ in nodes}
    deltas = profile["timeDeltas"]
    interval = median(deltas)
    stretches: list[Work] = []
    by_place: Counter[str] = Counter()
    now = float(profile["startTime"])
    for index, id_ in enumerate(profile["samples"]):
        now += deltas[index]
        took = deltas[index + 1] if index + 1 < len(deltas) else profile["endTime"] - now
        ran = min(took, 2 * interval)
        place = places[id_]
        if place is not None:
            stretches.append(Work(now, ran, took))
            by_place[place] += round(ran)
    return OwnWork(interval, stretches, by_place)


def _place(id_: int, nodes: dict[int, Any], parents: dict[int, int], ours: str) -> str | None:
    """The innermost function of the script on a stack; none if there is none."""
    at: int | None = id_
    while at is not None:
        frame = nodes[at]["callFrame"]
        if ours in frame["url"]:
            file = frame["url"].rpartition("/")[2].partition("?")[0]
            return f"{frame['functionName'] or '(anonymous)'} ({file}:{frame['lineNumber']}:{frame['columnNumber']})"
        at = parents.get(at)
    return None
