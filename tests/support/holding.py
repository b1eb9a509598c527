"""Questions for the review at the end, put into a log by hand, as the policy would hold them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal
from uuid import UUID, uuid4

from prompter.storage import open_study_log
from prompter_events import Log, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.prompts import PromptIssued
from prompter_events.catalogue.runs import FrameFact, FrameShape, KernelFacts, RunScheduled
from prompter_events.clock import now_micros

CHOICES = ("Look at the data", "Clean up", "Just trying")


async def hold(
    url: str,
    session: UUID,
    cell_id: str,
    *,
    question: str = "What were you trying to find out in this cell?",
    choices: Sequence[str] = CHOICES,
    multiple: bool = False,
    text: Literal["optional", "required", "none"] = "optional",
    run: int | None = -1,
    frame: tuple[str, int, int] | None = None,
) -> UUID:
    """Hold a question about a cell's run (the latest; by number; ``None`` for no run); the prompt's id.

    ``frame`` names a data frame of the run, with its rows before and after, as the kernel would tell.
    """
    async with open_study_log(url) as log:
        owner = await log.session_owner(SessionId(session))
        assert owner is not None
        [accepted] = [body async for body in _bodies(log, session, "session.accepted")]
        runs = [body async for body in _bodies(log, session, "run.scheduled")]
        mine = [body for body in runs if isinstance(body, RunScheduled) and body.cell_id == cell_id]
        assert isinstance(accepted, SessionAccepted)
        trigger = (await log.head()).position
        run_id = None if run is None else mine[run].run_id
        issued = PromptIssued(
            prompt_id=uuid4(),
            notebook_id=accepted.notebook_id,
            cell_id=cell_id,
            run_id=run_id,
            cell_version=len(mine),
            question=question,
            choices=list(choices),
            language="en",
            author="rule",
            rule="first_run",
            trigger=trigger,
            deliver="end",
            decided_at=now_micros(),
            after=trigger,
            multiple=multiple,
            text=text,
        )
        facts = []
        if frame is not None:
            name, before, after = frame
            shapes = [FrameShape(rows=rows, columns=8) for rows in (before, after)]
            seen = FrameFact(name=name, kind="pandas.DataFrame", before=shapes[0], after=shapes[1])
            facts.append(KernelFacts(run_id=run_id, read=[name], bound=[name], frames=[seen]))
        producer = ProducerId(uuid4())
        await log.append(
            producer,
            [
                draft(
                    body,
                    session_id=SessionId(session),
                    producer_id=producer,
                    producer_seq=seq,
                    participant_id=owner,
                    occurred_at=now_micros(),
                )
                for seq, body in enumerate([*facts, issued], 1)
            ],
        )
    return issued.prompt_id


async def _bodies(log: Log, session: UUID, kind: str) -> AsyncIterator[Body]:
    async for event in log.read(session=SessionId(session), types=[kind]):
        yield event.body
