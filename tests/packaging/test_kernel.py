"""The kernel `prompter`: IPython under a name of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from prompter_kernel.install import install_kernel, main

SECONDS = 60


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[BlockingKernelClient]:
    """A kernel of a fresh installation, started in a folder whose file has the name of a standard module."""
    directory = install_kernel(prefix=tmp_path / "prefix")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "queue.py").write_text("raise SystemExit('the wrong queue')\n")
    (folder / "mine.py").write_text("answer = 42\n")
    manager = KernelManager(
        kernel_name="prompter",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(directory.parent)], ensure_native_kernel=False),
    )
    manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def test_the_kernel_says_who_it_is_and_runs_code(kernel: BlockingKernelClient) -> None:
    info = kernel.kernel_info(reply=True, timeout=SECONDS)["content"]
    assert (info["implementation"], info["language_info"]["name"]) == ("prompter", "python")
    printed: list[str] = []
    reply = kernel.execute_interactive(
        "import mine; print(mine.answer)",
        timeout=SECONDS,
        output_hook=lambda message: printed.append(message["content"].get("text", "")),
    )
    assert reply["content"]["status"] == "ok"
    assert "".join(printed) == "42\n"


def test_the_kernelspec_starts_this_python_under_the_promised_name(tmp_path: Path) -> None:
    assert main(["--prefix", str(tmp_path)]) == 0
    spec = json.loads((tmp_path / "share/jupyter/kernels/prompter/kernel.json").read_text("utf-8"))
    assert spec["display_name"] == "Python 3 (prompter)"
    assert spec["language"] == "python"
    assert spec["argv"][0] == sys.executable
    assert spec["argv"][-4:] == ["-m", "prompter_kernel", "-f", "{connection_file}"]


def test_installing_again_replaces_the_kernelspec(tmp_path: Path) -> None:
    first = install_kernel(prefix=tmp_path)
    (first / "kernel.json").write_text("{}")
    assert install_kernel(prefix=tmp_path) == first
    assert "argv" in json.loads((first / "kernel.json").read_text("utf-8"))


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "share").write_text("a file is in the way")
    assert main(["--prefix", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_kernel_imports_nothing_of_ours() -> None:
    listed = subprocess.run(
        [sys.executable, "-c", "import prompter_kernel.app, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    ours = {name.split(".")[0] for name in listed} & {"prompter", "prompter_events", "prompter_projections"}
    assert ours == set()
