"""The tables as one script for an administrator who gives the program no account: ``make_tables.sql``.

It says what ``migrate`` in ``tables.py`` does, in the words of the ``mysql`` and ``mariadb`` client programs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..numbered import Migration
from .connections import SQL_MODE
from .tables import ERASER, ERASER_RIGHTS, LOCK_SECONDS, MIGRATION_TABLE, RIGHTS, lock_name, rights_on

DATABASE, USER = "prompter", "prompter_user"
"""The names that ``make_db.sql`` gives."""

_HEADER = """\
-- Creates or upgrades the tables, triggers and views of the database `prompter`, and gives its users their rights, as
-- `prompter migrate` would: for an administrator who does not give the program an account of their own.
--
-- First make_db.sql, which makes the database and its users; then
--     mysql --user=root --password < make_tables.sql
--
-- It may run again, and does so after an upgrade of the program: make_db.sql first, then this. What is there already
-- stays. If you gave the users another host than '%' in make_db.sql, give them the same one here.
--
-- Generated from the migrations by `python -m prompter.make_tables`; do not edit."""

_GUARD = """\
CREATE PROCEDURE prompter_before_migration()
BEGIN
    IF NOT COALESCE(GET_LOCK('{lock}', {seconds}), 0) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the database is being migrated by somebody else; try again';
    END IF;
    IF EXISTS (SELECT 1 FROM migration WHERE {newer}) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the tables are of a newer program: run its make_tables.sql';
    END IF;
END"""

_RECORD = """\
INSERT INTO migration (package, number, name, applied_at)
SELECT '{package}', {number}, '{name}', CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM migration WHERE package = '{package}' AND number = {number})"""

_MADE = re.compile(
    r"^CREATE (?:OR REPLACE )?(?:SQL SECURITY INVOKER )?(TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)", re.MULTILINE
)


def tables_script(migrations: Sequence[Migration]) -> str:
    """The script that brings a database up to these migrations, whatever it has of them already.

    A migration that dropped or renamed a table would need more than this; every one of them can run again.
    """
    parts = [
        _HEADER,
        _run(f"USE {DATABASE}"),
        _run("SET NAMES utf8mb4"),
        _run(f"SET SESSION sql_mode = {SQL_MODE}"),
        _run(MIGRATION_TABLE.strip()),
        _run("DROP PROCEDURE IF EXISTS prompter_before_migration"),
        _run(_GUARD.format(lock=lock_name(DATABASE), seconds=LOCK_SECONDS, newer=_newer(migrations))),
        _run("CALL prompter_before_migration()"),
        _run("DROP PROCEDURE prompter_before_migration"),
    ]
    for one in migrations:
        parts.append(f"-- {one.package} {one.number:04} {one.name}")
        parts.extend(map(_run, one.statements))
        parts.append(_run(_RECORD.format(package=one.package, number=one.number, name=one.name)))
    relations = relations_of(migrations)
    for about, user, rights in (
        ("-- The application: it can neither change nor remove an event.", USER, RIGHTS),
        ("-- The account of `prompter erase`: it can remove payloads too.", ERASER, ERASER_RIGHTS),
    ):
        grants = (
            _run(f"GRANT {rights_on(name, rights, is_view=is_view)} ON {DATABASE}.{name} TO '{user}'@'%'")
            for name, is_view in relations.items()
        )
        parts.append("\n".join([about, *grants]))
    return "\n\n".join(parts) + "\n"


def relations_of(migrations: Sequence[Migration]) -> dict[str, bool]:
    """The tables and views that these migrations make, by name; whether each is a view."""
    texts = [MIGRATION_TABLE, *(statement for one in migrations for statement in one.statements)]
    return {name: kind == "VIEW" for text in texts for kind, name in _MADE.findall(text)}


def _newer(migrations: Sequence[Migration]) -> str:
    last: Mapping[str, int] = {one.package: one.number for one in migrations}
    return " OR ".join(f"(package = '{package}' AND number > {number})" for package, number in last.items())


def _run(statement: str) -> str:
    """A statement as the client programs take it: those with semicolons of their own end with another sign."""
    if ";" not in statement:
        return f"{statement};"
    if "$$" in statement:
        raise ValueError(f"the client programs could not tell where this ends: {statement}")
    return f"DELIMITER $$\n{statement}$$\nDELIMITER ;"
