"""How much a worker takes at a time, so that it holds nobody up for long."""

from __future__ import annotations

from prompter_events.transaction import Cost

HOLD_SECONDS = 0.005
"""How long a worker may keep an append waiting."""

FOLD_SECONDS = 0.004
"""How long a worker may keep its process's event loop to itself: with 500 pages whatever waits there waits six times
between a frame and its acknowledgement."""

LEAST = 24
"""Never less: where the machine itself is slow, smaller portions would only make the worker fall behind."""

FIRST = 100
"""Before anything is known of what they cost; the first page that a reader fetches."""


class Portion:
    """How many events, or rows, the next transaction takes: at least 24 and at most ``most``.

    Halved when the last one kept others waiting for more than 5 ms; doubled when a full one took less than half of
    that; and so for folding that took longer than 4 ms. COMMIT counts, but it waits for the disk, however little is
    written: where it takes longer than 2.5 ms by itself, the statements may take as long again. So a transaction of
    more than 24 holds the lock for 5 ms or twice the time of its COMMIT, whichever is longer, and one that was longer
    is followed by smaller ones.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._least = min(LEAST, most)
        self.size = min(FIRST, most)
        """How many to take next."""

    def took(self, count: int, cost: Cost, folding: float = 0.0) -> None:
        """What the last transaction, of so many, cost, and for how many seconds the loop was busy with its folding."""
        allowed = max(HOLD_SECONDS - cost.commit, cost.commit)
        share = max(cost.statements / allowed, folding / FOLD_SECONDS)
        if share > 1:
            self.size = max(self._least, min(count, self.size) // 2)
        elif share < 0.5 and count >= self.size:
            self.size = min(self._most, 2 * self.size)
