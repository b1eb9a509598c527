"""A real collector in a process of its own, without a Hub: pages show study links."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from uuid import uuid4

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from prompter.collector.settings import PREFIX
from prompter.links import StudyLink, seal
from prompter.roles import Role
from prompter.wire.messages import SUBPROTOCOL

from .page import Page
from .ports import free_port
from .starting import answer, figures, inherited, started

LINK_KEY, ASSIGN_KEY = "a link key that nobody guesses, of tests", "an assign key of tests"
METRICS_KEY = "a metrics key that nobody guesses, of tests"


def link(
    participant: str,
    condition: str | None = None,
    *,
    role: Role = Role.PARTICIPANT,
    hours: float = 1,
    key: str = LINK_KEY,
) -> str:
    """The token of a study link; with negative ``hours`` of one whose time is over."""
    now = int(time())
    return seal(StudyLink(uuid4(), participant, condition, role, now, now + int(hours * 3600)), key)


class Collector:
    """``prompter collector``, as an operator starts it."""

    def __init__(self, home: Path, environment: Mapping[str, str], *options: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._output = home / "collector.log"
        self._port = free_port()
        self._options = options
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The collector's address, with a slash at the end."""
        return f"http://127.0.0.1:{self._port}{PREFIX}"

    @property
    def stream(self) -> str:
        """The address of the pages' socket."""
        return f"ws{self.url.removeprefix('http')}stream"

    @property
    def pid(self) -> int:
        """The running collector's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._output.read_text("utf-8", errors="replace")

    def start(self) -> None:
        """Start, and return when it records."""
        keys = {"PROMPTER_LINK_KEY": LINK_KEY, "PROMPTER_ASSIGN_KEY": ASSIGN_KEY, "PROMPTER_METRICS_KEY": METRICS_KEY}
        command = [sys.executable, "-m", "prompter.commands", "collector", f"--port={self._port}", *self._options]
        environment = {**inherited(), **keys, **self._environment}
        self._process = started(command, environment, self._output, self._records)

    def stop(self) -> int:
        """End it as an operator would; returns its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def metrics(self) -> dict[str, float]:
        """What the collector tells an operator's Prometheus."""
        return figures(f"{self.url}metrics", METRICS_KEY)

    def _records(self) -> bool:
        shown = {"Authorization": f"token {link('probe', role=Role.RESEARCHER)}"}
        return b'"recording": true' in (answer(f"{self.url}status", shown) or b"")


@asynccontextmanager
async def collected(stream: str, token: str | None, origin: str | None = None) -> AsyncIterator[Page]:
    """A page whose hello shows this token; ``hello`` has not been said yet."""
    request = HTTPRequest(stream, headers={} if origin is None else {"Origin": origin})
    socket = await websocket_connect(request, subprotocols=[SUBPROTOCOL])
    talk = Page(socket, token=token)
    try:
        yield talk
    finally:
        socket.close()
        await talk.closed()
