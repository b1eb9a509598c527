"""Replaying recorded keystrokes, and what they weigh, beside Yjs.

    python -m benchmarks.replay TRACE.json.gz [--rounds 7] [--pace 150] [--emoji 50]

A trace is typed into one cell. Ours: the page's bursts (at most 500 ms, each keystroke with its moment) from packed
payloads through the fold to the text. Beside it: pycrdt applies the updates that it made of the same keystrokes
beforehand, one each, to the text. Both in turns, in processor time, for both use one thread. Each time the text is
compared with the trace's own end. Then the same with an emoji in the place of each fiftieth character that is typed.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import pycrdt

from prompter_events import Event
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.codec import pack
from prompter_projections.replayer import Replayer

from .figures import Limit, Target, figure
from .traces import CELL_ID, Placed, Trace, TraceError, lifelike_moments, page_events, placed, read_trace, yjs_updates

QUICK, SMALL = Target(at_most=1.0), Target(at_most=0.35)

ENVELOPE_BYTES = 162
"""A row's values beside payload and type: position, number, two times (8 each), version (2), three ids (16 each), salt
(16), two digests (32 each)."""


def measure(trace: Trace, rounds: int, pace_ms: float, emoji: int) -> None:
    """Print the figures of one trace."""
    moments = lifelike_moments(trace.keystrokes, pace_ms)
    keys = placed(trace)
    events, updates = page_events(trace, keys, moments), yjs_updates(trace, keys)
    count = len(trace.keystrokes)
    name = f"{trace.name}, {count:,} keystrokes in {len(events) - 1:,} bursts"
    _replay(f"replay of {name}", trace, events, updates, rounds)
    _weigh(name, trace, keys, events, updates)
    mixed = trace.with_emojis(emoji)
    keys = placed(mixed)
    events, updates = page_events(mixed, keys, moments), yjs_updates(mixed, keys)
    _replay(f"replay of {trace.name}, each {emoji}th character an emoji", mixed, events, updates, rounds)


def _replay(name: str, trace: Trace, events: Sequence[Event], updates: Sequence[bytes], rounds: int) -> None:
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_timed(lambda: _folded(events), trace.end))
        theirs.append(_timed(lambda: _applied(updates), trace.end))
    figure(name, median(ours), "s", Limit("pycrdt", median(theirs)), QUICK)
    ratios = sorted(mine / other for mine, other in zip(ours, theirs, strict=True))
    print(f"  ratios of the {rounds} rounds: {ratios[0]:.2f} to {ratios[-1]:.2f}", flush=True)


def _weigh(name: str, trace: Trace, keys: Sequence[Placed], events: Sequence[Event], updates: Sequence[bytes]) -> None:
    payloads, yjs = _bytes(events), sum(map(len, updates))
    figure(f"payloads of {name}", payloads, "bytes", Limit("Yjs updates, one a keystroke", yjs), SMALL)
    bare = len(pack(CellEdited(cell_id=CELL_ID, changes=[], cause="user"))) * (len(events) - 1)
    print(f"  of these {bare:,} name cell, cause and fields once a burst, {payloads - bare:,} tell the keystrokes")
    row = ENVELOPE_BYTES + len("cell.edited")
    rows = Limit("Yjs updates as such rows", yjs + row * len(updates))
    figure(f"rows of {name}", payloads + row * len(events), "bytes", rows)
    at_once = page_events(trace, keys, [0.0] * len(keys))
    figure(
        f"payloads of {trace.name}, typed in no time (number of bursts: {len(at_once) - 1})",
        _bytes(at_once),
        "bytes",
        Limit("Yjs updates, one a keystroke", yjs),
    )


def _bytes(events: Sequence[Event]) -> int:
    return sum(len(event.payload or b"") for event in events)


def _folded(events: Sequence[Event]) -> str:
    replayer = Replayer()
    for event in events:
        replayer = replayer.take(event)
    (cell,) = replayer.state.cells
    return cell.source


def _applied(updates: Sequence[bytes]) -> str:
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    text = doc.get("source", type=pycrdt.Text)
    for update in updates:
        doc.apply_update(update)
    return str(text)


def _timed(work: Callable[[], str], expected: str) -> float:
    """How long it took, in s of the processor. Raises ``RuntimeError`` if another text came out."""
    gc.collect()
    # What the benchmark itself holds is none of the collector's business.
    gc.freeze()
    began = time.process_time()
    text = work()
    took = time.process_time() - began
    gc.unfreeze()
    if text != expected:
        raise RuntimeError("the replayed text is not the trace's own end")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__.split("\n")[0])
    parser.add_argument("trace", type=Path, help="a .json.gz file of editing-traces, such as automerge-paper.json.gz")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pace", type=float, default=150, help="median gap between two keys, ms")
    parser.add_argument("--emoji", type=int, default=50, help="which typed characters become one: each so-manieth")
    options = parser.parse_args()
    try:
        trace = read_trace(options.trace)
    except TraceError as error:
        sys.exit(f"error: {error}")
    measure(trace, options.rounds, options.pace, options.emoji)


if __name__ == "__main__":
    main()
