"""A study's collector in a process of its own, with people who need neither a Hub nor links.

python -m support.monitored PORT

Researchers are known by a cookie, participants by the token of their page: ``token-of-p01`` is p01's.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tornado.web import RequestHandler

from prompter.collector.application import serve
from prompter.collector.people import Person, TokenRefused
from prompter.collector.settings import PREFIX, CollectorSettings
from prompter.roles import Role
from prompter.service import Service
from prompter.settings import read_settings

from .ports import free_port
from .processes import TESTS
from .starting import answer, inherited, started

COOKIE = "who"

RESEARCHER, BLINDED, PARTICIPANT = "ada", "blake", "p01"
ROLES = {RESEARCHER: Role.RESEARCHER, BLINDED: Role.BLINDED}


class Team:
    """An ``Identity``: the cookie names whoever it is, and a token bears its person's name."""

    async def person(self, token: str) -> Person:
        """``token-of-NAME``."""
        name = token.removeprefix("token-of-")
        if name == token:
            raise TokenRefused("no")
        return Person(name)

    async def visitor(self, handler: RequestHandler) -> Person | None:
        """Whom the cookie names."""
        name = handler.get_cookie(COOKIE)
        return Person(name, ROLES.get(name, Role.PARTICIPANT)) if name else None

    def sign_in(self, handler: RequestHandler) -> None:
        """Somewhere."""
        handler.redirect(PREFIX + "sign-in")

    def handlers(self, prefix: str) -> Sequence[tuple[str, Any, dict[str, Any]]]:
        """None."""
        return []


def main() -> None:
    """Until the process ends."""
    settings = CollectorSettings(
        ip="127.0.0.1",
        port=int(sys.argv[1]),
        prefix=PREFIX,
        assign_key="",
        link_key="",
        metrics_key="",
        origins=None,
        cookie_secret=os.urandom(32),
        behind_hub=False,
    )
    asyncio.run(serve(Service(read_settings), Team(), settings))


class Collector:
    """That process, as its test sees it. It can be killed and started again at the same address."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._home = home
        self._environment = dict(environment)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The collector's address, with a slash at the end."""
        return f"http://127.0.0.1:{self._port}{PREFIX}"

    @property
    def stream(self) -> str:
        """The address of the pages' socket."""
        return self.url.replace("http", "ws", 1) + "stream"

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """What the process said so far."""
        return (self._home / "collector.log").read_text("utf-8", errors="replace")

    def start(self) -> None:
        """Start, and return when it answers."""
        path = os.pathsep.join([str(TESTS), *map(os.path.abspath, filter(None, sys.path))])
        command = [sys.executable, "-m", "support.monitored", str(self._port)]
        environment = {**inherited(), "PYTHONPATH": path, **self._environment}
        self._process = started(command, environment, self._home / "collector.log", self._answers)

    def stop(self) -> None:
        """End it at once: pages see their sockets end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        return answer(self.url + "monitor", {"Cookie": f"{COOKIE}={RESEARCHER}"}) is not None


@contextmanager
def collector(home: Path, environment: Mapping[str, str]) -> Iterator[Collector]:
    """A running collector, until the block ends."""
    running = Collector(home, environment)
    running.start()
    try:
        yield running
    finally:
        running.stop()


if __name__ == "__main__":
    main()
