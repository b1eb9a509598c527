"""How long a person waits for the question about their run, as the operator's figures tell it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from prompter.connection import Store
from prompter.metrics import Metrics
from prompter_events import Event, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.prompts import PromptIssued
from prompter_events.catalogue.runs import RunFinished

PRODUCER = ProducerId(uuid4())


class Clock:
    """Moved by hand, in seconds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(clock: Clock) -> Metrics:
    return Metrics(clock)


def test_it_is_the_time_from_the_arrival_of_the_runs_end_to_the_telling_of_the_question(
    metrics: Metrics, clock: Clock
) -> None:
    run = uuid4()
    metrics.arrived(ended(run), clock.now)
    clock.now += 0.018
    metrics.prompt(issued(run))
    assert told(metrics) == (1, pytest.approx(0.018))
    assert within(metrics, 0.015) == 0
    assert within(metrics, 0.02) == 1


def test_an_end_that_is_sent_again_came_when_it_came_first(metrics: Metrics, clock: Clock) -> None:
    run = uuid4()
    metrics.arrived(ended(run), clock.now)
    clock.now += 2
    metrics.arrived(ended(run), clock.now)
    clock.now += 1
    metrics.prompt(issued(run))
    assert told(metrics) == (1, pytest.approx(3))


@pytest.mark.parametrize(
    "changes",
    [{"author": "dora"}, {"deliver": "end"}, {"run_id": None}, {"run_id": uuid4()}],
    ids=["a researcher's", "one of the review", "one about no run", "one about a run that ended elsewhere"],
)
def test_other_questions_have_no_such_time(metrics: Metrics, clock: Clock, changes: dict[str, Any]) -> None:
    run = uuid4()
    metrics.arrived(ended(run), clock.now)
    metrics.prompt(issued(**{"run_id": run, **changes}))
    assert told(metrics) == (0, 0)


def test_runs_about_which_nobody_is_asked_take_no_room_for_ever(metrics: Metrics, clock: Clock) -> None:
    first, last = uuid4(), uuid4()
    metrics.arrived(ended(first), clock.now)
    metrics.arrived(ended(*(uuid4() for _ in range(10_000)), last), clock.now)
    metrics.prompt(issued(first))
    assert told(metrics) == (0, 0)
    metrics.prompt(issued(last))
    assert told(metrics) == (1, 0)


def ended(*runs: UUID) -> Store:
    """A frame with the ends of these runs."""
    bodies = [RunFinished(run_id=run, status="ok", execution_count=1, duration_ms=3) for run in runs]
    return Store(PRODUCER, [event(body, number) for number, body in enumerate(bodies, 1)], [])


def issued(run_id: UUID | None, **changes: Any) -> Event:
    fields: dict[str, Any] = {
        "prompt_id": uuid4(),
        "notebook_id": uuid4(),
        "cell_id": "c",
        "run_id": run_id,
        "cell_version": 1,
        "question": "What for?",
        "choices": [],
        "language": "en",
        "author": "rule",
        "rule": "ran",
        "trigger": 1,
        "deliver": "now",
        "decided_at": 1,
        "after": 0,
        **changes,
    }
    return event(PromptIssued(**fields), 1)


def event(body: Body, number: int) -> Event:
    ids = {"session_id": SessionId(uuid4()), "participant_id": ParticipantId(uuid4())}
    return draft(body, producer_id=PRODUCER, producer_seq=number, occurred_at=1, **ids)  # type: ignore[arg-type]


def told(metrics: Metrics) -> tuple[float, float]:
    """How many times there are, and what they are together in seconds."""
    figures = samples(metrics)
    return figures["prompter_question_seconds_count", None], figures["prompter_question_seconds_sum", None]


def within(metrics: Metrics, seconds: float) -> float:
    """How many times are at most so long."""
    return samples(metrics)["prompter_question_seconds_bucket", str(seconds)]


def samples(metrics: Metrics) -> dict[tuple[str, str | None], float]:
    text = metrics.text(recording=True, unsent=(), follower_lag=0, projection_lags={}).decode()
    return {
        (sample.name, sample.labels.get("le")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
