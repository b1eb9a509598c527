"""How busy a session was of late: bins of a quarter of a minute. A day of work takes no more room than an hour."""

from __future__ import annotations

from collections.abc import Iterable

BIN_US = 15_000_000
"""A quarter of a minute: two pixels of a row's drawing."""

KEPT_BINS = 121
"""Half an hour, and the bin that has just begun."""

_MOST = 2 * KEPT_BINS
"""So many bins are held before the old ones are looked for."""

_WELL, _FAILED, _GIVEN_UP = 1, 2, 3
_FIELDS = {"ok": _WELL, "error": _FAILED}

Bin = tuple[int, int, int, int]
"""Characters written, runs that were well, runs that failed, runs that were given up. Never changed in place."""

_NOTHING: Bin = (0, 0, 0, 0)


class Activity:
    """The last half hour. Moments are µs since the epoch by the server's clock; bins are numbered from the epoch on."""

    def __init__(self) -> None:
        self._bins: dict[int, Bin] = {}

    def wrote(self, at: int, characters: int) -> None:
        """So many characters came or went."""
        self._add(at, 0, characters)

    def ran(self, at: int, status: str) -> None:
        """A run ended."""
        self._add(at, _FIELDS.get(status, _GIVEN_UP), 1)

    def since(self, first: int) -> dict[int, Bin]:
        """The bins from a number on in which something happened."""
        return {number: values for number, values in self._bins.items() if number >= first}

    def _add(self, at: int, field: int, amount: int) -> None:
        number = at // BIN_US
        values = list(self._bins.get(number, _NOTHING))
        values[field] += amount
        self._bins[number] = (values[0], values[1], values[2], values[3])
        if len(self._bins) > _MOST:
            self._bins = self.since(max(self._bins) - KEPT_BINS + 1)


def together(some: Iterable[dict[int, Bin]]) -> dict[int, Bin]:
    """The bins of several sessions as one's."""
    summed: dict[int, Bin] = {}
    for bins in some:
        if not summed:
            summed = bins
            continue
        for number, (a, b, c, d) in bins.items():
            e, f, g, h = summed.get(number, _NOTHING)
            summed[number] = (a + e, b + f, c + g, d + h)
    return summed


def first_bin(now: int) -> int:
    """The number of the oldest bin that is told."""
    return now // BIN_US - KEPT_BINS + 1
