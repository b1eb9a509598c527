"""A process that exports a log of so many small events, and says as JSON how much memory it took.

python -m support.exporting EVENTS FORMAT DIRECTORY
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path
from uuid import UUID

from prompter.storage import open_study_log
from prompter_events import Log, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellEdited, CellSnapshot, Client, SessionOpened
from prompter_events.catalogue.prompts import PromptSuppressed
from prompter_events.event import ParticipantId

from .released import AT, export

SESSIONS = 4


async def fill(log: Log, events: int, participant_id: ParticipantId) -> None:
    """A few sessions of typing; every fifth event is a question that was held back."""
    cells = [CellSnapshot(cell_id=f"c{number}", cell_type="code", source="x" * 100) for number in range(10)]
    client = Client(lab="", extension="", browser="")
    for session in range(SESSIONS):
        producer = ProducerId(UUID(int=100 + session))
        opened = SessionOpened(notebook_path="w.ipynb", kernel_name="", client=client, cells=cells)
        bodies: list[Body] = [opened]
        for number in range(1, events // SESSIONS):
            # Nothing grows but the log: each key is taken back.
            ops: list[int | str] = [50, "a"] if number % 2 else [50, -1]
            held_back = PromptSuppressed(
                cell_id="c0", rule="first_run", reason="spacing", decided_at=AT, after=0, question="Why? " * 400
            )
            edited = CellEdited(cell_id=f"c{number // 2 % 10}", changes=[(0, ops)], cause="user")
            bodies.append(edited if number // 2 % 5 else held_back)
        for first in range(0, len(bodies), 500):
            page = [
                draft(
                    body,
                    session_id=SessionId(UUID(int=1 + session)),
                    producer_id=producer,
                    producer_seq=seq,
                    participant_id=participant_id,
                    occurred_at=AT + seq,
                )
                for seq, body in enumerate(bodies[first : first + 500], first + 1)
            ]
            await log.append(producer, page)


async def main(events: int, name: str, directory: Path) -> None:
    """The process."""
    url = f"sqlite:///{directory}/study.db"
    async with open_study_log(url, migrate=True) as log:
        if (await log.head()).position == 0:
            await fill(log, events, await log.participant("zsofia"))
            print(json.dumps({"filled": (await log.head()).position}))  # noqa: T201
            return
        written = await export(log, name, directory / name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"rows": written.files, "peak_kib": peak}))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
