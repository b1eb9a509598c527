"""``prompter study init`` and ``prompter study link``, as an operator calls them."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prompter.hub import read_config
from prompter.links import StudyLink, unseal
from prompter.roles import Role


def study(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ``prompter study`` in a folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PROMPTER_")}
    return subprocess.run(
        [sys.executable, "-m", "prompter.commands", "study", *arguments],
        cwd=folder,
        env={**clean, "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration."""
    made = tmp_path_factory.mktemp("study")
    assert study(made, "init").returncode == 0
    return made


def opened(folder: Path, address: str) -> StudyLink:
    """What a link says."""
    config = read_config(folder / "config.yml")
    prefix = f"{config.address}/hub/link?token="
    assert address.startswith(prefix)
    return unseal(address.removeprefix(prefix), config.written.link_key, now=int(time.time()))


def test_init_writes_what_only_its_owner_reads_and_replaces_nothing(tmp_path: Path) -> None:
    done = study(tmp_path, "init", "new/study")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "new" / "study" / "config.yml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "prompter study up" in done.stdout
    assert {one.name for one in path.parent.iterdir()} >= {"jupyterhub_config.py", "package.json", "package-lock.json"}
    before = path.read_bytes()
    again = study(tmp_path, "init", "new/study")
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert path.read_bytes() == before


def test_links_for_several_participants_bring_their_condition(folder: Path) -> None:
    done = study(folder, "link", "P01", "p02", "EXP_CTS", "--days", "3")
    assert done.returncode == 0, done.stderr
    assert "P01 becomes p01" in done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, _ in rows] == ["p01", "p02"]
    for name, address in rows:
        link = opened(folder, address)
        assert (link.participant, link.condition, link.role) == (name, "EXP_CTS", Role.PARTICIPANT)
        assert link.expires_at - link.issued_at == 3 * 86_400
        assert "EXP" not in address.partition("token=")[0]  # behind it are random letters


def test_a_table_for_a_mail_merge_counts_on(folder: Path) -> None:
    done = study(folder, "link", "--count", "3", "--first", "p098", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["participant"] for row in rows] == ["p098", "p099", "p100"]
    config = read_config(folder / "config.yml")
    for row in rows:
        link = opened(folder, row["link"])
        assert (link.participant, link.condition) == (row["participant"], None)
        assert link.expires_at - link.issued_at == 30 * 86_400
        assert row["questionnaire_id"] == config.pseudonym(row["participant"])


@pytest.mark.parametrize("role", ["researcher", "blinded"])
def test_a_researchers_link_says_so(folder: Path, role: str) -> None:
    [row] = json.loads(study(folder, "link", "ana", "--role", role, "--json").stdout)
    assert row["role"] == role
    assert opened(folder, row["link"]).role == Role(role)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "for whom?"),
        (["EXP_CTS"], "for whom?"),
        (["p01", "EXP_CTS", "EXP_END"], "one condition for all"),
        (["p 1"], "lower-case letters, digits"),
        (["p01", "P01"], "stands there twice"),
        (["--count", "2", "--first", "heron"], "must end in a number"),
        (["ana", "EXP_CTS", "--role", "researcher"], "leave EXP_CTS out"),
        (["p01", "--config", "nowhere.yml"], "prompter study init"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(folder: Path, arguments: list[str], said: str) -> None:
    done = study(folder, "link", *arguments)
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_up_says_what_is_missing_before_it_starts_anything(tmp_path: Path) -> None:
    done = study(tmp_path, "up")
    assert done.returncode == 1
    assert "prompter study init" in done.stderr
    assert not (tmp_path / "data").exists()
