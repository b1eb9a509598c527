"""``prompter export`` as people type it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

from prompter.storage import open_study_log
from support.released import Person, store, told

Prompter = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
async def people(tmp_path: Path) -> dict[str, Person]:
    async with open_study_log(f"sqlite:///{tmp_path}/study.db", migrate=True) as log:
        return await told(log)


@pytest.fixture
def prompter(tmp_path: Path) -> Prompter:
    """The program, in a process of its own."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "prompter.commands", *map(str, arguments)]
        settings = {**os.environ, "PROMPTER_LOG": f"sqlite:///{tmp_path}/study.db", "COLUMNS": "200"}
        return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)

    return run


def failed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("prompter: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


async def test_an_export_tells_what_it_did_and_makes_its_key_once(
    people: dict[str, Person], prompter: Prompter, tmp_path: Path
) -> None:
    first = prompter("export", "--format", "parquet", "-o", tmp_path / "x")
    assert first.returncode == 0, first.stderr
    assert "2 sessions of 2 participants" in first.stdout
    assert "1 session of a pilot phase" in first.stdout
    assert "study.pseudonyms.key is the new key" in first.stderr
    second = prompter("export", "-f", "csv", "-o", tmp_path / "y")
    assert second.stderr == ""
    again = pandas.read_parquet(tmp_path / "x" / "sessions.parquet")
    assert list(pandas.read_csv(tmp_path / "y" / "sessions.csv")["participant"]) == list(again["participant"])


async def test_the_summary_is_one_json_document(people: dict[str, Person], prompter: Prompter, tmp_path: Path) -> None:
    done = prompter("export", "-o", tmp_path / "x", "--json", "--pilots", "--blind")
    [summary] = json.loads(done.stdout)
    assert (summary["sessions"], summary["participants"], summary["format"]) == (3, 3, "csv")
    for file in summary["files"]:
        assert len(pandas.read_csv(tmp_path / "x" / file["file"])) == file["rows"]


async def test_people_are_chosen_by_name_id_or_pseudonym(
    people: dict[str, Person], prompter: Prompter, tmp_path: Path
) -> None:
    person = people["Ødegård Ørn"]
    prompter("export", "-o", tmp_path / "a", "-p", "Ødegård Ørn")
    [name] = pandas.read_csv(tmp_path / "a" / "sessions.csv")["participant"]
    for number, how in enumerate((("-p", name), ("-p", person.participant_id), ("-s", person.session_id))):
        assert prompter("export", "-o", tmp_path / str(number), *how).returncode == 0
        assert (tmp_path / str(number) / "events.csv").read_bytes() == (tmp_path / "a" / "events.csv").read_bytes()
    assert "knows no participant" in failed(prompter("export", "-o", tmp_path / "z", "-p", "nobody"))
    assert "no session" in failed(prompter("export", "-o", tmp_path / "z", "--since", "2100-01-01"))
    assert "no moment" in failed(prompter("export", "-o", tmp_path / "z", "--until", "soon"))
    assert not (tmp_path / "z").exists()


def authors(repository: Path) -> set[str]:
    """Who made its commits."""
    log = ["git", "-C", str(repository), "-c", "safe.directory=*", "log", "--format=%an"]
    return set(subprocess.run(log, capture_output=True, text=True, check=True).stdout.split())


async def test_histories_and_exports_call_people_alike(
    people: dict[str, Person], prompter: Prompter, tmp_path: Path
) -> None:
    person = people["Ødegård Ørn"]
    assert prompter("history", person.session_id, "--git", tmp_path / "git").returncode == 0
    prompter("export", "-o", tmp_path / "x", "-s", person.session_id)
    [name] = pandas.read_csv(tmp_path / "x" / "sessions.csv")["participant"]
    assert authors(tmp_path / "git") == {name}


async def test_mistakes_are_said_in_one_line_and_write_nothing(
    people: dict[str, Person], prompter: Prompter, tmp_path: Path
) -> None:
    assert "one of csv, jsonl, parquet" in failed(prompter("export", "-f", "xlsx", "-o", tmp_path / "x"))
    assert "no key file" in failed(prompter("export", "-o", tmp_path / "x", "--key-file", tmp_path / "none"))
    assert "something else" in failed(prompter("export", "-o", tmp_path, "--force"))
    assert "cannot be written" in failed(prompter("export", "-o", "/proc/x", "--identified"))
    assert not (tmp_path / "x").exists()


async def test_who_withdrew_is_told_of(prompter: Prompter, tmp_path: Path) -> None:
    from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn

    async with open_study_log(f"sqlite:///{tmp_path}/study.db", migrate=True) as log:
        person = Person(1, await log.participant("somebody else"))
        person.begin("x.ipynb")
        person.say(ConsentGiven(version="1"), ConsentWithdrawn(version="1"))
        await store(log, person.events)
    assert "1 participant in it withdrew" in prompter("export", "-o", tmp_path / "x").stdout
