"""What somebody who comes to a study may see and do there."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """One of the study's three kinds of people."""

    PARTICIPANT = "participant"
    """Works, and sees what is their own."""
    RESEARCHER = "researcher"
    """Watches everybody, asks, notes and ends sessions."""
    BLINDED = "blinded"
    """A researcher who is told no condition."""


RESEARCHERS, BLINDED_RESEARCHERS = "prompter-researchers", "prompter-blinded"
"""The Hub's groups."""


def role_of(groups: Collection[str]) -> Role:
    """The role of somebody in these groups. Who is in both is blinded: a group that hides is not undone by another."""
    if BLINDED_RESEARCHERS in groups:
        return Role.BLINDED
    return Role.RESEARCHER if RESEARCHERS in groups else Role.PARTICIPANT
