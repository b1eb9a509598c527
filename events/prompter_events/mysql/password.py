"""Where the database password comes from: never from a URL or a command line."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import LogUnavailable

OPTION_FILE = Path("~/.my.cnf")


def find_password(
    given: str | None,
    user: str,
    environment: Mapping[str, str] = os.environ,
    option_file: Path = OPTION_FILE,
) -> str | None:
    """The first of: given, PROMPTER_DB_PASSWORD, PROMPTER_DB_PASSWORD_FILE, the option file; else None.

    The option file's ``[client]`` section counts if it names the same user, or none. Raises ``LogUnavailable`` if a
    file that was named cannot be read.
    """
    if given is not None:
        return given
    if "PROMPTER_DB_PASSWORD" in environment:
        return environment["PROMPTER_DB_PASSWORD"]
    named = environment.get("PROMPTER_DB_PASSWORD_FILE")
    if named:
        try:
            return Path(named).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise LogUnavailable(f"PROMPTER_DB_PASSWORD_FILE: {named} cannot be read ({error})") from None
    return _from_option_file(option_file.expanduser(), user)


def _from_option_file(path: Path, user: str) -> str | None:
    try:
        # MySQL's files may hold !include lines, which are no configuration to configparser.
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("!")]
    except (OSError, UnicodeDecodeError):
        return None
    options = configparser.RawConfigParser(allow_no_value=True, strict=False)
    try:
        options.read_string("\n".join(lines))
    except configparser.Error as error:
        raise LogUnavailable(f"{path} cannot be read as an option file ({type(error).__name__})") from None
    if not options.has_section("client") or options.get("client", "user", fallback=user) != user:
        return None
    value = options.get("client", "password", fallback=None)
    if value is not None and len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return value
