"""What is installed: the wheel of these very sources, whole."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

import prompter
import prompter_kernel

TOP = Path(__file__).resolve().parents[2]
PACKAGES = (
    "events/prompter_events",
    "projections/prompter_projections",
    "prompter/prompter",
    "prompter/prompter_kernel",
)


def installed(ending: str) -> list[Path]:
    """Where the installation has the files whose path ends so."""
    files = distribution("jupyterlab-prompter").files or []
    return [Path(str(file.locate())) for file in files if file.as_posix().endswith(ending)]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_the_sources_is_installed_as_it_stands(package: str) -> None:
    source = TOP / package
    files = [
        path.relative_to(source)
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "labextension" not in path.parts
    ]
    assert Path("py.typed") in files
    for file in files:
        ending = f"{source.name}/{file.as_posix()}"
        assert any(path.read_bytes() == (source / file).read_bytes() for path in installed(ending)), ending


def test_the_built_plugin_is_installed_where_jupyterlab_looks() -> None:
    share = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "jupyterlab-prompter"
    about = json.loads((share / "package.json").read_text("utf-8"))
    assert (share / about["jupyterlab"]["_build"]["load"]).is_file()
    assert json.loads((share / "install.json").read_text("utf-8"))["packageName"] == "jupyterlab-prompter"


def test_the_plugin_asks_for_no_packages_that_jupyterlab_would_refuse() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "jupyter", "labextension", "list"], capture_output=True, text=True, check=False
    )
    assert "not compatible" not in said.stdout + said.stderr


def test_the_server_extension_is_switched_on_by_its_installation() -> None:
    (config,) = installed("etc/jupyter/jupyter_server_config.d/prompter.json")
    assert json.loads(config.read_text("utf-8"))["ServerApp"]["jpserver_extensions"] == {"prompter": True}


def test_there_is_one_version() -> None:
    page = json.loads((TOP / "lab-extension" / "package.json").read_text("utf-8"))["version"]
    lock = json.loads((TOP / "lab-extension" / "package-lock.json").read_text("utf-8"))["version"]
    assert {page, lock, prompter.__version__, prompter_kernel.__version__} == {
        distribution("jupyterlab-prompter").version
    }
