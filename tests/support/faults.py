"""Faults for a process that serves a log, each against exactly once. They are put into the fork that asks for one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

from prompter_events import Batch, Head, ProducerId
from prompter_events.append import Plan, ProducerState, plan_append
from prompter_events.sqlite import statements
from prompter_events.url import SqliteUrl, parse_url


def trusts_its_memory(url: str) -> None:
    """Reads what is known of a producer once, and the table has no key that would know better."""
    _without_keys(url)
    own: dict[ProducerId, ProducerState] = {}

    def plan(head: Head, producers: Mapping[ProducerId, ProducerState], batches: Sequence[Batch], *rest: Any) -> Plan:
        made = plan_append(head, {**producers, **own}, batches, *rest)
        own.update({**producers, **own, **made.producers})
        return made

    setattr(statements, "plan_append", plan)  # noqa: B010  # the name is not the module's to give


def takes_holes(url: str) -> None:
    """An append that begins behind a hole is stored all the same."""
    _without_keys(url)

    def plan(head: Head, producers: Mapping[ProducerId, ProducerState], batches: Sequence[Batch], *rest: Any) -> Plan:
        moved = dict(producers)
        for batch in batches:
            first = batch.events[0]
            state = producers.get(batch.producer_id)
            if state is None or first.producer_seq > state.last_seq + 1:
                moved[batch.producer_id] = ProducerState(first.producer_seq - 1, first.participant_id)
        return plan_append(head, moved, batches, *rest)

    setattr(statements, "plan_append", plan)  # noqa: B010  # the name is not the module's to give


def _without_keys(url: str) -> None:
    target = parse_url(url)
    assert isinstance(target, SqliteUrl)
    with closing(sqlite3.connect(target.path)) as connection, connection:
        connection.execute("DROP INDEX IF EXISTS event_producer")
        connection.execute("DROP TRIGGER IF EXISTS event_no_replace")


FAULTS: dict[str, Callable[[str], None]] = {
    "trusts its memory": trusts_its_memory,
    "takes holes": takes_holes,
}
