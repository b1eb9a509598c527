"""A Hub to sign in at, with its collector and log, and links for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from prompter.conditions import assignments
from prompter.links import StudyLink, seal
from prompter.roles import Role
from prompter.storage import DIRECTORIES, open_study_log
from support.hub import Hub
from support.mariadb import MariaDB

STUDY = """\
study: loans-2026
title: How people explore loans
capture: {outputs: none}
periods:
  - {name: first, conditions: [EXP_CTS, EXP_END, EXP_NONE]}
"""


def start_hub(folder: Path, server: MariaDB, *, command: Sequence[str] = (), **settings: object) -> Hub:
    """A Hub that runs, with its collector and a fresh log on that server."""
    (folder / "study.yaml").write_text(STUDY, "utf-8")
    password = folder / "db_password"
    password.write_text(server.password, "utf-8")
    password.chmod(0o600)
    url = asyncio.run(server.fresh_database(*DIRECTORIES))
    hub = Hub(
        folder, {"study": "study.yaml", "SQL": {"url": url, "password_file": password.name}, **settings}, *command
    )
    hub.start()
    return hub


def places(hub: Hub, server: MariaDB) -> dict[str, str]:
    """Who has which condition, as the log has it."""
    assert hub.config.written.SQL is not None

    async def read(url: str) -> dict[str, str]:
        async with open_study_log(url, password=server.password) as log:
            names = await log.participant_names()
            return {names[one.participant_id]: one.fact.condition for one in await assignments(log)}

    return asyncio.run(read(hub.config.written.SQL.url))


def link_of(hub: Hub, participant: str, condition: str | None = None, **changed: object) -> str:
    """A link of that Hub's study."""
    now = int(time.time())
    values: dict[str, object] = {
        "link_id": uuid4(),
        "participant": participant,
        "condition": condition,
        "role": Role.PARTICIPANT,
        "issued_at": now,
        "expires_at": now + 3600,
        **changed,
    }
    return f"{hub.address}/hub/link?token={seal(StudyLink(**values), hub.config.written.link_key)}"  # type: ignore[arg-type]
