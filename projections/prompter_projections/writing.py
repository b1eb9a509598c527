"""When a worker writes what it folded: at once, or together with what comes next."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Generic, TypeVar

from prompter_events.catalogue.study import ParticipantErased
from prompter_events.transaction import Checkpoint

from .portion import Portion
from .states import States
from .step import Step

S = TypeVar("S")

HELD_SECONDS = 0.1
"""How long what a policy folds may stay unwritten while it says nothing."""


class Writing(Generic[S]):
    """The steps of a worker, from the checkpoint that it found, each written once.

    A policy has no readers but those who hear what it says. So a step by which it says nothing may be held: whoever
    begins at the checkpoint folds it again. Then a question waits for no transaction that only tells what led to it,
    and what a page sends in ten frames is written once.

    ``portion`` hears what each transaction cost, ``came_to`` of each position that is written; ``clock`` gives µs since
    the epoch. After an error throw it away, and the states with it.
    """

    def __init__(
        self,
        states: States[S],
        portion: Portion,
        written: Checkpoint,
        *,
        clock: Callable[[], int],
        came_to: Callable[[int], None],
    ) -> None:
        self.at = written
        """How far the log is folded."""
        self.write_at = math.inf
        """When what is held must be written, by the event loop's clock; infinite if nothing is."""
        self._states = states
        self._portion = portion
        self._written = written
        self._clock = clock
        self._came_to = came_to
        self._count = 0
        came_to(written.position)

    @property
    def holds(self) -> bool:
        """Whether something is folded and not written."""
        return self._count > 0

    def hold(self, step: Step[S], to: Checkpoint, count: int) -> None:
        """Go on from a step, of so many events or decisions, that emits nothing."""
        if not self.holds:
            self.write_at = asyncio.get_running_loop().time() + HELD_SECONDS
        self._count += count
        self._states.hold(step)
        self.at = to

    async def write(
        self,
        step: Step[S],
        to: Checkpoint,
        count: int,
        *,
        folding: float = 0.0,
        erased: ParticipantErased | None = None,
    ) -> None:
        """Commit a step together with what was held. ``folding``: for how many seconds that kept the loop busy.

        Raises ``CheckpointMoved``, and whatever else the log raises.
        """
        if erased is not None:
            await self.flush()  # what is to be forgotten must be there
        self._count += count
        cost = await self._states.commit(step, self._written, to, self._clock(), erased)
        self._portion.took(self._count, cost, folding)
        self._count, self.write_at = 0, math.inf
        self.at = self._written = to
        self._came_to(to.position)

    async def flush(self) -> None:
        """Commit what is held, if anything is."""
        if self.holds:
            await self.write(Step(), self.at, 0)
