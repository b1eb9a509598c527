"""``config.yml`` read and checked, and the keys that come from its secrets."""

from __future__ import annotations

import os
import re
import stat
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import yaml

from ..errors import SettingInvalid
from ..links import MIN_KEY, derived_key
from ..roles import BLINDED_RESEARCHERS, RESEARCHERS, Role
from ..study.mistakes import Mistake
from ..study.nodes import Reading, compose
from .written import HubPart

FILE_NAME = "config.yml"

PLATFORM = ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")
"""What Prolific and others like it add to an address. It is handed on and never trusted."""

_SECRET_FILES = ("password_file", "proxy_token", "tls.key")

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class ConfigInvalid(SettingInvalid):
    """A configuration that cannot be used. As text it is one line about the first mistake; ``lines`` has them all."""

    def __init__(self, path: Path, mistakes: list[Mistake]) -> None:
        self.lines = [f"{path}:{mistake.line}: {mistake.text}" for mistake in sorted(set(mistakes))]
        more = len(self.lines) - 1
        super().__init__(self.lines[0] + (f" (and {more} more)" if more else ""))


@dataclass(frozen=True)
class HubConfig:
    """The configuration with its paths and keys. Paths in the file are meant from where the file stands."""

    path: Path
    written: HubPart

    def beside(self, name: str) -> Path:
        """A path of the file, absolute."""
        return (self.path.parent / Path(name).expanduser()).resolve()

    @property
    def data(self) -> Path:
        """The folder for what the Hub keeps."""
        return self.beside(self.written.data)

    @property
    def study(self) -> Path | None:
        """The study's file."""
        return None if self.written.study is None else self.beside(self.written.study)

    @property
    def address(self) -> str:
        """Where browsers reach the study, without a slash at its end."""
        if self.written.address is not None:
            return self.written.address.rstrip("/")
        scheme, usual = ("http", 80) if self.written.tls is None else ("https", 443)
        host = f"[{self.written.HOSTNAME}]" if ":" in self.written.HOSTNAME else self.written.HOSTNAME
        return f"{scheme}://{host}" + ("" if self.written.port == usual else f":{self.written.port}")

    def secret(self, purpose: str) -> bytes:
        """32 bytes for one purpose, from ``SECRET_KEY``."""
        return derived_key(self.written.SECRET_KEY, f"prompter hub, version 1: {purpose}".encode())

    def secret_text(self, purpose: str) -> str:
        """The same as a text."""
        return urlsafe_b64encode(self.secret(purpose)).decode().rstrip("=")

    def role_of(self, name: str, sealed: Role) -> Role:
        """Somebody's role: what the file says of them, else what is sealed in their link."""
        if name in self.written.blinded or sealed is Role.BLINDED:
            return Role.BLINDED
        return Role.RESEARCHER if name in self.written.researchers else sealed

    def pseudonym(self, participant: str) -> str:
        """Sixteen letters and digits by which questionnaires name a participant: always the same, and nobody's name."""
        return blake2b(participant.encode(), key=self.secret("questionnaires"), digest_size=8).hexdigest()


def groups_of(role: Role) -> list[str]:
    """The Hub's groups that make a role."""
    match role:
        case Role.BLINDED:
            return [BLINDED_RESEARCHERS]
        case Role.RESEARCHER:
            return [RESEARCHERS]
    return []


def read_config(path: Path) -> HubConfig:
    """Read ``config.yml``.

    Raises ``SettingInvalid`` if it is not there or others may read it, ``ConfigInvalid`` with a line for each mistake.
    """
    path = path.absolute()
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingInvalid(f"{path} cannot be read ({reason}): `prompter study init` writes one") from None
    _check_closed(path, "holds keys")
    return HubConfig(path, _read(path, raw))


def _check_closed(path: Path, what: str) -> None:
    """Raises ``SettingInvalid`` for a file with a secret that others may read."""
    found = path.stat()
    # A secret that Kubernetes mounts belongs to root, and a group may read it: that is how we do.
    others = 0o077 if found.st_uid == os.geteuid() else 0o037
    if stat.S_IMODE(found.st_mode) & others:
        raise SettingInvalid(f"{path} {what}, and others may read it: chmod 600 {path}")


def _read(path: Path, raw: bytes) -> HubPart:
    node = compose(raw) if raw.strip() else Mistake(1, "the file is empty: `prompter study init` writes one")
    if isinstance(node, Mistake):
        raise ConfigInvalid(path, [node])
    if not isinstance(node, yaml.MappingNode):
        raise ConfigInvalid(path, [Mistake(1, "this is no configuration; write `key: value`")])
    reading = Reading()
    written: HubPart = reading.read(node, HubPart)
    mistakes = reading.mistakes or list(_checked(path, written, reading))
    if mistakes:
        raise ConfigInvalid(path, mistakes)
    return written


def _checked(path: Path, written: HubPart, reading: Reading) -> Iterator[Mistake]:
    """What must hold between the parts."""

    def at(*place: str) -> int:
        return reading.lines[place]

    keys = {"SECRET_KEY": written.SECRET_KEY, "link_key": written.link_key}
    if written.metrics_key is not None:
        keys["metrics_key"] = written.metrics_key
    for name, key in keys.items():
        if len(key) < MIN_KEY:
            text = f"{name} has {len(key)} characters and needs at least {MIN_KEY}: `prompter study init` draws one"
            yield Mistake(at(name), text)
        twin = next(other for other in keys if keys[other] == key)
        if twin != name:
            yield Mistake(at(name), f"{name} is {twin}; each needs a text of its own")
    for key in ("start", "end", "back"):
        text = getattr(written.questionnaires, key) or ""
        for name in _PLACEHOLDER.findall(text):
            if name not in ("participant", *PLATFORM):
                known = ", ".join(f"{{{one}}}" for one in ("participant", *PLATFORM))
                yield Mistake(at("questionnaires", key), f"{{{name}}} stands for nothing here; known are {known}")
    if written.spawner != "simple" and written.SQL is None:
        yield Mistake(at("spawner"), f"SQL is missing; spawner: {written.spawner} needs a database server of its own")
    if written.containers.proxy is not None and written.containers.proxy_token is None:
        yield Mistake(at("containers", "proxy"), "proxy_token is missing; write proxy_token: the file with its token")


def check_files(config: HubConfig) -> None:
    """Raises ``SettingInvalid`` for a file of the configuration that is not there, or whose secret others may read.

    Only the Hub needs them: links are made on machines that have no password of a database.
    """
    written = config.written
    files = {"study": written.study, "proxy_token": written.containers.proxy_token}
    if written.tls is not None:
        files |= {"tls.certificate": written.tls.certificate, "tls.key": written.tls.key}
    if written.SQL is not None:
        files["password_file"] = written.SQL.password_file
    for key, name in files.items():
        if name is None:
            continue
        if not config.beside(name).is_file():
            raise SettingInvalid(f"{config.path}: {key} is {name!r}, and there is no such file")
        if key in _SECRET_FILES:
            _check_closed(config.beside(name), f"is {key} of {config.path.name}")
    if written.materials is not None and not config.beside(written.materials).is_dir():
        raise SettingInvalid(f"{config.path}: materials is {written.materials!r}, and there is no such folder")
