"""Fills JupyterHub's configuration from ``config.yml``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..collector.settings import PREFIX
from ..errors import SettingInvalid
from ..study import WITHOUT_STUDY, Study, load_study
from .config import FILE_NAME, ConfigInvalid, HubConfig, check_files, read_config
from .spawning import configure_spawner

SERVICE = "prompter"
"""The collector's name, by which the Hub finds it at ``PREFIX``."""

_CULLER = "idle-culler"

_AT_ONCE = 300
"""Servers that may be starting together: beyond it people get an error page, and a class begins at one moment."""

_OWN = ["read:users!user", "users:activity!user", "servers!user", "access:servers!user"]
"""Of JupyterHub's ``self``, all but making tokens: such a one would outlive the browser in which it was made."""


def configure(c: Any, path: Path | None = None, environment: Mapping[str, str] = os.environ) -> HubConfig:
    """Fill ``c`` from the file at ``path``; by default PROMPTER_HUB_CONFIG, else ``config.yml`` here.

    Raises ``SettingInvalid`` that says what to do.
    """
    config = read_config(path or Path(environment.get("PROMPTER_HUB_CONFIG") or FILE_NAME))
    check_files(config)
    study = _study(config)
    # Before the Hub makes a file: its database was created readable otherwise.
    os.umask(0o077)
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _hub(c, config)
    _signing_in(c, config, study)
    _rights(c)
    _services(c, config, environment)
    configure_spawner(c, config)
    return config


def configure_or_exit(c: Any, path: Path) -> None:
    """``configure`` for a file that JupyterHub runs: what cannot be used ends it, with a line for each mistake."""
    try:
        configure(c, path)
    except ConfigInvalid as error:
        sys.exit("\n".join(f"prompter: {line}" for line in error.lines))
    except SettingInvalid as error:
        sys.exit(f"prompter: {error}")


def _study(config: HubConfig) -> Study:
    study = WITHOUT_STUDY if config.study is None else load_study(config.study)
    known = [period.name for period in study.periods]
    if any(period.assign.strata for period in study.periods):
        raise SettingInvalid(
            f"{config.path}: the study fills its blocks within strata, and links bring nothing that is known of a "
            "participant: leave strata out, or give each link its condition and the period no strata"
        )
    if config.written.period is not None and config.written.period not in known:
        raise SettingInvalid(
            f"{config.path}: period is {config.written.period!r}; "
            + (f"the study has {', '.join(known)}" if known else "the study has no periods, so leave it out")
        )
    return study


def _hub(c: Any, config: HubConfig) -> None:
    c.JupyterHub.public_url = f"{config.address}/"
    c.JupyterHub.db_url = f"sqlite:///{config.data / 'jupyterhub.sqlite'}"
    c.JupyterHub.cookie_secret = config.secret("cookies")
    c.CryptKeeper.keys = [config.secret("auth state")]
    c.JupyterHub.concurrent_spawn_limit = _AT_ONCE
    c.JupyterHub.allow_named_servers = False
    # The Hub's figures name people.
    c.JupyterHub.authenticate_prometheus = True
    if config.written.spawner != "kube":  # there the chart says where the Hub is, and runs the proxy
        _addresses(c, config)
        _proxy(c, config)


def _addresses(c: Any, config: HubConfig) -> None:
    written = config.written
    scheme = "http" if written.tls is None else "https"
    local = "127.0.0.1" if written.HOSTNAME in ("localhost", "127.0.0.1", "::1") else ""
    c.JupyterHub.bind_url = f"{scheme}://{local}:{written.port}/"
    c.JupyterHub.hub_port = written.inside.hub
    if written.tls is not None:
        c.JupyterHub.ssl_cert = str(config.beside(written.tls.certificate))
        c.JupyterHub.ssl_key = str(config.beside(written.tls.key))
    if written.spawner == "docker":
        c.JupyterHub.hub_ip = "0.0.0.0"  # noqa: S104 - participants' servers ask the Hub who somebody is
        c.JupyterHub.hub_connect_url = f"http://{written.containers.hub}:{written.inside.hub}"


def _proxy(c: Any, config: HubConfig) -> None:
    written, containers = config.written, config.written.containers
    if containers.proxy is not None and containers.proxy_token is not None:
        c.ConfigurableHTTPProxy.should_start = False
        c.ConfigurableHTTPProxy.api_url = containers.proxy
        c.ConfigurableHTTPProxy.auth_token = config.beside(containers.proxy_token).read_text("utf-8").strip()
        return
    c.ConfigurableHTTPProxy.auth_token = config.secret_text("proxy")
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{written.inside.proxy}"
    c.ConfigurableHTTPProxy.command = [proxy_program(config.path.parent)]
    c.ConfigurableHTTPProxy.pid_file = str(config.data / "proxy.pid")


def proxy_program(folder: Path) -> str:
    """The proxy: npm's beside the configuration, else the one in the path. Raises ``SettingInvalid``."""
    beside = folder / "node_modules" / ".bin" / "configurable-http-proxy"
    if beside.exists():
        return str(beside)
    if found := shutil.which("configurable-http-proxy"):
        return found
    raise SettingInvalid(
        f"configurable-http-proxy is not installed: run `npm ci` in notebook-server, and keep {FILE_NAME} there"
    )


def _signing_in(c: Any, config: HubConfig, study: Study) -> None:
    c.JupyterHub.authenticator_class = "prompter.hub.authenticator.StudyAuthenticator"
    c.StudyAuthenticator.study_config = config
    c.StudyAuthenticator.collector = collector_url(config)
    c.StudyAuthenticator.study_title = study.title or study.name or "Jupyter notebooks"
    c.StudyAuthenticator.asks_consent = study.consent is not None
    c.Authenticator.allow_all = True  # whoever holds a link
    c.Authenticator.enable_auth_state = True
    c.Authenticator.manage_groups = True
    c.Authenticator.admin_users = set()


def collector_url(config: HubConfig) -> str:
    """The collector as the Hub and the proxy reach it."""
    return f"http://{config.written.containers.collector}:{config.written.inside.collector}{PREFIX}"


def _rights(c: Any) -> None:
    """A participant's tokens reach their own server and the collector, and nothing else of the Hub."""
    to_service = f"access:services!service={SERVICE}"
    _add(c.JupyterHub, "load_roles", {"name": "user", "scopes": [*_OWN, to_service]})
    c.Spawner.oauth_client_allowed_scopes = [to_service]


def _services(c: Any, config: HubConfig, environment: Mapping[str, str]) -> None:
    _add(
        c.JupyterHub,
        "services",
        {
            "name": SERVICE,
            "url": collector_url(config).removesuffix(PREFIX),
            "command": _collector_command(config),
            "oauth_no_confirm": True,
            "display": False,
            "environment": collector_environment(config, environment),
        },
    )
    if not config.written.idle.minutes:
        return
    seconds = config.written.idle.minutes * 60
    command = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={seconds}"]
    _add(c.JupyterHub, "services", {"name": _CULLER, "command": command})
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    _add(c.JupyterHub, "load_roles", {"name": _CULLER, "scopes": scopes, "services": [_CULLER]})


def _add(section: Any, name: str, item: dict[str, Any]) -> None:
    """To a list that a chart may have begun."""
    begun = section.get(name)
    section[name] = [*(begun if isinstance(begun, list) else ()), item]


def _collector_command(config: HubConfig) -> list[str]:
    command = [sys.executable, "-m", "prompter.commands", "collector"]
    # In a cluster its address is that of a service, on which no pod can listen.
    return [*command, "--ip", "0.0.0.0"] if config.written.spawner == "kube" else command  # noqa: S104


def collector_environment(config: HubConfig, environment: Mapping[str, str]) -> dict[str, str]:
    """What the collector alone is told. Raises ``SettingInvalid`` without a database."""
    if config.written.SQL is not None:
        url, password_file = config.written.SQL.url, str(config.beside(config.written.SQL.password_file))
    else:
        # `prompter study up` started one, and says where.
        url, password_file = environment.get("PROMPTER_LOG", ""), environment.get("PROMPTER_DB_PASSWORD_FILE", "")
        if not url:
            raise SettingInvalid(f"{config.path} names no database: write SQL, or start with `prompter study up`")
    told = {
        "PROMPTER_LOG": url,
        "PROMPTER_DB_PASSWORD_FILE": password_file,
        "PROMPTER_STUDY": str(config.study or ""),
        "PROMPTER_PERIOD": config.written.period or "",
        "PROMPTER_ASSIGN_KEY": config.secret_text("assignments"),
        "PROMPTER_METRICS_KEY": config.written.metrics_key or "",
        "PROMPTER_THEN": f"{config.address}/hub/done",
    }
    return {name: value for name, value in told.items() if value}
