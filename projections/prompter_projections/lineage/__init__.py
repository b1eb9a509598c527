"""How the runs of a session hang together: which run fed which, what led to the results, and what led nowhere.

Two sources tell which names a run used: the prompter kernel, which saw them, and else the code's syntax tree. Each run
says which (``RunNode.facts``). What the code alone tells is inferred: a name in a branch that was not taken counts, and
one that ``exec`` or ``%run`` bound does not.
"""

from __future__ import annotations

from prompter_events.event import SessionId
from prompter_events.log import Log

from ..replay import UnknownSession
from .build import build, lineage_from
from .findings import Attempt, Cure, DataStep, DeadEnd, ModelTried, Outcome, Repair, Result, Trial, Variant
from .gather import Gathered
from .model import CellLife, Lineage, LineageNote, RunNode
from .values import Estimator, Score, Shape, Source

__all__ = [
    "Attempt",
    "CellLife",
    "Cure",
    "DataStep",
    "DeadEnd",
    "Estimator",
    "Lineage",
    "LineageNote",
    "ModelTried",
    "Outcome",
    "Repair",
    "Result",
    "RunNode",
    "Score",
    "Shape",
    "Source",
    "Trial",
    "Variant",
    "build",
    "lineage_of",
]


async def lineage_of(log: Log, session_id: SessionId) -> Lineage:
    """The lineage of a session as the log holds it now. Raises ``UnknownSession``."""
    seen = Gathered()
    async for event in log.read(session=session_id):
        seen.take(event)
    if seen.session_id is None:
        raise UnknownSession(session_id)
    return lineage_from(seen)
