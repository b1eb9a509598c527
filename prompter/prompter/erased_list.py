"""The list of erased participants: a text file that is kept apart from the log, so that no backup brings them back."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from jupyter_core.paths import jupyter_data_dir

from prompter_events import ParticipantId

from .errors import SettingInvalid

_HEAD = "# Participants who were erased. Keep this file apart from the log's backups: `prompter restored` reads it.\n"


def default_list() -> Path:
    """``erased.txt`` beside the default log."""
    return Path(jupyter_data_dir()).absolute() / "prompter" / "erased.txt"


def read_list(path: Path) -> list[ParticipantId]:
    """Who was erased, in order, each once; nobody where there is no file. Raises ``SettingInvalid`` with the line."""
    if not path.exists():
        return []
    found: dict[ParticipantId, None] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        try:
            found[ParticipantId(UUID(words[0]))] = None
        except ValueError:
            raise SettingInvalid(f"{path}, line {number}: {words[0]!r} is no participant's id") from None
    return list(found)


def add_to_list(path: Path, participant_id: ParticipantId) -> None:
    """Write a participant down, durably, unless they stand there already."""
    if participant_id in read_list(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", encoding="utf-8") as file:
        if is_new:
            file.write(_HEAD)
        file.write(f"{participant_id} {datetime.now(UTC).isoformat(timespec='seconds')}\n")
        file.flush()
        os.fsync(file.fileno())
