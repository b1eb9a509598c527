"""The documents of other deployments agree with the configuration: Compose's, and the chart's values."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from traitlets.config import Config

from prompter.errors import SettingInvalid
from prompter.hub import configure, read_config
from prompter.hub.config import HubConfig
from support.documents import DOCS
from support.hub import SERVER

COMPOSE: dict[str, Any] = yaml.safe_load((SERVER / "docker-compose.yml").read_text("utf-8"))
VALUES: dict[str, Any] = yaml.safe_load((SERVER / "values.yaml").read_text("utf-8"))


def documented(spawner: str, folder: Path) -> HubConfig:
    """The config.yml that the guide shows for a spawner."""
    guide = (DOCS / "hub.md").read_text("utf-8")
    [shown] = [block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if f"spawner: {spawner}" in block]
    path = folder / "config.yml"
    keys = {"SECRET_KEY": "s" * 43, "link_key": "l" * 43}
    path.write_text(yaml.safe_dump({**yaml.safe_load(shown), **keys}), "utf-8")
    path.chmod(0o600)
    return read_config(path)


def address(service: str, network: str) -> str:
    """The fixed address of a service in a network."""
    return str(COMPOSE["services"][service]["networks"][network]["ipv4_address"])


def test_composes_networks_keep_participants_from_the_database_and_the_proxys_api(tmp_path: Path) -> None:
    config, services = documented("docker", tmp_path).written, COMPOSE["services"]
    assert COMPOSE["networks"]["users"]["name"] == config.containers.network
    assert set(services["database"]["networks"]) == {"database"}
    assert set(services["hub"]["networks"]) == {"users", "database", "control"}
    assert COMPOSE["networks"]["database"]["internal"]
    assert COMPOSE["networks"]["control"]["internal"]
    # What both networks' members share listens in the one without participants alone.
    subnet = ipaddress.ip_network(COMPOSE["networks"]["control"]["ipam"]["config"][0]["subnet"])
    proxy = " ".join(services["proxy"]["command"])
    assert f"--api-ip={address('proxy', 'control')} --api-port=8001" in proxy
    assert config.containers.proxy == f"http://{address('proxy', 'control')}:8001"
    assert config.containers.collector == address("hub", "control")
    assert all(ipaddress.ip_address(address(one, "control")) in subnet for one in ("hub", "proxy"))
    assert f"http://{config.containers.hub}:{config.inside.hub}/hub/error" in proxy
    assert config.containers.hub in services["hub"]["networks"]["users"]["aliases"]
    assert services["proxy"]["ports"] == [f"{config.port}:8000"]
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]


def test_compose_gives_each_secret_as_a_file_to_those_who_need_it(tmp_path: Path) -> None:
    config, services = documented("docker", tmp_path).written, COMPOSE["services"]
    assert config.SQL is not None
    assert config.SQL.password_file == "/run/secrets/db_password"
    assert config.containers.proxy_token == "/run/secrets/proxy_token"
    assert {name: set(one.get("secrets", ())) for name, one in services.items()} == {
        "database": {"root_password"},
        "migrate": {"root_password", "db_password"},
        "proxy": {"proxy_token"},
        "hub": {"db_password", "proxy_token"},
    }
    assert services["migrate"]["environment"]["PROMPTER_LOG"] == config.SQL.url
    for secret in COMPOSE["secrets"].values():
        assert list(secret) == ["file"]
    literal = re.compile(r"(PASSWORD|TOKEN|KEY)\w*[=:]\s*['\"]?(?!\$|/run/secrets/)[^\s/$]", re.IGNORECASE)
    told = [str(one.get("environment", "")) + str(one.get("command", "")) for one in services.values()]
    assert [text for text in told if literal.search(text.replace("_FILE': '", "_FILE="))] == []


def test_compose_puts_files_where_the_configuration_looks(tmp_path: Path) -> None:
    hub = COMPOSE["services"]["hub"]
    mounted = {volume.split(":")[1] for volume in hub["volumes"]}
    folder = hub["working_dir"]
    config = documented("docker", tmp_path).written
    for name in ("jupyterhub_config.py", "config.yml", config.study, config.data):
        assert f"{folder}/{name}" in mounted
    assert hub["command"] == ["jupyterhub", "-f", f"{folder}/jupyterhub_config.py"]


def test_the_charts_values_configure_a_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the chart runs, on the guide's configuration, with the Secret's folder here.
    config = documented("kube", tmp_path)
    monkeypatch.setattr("os.umask", lambda mask: mask)
    text = (
        config.path.read_text("utf-8").replace("/etc/prompter", str(tmp_path)).replace("/srv/jupyterhub", str(tmp_path))
    )
    config.path.write_text(text, "utf-8")
    (tmp_path / "study.yaml").write_text("study: loans\ncapture: {outputs: none}\n", "utf-8")
    (tmp_path / "db_password").write_text("x", "utf-8")
    (tmp_path / "db_password").chmod(0o600)
    c = Config()
    code = VALUES["hub"]["extraConfig"]["prompter"]
    assert '"/etc/prompter/config.yml"' in code
    exec(code.replace("/etc/prompter", str(tmp_path)), {"c": c})
    collector = c.JupyterHub.services[0]
    [port] = VALUES["hub"]["service"]["extraPorts"]
    assert collector["url"] == f"http://hub:{port['port']}"
    assert collector["command"][-2:] == ["--ip", "0.0.0.0"]
    assert c.KubeSpawner.image == f"{VALUES['singleuser']['image']['name']}:{VALUES['singleuser']['image']['tag']}"
    assert VALUES["singleuser"]["cmd"] is None, "the image's own start"
    assert not VALUES["cull"]["enabled"]


def test_the_charts_hub_ends_with_a_line_for_each_mistake(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("spawner: cubes\nPORT: five\n", "utf-8")
    (tmp_path / "config.yml").chmod(0o600)
    code = VALUES["hub"]["extraConfig"]["prompter"].replace("/etc/prompter", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        exec(code, {"c": Config()})
    lines = str(ended.value).splitlines()
    assert len(lines) > 1
    assert all(line.startswith(f"prompter: {tmp_path}/config.yml:") for line in lines)
    assert any("cubes" in line for line in lines)


def test_the_chart_lets_pods_reach_names_and_the_hub_alone() -> None:
    rules = VALUES["singleuser"]["networkPolicy"]
    assert rules["enabled"]
    assert [name for name, allowed in rules["egressAllowRules"].items() if allowed] == [
        "dnsPortsPrivateIPs",
        "dnsPortsCloudMetadataServer",
        "dnsPortsKubeSystemNamespace",
    ]
    [ingress] = VALUES["hub"]["networkPolicy"]["ingress"]
    assert ingress["from"] == [{"podSelector": {"matchLabels": {"app": "jupyterhub", "component": "proxy"}}}]


def test_no_secret_stands_in_the_values() -> None:
    text = (SERVER / "values.yaml").read_text("utf-8")
    for word in ("password:", "SECRET_KEY", "link_key", "secretToken", "cookieSecret", "apiToken"):
        assert word not in text
    [volume] = VALUES["hub"]["extraVolumes"]
    assert volume["secret"]["secretName"] == "prompter"


def test_a_hub_on_docker_is_what_compose_expects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = documented("docker", tmp_path)
    monkeypatch.setattr("os.umask", lambda mask: mask)
    text = config.path.read_text("utf-8").replace("/run/secrets", str(tmp_path))
    config.path.write_text(text, "utf-8")
    (tmp_path / "study.yaml").write_text("study: loans\ncapture: {outputs: none}\n", "utf-8")
    (tmp_path / "db_password").write_text("x", "utf-8")
    (tmp_path / "db_password").chmod(0o600)
    with pytest.raises(SettingInvalid, match="proxy_token"):
        configure(Config(), config.path, {})
    (tmp_path / "proxy_token").write_text("token-of-the-proxy\n", "utf-8")
    (tmp_path / "proxy_token").chmod(0o600)
    c = Config()
    configure(c, config.path, {})
    assert c.ConfigurableHTTPProxy.auth_token == "token-of-the-proxy"
    assert not c.ConfigurableHTTPProxy.should_start
    assert c.JupyterHub.services[0]["url"] == f"http://{address('hub', 'control')}:8082"
    assert c.DockerSpawner.network_name == COMPOSE["networks"]["users"]["name"]
    assert c.DockerSpawner.extra_host_config["cap_drop"] == ["ALL"]
