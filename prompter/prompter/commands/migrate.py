"""``prompter migrate``: creates and upgrades the log's tables; on MySQL the database too, as an administrator."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from prompter_events import (
    Admin,
    LogError,
    LogNotMigrated,
    LogReadOnly,
    LogUnavailable,
    PrompterError,
    create_database,
    migrate,
)
from prompter_events.mysql.password import find_password
from prompter_events.url import MysqlUrl, parse_url

from ..errors import SettingInvalid
from ..storage import DIRECTORIES, open_study_log
from .options import LogOption, log_url, run
from .output import stdout


def migrate_log(
    log: LogOption = "",
    admin: Annotated[
        str,
        typer.Option(
            envvar="PROMPTER_DB_ADMIN",
            help="MySQL: the administrator's account, used only if the database or its tables are missing or old.",
        ),
    ] = "root",
) -> None:
    """Create the log's tables, or upgrade them. Running it again changes nothing.

    On MySQL it creates the database, the user and the grants too, if they are missing; the administrator's password
    comes from PROMPTER_DB_ADMIN_PASSWORD or is asked for. The user's password is PROMPTER_DB_PASSWORD.

    An administrator who would rather run scripts finds make_db.sql and make_tables.sql in the package prompter_events.

    Example: [bold]prompter migrate --log mysql://prompter_user@localhost/prompter[/bold]
    """
    url = log_url(log)
    applied = run(_migrate(url, admin))
    stdout.print(f"{url}: {_told(applied)}", markup=False, soft_wrap=True)


def _told(applied: list[str]) -> str:
    return "the tables are up to date" if not applied else f"ran {', '.join(applied)}"


async def _migrate(url: str, admin: str) -> list[str]:
    target = parse_url(url)
    if not isinstance(target, MysqlUrl):
        return await migrate(url, directories=DIRECTORIES)
    try:
        async with open_study_log(url):
            return []
    except (LogNotMigrated, LogReadOnly, LogUnavailable) as error:
        if isinstance(error, LogUnavailable) and not _refused(error):
            raise
        return await _as_administrator(url, target, admin, error)


async def _as_administrator(url: str, target: MysqlUrl, admin: str, why: LogError) -> list[str]:
    password = find_password(None, target.user)
    if not password:
        raise SettingInvalid(
            f"the database's user {target.user} needs a password: set PROMPTER_DB_PASSWORD or PROMPTER_DB_PASSWORD_FILE"
        )
    administrator = Admin(admin, _administrators_password(admin, target, why))
    await create_database(url, administrator, password)
    applied = await migrate(url, admin=administrator, directories=DIRECTORIES)
    async with open_study_log(url):  # as the application will
        return applied


def _administrators_password(admin: str, target: MysqlUrl, why: PrompterError) -> str:
    if (password := os.environ.get("PROMPTER_DB_ADMIN_PASSWORD")) is not None:
        return password
    if not sys.stdin.isatty():
        raise SettingInvalid(
            f"{why}. An administrator is needed once: set PROMPTER_DB_ADMIN_PASSWORD (and PROMPTER_DB_ADMIN), "
            "or run `prompter migrate` in a terminal, or have make_db.sql and make_tables.sql run"
        )
    answer: str = typer.prompt(f"Password of {admin} on {target.host}:{target.port}", hide_input=True, err=True)
    return answer


def _refused(error: LogUnavailable) -> bool:
    """Whether the server answered, but not to this account: it may not exist yet."""
    return "refuses the user" in str(error)
