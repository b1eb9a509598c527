"""``docs/simulating.md`` says what is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
from example import make
from test_simulate_command import prompter

from prompter.simulation.verdicts import Fate
from prompter.study import load_study

GUIDE = Path(__file__).parents[2] / "docs/simulating.md"
TEXT = GUIDE.read_text("utf-8")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the studies of the guide."""
    place: Path = tmp_path_factory.mktemp("guide")
    for written in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL):
        name = written.splitlines()[0].removeprefix("# ")
        (place / name).write_text(written)
    return place


async def test_every_command_of_the_guide_does_what_it_says(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    url = f"sqlite:///{desk / 'log.db'}"
    await make(url, load_study(desk / "study.yaml"), ["heron"])
    commands = re.findall(r"^(?:\$ )?prompter (simulate[^#\n]*)", TEXT, re.MULTILINE)
    assert len(commands) == 6
    for command in commands:
        done = prompter(*shlex.split(command), "--log", url)
        assert (done.returncode, done.stderr) == (0, ""), command
    assert (desk / "both.png").is_file()
    ran = prompter("simulate", "study.yaml", "--log", url)
    assert re.search(r"takes all \d+ decisions of the log again, at the same moments", ran.stdout)


def test_the_guide_explains_every_word_of_the_report() -> None:
    explained = ", ".join(re.findall(r"^\| ([^|]*) \|", TEXT, re.MULTILINE))
    assert [fate for fate in get_args(Fate) if fate not in explained.replace(" |", ",").split(", ")] == []


def test_what_the_guide_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert links
    assert [link for link in links if not (GUIDE.parent / link).is_file()] == []
