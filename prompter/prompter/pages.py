"""The pages of one process: which socket is a producer's newest, and what each person may still send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from prompter_events import ParticipantId, ProducerId

from .allowance import Allowance

Socket = TypeVar("Socket")


class Pages(Generic[Socket]):
    """Sockets that said hello, by the producer they speak for."""

    def __init__(self) -> None:
        self._newest: dict[tuple[ParticipantId, ProducerId], Socket] = {}
        self._allowances: dict[ParticipantId, Allowance] = {}

    def __iter__(self) -> Iterator[Socket]:
        return iter(self._newest.values())

    def allowance(self, participant_id: ParticipantId) -> Allowance:
        """What this person's pages share: a new socket begins no new one."""
        return self._allowances.setdefault(participant_id, Allowance())

    def enter(self, participant_id: ParticipantId, producer_id: ProducerId, socket: Socket) -> Socket | None:
        """A socket said hello. Returns the one that it takes over from: that one must be closed."""
        key = (participant_id, producer_id)
        older = self._newest.get(key)
        self._newest[key] = socket
        return None if older is socket else older

    def leave(self, participant_id: ParticipantId, producer_id: ProducerId, socket: Socket) -> None:
        """A socket closed. One that was taken over from changes nothing."""
        if self._newest.get((participant_id, producer_id)) is socket:
            del self._newest[participant_id, producer_id]
