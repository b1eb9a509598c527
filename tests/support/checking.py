"""What is wrong with an order: the one judge of every test about positions and numbers. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prompter_events import Event, ProducerId


def position_faults(head: int, last: int, count: int, seen: Mapping[str, Sequence[int]]) -> list[str]:
    """What breaks the order of a log's positions, in words; empty if nothing does.

    ``head``, ``last`` and ``count`` are the position in the head row, the last event's and the number of events, all of
    one moment. ``seen`` has, by its name, what each reader delivered until it came to the head: each position from 1 to
    the head must be there once and in order.
    """
    faults = []
    if last != head:
        faults.append(f"the head is {head}, the last event's position {last}")
    if count != head:
        faults.append(f"the head is {head}, but there are {count} events")
    for reader, positions in seen.items():
        faults += [f"{reader} {fault}" for fault in _reader_faults(head, positions)]
    return faults


def _reader_faults(head: int, positions: Sequence[int]) -> Iterable[str]:
    expected = 1
    for position in positions:
        if position < expected:
            yield f"was given {position} after {expected - 1}"
            continue
        if position > expected:
            yield f"skipped {expected} to {position - 1}"
        expected = position + 1
    if expected - 1 != head:
        yield f"ended at {expected - 1}, the head is {head}"


def number_faults(events: Iterable[Event], acknowledged: Mapping[ProducerId, int]) -> list[str]:
    """What breaks the numbers of producers, in words; empty if nothing does.

    Each producer's events must have the numbers 1, 2, 3 … once and in order, up to what was ``acknowledged`` at least.
    """
    faults = []
    numbers = dict.fromkeys(acknowledged, 0)
    for event in events:
        expected = numbers.get(event.producer_id, 0) + 1
        if event.producer_seq != expected:
            faults.append(
                f"at position {event.position}, number {event.producer_seq} of {event.producer_id}, not {expected}"
            )
        numbers[event.producer_id] = max(expected - 1, event.producer_seq)
    for producer_id, number in acknowledged.items():
        if numbers[producer_id] < number:
            faults.append(f"{producer_id} was acknowledged up to {number}, and the log ends at {numbers[producer_id]}")
    return faults


def append_faults(events: Sequence[Event], interrupted: Sequence[Event]) -> list[str]:
    """Whether one append, of these events, is in a log half: some of its events, or others between them."""
    wanted = [(event.producer_id, event.producer_seq) for event in interrupted]
    stored = [(event.producer_id, event.producer_seq) for event in events]
    there = [place for place, key in enumerate(stored) if key in wanted]
    if there and [stored[place] for place in range(there[0], there[-1] + 1)] != wanted:
        return [f"of an append of {len(wanted)} events, {len(there)} are there or others lie between them"]
    return []
