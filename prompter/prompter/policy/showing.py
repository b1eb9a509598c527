"""Whether a page still shows the cell that a proposal is about: what nobody can see is not asked, and takes no place.

A notebook that is closed, or opened anew without a cell that was never saved, says nothing of its cells' end.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from msgspec.structs import replace

from .memory import ParticipantMemory, Place, Proposal


def gone_dark(memory: ParticipantMemory, session_id: UUID) -> ParticipantMemory:
    """A session is over. What it was to be asked about may be seen again, once the notebook is opened."""
    return _with(memory, [_dark(p) if p.session_id == session_id else p for p in memory.proposals])


def listed(memory: ParticipantMemory, session_id: UUID, notebook_id: UUID, cells: Collection[str]) -> ParticipantMemory:
    """A session says which cells its notebook has: what was left of sessions that are over is its own now.

    Other open sessions may hold other cells, and keep theirs. A large notebook goes on in events of its own, cell by
    cell; see ``seen``.
    """

    def now(proposal: Proposal) -> Proposal:
        if proposal.place.notebook_id != notebook_id:
            return proposal
        session = memory.sessions.get(proposal.session_id)
        if proposal.session_id != session_id and session is not None and not session.closed:
            return proposal
        return _shown(proposal, session_id) if proposal.place.cell_id in cells else _dark(proposal)

    return _with(memory, [now(proposal) for proposal in memory.proposals])


def seen(memory: ParticipantMemory, session_id: UUID, place: Place) -> ParticipantMemory:
    """Something happened in a cell of an open session: it is there."""
    return _with(memory, [_shown(p, session_id) if p.unseen and p.place == place else p for p in memory.proposals])


def _shown(proposal: Proposal, session_id: UUID) -> Proposal:
    return replace(proposal, session_id=session_id, unseen=False)


def _dark(proposal: Proposal) -> Proposal:
    return replace(proposal, unseen=True)


def _with(memory: ParticipantMemory, proposals: list[Proposal]) -> ParticipantMemory:
    return replace(memory, proposals=tuple(proposals)) if proposals else memory
