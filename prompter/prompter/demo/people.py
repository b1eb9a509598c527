"""Who takes part in the made-up study, when they work, and what befalls them. All of it follows from the seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from prompter_events import Log, ParticipantId
from prompter_events.catalogue.notebook import Client

from ..study import Study
from .answers import manner
from .desk import uuid
from .page import Clock, Page
from .work import Fate, Sitting, Work

FIRST_DAY = datetime(2025, 6, 2, tzinfo=UTC)
"""The Monday of the pilot; the main phase begins a week later. Fixed, so that the same seed gives the same times."""

LONGEST = 1.0
"""Hours of one sitting, at most."""

_A_DAY = 3
"""People who begin on the same day."""

_BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.4 Safari/605.1.15",
)


@dataclass(frozen=True)
class Plan:
    """A made-up study: how many people, for how many hours each."""

    seed: int = 1
    participants: int = 6
    hours: float = 1.0

    def is_pilot(self, number: int) -> bool:
        """The first of three or more is the pilot."""
        return number == 0 and self.participants >= 3

    def begin(self) -> int:
        """Before anybody works, µs since the epoch."""
        return _micros(FIRST_DAY)

    def end(self) -> int:
        """After everybody has worked, about, µs since the epoch."""
        last = self.participants - 1
        begin, sittings = _sittings(self, last, _random(self, last))
        return begin + round((sittings[-1].begin + 2 * sittings[-1].seconds) * 1e6)


def new_ids(seed: int) -> Callable[[], UUID]:
    """Ids of participants and notebooks, for ``open_log``: the same ones for the same seed, in their order."""
    return _Ids(seed)


class _Ids:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def __call__(self) -> UUID:
        self._count += 1
        return uuid(self._seed, "id", self._count)


def name(plan: Plan, number: int) -> str:
    """How a participant is called in the log."""
    return "pilot" if plan.is_pilot(number) else f"P{number + 1 - plan.is_pilot(0):02}"


async def pages(plan: Plan, log: Log, main: Study, pilot: Study) -> tuple[list[Page], Mapping[ParticipantId, Study]]:
    """Everybody's page with their story, and the study that they are in."""
    made: list[Page] = []
    studies: dict[ParticipantId, Study] = {}
    for number in range(plan.participants):
        participant_id = await log.participant(name(plan, number))
        study = pilot if plan.is_pilot(number) else main
        studies[participant_id] = study
        made.append(_page(plan, number, participant_id, study))
    return made, studies


def _page(plan: Plan, number: int, participant_id: ParticipantId, study: Study) -> Page:
    seed, random = f"{plan.seed}/{number}", _random(plan, number)
    begin, sittings = _sittings(plan, number, random)
    clock = Clock(behind=random.gauss(0.3, 0.9), drift=random.gauss(0, 20e-6))
    page = Page(seed, participant_id, begin=begin, manner=manner(random), clock=clock, random=random)
    client = Client(lab="JupyterLab 4.4.3", extension="0.1.0", browser=random.choice(_BROWSERS), language="en-GB")
    version = study.consent.version if study.consent is not None else ""
    page.story = Work(page, sittings, version, client=client, fate=_fate(plan, number), random=random).story()
    return page


def _random(plan: Plan, number: int) -> Random:
    return Random(f"{plan.seed}/{number}")  # noqa: S311 - it invents a story


def _fate(plan: Plan, number: int) -> Fate:
    """Of every six people one withdraws, one's browser is killed, one's clock is set and one's store is full."""
    main = number - plan.is_pilot(0)
    return Fate(
        withdraws=plan.participants >= 3 and main % 6 == 4,
        killed=main % 6 == 1,
        jump=42.0 if main % 6 == 2 else 0.0,
        loses=7 if main % 6 == 3 else 0,
    )


def _sittings(plan: Plan, number: int, random: Random) -> tuple[int, Sequence[Sitting]]:
    """When somebody begins, µs since the epoch, and their sittings: one a working day."""
    count = max(2, math.ceil(plan.hours / LONGEST))
    seconds = plan.hours * 3600 / count
    main = number - plan.is_pilot(0)
    day = 0 if plan.is_pilot(number) else 7 + _workdays(main // _A_DAY)
    begins = []
    for _ in range(count):
        begins.append(FIRST_DAY + timedelta(days=day, seconds=round(random.uniform(8, 16) * 3600)))
        day += 3 if (FIRST_DAY + timedelta(days=day)).weekday() == 4 else 1
    first = begins[0]
    return _micros(first), [Sitting((begin - first).total_seconds(), seconds) for begin in begins]


def _workdays(count: int) -> int:
    """Days from a Monday to so many working days later."""
    return count // 5 * 7 + count % 5


def _micros(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000
