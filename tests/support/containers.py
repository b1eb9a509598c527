"""Containers of the images that ``scripts/image.sh`` built: without an engine, by a change of root."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from .documents import ROOT
from .lab import TOKEN
from .ports import free_port

_PLACE = ROOT / "build" / "image"

#: One image over the other where the machine can do that, as ``scripts/image.sh`` found out.
_DRIVER = "overlay" if (_PLACE / "overlay").is_dir() else "vfs"
_BUILDER = (
    *("buildah", "--storage-driver", _DRIVER),
    *("--root", str(_PLACE / _DRIVER), "--runroot", str(_PLACE / "run")),
)
_HOW = ("--isolation", "chroot")

#: An address of the loopback interface at which nothing else listens: the image asks at the usual port alone.
DATABASE_HOST = "127.0.0.77"

#: A server that has not answered after this many seconds will not.
_START_SECONDS = 90

#: From a stop until Docker would kill: it waits as long by default. Seconds.
STOP_SECONDS = 10


def builder(*arguments: str) -> str:
    """What the builder says to a command of its own. Raises ``RuntimeError`` if it fails."""
    done = subprocess.run([*_BUILDER, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"buildah {' '.join(arguments)} failed; scripts/image.sh builds the images:\n{done.stderr}")
    return done.stdout


class Container:
    """A container of an image; what runs in it runs as the image's user, unless another one is named."""

    def __init__(self, image: str) -> None:
        self.image = image
        self._name = builder("from", "--pull-never", image).strip()

    def described(self) -> dict[str, Any]:
        """What the image says of itself: ``config`` and ``history``, as Docker writes it."""
        told: dict[str, Any] = json.loads(builder("inspect", "--type", "image", self.image))["Docker"]
        return told

    def command(
        self,
        *command: str,
        environment: Mapping[str, str] | None = None,
        files: Mapping[str, Path] | None = None,
        user: str = "",
    ) -> list[str]:
        """The line that runs a command inside. ``files`` are there to be read, by their path inside."""
        return [
            *(*_BUILDER, "run", *_HOW),
            *(part for name, value in (environment or {}).items() for part in ("--env", f"{name}={value}")),
            *(part for inside, path in (files or {}).items() for part in ("--volume", f"{path}:{inside}:ro")),
            *(("--user", user) if user else ()),
            *(self._name, "--", *command),
        ]

    def run(
        self, *command: str, environment: Mapping[str, str] | None = None, user: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end."""
        line = self.command(*command, environment=environment, user=user)
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        # The builder's own words when a command fails.
        done.stderr = re.sub(r"(?:subprocess exited with status \d+\n)*Error: exit status \d+\n\Z", "", done.stderr)
        return done

    def said(self, *command: str, user: str = "") -> str:
        """What a command inside says, if all is well with it."""
        done = self.run(*command, user=user)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def remove(self) -> None:
        """Remove the container and what was written in it."""
        builder("rm", self._name)


class Served:
    """The image's JupyterLab, started as ``docker run … bash ./run_image.sh`` starts it."""

    def __init__(
        self,
        container: Container,
        environment: Mapping[str, str],
        *,
        files: Mapping[str, Path] | None = None,
        user: str = "",
    ) -> None:
        self.port = free_port()
        self.environment = {"TOKEN": TOKEN, "PLUGIN_PORT": str(self.port), **environment}
        line = container.command(*("bash", "./run_image.sh"), environment=self.environment, files=files, user=user)
        self._process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._await()

    @property
    def stream(self) -> str:
        """The address of the pages' socket."""
        return f"ws://127.0.0.1:{self.port}/prompter/stream"

    @property
    def output(self) -> Sequence[str]:
        """The lines that it said so far."""
        return tuple(self._lines)

    def ask(self, path: str, method: str = "GET", body: object = None) -> Any:
        """The server's answer, read as JSON."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def main_process(self) -> psutil.Process:
        """What an engine would have as the container's first process: below the builder's own."""
        process = psutil.Process(self._process.pid)
        while "/opt/prompter/bin/" not in " ".join(process.cmdline()[:2]):
            [process] = process.children()
        return process

    def stop(self) -> int | None:
        """SIGTERM to the first process, as an engine does it; the exit code, or None if it had to be killed."""
        if self._process.poll() is None:
            first = self.main_process()
            first.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                first.kill()
                self._process.wait()
                return None
        self._reader.join()
        return self._process.returncode

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            self._lines.extend(line.rstrip("\n") for line in stream)

    def _await(self) -> None:
        tick = threading.Event()
        for _ in range(_START_SECONDS * 10):
            if self._process.poll() is not None:
                break
            try:
                self.ask("api/status")
            except (OSError, urllib.error.URLError):
                tick.wait(0.1)
            else:
                return
        self.stop()
        raise RuntimeError("the server did not start:\n" + "\n".join(self._lines))
