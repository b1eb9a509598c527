"""A kernel of the test's own, and what it tells of each run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from prompter_events.catalogue.runs import KernelFacts
from prompter_kernel.install import install_kernel

#: How long a kernel may take for anything before the test gives up.
SECONDS = 60


@dataclass
class Told:
    """What came of one run, besides its outputs' contents."""

    status: str
    facts: list[dict[str, Any]] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    """The requests that the facts belong to."""
    request: str = ""
    printed: str = ""
    error: str = ""

    @property
    def all(self) -> KernelFacts:
        """The one message's facts, as the catalogue has them: whatever does not fit it fails the test."""
        [content] = self.facts
        assert "run_id" not in content
        return msgspec.convert({"run_id": None, **content}, KernelFacts)


class Notebook:
    """Runs cells in a kernel."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client

    def run(self, code: str, **how: Any) -> Told:
        """Run a cell to its end."""
        told = Told("")

        def heard(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "prompter_facts":
                told.facts.append(content)
                told.parents.append(message["parent_header"]["msg_id"])
            elif message["msg_type"] == "stream":
                told.printed += content["text"]
            elif message["msg_type"] == "error":
                told.error = content["ename"]

        reply = self.client.execute_interactive(code, timeout=SECONDS, output_hook=heard, **how)
        told.status = reply["content"]["status"]
        told.request = reply["parent_header"]["msg_id"]
        return told

    def facts(self, code: str) -> KernelFacts:
        """Run a cell that succeeds; its facts."""
        told = self.run(code)
        assert told.status == "ok", told.error
        return told.all


#: The extension's clock stands still, so that a busy machine leaves nothing out.
_TIMELESS = "get_ipython()._prompter_facts._clock = int"


@contextmanager
def kernel(home: Path, name: str = "prompter", *, timed: bool = False) -> Iterator[Notebook]:
    """A kernel in a directory of its own: ``prompter``, or ipykernel's ``python3``. ``timed``: by the real clock."""
    installed = install_kernel(prefix=home / "prefix")
    own = KernelSpecManager(kernel_dirs=[str(installed.parent)], ensure_native_kernel=name == "python3")
    manager = KernelManager(kernel_name=name, kernel_spec_manager=own)
    folder = home / "notebooks"
    folder.mkdir()
    manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        notebook = Notebook(client)
        if name == "prompter" and not timed:
            notebook.run(_TIMELESS, silent=True)
        yield notebook
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
