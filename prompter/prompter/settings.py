"""What an operator sets: the log, the study, the participant, the condition.

Each comes from the environment or from Jupyter's configuration (``c.Prompter.…``); the configuration wins where both
are set.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from prompter_events import LogUrlInvalid
from prompter_events.url import parse_url

from .errors import SettingInvalid
from .study import WITHOUT_STUDY, Study, load_study

DEFAULT_MYSQL_USER = "prompter_user"
DEFAULT_MYSQL_DATABASE = "prompter"


class Condition(StrEnum):
    """The experimental mode. It belongs to a participant; the page learns behaviour only, never this name."""

    EXP_CTS = "EXP_CTS"
    """Prompts while working."""
    EXP_END = "EXP_END"
    """Prompts are held for a review at the end."""
    EXP_NONE = "EXP_NONE"
    """Asks nothing; what would have been asked is logged."""
    NO_EXP = "NO_EXP"
    """No study: prompts while working."""


@dataclass(frozen=True)
class Settings:
    """All settings, read and checked."""

    log_url: str
    study: Study
    condition: Condition
    participant: str | None
    """Who works here, where it is set; else the authenticated user counts."""


def default_log_url(environment: Mapping[str, str]) -> str:
    """PROMPTER_LOG; else MySQL at DOCKER_HOST_IP; else an SQLite file in Jupyter's data directory."""
    if url := environment.get("PROMPTER_LOG"):
        return url
    if host := environment.get("DOCKER_HOST_IP"):
        return f"mysql://{DEFAULT_MYSQL_USER}@{host}:3306/{DEFAULT_MYSQL_DATABASE}"
    return f"sqlite:///{Path(jupyter_data_dir()).absolute() / 'prompter' / 'log.db'}"


def checked_log_url(url: str) -> str:
    """The URL, if it names a log. Raises ``SettingInvalid`` that names the setting."""
    try:
        parse_url(url)
    except LogUrlInvalid as error:
        raise SettingInvalid(f"PROMPTER_LOG: {error}") from None
    return url


def read_settings(
    environment: Mapping[str, str] = os.environ,
    *,
    log_url: str = "",
    study: str = "",
    condition: str = "",
    participant: str = "",
) -> Settings:
    """Read the environment; the keyword arguments come from Jupyter's configuration and win.

    Raises ``SettingInvalid`` with one line that names the setting and what is known.
    """
    study_path = study or environment.get("PROMPTER_STUDY", "")
    return Settings(
        log_url=checked_log_url(log_url or default_log_url(environment)),
        study=load_study(_expanded(study_path)) if study_path else WITHOUT_STUDY,
        condition=_condition(condition or environment.get("MODE", "")),
        participant=participant or environment.get("JP_PLUGIN_USER") or None,
    )


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise SettingInvalid(f"PROMPTER_STUDY is {path}, and there is no such user: write the whole path") from None


def _condition(name: str) -> Condition:
    if not name:
        return Condition.NO_EXP
    offered = [condition.value for condition in Condition if condition is not Condition.EXP_END]
    if name == Condition.EXP_END:
        raise SettingInvalid(
            f"MODE is EXP_END, and this version has no review at the end yet: set MODE to {', '.join(offered)}"
        )
    try:
        return Condition(name)
    except ValueError:
        raise SettingInvalid(f"MODE is {name!r}, which is no condition: set it to {', '.join(offered)}") from None


def machine_user() -> str:
    """The login name on this machine, for a server that one person runs for themselves."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return f"uid-{os.getuid()}"
