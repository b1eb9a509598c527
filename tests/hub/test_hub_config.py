"""``config.yml``: what it may say, and what JupyterHub is told."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from traitlets.config import Config

from prompter.errors import SettingInvalid
from prompter.hub import configure, read_config
from prompter.hub.config import HubConfig, check_files
from prompter.hub.homes import copied
from prompter.hub.server_files import source, write_config
from prompter.hub.written import HubPart
from prompter.roles import Role
from prompter.study import load_study

Written = Callable[..., Path]

SECRETS = {"SECRET_KEY": "s" * 43, "link_key": "l" * 43}
LOG = {"PROMPTER_LOG": "mysql://u@127.0.0.1/prompter", "PROMPTER_DB_PASSWORD_FILE": "/nowhere/password"}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Writes a configuration of these keys into a folder where the Hub could start."""
    programs = tmp_path / "node_modules" / ".bin"
    programs.mkdir(parents=True)
    (programs / "configurable-http-proxy").touch()
    (tmp_path / "study.yaml").write_text("study: loans\ncapture: {outputs: none}\n", "utf-8")
    (tmp_path / "password").write_text("database-password", "utf-8")
    (tmp_path / "password").chmod(0o600)
    monkeypatch.setattr(os, "umask", lambda mask: mask)  # this process is not the Hub

    def write(**keys: Any) -> Path:
        path = tmp_path / "config.yml"
        path.write_text(yaml.safe_dump({**SECRETS, **keys}), "utf-8")
        path.chmod(0o600)
        return path

    return write


def configured(path: Path, **environment: str) -> Any:
    """JupyterHub's configuration of a file."""
    c = Config()
    configure(c, path, {**LOG, **environment})
    return c


def test_the_template_is_a_configuration_with_keys_of_its_own(tmp_path: Path) -> None:
    first, second = (read_config(write_config(tmp_path / name)) for name in ("one", "two"))
    assert first.written.SECRET_KEY not in (second.written.SECRET_KEY, first.written.link_key)
    assert first.written == HubPart(first.written.SECRET_KEY, first.written.link_key, study="study.yaml")
    assert load_study(first.beside("study.yaml")).periods
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600


def test_what_the_template_shows_behind_a_hash_can_be_written(tmp_path: Path) -> None:
    text = source("config.yml.tmpl").read_text("utf-8")
    keys = "|".join(HubPart.__struct_fields__)
    # An example is `# key: …`, and whatever stands deeper below it.
    text = re.sub(
        rf"^# (({keys}):.*)((\n#   .*)*)", lambda found: found[1] + found[3].replace("\n# ", "\n"), text, flags=re.M
    )
    text = text.replace("@SECRET_KEY@", "s" * 43).replace("@LINK_KEY@", "l" * 43)
    (tmp_path / "config.yml").write_text(text, "utf-8")
    (tmp_path / "config.yml").chmod(0o600)
    config = read_config(tmp_path / "config.yml").written
    assert config.SQL is not None
    assert config.questionnaires.code == "C1A2B3C4"
    assert config.researchers == ("ana",)
    left_out = {name for name in HubPart.__struct_fields__ if f"\n{name}:" not in f"\n{text}"}
    assert left_out == set()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"spawnr": "docker"}, "unknown key 'spawnr' (did you mean spawner?)"),
        ({"spawner": "podman"}, "spawner is 'podman'; allowed is accounts, docker, kube, simple"),
        ({"port": 70000}, "port is 70000"),
        ({"resources": {"memory": "1 GB"}}, "memory is '1 GB'; allowed is a size such as 512 MiB"),
        ({"link_key": "short"}, "link_key has 5 characters and needs at least 32"),
        ({"link_key": SECRETS["SECRET_KEY"]}, "link_key is SECRET_KEY; each needs a text of its own"),
        ({"metrics_key": SECRETS["link_key"]}, "metrics_key is link_key; each needs a text of its own"),
        ({"researchers": ["Ana"]}, "lower-case"),
        (
            {"questionnaires": {"end": "https://x.example/?id={pid}"}},
            "{pid} stands for nothing here; known are {",
        ),
        ({"spawner": "docker"}, "SQL is missing; spawner: docker needs a database server of its own"),
        ({"SQL": {"url": "sqlite:///x", "password_file": "p"}}, "allowed is mysql://user@host:port/database"),
        ({"containers": {"proxy": "http://172.30.1.3:8001"}}, "proxy_token is missing"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(written: Written, keys: dict[str, Any], said: str) -> None:
    path = written(**keys)
    with pytest.raises(SettingInvalid) as raised:
        read_config(path)
    assert said in str(raised.value)
    assert str(raised.value).startswith(f"{path}:")
    assert "\n" not in str(raised.value)
    assert "short" not in str(raised.value), "a secret is repeated to nobody"


def test_all_mistakes_of_a_configuration_are_said_where_it_is_read(written: Written) -> None:
    path = written(port=70000, spawner="podman")
    hub = ["-m", "jupyterhub", "-f", str(source("jupyterhub_config.py"))]
    for command in (["-m", "prompter.commands", "study", "link", "p01"], hub):
        run = subprocess.run(
            [sys.executable, *command],
            cwd=path.parent,
            env={**os.environ, "PROMPTER_HUB_CONFIG": str(path), "NO_COLOR": "1"},
            check=False,
            capture_output=True,
            text=True,
        )
        said = [line for line in run.stderr.splitlines() if line.startswith("prompter: ")]
        assert run.returncode != 0
        assert [line.startswith(f"prompter: {path}:") for line in said] == [True, True], run.stderr


def test_commands_that_run_no_hub_need_no_jupyterhub() -> None:
    without = "import sys; sys.modules['jupyterhub'] = None; from prompter.commands import main; main()"
    subprocess.run([sys.executable, "-c", without, "study", "link", "--help"], check=True, stdout=subprocess.DEVNULL)


def test_a_home_is_copied_whole_or_is_not_there(tmp_path: Path) -> None:
    materials, home = tmp_path / "materials", tmp_path / "homes" / "p01"
    materials.mkdir()
    (materials / "loans.ipynb").write_text("{}", "utf-8")
    gone = materials / "gone"
    gone.symlink_to("nowhere")
    with pytest.raises(shutil.Error):
        copied(materials, home)
    assert not home.exists()
    gone.unlink()
    copied(materials, home).rename(home)
    assert [one.relative_to(home.parent) for one in home.parent.rglob("*")] == [Path("p01"), Path("p01/loans.ipynb")]


def test_a_configuration_that_others_may_read_is_refused(written: Written) -> None:
    path = written()
    path.chmod(0o640)
    with pytest.raises(SettingInvalid, match=f"chmod 600 {path}"):
        read_config(path)
    with pytest.raises(SettingInvalid, match="prompter study init"):
        read_config(path.with_name("nowhere.yml"))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"study": "nowhere.yaml"}, "study is 'nowhere.yaml', and there is no such file"),
        ({"materials": "nowhere"}, "there is no such folder"),
        ({"SQL": {"url": "mysql://u@h/d", "password_file": "nowhere"}}, "password_file is 'nowhere'"),
        ({"study": "study.yaml", "period": "second"}, "the study has no periods, so leave it out"),
    ],
)
def test_the_hub_does_not_start_on_what_is_missing(written: Written, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingInvalid, match=said):
        configured(written(**keys))


def test_without_a_database_the_operator_is_told_two_ways(written: Written) -> None:
    with pytest.raises(SettingInvalid, match="write SQL, or start with `prompter study up`"):
        configure(Config(), written(), {})


def everything(c: Any) -> str:
    """A part of the configuration as text."""
    return repr(c.get("Spawner", {})) + repr(c.get("DockerSpawner", {})) + repr(c.get("KubeSpawner", {}))


@pytest.mark.parametrize("spawner", ["simple", "docker", "kube"])
def test_participants_servers_are_told_of_the_collector_and_of_no_secret(written: Written, spawner: str) -> None:
    sql = {"url": "mysql://u@db.example/prompter", "password_file": "password"}
    metrics_key = "m" * 43
    c = configured(written(spawner=spawner, SQL=sql, study="study.yaml", IMAGE="study-image", metrics_key=metrics_key))
    assert c.Spawner.environment == {"PROMPTER_COLLECTOR": "/services/prompter/"}
    told = everything(c)
    for secret in (*SECRETS.values(), metrics_key, "db.example", "password", "database-password", "EXP_"):
        assert secret not in told
    [collector, culler] = c.JupyterHub.services
    assert collector["environment"]["PROMPTER_LOG"] == sql["url"]
    assert Path(collector["environment"]["PROMPTER_DB_PASSWORD_FILE"]).read_text("utf-8") == "database-password"
    assert collector["environment"]["PROMPTER_STUDY"].endswith("study.yaml")
    assert collector["environment"]["PROMPTER_ASSIGN_KEY"]
    assert collector["environment"]["PROMPTER_METRICS_KEY"] == metrics_key
    assert collector["command"][1:4] == ["-m", "prompter.commands", "collector"]
    assert "--timeout=3600" in culler["command"]
    assert c.JupyterHub.concurrent_spawn_limit >= 100
    assert (spawner == "simple") or "study-image" in told
    # An image starts as it says by itself: by that, a home that is empty gets the sample.
    assert ("cmd" in told) == (spawner == "simple")


def test_keys_for_different_purposes_differ_and_stay(written: Written) -> None:
    first, second = configured(written()), configured(written())
    keys = [
        first.JupyterHub.cookie_secret,
        first.CryptKeeper["keys"][0],
        first.ConfigurableHTTPProxy.auth_token,
        first.JupyterHub.services[0]["environment"]["PROMPTER_ASSIGN_KEY"],
    ]
    assert len(set(map(str, keys))) == len(keys)
    assert first.JupyterHub.cookie_secret == second.JupyterHub.cookie_secret
    assert len(first.JupyterHub.cookie_secret) == 32


def test_a_chart_keeps_its_own_services_and_roles(written: Written) -> None:
    c = Config()
    c.JupyterHub.services = [{"name": "of-the-chart"}]
    c.JupyterHub.load_roles = [{"name": "of-the-chart"}]
    sql = {"url": "mysql://u@db.example/prompter", "password_file": "password"}
    configure(c, written(spawner="kube", SQL=sql, idle={"minutes": 0}), {})
    assert [one["name"] for one in c.JupyterHub.services] == ["of-the-chart", "prompter"]
    assert [one["name"] for one in c.JupyterHub.load_roles] == ["of-the-chart", "user"]
    # The chart says where the Hub and its proxy are.
    assert "bind_url" not in c.JupyterHub
    assert "auth_token" not in c.get("ConfigurableHTTPProxy", {})


@pytest.mark.parametrize(
    ("keys", "address", "bound"),
    [
        ({}, "http://localhost:5000", "http://127.0.0.1:5000/"),
        ({"HOSTNAME": "study.example.org", "port": 80}, "http://study.example.org", "http://:80/"),
        (
            {"HOSTNAME": "h", "address": "https://study.example.org/"},
            "https://study.example.org",
            "http://:5000/",
        ),
        (
            {"HOSTNAME": "h.example", "port": 443, "tls": {"certificate": "password", "key": "password"}},
            "https://h.example",
            "https://:443/",
        ),
    ],
)
def test_links_lead_to_where_browsers_find_the_study(
    written: Written, keys: dict[str, Any], address: str, bound: str
) -> None:
    path = written(**keys)
    assert read_config(path).address == address
    c = configured(path)
    assert c.JupyterHub.bind_url == bound
    assert c.JupyterHub.public_url == f"{address}/"


@pytest.mark.parametrize(
    ("name", "sealed", "role"),
    [
        ("p01", Role.PARTICIPANT, Role.PARTICIPANT),
        ("ana", Role.PARTICIPANT, Role.RESEARCHER),
        ("ben", Role.RESEARCHER, Role.BLINDED),
        ("carl", Role.RESEARCHER, Role.RESEARCHER),
        ("ana", Role.BLINDED, Role.BLINDED),
        ("both", Role.PARTICIPANT, Role.BLINDED),
    ],
)
def test_a_role_that_hides_counts_first(written: Written, name: str, sealed: Role, role: Role) -> None:
    config: HubConfig = read_config(written(researchers=["ana", "both"], blinded=["ben", "both"]))
    assert config.role_of(name, sealed) is role


def test_questionnaires_name_people_by_something_that_stays_and_tells_nothing(written: Written) -> None:
    config = read_config(written())
    assert config.pseudonym("p01") == read_config(written(port=5001)).pseudonym("p01")
    assert config.pseudonym("p01") != config.pseudonym("p02")
    assert config.pseudonym("p01") != read_config(written(SECRET_KEY="t" * 43)).pseudonym("p01")


@pytest.mark.parametrize("key", ["password_file", "proxy_token"])
def test_a_file_with_a_secret_that_others_may_read_is_refused(tmp_path: Path, written: Written, key: str) -> None:
    sql = {"url": "mysql://u@db.example/prompter", "password_file": "password"}
    config = read_config(written(SQL=sql, containers={"proxy": "http://p:8001", "proxy_token": "token"}))
    (tmp_path / "token").write_text("t", "utf-8")
    (tmp_path / "token").chmod(0o600)
    check_files(config)
    (tmp_path / ("password" if key == "password_file" else "token")).chmod(0o644)
    with pytest.raises(SettingInvalid, match=f"is {key} of config.yml, and others may read it: chmod 600"):
        check_files(config)


def test_a_study_that_asks_for_traits_is_refused_since_links_bring_none(tmp_path: Path, written: Written) -> None:
    text = (
        "study: s\ncapture: {outputs: none}\nperiods:\n  - {name: a, conditions: [EXP_CTS], assign: {strata: [site]}}\n"
    )
    (tmp_path / "study.yaml").write_text(text, "utf-8")
    with pytest.raises(SettingInvalid, match="strata"):
        configured(written(study="study.yaml"))
