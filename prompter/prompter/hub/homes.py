"""What a participant's home on the Hub's own machine begins with."""

from __future__ import annotations

import shutil
from pathlib import Path


def copied(materials: Path | None, home: Path) -> Path:
    """A folder beside the home with a copy of the materials, or with nothing; whoever calls renames it to the home.

    So a home is whole or not there: one that was cut off while it was copied is copied anew.
    """
    growing = home.with_name(f".{home.name}.part")
    shutil.rmtree(growing, ignore_errors=True)
    if materials is None:
        growing.mkdir(parents=True)
    else:
        shutil.copytree(materials, growing)
    return growing
