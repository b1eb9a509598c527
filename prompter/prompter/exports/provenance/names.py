"""How records of a provenance document are called: by ids of ours alone, so that nothing typed becomes a name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from prov.identifier import Namespace, QualifiedName

TERMS = Namespace("prompter", "urn:prompter:terms:")
"""Types and attributes; docs/exporting-standards.md says what each means."""

RELEASE = Namespace("release", "urn:prompter:release:")
"""What documents share: participants, notebooks, runs, questions and answers, by their ids in the release."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def of_session(session_id: UUID) -> Namespace:
    """What belongs to one session: cells and their versions, variables, outputs, kernels, by numbers."""
    return Namespace("session", f"urn:prompter:session:{session_id}:")


def term(name: str) -> QualifiedName:
    """A type or an attribute."""
    return TERMS[name]


def moment(micros: int | None) -> datetime | None:
    """µs since the epoch as PROV has times."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)
