"""A participant's memory that an earlier version kept is read back, and the work goes on from there."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from prompter.policy import Prompting
from prompter.policy.memory import ParticipantMemory
from prompter.study import WITHOUT_STUDY, Pace
from prompter_events import ParticipantId, Position, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.catalogue.prompts import PromptExpired, PromptIssued, PromptRequested
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from support.desk import MINUTE

# One prompt open, one proposal that waits, one run that has not ended; as version 0.1.0 kept it before rules saw facts.
STATE = zlib.decompress(
    base64.b64decode(
        "eNqlksFqGzEURZ1NoX8RSrYCSZFGo0Wh/9HF8CQ9TQdPNMNoHNNl6yy66CL5hFKPncQh++5K8gFdp9BfKZXtpJTSQkw2AqHLve+ep4/X"
        "LXR9ZasWQl9U7u4gZ1KLQ4OEZh6JQKmJNh4IY44izzPmuDmPGGPVhPju7kCajCtFGck9lURwpESrjBNAhUCdplr42So0PZqmGW8ikFEh"
        "qRWEC5kRkacwAAkkMyCyjGkulFtAHFehvL2ydWPHReN9xH40WKzrdepjLGZDWR1jOJkfVQFv5t0kxL2rZIuuiM2ks/h1OJr06G4+NwG3"
        "qtt/qAbYf7nPHqT9tPm/9MFw85SmNEgFyMRGsyxPLB0Q4zglVHMmlXc8z83J5T3MDZrH0BzaGiy+353pck0vqbdclsfYrXP3FtvhP7GL"
        "tmvaJkIdzz48OWRNaudqiwRuI/ZaW5dj0mVepcMAAaM8UdwaYblTzGd/FxhMWhRP7Gu88FUX+yK5LfuuKkvsnq+25dKuoP82evb6548v"
        "5WjetBjSooQ26hC4IpwZS6QQqZhwnngpwFnlrM3N7OlI0j/bGclqClUfi1gFi5u5v8sXr+Zlsjq9eIO1KwzY8en59htCf/ZbczkJEOIU"
        "O3SjVQ0JxxjfJsX9ZU36DxK/AOsYc3o="
    )
)
PARTICIPANT = ParticipantId(UUID("f99cd8e5-46f7-46ba-ab7f-72cb4c2d71f6"))
SESSION = SessionId(UUID("5b627701-8f05-42e0-9762-ae7ea0d9094f"))
RUNNING = UUID("be04a501-9168-4eda-bd20-092157fd288b")
NOW = 1790000060500000


def lived(policy: Prompting, bodies: Sequence[Body], until: int) -> tuple[ParticipantMemory, list[Body]]:
    """What came of the state of before, and what was emitted, by these events and the timers after them."""
    state = policy.decode(STATE)
    emitted: list[Body] = []
    for number, body in enumerate(bodies):
        now = NOW + number
        event = draft(
            body,
            session_id=SESSION,
            producer_id=ProducerId(UUID(int=3)),
            producer_seq=number + 1,
            participant_id=PARTICIPANT,
            occurred_at=now,
        )
        event = replace(event, position=Position(100 + number), recorded_at=now)
        state, said = policy.decide(policy.fold(state, event), now, event.position)
        emitted.extend(emission.body for emission in said)
    while (due := policy.due(state)) is not None and due <= until:
        state, said = policy.decide(state, due, Position(200))
        emitted.extend(emission.body for emission in said)
    return state, emitted


def test_a_state_of_before_goes_on() -> None:
    policy = Prompting(replace(WITHOUT_STUDY, pace=Pace(apart=10_000)))
    bodies: list[Body] = [
        RunFinished(run_id=RUNNING, status="ok", execution_count=1, duration_ms=5),
        CellEdited(cell_id="one", changes=[(0, ["x"])], cause="user"),
        RunScheduled(run_id=UUID(int=1), cell_id="one", source="f('another')"),
        RunFinished(run_id=UUID(int=1), status="ok", execution_count=2, duration_ms=5),
    ]
    state, emitted = lived(policy, bodies, NOW + 5 * MINUTE)
    asked = [(body.cell_id, body.rule) for body in emitted if isinstance(body, PromptIssued)]
    assert sorted(asked) == [("one", "substantial_change"), ("two", "first_run")]
    assert len([body for body in emitted if isinstance(body, PromptExpired)]) == 1  # the older version's question
    assert policy.decode(policy.encode(state)) == state


def test_a_researcher_may_ask_whom_a_state_of_before_knows() -> None:
    policy = Prompting(replace(WITHOUT_STUDY, pace=Pace(apart=0)))
    bodies: list[Body] = [
        PromptRequested(request_id=UUID(int=9), question="Why?", choices=[], language="en", by="ada", urgent=True),
        RunFinished(run_id=RUNNING, status="ok", execution_count=1, duration_ms=5),
    ]
    state, emitted = lived(policy, bodies, NOW + MINUTE)
    assert "Why?" in [body.question for body in emitted if isinstance(body, PromptIssued)]
    assert policy.decode(policy.encode(state)) == state
