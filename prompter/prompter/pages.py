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
        self._newest: dict[tuple[ParticipantId, ProducerId], tuple[int, Socket]] = {}
        self._allowances: dict[ParticipantId, Allowance] = {}

    def __iter__(self) -> Iterator[Socket]:
        return (socket for _, socket in self._newest.values())

    def present(self) -> set[ParticipantId]:
        """Everybody who has a page here."""
        return {participant_id for participant_id, _ in self._newest}

    def allowance(self, participant_id: ParticipantId) -> Allowance:
        """What this person's pages share: a new socket begins no new one."""
        return self._allowances.setdefault(participant_id, Allowance())

    def enter(
        self, participant_id: ParticipantId, producer_id: ProducerId, socket: Socket, sent_at: int
    ) -> Socket | None:
        """A socket's hello came, which its page sent at ``sent_at`` by its own clock. Returns whom it leaves no place.

        That socket must be closed. It may be the one that came: its hello was held up on its way, and the page, long
        since gone from there, is here already on another socket.
        """
        key = (participant_id, producer_id)
        other = self._newest.get(key)
        if other is not None and other[0] > sent_at:
            return socket
        self._newest[key] = sent_at, socket
        return None if other is None else other[1]

    def leave(self, participant_id: ParticipantId, producer_id: ProducerId, socket: Socket) -> None:
        """A socket closed. One that has no place changes nothing."""
        newest = self._newest.get((participant_id, producer_id))
        if newest is not None and newest[1] is socket:
            del self._newest[participant_id, producer_id]
