"""Which condition holds for a participant now: from the log, or assigned and put into the log.

The server says it, never the page. An assignment is an event like any other: who reads the log knows who got what, when
and why.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4, uuid5
from weakref import WeakKeyDictionary

from prompter_events import NO_SESSION, Log, LogUnavailable, ParticipantId, ProducerId, draft
from prompter_events.catalogue.study import ParticipantAssigned
from prompter_events.clock import now_micros

from .errors import SettingInvalid
from .settings import Condition, Settings
from .study import Period, Study
from .study.assignment import Assigned, assign, decided, freed, period_of, standing

_ASSIGNING = UUID("6a7ef6f3-6f0e-5d86-9c3c-3c1d1b6c9a4e")
"""Namespace of the producers that assign: one for each participant and period, so that each fact is numbered once."""

OPERATOR, LINK = "operator", "link"
"""Who assigned where ``MODE`` is set, and where a study link brought the condition."""

NO_NAMES = frozenset({"block", "counterbalance", "participant", "rule", "time limit", OPERATOR, LINK, ""})
"""Who acts in the log and is nobody's name."""

#: Who looks for a free place holds this lease, so that two servers on one log never give the same place. In seconds: it
#: ends by itself should a server die meanwhile; and how long the others wait before they ask again.
_LEASE, _LEASE_SECONDS, _AGAIN_SECONDS = "assignment", 5.0, 0.05

_locks: WeakKeyDictionary[Log, asyncio.Lock] = WeakKeyDictionary()
"""Within one process people queue up, instead of all asking for the lease."""


class LinkContradicts(SettingInvalid):
    """A study link brings another condition than the one that holds. It says neither: participants may read it."""

    def __init__(self) -> None:
        super().__init__("this link does not fit what was settled for you before: ask the study's team for a new one")


Decide = Callable[[Sequence[Assigned]], ParticipantAssigned]
"""From what was assigned so far to the fact that shall hold."""


async def condition_of(
    log: Log, settings: Settings, participant_id: ParticipantId, *, clock: Callable[[], int] = now_micros
) -> Condition:
    """The condition that holds for the participant now. Assigns one if none was, exactly once.

    A condition that the operator set wins. ``clock``: µs since the epoch, UTC. Raises what the log raises.
    """
    study = settings.study
    if not study.periods:
        return settings.condition or Condition.NO_EXP
    period = period_of(study, settings.period_in_force)
    if (operator := settings.condition) is not None:

        def decide(history: Sequence[Assigned]) -> ParticipantAssigned:
            fact = standing(study, period, history, participant_id)
            if fact is not None and (fact.condition, fact.by) == (operator, OPERATOR):
                return fact
            return ParticipantAssigned(
                period=period.name, condition=operator, by=OPERATOR, reason="MODE is set", study=study.name
            )

    else:

        def decide(history: Sequence[Assigned]) -> ParticipantAssigned:
            return assign(study, period, history, participant_id, settings.traits)

    return Condition((await _settle(log, study, period, participant_id, decide, clock=clock)).condition)


async def assign_by_hand(
    log: Log, study: Study, period: str, participant_id: ParticipantId, condition: str, *, by: str, reason: str
) -> ParticipantAssigned:
    """A researcher gives a participant a condition. It holds for their sessions from the next page on.

    Raises ``SettingInvalid`` for an unknown period or condition, or without a reason.
    """
    chosen = period_of(study, period)
    fact = decided(study, chosen, condition, by=by, reason=reason)
    return await _settle(log, study, chosen, participant_id, lambda history: fact)


async def assign_by_link(
    log: Log, settings: Settings, participant_id: ParticipantId, condition: str | None
) -> ParticipantAssigned | None:
    """Give a participant the condition that their study link brings, or let the study assign one; once a period.

    Returns none where there is nothing to assign: in a study without periods. Raises ``SettingInvalid`` for a link that
    contradicts what holds for them, or brings a condition that the period does not have.
    """
    study = settings.study
    if not study.periods:
        if condition is not None and condition != (settings.condition or Condition.NO_EXP):
            raise SettingInvalid("this study has no periods, so a link brings no condition: add periods to study.yaml")
        return None
    period = period_of(study, settings.period_in_force)

    def decide(history: Sequence[Assigned]) -> ParticipantAssigned:
        fact = standing(study, period, history, participant_id)
        if fact is None:
            if condition is None:
                return assign(study, period, history, participant_id, settings.traits)
            return decided(study, period, condition, by=LINK, reason="the study link says so")
        if condition is not None and condition != fact.condition:
            raise LinkContradicts
        return fact

    return await _settle(log, study, period, participant_id, decide)


async def free_place(
    log: Log, study: Study, period: str, participant_id: ParticipantId, *, by: str, reason: str
) -> ParticipantAssigned:
    """A researcher gives the place of a participant who dropped out to whoever comes next.

    Raises ``SettingInvalid`` for an unknown period, for a participant who was not assigned, or without a reason.
    """
    chosen = period_of(study, period)
    return await _settle(
        log,
        study,
        chosen,
        participant_id,
        lambda history: freed(study, chosen, history, participant_id, by=by, reason=reason),
    )


async def assignments(log: Log) -> list[Assigned]:
    """Everything that was assigned, in order; erased participants are left out, so their places are free."""
    assigned = []
    async for event in log.read(session=NO_SESSION, types=["participant.assigned"]):
        if event.payload is not None and isinstance(body := event.body, ParticipantAssigned):
            assigned.append(Assigned(event.participant_id, body))
    return assigned


async def _settle(
    log: Log,
    study: Study,
    period: Period,
    participant_id: ParticipantId,
    decide: Decide,
    *,
    clock: Callable[[], int] = now_micros,
) -> ParticipantAssigned:
    """Decide over the history, and append the fact unless it stands there already."""
    history = await assignments(log)
    if (fact := decide(history)) == standing(study, period, history, participant_id):
        return fact
    producer_id = ProducerId(uuid5(_ASSIGNING, _producer_name(participant_id, study, period)))
    async with _locks.setdefault(log, asyncio.Lock()), _leased(log), _in_time():
        history = await assignments(log)
        if (fact := decide(history)) == standing(study, period, history, participant_id):
            return fact
        event = draft(
            fact,
            session_id=NO_SESSION,
            producer_id=producer_id,
            producer_seq=await log.last_seq(producer_id, of=participant_id) + 1,
            participant_id=participant_id,
            occurred_at=clock(),
        )
        await log.append(producer_id, [event])
        # Should another server have been faster after all, what it wrote holds.
        return standing(study, period, await assignments(log), participant_id) or fact


def _producer_name(participant_id: ParticipantId, study: Study, period: Period) -> str:
    # With its length: no study's name can pass for the end of another one's.
    return f"{participant_id}/{len(study.name)}/{study.name}/{period.name}"


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """The lease is not renewed: who takes longer than it lasts may give a place that somebody else gives, too."""
    try:
        async with asyncio.timeout(0.8 * _LEASE_SECONDS):
            yield
    except TimeoutError:
        raise LogUnavailable("giving somebody their place took too long: it is tried again") from None


@asynccontextmanager
async def _leased(log: Log) -> AsyncIterator[None]:
    holder = uuid4()
    while not await log.lease(_LEASE, holder, _LEASE_SECONDS):  # noqa: ASYNC110 - another process holds it
        await asyncio.sleep(_AGAIN_SECONDS)
    try:
        yield
    finally:
        await log.release(_LEASE, holder)
