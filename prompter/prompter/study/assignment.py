"""Who gets which condition: pure functions over the study and what was assigned before.

What was assigned is the history of ``participant.assigned``. The latest fact about a participant and a period counts.
A researcher's own fact holds no place (``place`` is 0), so the place that the participant held before is free and is
given to somebody else: that is how one who dropped out is replaced, by the researcher's decision.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from prompter_events import ParticipantId
from prompter_events.catalogue.study import ParticipantAssigned

from ..errors import SettingInvalid
from .latin_square import williams
from .model import Period, Study

#: As the catalogue bounds a name.
_TRAIT_CHARACTERS = 512


@dataclass(frozen=True)
class Assigned:
    """One fact of the history."""

    participant_id: ParticipantId
    fact: ParticipantAssigned


def period_of(study: Study, name: str) -> Period:
    """The period of that name. Raises ``SettingInvalid`` that names those that there are."""
    for period in study.periods:
        if period.name == name:
            return period
    there = ", ".join(period.name for period in study.periods) or "none"
    raise SettingInvalid(f"{name!r} is no period of the study {study.name}; there are {there}")


def standing(
    study: Study, period: Period, history: Iterable[Assigned], participant_id: ParticipantId
) -> ParticipantAssigned | None:
    """What holds for the participant in the period; none if nothing was assigned yet."""
    latest = None
    for assigned in history:
        fact = assigned.fact
        if assigned.participant_id == participant_id and (fact.study, fact.period) == (study.name, period.name):
            latest = fact
    return latest


def assign(
    study: Study,
    period: Period,
    history: Sequence[Assigned],
    participant_id: ParticipantId,
    traits: Mapping[str, str],
) -> ParticipantAssigned:
    """What holds for the participant in the period: what the history says, else the first free place of their stratum.

    ``traits`` are the participant's; one that is not known counts as empty.
    """
    if (fact := standing(study, period, history, participant_id)) is not None:
        return fact
    together = _periods_together(study, period)
    kept = _kept_place(study, together, history, participant_id)
    strata, place = kept or (_stratum(period, traits), 0)
    if not place:
        place = _first_free(_places(study, together, history, strata))
    counterbalanced = period.assign.by == "counterbalance"
    return ParticipantAssigned(
        period=period.name,
        condition=_condition(together, period, strata, place),
        by="counterbalance" if counterbalanced else "block",
        study=study.name,
        strata=strata,
        place=place,
    )


def decided(study: Study, period: Period, condition: str, *, by: str, reason: str) -> ParticipantAssigned:
    """A researcher's decision about one participant. It holds from now on, and frees the place they held.

    Raises ``SettingInvalid`` for a condition that the period does not have, or without a reason.
    """
    if condition not in period.conditions:
        there = ", ".join(dict.fromkeys(period.conditions))
        raise SettingInvalid(f"{condition!r} is no condition of the period {period.name}; it has {there}")
    if not reason.strip():
        raise SettingInvalid("a decision about a participant needs a reason, for whoever reads the data")
    return ParticipantAssigned(period=period.name, condition=condition, by=by, reason=reason, study=study.name)


def freed(
    study: Study,
    period: Period,
    history: Iterable[Assigned],
    participant_id: ParticipantId,
    *,
    by: str,
    reason: str,
) -> ParticipantAssigned:
    """A researcher's decision that a participant's place goes to somebody else; their own condition stays.

    Raises ``SettingInvalid`` if nothing was assigned to them, or without a reason.
    """
    fact = standing(study, period, history, participant_id)
    if fact is None:
        raise SettingInvalid(f"nothing was assigned in the period {period.name}, so no place can be freed")
    return decided(study, period, fact.condition, by=by, reason=reason)


def _periods_together(study: Study, period: Period) -> Sequence[Period]:
    """Periods over which one place counts: all that are counterbalanced, else this one alone."""
    if period.assign.by == "counterbalance":
        return [other for other in study.periods if other.assign.by == "counterbalance"]
    return [period]


def _kept_place(
    study: Study, together: Sequence[Period], history: Iterable[Assigned], participant_id: ParticipantId
) -> tuple[dict[str, str], int] | None:
    """The stratum and place that a participant has from another period, which says their order."""
    names = {period.name for period in together}
    for assigned in history:
        fact = assigned.fact
        if (
            assigned.participant_id == participant_id
            and fact.study == study.name
            and fact.period in names
            and fact.place
        ):
            return fact.strata, fact.place
    return None


def _stratum(period: Period, traits: Mapping[str, str]) -> dict[str, str]:
    return {name: traits.get(name, "")[:_TRAIT_CHARACTERS] for name in period.assign.strata}


def _places(
    study: Study, together: Sequence[Period], history: Iterable[Assigned], strata: Mapping[str, str]
) -> set[int]:
    """Which places of a stratum are held."""
    names = {period.name for period in together}
    latest: dict[tuple[ParticipantId, str], ParticipantAssigned] = {}
    for assigned in history:
        if assigned.fact.study == study.name and assigned.fact.period in names:
            latest[assigned.participant_id, assigned.fact.period] = assigned.fact
    return {fact.place for fact in latest.values() if fact.place and fact.strata == strata}


def _first_free(held: set[int]) -> int:
    place = 1
    while place in held:
        place += 1
    return place


def _condition(together: Sequence[Period], period: Period, strata: Mapping[str, str], place: int) -> str:
    conditions, rule = period.conditions, period.assign
    counterbalanced = rule.by == "counterbalance"
    ways = williams(len(conditions)) if counterbalanced else [[number] for number in range(len(conditions))]
    size = rule.size or len(ways)
    block, number = divmod(place - 1, size)
    # A key for each place of the block instead of a generator: the order is the same in every version of Python.
    drawn = ["" if counterbalanced else period.name, sorted(strata.items()), block]
    order = sorted(range(size), key=lambda way: _draw(rule.seed, *drawn, way))
    way = ways[order[number] % len(ways)]
    return conditions[way[together.index(period)]]


def _draw(seed: int, *what: object) -> bytes:
    return blake2b(json.dumps([seed, *what]).encode(), digest_size=16).digest()
