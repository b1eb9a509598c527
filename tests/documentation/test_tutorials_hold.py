"""What the tutorials tell is done as it stands: blocks of ``bash`` and ``python``, in their order, in one directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.documents import DOCS, blocks

#: The command of the sources, and SQLite's own program, which not every machine has.
_PROGRAMS = """\
set -euo pipefail
prompter() { "$PYTHON" -W error -m prompter.commands "$@"; }
if ! command -v sqlite3 >/dev/null; then
    sqlite3() {
        "$PYTHON" -c 'from sqlite3 import connect; from sys import argv
connect(argv[1]).backup(connect(argv[2].split()[1]))' "$@"
    }
fi
"""


def follow(tutorial: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Do all that a tutorial says. The first step that fails ends it."""
    steps = [_PROGRAMS]
    for language, text in blocks(DOCS / "tutorials" / f"{tutorial}.md", "bash", "python"):
        steps.append(text if language == "bash" else f"\"$PYTHON\" - <<'PYTHON_BLOCK'\n{text}PYTHON_BLOCK\n")
    ours = ("PROMPTER_", "MODE", "JP_PLUGIN_USER", "DOCKER_HOST_IP")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {"PYTHON": sys.executable, "HOME": str(directory), "JUPYTER_DATA_DIR": str(directory / "jupyter")}
    return subprocess.run(
        ["bash", "-c", "".join(steps)], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_a_researcher_goes_from_a_made_up_study_to_its_data(tmp_path: Path) -> None:
    done = follow("researcher", tmp_path)
    assert done.returncode == 0, done.stderr
    made = [
        "session.html",
        "then.ipynb",
        "loans/.git",
        "story.html",
        "report.html",
        "loans-csv/codebook.md",
        "both.svg",
    ]
    assert [one for one in made if not (tmp_path / one).exists()] == []
    assert "condition" not in (tmp_path / "to-code" / "prompts.csv").read_text("utf-8").partition("\n")[0]


def test_an_operator_loses_nothing(tmp_path: Path) -> None:
    done = follow("operator", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 participant of erased.txt erased again" in done.stdout
    assert done.stdout.count("the chain is whole, and agrees with 1 anchor.") == 2


@pytest.mark.parametrize("tutorial", ["researcher", "operator"])
def test_a_tutorial_has_steps(tutorial: str) -> None:
    assert len(list(blocks(DOCS / "tutorials" / f"{tutorial}.md", "bash"))) >= 5
