"""What an operator sets: the log, the study, the participant, the condition.

Each comes from the environment or from Jupyter's configuration (``c.Prompter.…``); the configuration wins where both
are set.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir
from msgspec.structs import replace

from prompter_events import LogUrlInvalid
from prompter_events.url import parse_url

from .errors import SettingInvalid
from .study import WITHOUT_STUDY, Study, load_study
from .study.names import Condition

__all__ = ["Condition", "Settings", "checked_log_url", "default_log_url", "machine_user", "read_settings"]

DEFAULT_MYSQL_USER = "prompter_user"
DEFAULT_MYSQL_DATABASE = "prompter"


@dataclass(frozen=True)
class Settings:
    """All settings, read and checked."""

    log_url: str
    study: Study
    condition: Condition | None
    """What the operator set, which wins; else the study's periods say it."""
    participant: str | None
    """Who works here, where it is set; else the authenticated user counts."""
    period: str = ""
    """The period in force; empty for the study's first."""
    traits: Mapping[str, str] = field(default_factory=dict)
    """What is known of the participant, by which the study may fill its blocks apart."""

    @property
    def period_in_force(self) -> str:
        """The name of the period that holds; empty for a study without periods."""
        return self.period or (self.study.periods[0].name if self.study.periods else "")


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
    period: str = "",
    traits: str = "",
) -> Settings:
    """Read the environment; the keyword arguments come from Jupyter's configuration and win.

    Raises ``SettingInvalid`` with one line that names the setting and what is known.
    """
    study_path = study or environment.get("PROMPTER_STUDY", "")
    read = _leading(load_study(_expanded(study_path)) if study_path else WITHOUT_STUDY, environment)
    return Settings(
        log_url=checked_log_url(log_url or default_log_url(environment)),
        study=read,
        condition=_condition(condition or environment.get("MODE", "")),
        participant=participant or environment.get("JP_PLUGIN_USER") or None,
        period=_period(period or environment.get("PROMPTER_PERIOD", ""), read),
        traits=_traits(traits or environment.get("PROMPTER_TRAITS", "")),
    )


def _leading(study: Study, environment: Mapping[str, str]) -> Study:
    """The study, whose pages lead to PROMPTER_THEN after the end where the study itself says nothing."""
    then = environment.get("PROMPTER_THEN")
    return study if study.then or not then else replace(study, then=then)


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise SettingInvalid(f"PROMPTER_STUDY is {path}, and there is no such user: write the whole path") from None


def _condition(name: str) -> Condition | None:
    if not name:
        return None
    try:
        return Condition(name)
    except ValueError:
        raise SettingInvalid(f"MODE is {name!r}, which is no condition: set it to {', '.join(Condition)}") from None


def _period(name: str, study: Study) -> str:
    known = [period.name for period in study.periods]
    if not name or name in known:
        return name
    if not known:
        raise SettingInvalid(f"PROMPTER_PERIOD is {name!r}, and there is no study with periods: unset it")
    raise SettingInvalid(f"PROMPTER_PERIOD is {name!r}, which is no period: set it to {', '.join(known)}")


def _traits(text: str) -> dict[str, str]:
    """``experience=novice,site=A``."""
    traits = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals):
            raise SettingInvalid(f"PROMPTER_TRAITS has {part!r}: write it as experience=novice,site=A")
        traits[name] = value
    return traits


def machine_user() -> str:
    """The login name on this machine, for a server that one person runs for themselves."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return f"uid-{os.getuid()}"
