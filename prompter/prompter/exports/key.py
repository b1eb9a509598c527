"""The secret of the pseudonyms: one file for each log, made at the first use and never again."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from prompter_events.url import MysqlUrl, SqliteUrl, parse_url

from ..errors import SettingInvalid
from .release import KEY_BYTES


@dataclass(frozen=True)
class Key:
    """A secret, and the file that keeps it."""

    secret: bytes = field(repr=False)
    path: Path
    made: bool
    """Whether the file was made just now."""


def key_path(log_url: str) -> Path:
    """Where a log's key is kept: beside an SQLite file, else in Jupyter's data directory. Raises ``LogUrlInvalid``."""
    target = parse_url(log_url)
    if isinstance(target, SqliteUrl):
        return target.path.absolute().with_name(f"{target.path.stem}.pseudonyms.key")
    name = target.database if isinstance(target, MysqlUrl) else "memory"
    return Path(jupyter_data_dir()).absolute() / "prompter" / f"{name}.pseudonyms.key"


_MAKING = "write one, such as by `openssl rand -hex 32 > FILE`"


def pseudonym_key(log_url: str, key_file: Path | None = None) -> Key:
    """The key in ``key_file``, else the log's own, made if there is none. Raises ``SettingInvalid``."""
    path = key_file or key_path(log_url)
    try:
        if key_file is None and not path.exists():
            return Key(_make(path), path, made=True)
        secret = path.read_bytes().strip()
    except FileExistsError:
        return pseudonym_key(log_url)  # another process made it in this moment
    except FileNotFoundError:
        raise SettingInvalid(f"there is no key file {path}: {_MAKING}, or leave --key-file out") from None
    except OSError as error:
        raise SettingInvalid(f"{path}: {error.strerror}; {_MAKING} and name it with --key-file") from None
    if len(secret) < KEY_BYTES:
        raise SettingInvalid(f"the key in {path} has {len(secret)} bytes: it needs {KEY_BYTES} or more")
    return Key(secret, path, made=False)


def _make(path: Path) -> bytes:
    secret = secrets.token_hex(32).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return secret
