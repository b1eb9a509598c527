"""The README and the change log speak of what there is."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from prompter.commands import app
from prompter.extension import Prompter
from prompter.settings import Condition

TOP = Path(__file__).resolve().parents[2]
README = (TOP / "README.md").read_text("utf-8")


def settings_in_the_sources() -> set[str]:
    """Every PROMPTER_… that the programs name."""
    programs = [
        *TOP.glob("events/prompter_events/**/*.py"),
        *TOP.glob("prompter/prompter/**/*.py"),
        *TOP.glob("scripts/*.sh"),
        TOP / "run_image.sh",
    ]
    return {name for path in programs for name in re.findall(r"\bPROMPTER_[A-Z_]+\b", path.read_text("utf-8"))}


def test_the_readme_names_every_command() -> None:
    commands = [command.name for command in app.registered_commands]
    assert commands
    assert [name for name in commands if f"prompter {name}" not in README] == []


def test_the_readme_names_every_setting() -> None:
    known = settings_in_the_sources() | {"JP_PLUGIN_USER", "MODE", "DOCKER_HOST_IP", "TOKEN", "PLUGIN_PORT"}
    assert {"PROMPTER_LOG", "PROMPTER_STUDY", "PROMPTER_DB_PASSWORD_FILE"} <= known
    assert sorted(name for name in known if f"`{name}`" not in README) == []
    traits = [name for name in Prompter.class_own_traits(config=True) if f"`c.Prompter.{name}`" not in README]
    assert traits == []
    assert [condition.value for condition in Condition if f"`{condition.value}`" not in README] == []


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_what_a_document_links_to_is_there(document: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (TOP / document).read_text("utf-8"))
    assert [link for link in links if "://" not in link and not (TOP / link).is_file()] == []


def test_the_change_log_knows_this_version() -> None:
    assert f"## {version('jupyterlab-prompter')}\n" in (TOP / "CHANGELOG.md").read_text("utf-8")
