"""Starts the Hub with everything it needs, and ends all of it together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from ..errors import SettingInvalid
from .config import HubConfig
from .database import private_database
from .server_files import HUB_FILE


class _End:
    """A signal ends the Hub in order; what is not yet a Hub it interrupts."""

    def __init__(self) -> None:
        self.asked = False
        self._hub: asyncio.subprocess.Process | None = None
        self._starting = asyncio.current_task()

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM ask for it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def of(self, hub: asyncio.subprocess.Process) -> None:
        """From here on it is this Hub's."""
        self._hub = hub

    def _ask(self) -> None:
        if self.asked or (self._hub is not None and self._hub.returncode is not None):
            return
        self.asked = True
        if self._hub is not None:
            self._hub.terminate()
        elif self._starting is not None:
            self._starting.cancel()


async def run_hub(config: HubConfig) -> int:
    """Run JupyterHub until it ends or a signal ends it; its exit code, 0 after a signal.

    Without a database in the configuration a private one runs beside it.
    """
    hub_file = config.path.with_name(HUB_FILE)
    if not hub_file.is_file():
        raise SettingInvalid(f"{hub_file} is missing: copy it from notebook-server, or run `prompter study init` anew")
    os.umask(0o077)  # whatever is made from here on is this account's own
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    end = _End()
    # From before the database starts: it would outlive whatever ended without it.
    with end.by_signals():
        try:
            async with _database(config) as told:
                code = await _hub(config, {**os.environ, "PROMPTER_HUB_CONFIG": str(config.path), **told}, end)
        except asyncio.CancelledError:
            if not end.asked:
                raise
        return 0 if end.asked else code


@asynccontextmanager
async def _database(config: HubConfig) -> AsyncIterator[dict[str, str]]:
    """What the Hub must be told of the log's database."""
    if config.written.SQL is not None:
        yield {}
        return
    async with private_database(config.data / "mariadb") as database:
        yield {"PROMPTER_LOG": database.url, "PROMPTER_DB_PASSWORD_FILE": str(database.password_file)}


async def _hub(config: HubConfig, environment: dict[str, str], end: _End) -> int:
    hub = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "jupyterhub",
        "-f",
        str(config.path.with_name(HUB_FILE)),
        cwd=config.data,
        env=environment,
        # Signals reach it by us alone, so that it gets each once: a second one makes it leave servers behind.
        start_new_session=True,
    )
    end.of(hub)
    return await hub.wait()
