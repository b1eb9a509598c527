"""Servers that tests start in processes of their own: what they inherit, and when they are there."""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event as Signal

from prometheus_client.parser import text_string_to_metric_families

#: A server that has not answered after so long will not.
_SECONDS = 60


def inherited() -> dict[str, str]:
    """This process's environment without what would set Prompter or Jupyter up."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PROMPTER_", "JUPYTER"))}
    for unset in ("MODE", "JP_PLUGIN_USER", "DOCKER_HOST_IP"):
        clean.pop(unset, None)
    return clean


def answer(url: str, headers: Mapping[str, str]) -> bytes | None:
    """What a server answers if all is well; none where it does not answer, or refuses."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=5) as response:
            return bytes(response.read())
    except (OSError, urllib.error.URLError):
        return None


def figures(url: str, token: str) -> dict[str, float]:
    """The figures at an address by name and labels, as Prometheus reads them."""
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=60) as response:
        families = text_string_to_metric_families(response.read().decode())
        return {
            sample.name + "".join(f"{{{key}={value}}}" for key, value in sample.labels.items()): sample.value
            for family in families
            for sample in family.samples
        }


def started(
    command: Sequence[str],
    environment: Mapping[str, str],
    output: Path,
    is_there: Callable[[], bool],
    *,
    cwd: Path | None = None,
    leads_a_group: bool = False,
    seconds: int = _SECONDS,
) -> subprocess.Popen[bytes]:
    """A server that is there; what it prints is added to a file.

    Raises ``RuntimeError`` with the end of that if it ends or does not come, and leaves no process behind.
    """
    with output.open("ab") as log:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=leads_a_group,
        )
    tick = Signal()
    for _ in range(seconds * 20):
        if is_there():
            return process
        if process.poll() is not None:
            break
        tick.wait(0.05)
    process.terminate()
    process.wait()
    what = " ".join(command[:3])
    raise RuntimeError(f"{what} did not start:\n{output.read_text('utf-8', errors='replace')[-4000:]}")
