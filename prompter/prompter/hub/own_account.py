"""Servers on the Hub's own machine, each under a user id of its own, so that people are kept apart without containers.

JupyterHub's ``simple`` spawner starts every server with the Hub's account: whoever runs a cell could read the database
password and everybody's notebooks. Run by root, this one gives each participant an id that nobody else has.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets import Integer, Unicode

from .homes import copied

FIRST_ID = 2_000_000
"""Above what a system gives to people and services (below 65,536), and above what it commonly gives to user
namespaces (from 100,000 on, 65,536 to each account)."""


_giving = Lock()
"""One id at a time: each home takes the next free one."""


class OwnAccountSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]  # JupyterHub has no types
    """Makes a participant's home at their first start, and runs their server as its owner."""

    homes = Unicode(help="The folder of everybody's homes.").tag(config=True)
    materials = Unicode("", help="What a new home begins with: a folder that is copied; empty for nothing.").tag(
        config=True
    )
    first_id = Integer(FIRST_ID, help="The first user id that is given away.").tag(config=True)

    async def start(self) -> Any:
        """The home first: to copy materials may take a while, in which the Hub has others to answer."""
        await asyncio.to_thread(self.made_home, self.user.name)
        return await super().start()

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """What the new process does before it becomes the server: it gives up everything that is the Hub's."""
        home = Path(self.homes) / name
        owner = home.stat().st_uid

        def become() -> None:
            os.setgroups([])
            os.setgid(owner)
            os.setuid(owner)
            os.umask(0o077)
            os.chdir(home)

        return become

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The home, and no account's name: these have none."""
        home = str(Path(self.homes) / self.user.name)
        return {**env, "USER": self.user.name, "HOME": home, "SHELL": "/bin/bash"}

    def made_home(self, name: str) -> Path:
        """The participant's home, theirs alone. Its owner is their id: it stays theirs whatever the Hub forgets."""
        homes = Path(self.homes)
        home = homes / name
        if home.exists():
            return home
        growing = copied(Path(self.materials) if self.materials else None, home)
        growing.chmod(0o700)
        with _giving:
            owner = self._free_id(homes)
            for place in (growing, *growing.rglob("*")):
                os.chown(place, owner, owner, follow_symlinks=False)
            return growing.rename(home)

    def _free_id(self, homes: Path) -> int:
        # What is still being copied may be gone by now, and has no id to keep.
        given = [home.lstat().st_uid for home in homes.iterdir() if not home.name.startswith(".")]
        return max([self.first_id - 1, *(one for one in given if one >= self.first_id)]) + 1
