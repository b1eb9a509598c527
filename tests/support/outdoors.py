"""Letting other accounts run the tests' own Python, where it lies in a closed folder such as root's home.

Only inside a mount namespace of the test's own: nothing changes for the machine.
"""

from __future__ import annotations

import shlex
from pathlib import Path


def open_to_others(program: Path) -> str:
    """Commands for a shell in a new mount namespace, after which every account may enter the way to ``program``."""
    commands: list[str] = []
    real = program.resolve()
    for folder in reversed(real.parents):
        if folder.stat().st_mode & 0o001:
            continue
        inside = folder / real.relative_to(folder).parts[0]
        # A folder of the same name with the one thing in it that is wanted, open to all.
        commands.append(
            "stand_in=$(mktemp -d) && chmod 755 $stand_in && "
            f"mkdir $stand_in/{shlex.quote(inside.name)} && "
            f"mount --bind {shlex.quote(str(inside))} $stand_in/{shlex.quote(inside.name)} && "
            f"mount --rbind $stand_in {shlex.quote(str(folder))};"
        )
    return " ".join(commands)
