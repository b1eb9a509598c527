"""Where the collector listens and what it shares with the Hub. Secrets come from the environment or from files."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import SettingInvalid
from ..links import MIN_KEY

PREFIX = "/services/prompter/"
"""Where it is found, unless the Hub says otherwise."""

PORT = 8890


@dataclass(frozen=True)
class CollectorSettings:
    """All settings beside those of every recording."""

    ip: str
    port: int
    prefix: str
    """Ends with a slash."""
    assign_key: str
    """What the Hub shows to have a participant assigned; empty: nobody may."""
    link_key: str
    """What seals study links; empty: people are the Hub's."""
    metrics_key: str
    """What a Prometheus shows to read the figures; empty: researchers alone may."""
    origins: str | None
    """A regular expression of the origins of pages that may come; none: pages of the collector's own origin alone."""
    cookie_secret: bytes
    behind_hub: bool


def read_collector_settings(
    environment: Mapping[str, str] = os.environ, *, ip: str = "", port: int = 0
) -> CollectorSettings:
    """From what a JupyterHub tells its services, else from ``PROMPTER_…`` and defaults. ``ip`` and ``port`` win.

    Raises ``SettingInvalid``.
    """
    service = urlsplit(environment.get("JUPYTERHUB_SERVICE_URL", ""))
    behind_hub = bool(environment.get("JUPYTERHUB_API_TOKEN"))
    link_key = secret(environment, "PROMPTER_LINK_KEY")
    if not behind_hub and not link_key:
        raise SettingInvalid(
            "the collector cannot tell who comes: let a JupyterHub start it, or set PROMPTER_LINK_KEY_FILE to the file "
            "with the key of the study links"
        )
    prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX") or PREFIX
    return CollectorSettings(
        ip=ip or service.hostname or "127.0.0.1",
        port=port or service.port or PORT,
        prefix=prefix if prefix.endswith("/") else prefix + "/",
        assign_key=secret(environment, "PROMPTER_ASSIGN_KEY"),
        link_key=link_key,
        metrics_key=_metrics_key(environment),
        origins=_pattern(environment.get("PROMPTER_ORIGINS", "")),
        # A restart signs researchers out; the Hub, or their link, signs them in again without a question.
        cookie_secret=secrets.token_bytes(32),
        behind_hub=behind_hub,
    )


def secret(environment: Mapping[str, str], name: str) -> str:
    """A secret by its name, or from the file that ``NAME_FILE`` names; empty where neither is set.

    Raises ``SettingInvalid`` for a file that cannot be read or is empty.
    """
    if value := environment.get(name):
        return value
    path = environment.get(f"{name}_FILE")
    if not path:
        return ""
    try:
        value = Path(path).expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        raise SettingInvalid(f"{name}_FILE: {path} cannot be read: {getattr(error, 'strerror', error)}") from None
    if not value:
        raise SettingInvalid(f"{name}_FILE: {path} is empty")
    return value


def _metrics_key(environment: Mapping[str, str]) -> str:
    key = secret(environment, "PROMPTER_METRICS_KEY")
    if key and len(key) < MIN_KEY:
        raise SettingInvalid(f"PROMPTER_METRICS_KEY has {len(key)} characters and needs at least {MIN_KEY}")
    return key


def _pattern(text: str) -> str | None:
    if not text:
        return None
    try:
        re.compile(text)
    except re.error as error:
        raise SettingInvalid(f"PROMPTER_ORIGINS is no regular expression: {error}") from None
    return text
