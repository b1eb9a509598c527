"""The register of formats: each enters one ``Format``, and ``prompter export --format`` offers them all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .stream import ReleasedLog


class Format(Protocol):
    """One way to write a released log."""

    @property
    def name(self) -> str:
        """What ``--format`` takes."""

    @property
    def summary(self) -> str:
        """A line for the help."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Modules of the extra ``research`` without which it cannot be written."""

    async def write(self, released: ReleasedLog, directory: Path) -> Mapping[str, int]:
        """Write all files into an empty directory; how many rows or records each file has, by its name.

        What it wants to say of itself (a codebook) is written too. ``manifest.json`` and ``remaining-names.csv`` are
        written by the caller.
        """


FORMATS: dict[str, Format] = {}
"""By name, in the order in which they are offered."""


def register(*formats: Format) -> None:
    """Enter formats. Raises ``ValueError`` for a name that is taken."""
    for one in formats:
        if one.name in FORMATS:
            raise ValueError(f"the format {one.name!r} is there already")
        FORMATS[one.name] = one
