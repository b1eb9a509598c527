"""The one documented command: ``notebook-server/start.sh`` starts everything, and ends it."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from entering import STUDY, link_of

from prompter.hub.server_files import write_config
from support.hub import SERVER, Hub, path_of
from support.kernelling import Server

_END_SECONDS = 60
"""On a machine that does much else at once."""


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Hub]:
    """A Hub as ``start.sh`` starts it: without a database of the operator's."""
    (tmp_path / "study.yaml").write_text(STUDY, "utf-8")
    materials = tmp_path / "materials"
    materials.mkdir()
    (materials / "loans.ipynb").write_text("{}", "utf-8")
    settings = {"study": "study.yaml", "materials": "materials"}
    hub = Hub(tmp_path, settings, str(SERVER / "start.sh"))
    hub.start()
    yield hub
    hub.stop()


def test_one_command_starts_hub_collector_database_and_servers_and_ends_them(trial: Hub) -> None:
    visitor = trial.visitor()
    link = link_of(trial, "p01", "EXP_END")
    assert path_of(link).startswith("/hub/link?token=")
    assert trial.visitor().follow(trial.visitor().get("/")).title == "Open your study link"
    assert visitor.enter(link).location == "/hub/spawn"
    Server.of(visitor, "p01")
    page = visitor.get("/user/p01/lab").text
    # The plugin sends to the collector, and no condition is in what the page is given.
    assert not re.search(r"EXP_(CTS|END|NONE)|NO_EXP", page)
    assert (trial.config.data / "homes" / "p01" / "loans.ipynb").is_file()
    status = visitor.get("/services/prompter/status")
    assert status.status in (401, 403), "the collector is there, and tells strangers nothing"

    processes = psutil.Process(trial.pid).children(recursive=True)
    commands = {one: words for one in processes if (words := words_of(one))}
    [server] = [one for one, words in commands.items() if any("jupyterhub-singleuser" in word for word in words)]
    environment = server.environ()
    assert environment["PROMPTER_COLLECTOR"] == "/services/prompter/"
    password = (trial.config.data / "mariadb" / "password").read_text("utf-8")
    told = json.dumps(environment) + " ".join(word for words in commands.values() for word in words)
    for secret in (password, trial.config.written.SECRET_KEY, trial.config.written.link_key, "EXP_", "_PASSWORD"):
        assert secret not in told
    assert trial.config.secret_text("assignments") not in told
    assert {name for name in environment if name.startswith("PROMPTER_")} == {"PROMPTER_COLLECTOR"}

    port = int((trial.config.data / "mariadb" / "port").read_text("utf-8"))
    trial.stop()
    _, alive = psutil.wait_procs(processes, timeout=_END_SECONDS)
    assert alive == []
    for number in (trial.port, port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", number)) != 0
    # What is kept is the Hub's account's own. MariaDB gives its files rights by itself, in a folder that is closed.
    data = trial.config.data
    assert [stat.S_IMODE(one.stat().st_mode) for one in (data, data / "mariadb")] == [0o700, 0o700]
    kept = [one for one in data.rglob("*") if one.is_file() and one.relative_to(data).parts[:2] != ("mariadb", "data")]
    assert [one for one in kept if one.stat().st_mode & 0o077 and "homes" not in one.parts] == []


def test_a_second_start_goes_on_where_the_first_ended(trial: Hub) -> None:
    visitor = trial.visitor()
    link = link_of(trial, "p01", "EXP_END")
    visitor.enter(link)
    trial.stop()
    trial.start()
    assert visitor.get("/hub/done").status == 200
    refused = visitor.enter(link_of(trial, "p01", "EXP_CTS", issued_at=int(time.time()) + 1))
    assert refused.title == "This link does not fit your place in the study"
    assert visitor.enter(link).location == "/hub/spawn"


def test_a_signal_before_there_is_a_hub_leaves_no_database_behind(tmp_path: Path) -> None:
    config, programs, started = write_config(tmp_path / "study"), tmp_path / "bin", tmp_path / "started"
    os.mkfifo(started)
    programs.mkdir()
    # A MariaDB that never takes a connection: the start is under way for as long as the test likes.
    for name, does in (("mariadb-install-db", ""), ("mariadbd", f"echo $$ >{started}; exec sleep 600")):
        (programs / name).write_text(f"#!/bin/sh\n{does}\n", "utf-8")
        (programs / name).chmod(0o700)
    with subprocess.Popen(
        [sys.executable, "-m", "prompter.commands", "study", "up", "--config", str(config)],
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
    ) as study:
        database = psutil.Process(int(started.read_text("utf-8")))
        study.terminate()
        try:
            assert study.wait(_END_SECONDS) == 0
            assert not database.is_running()
        finally:
            if database.is_running():
                database.kill()


def test_a_trial_with_a_configuration_elsewhere_writes_none_of_another_name(tmp_path: Path) -> None:
    named = tmp_path / "mine.yml"
    run = subprocess.run(
        [SERVER / "start.sh"],
        env={**os.environ, "PROMPTER_HUB_CONFIG": str(named)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
    assert f"{named} cannot be read" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_the_proxy_names_no_registry() -> None:
    lock = json.loads((SERVER / "package-lock.json").read_text("utf-8"))
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []
    assert all("integrity" in one for name, one in lock["packages"].items() if name)
    wanted = json.loads((SERVER / "package.json").read_text("utf-8"))["dependencies"]
    assert lock["packages"][""]["dependencies"] == wanted
    assert yaml.safe_load((SERVER / "docker-compose.yml").read_text("utf-8"))["services"]["proxy"]["image"].endswith(
        f":{wanted['configurable-http-proxy'].partition('.')[0]}"
    )


def words_of(process: psutil.Process) -> list[str]:
    """The command of a process; none of one that has just ended."""
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
