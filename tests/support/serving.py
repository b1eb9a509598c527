"""A test's side of ``support.remote``: starting processes that serve a log, asking them, killing them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgpack

from prompter_events import ProducerId

from .processes import TESTS

ANSWER_SECONDS = 30.0
"""Longer than any log takes to answer or to give up."""


class Nursery:
    """Makes processes that serve a log. They end with it."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="prompter-remote-")
        self._made: list[Remote] = []
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "support.remote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *map(os.path.abspath, sys.path)])},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._made:
            one.kill()
        self._parent.communicate()
        self._directory.cleanup()

    def start(self, url: str, fault: str | None = None) -> Remote:
        """A new process that serves the log of this URL, perhaps with a fault of ``support.faults``."""
        path = Path(self._directory.name) / str(len(self._made))
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        # The password as it is now: a fixture may have set it after the parent began.
        password = os.environ.get("PROMPTER_DB_PASSWORD")
        wanted = {"url": url, "password": password, "path": str(path), "fault": fault}
        self._parent.stdin.write(json.dumps(wanted) + "\n")
        self._parent.stdin.flush()
        remote = Remote(int(self._parent.stdout.readline()), path)
        self._made.append(remote)
        return remote


class Remote:
    """One process that serves a log, and a connection to it."""

    def __init__(self, pid: int, path: Path) -> None:
        self._pid = pid
        self.alive = True
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.settimeout(ANSWER_SECONDS)
        self._connection.connect(str(path))
        self._received = msgpack.Unpacker()

    def hello(self, producer: ProducerId) -> int:
        """The producer's last durable number."""
        [last_seq] = self.ask({"producer_id": producer.bytes})
        assert last_seq is not None
        return last_seq

    def ask(self, *requests: dict[str, Any]) -> list[int | None]:
        """Put several requests at once; the last durable number for each, or none where the process is dead."""
        self.put(*requests)
        answers: list[int | None] = [None] * len(requests)
        while None in answers and (data := self._read()):
            self._note(data, answers)
        return answers

    def last_words(self, request: dict[str, Any]) -> int | None:
        """Put a request at which the process dies; the last durable number, should it answer before."""
        self.put(request)
        answers: list[int | None] = [None]
        while data := self._read():
            self._note(data, answers)
        return answers[0]

    def put(self, *requests: dict[str, Any]) -> None:
        """Put several requests at once and wait for nothing."""
        packed = [msgpack.packb({"tag": tag, **request}) for tag, request in enumerate(requests)]
        self._connection.sendall(b"".join(packed))

    def kill(self) -> None:
        """Crash the process, unless it did so itself, and wait until it is gone."""
        if self.alive:
            os.kill(self._pid, signal.SIGKILL)
            while self._read():
                pass

    def _note(self, data: bytes, answers: list[int | None]) -> None:
        self._received.feed(data)
        for answer in self._received:
            assert "error" not in answer, answer
            answers[answer["tag"]] = answer["last_seq"]

    def _read(self) -> bytes:
        try:
            data = self._connection.recv(64 * 1024)
        except ConnectionResetError:  # it died with requests unread
            data = b""
        if not data:
            self.alive = False
            self._connection.close()
        return data
