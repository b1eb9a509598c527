"""Whatever is sent, resent, reordered or lost, the log holds what a list would."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from prompter_events import Batch, ForeignProducer, Log, Position, open_log, verify
from support.events import ALICE, BOB, events, new_producer


class LogMachine(RuleBasedStateMachine):
    """Compares a log with a list. Producers are numbered 0 to 2; the last belongs to Bob."""

    url = "memory://"

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        url = self.url.format(Path(self.directory.name) / "study.db")
        self.log: Log = self.runner.run(self._open(url))
        self.producers = [new_producer() for _ in range(3)]
        self.model: list[tuple[int, int]] = []

    async def _open(self, url: str) -> Log:
        return await open_log(url, migrate=True)

    def last(self, producer: int) -> int:
        return sum(1 for who, _ in self.model if who == producer)

    def expect(self, producer: int, first: int, count: int) -> tuple[int, int, int]:
        """What a list would do: last_seq, stored, duplicates."""
        last = self.last(producer)
        numbers = range(first, first + count)
        duplicates = sum(1 for number in numbers if number <= last)
        new = [number for number in numbers if number > last] if first <= last + 1 else []
        self.model += [(producer, number) for number in new]
        return self.last(producer), len(new), duplicates

    def batch(self, producer: int, first: int, count: int) -> Batch:
        owner = BOB if producer == 2 else ALICE
        own = self.producers[producer]
        return Batch(own, events(own, first, first + count - 1, participant_id=owner))

    @rule(sends=st.lists(st.tuples(st.integers(0, 2), st.integers(-6, 3), st.integers(1, 12)), min_size=1, max_size=4))
    def send(self, sends: list[tuple[int, int, int]]) -> None:
        """One commit of several batches: fresh, resent from before, or behind a hole."""
        batches, expected = [], []
        for producer, offset, count in sends:
            first = max(1, self.last(producer) + 1 + offset)
            batches.append(self.batch(producer, first, count))
            expected.append(self.expect(producer, first, count))
        receipts = self.runner.run(self.log.append_batches(batches))
        assert [(one.last_seq, one.stored, one.duplicates) for one in receipts] == expected
        assert receipts[-1].position == len(self.model)

    @rule(producer=st.integers(0, 2), offset=st.integers(-3, 3), count=st.integers(1, 5))
    def steal(self, producer: int, offset: int, count: int) -> None:
        """Another participant claims a producer."""
        if not self.last(producer):
            return
        owner = ALICE if producer == 2 else BOB
        own = self.producers[producer]
        first = max(1, self.last(producer) + 1 + offset)
        with pytest.raises(ForeignProducer):
            self.runner.run(self.log.append(own, events(own, first, first + count, participant_id=owner)))

    @rule(after=st.integers(0, 30), limit=st.one_of(st.none(), st.integers(0, 10)))
    def read(self, after: int, limit: int | None) -> None:
        async def collect() -> list[tuple[int, int]]:
            reader = self.log.read(after=Position(after), limit=limit)
            return [(self.producers.index(one.producer_id), one.producer_seq) async for one in reader]

        rest = self.model[after:]
        assert self.runner.run(collect()) == (rest if limit is None else rest[:limit])

    @invariant()
    def the_chain_holds(self) -> None:
        assert self.runner.run(verify(self.log)) == len(self.model)

    def teardown(self) -> None:
        if hasattr(self, "log"):
            self.runner.run(self.log.aclose())
            self.runner.close()
            self.directory.cleanup()


class SqliteMachine(LogMachine):
    """The same on disk."""

    url = "sqlite:///{}"


@pytest.mark.parametrize("machine", [LogMachine, SqliteMachine])
def test_a_log_is_a_list(machine: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
