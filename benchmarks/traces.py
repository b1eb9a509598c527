"""Recorded keystrokes, as the events of a page and as Yjs updates.

A trace is gzipped JSON: ``startContent``, ``endContent`` and ``txns[{time, patches[[position, deleted, inserted]]}]``;
positions count code points. Each patch is a keystroke. So come the traces of automerge-perf and of
josephg/editing-traces.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pycrdt

from prompter_events import Event, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellEdited, CellSnapshot, Client, SessionOpened

BURST_MS = 500
"""The page closes a burst so long after its first keystroke."""

BURST_KEYS = 40_000
"""And before it weighs 900 KiB: so many keystrokes surely don't."""

CELL_ID = "0b1c6a52-3c1d-4c4f-9a7e-3f8c1de0a001"
"""As JupyterLab names the cells that it makes."""

BEGIN = 1_790_000_000_000_000
"""When the session begins, µs since the epoch."""

EMOJI = "😀"


class TraceError(Exception):
    """A file is no trace."""


@dataclass(frozen=True)
class Keystroke:
    """At ``at`` ``deleted`` is taken out and ``inserted`` put in. Positions count code points."""

    at: int
    deleted: int
    inserted: str


@dataclass(frozen=True)
class Trace:
    """Keystrokes that turn one text into another."""

    name: str
    start: str
    end: str
    keystrokes: Sequence[Keystroke]

    def with_emojis(self, each: int) -> Trace:
        """The same keystrokes, but of the characters that they insert each so-manieth is an emoji."""
        typed, made = 0, []
        for key in self.keystrokes:
            inserted = ""
            for character in key.inserted:
                typed += 1
                inserted += character if typed % each else EMOJI
            made.append(Keystroke(key.at, key.deleted, inserted))
        return Trace(self.name, self.start, _replayed(self.start, made), made)


@dataclass(frozen=True)
class Placed:
    """A keystroke in the units that each side counts in: (offset, length of what is deleted)."""

    utf16: tuple[int, int]
    utf8: tuple[int, int]
    inserted: str


def read_trace(path: Path) -> Trace:
    """A trace from its file. Raises ``TraceError`` with one line that says what is wrong."""
    try:
        with gzip.open(path) as file:
            found = json.load(file)
        keystrokes = [Keystroke(*patch) for txn in found["txns"] for patch in txn["patches"]]
        return Trace(path.name.split(".")[0], found["startContent"], found["endContent"], keystrokes)
    except FileNotFoundError:
        raise TraceError(f"there is no trace {path}; give the path of a .json.gz file of editing-traces") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TraceError(f"{path} is not a trace of gzipped JSON: {error!r}") from None


def lifelike_moments(keystrokes: Sequence[Keystroke], pace_ms: float, seed: int = 17) -> list[float]:
    """When each key is struck, in ms.

    The automerge-paper trace has times, but they are those of a conversion: all 259,778 lie within 0.3 s. So gaps are
    drawn: log-normal with the median ``pace_ms`` and σ 0.5, and after one key in fifty a pause of 1 to 6 s. From the
    fourth deletion in a row on the key is held down and repeats each 33 ms, as keyboards do. In the sveltecomponent
    trace, whose times are real to the second, the mean keystroke shares its second with 4.5 others; the median of
    150 ms agrees with that.
    """
    draw = random.Random(seed)
    now, deletions, moments = 0.0, 0, []
    for key in keystrokes:
        deletions = 0 if key.inserted else deletions + 1
        if deletions >= 4:
            now += 33
        elif draw.random() < 0.02:
            now += draw.uniform(1_000, 6_000)
        else:
            now += pace_ms * draw.lognormvariate(0, 0.5)
        moments.append(now)
    return moments


def placed(trace: Trace) -> list[Placed]:
    """The keystrokes in UTF-16 code units, as the page counts, and in UTF-8 bytes, as pycrdt counts."""
    # What each character of the text takes in UTF-8; one that takes four is two units.
    sizes = _sizes(trace.start)
    found = []
    for key in trace.keystrokes:
        end = key.at + key.deleted
        found.append(Placed(_extent(sizes, key.at, end, _UTF16), _extent(sizes, key.at, end, _UTF8), key.inserted))
        sizes[key.at : end] = _sizes(key.inserted)
    return found


def page_events(trace: Trace, keys: Sequence[Placed], moments: Sequence[float]) -> list[Event]:
    """A session in which the trace is typed into one cell, in bursts as the page makes them."""
    made = _Events()
    cell = CellSnapshot(cell_id=CELL_ID, cell_type="code", source=trace.start)
    client = Client(lab="benchmark", extension="", browser="")
    made.add(SessionOpened(notebook_path="trace.ipynb", kernel_name="python3", client=client, cells=[cell]), 0)
    for begin, changes in _bursts(keys, moments):
        made.add(CellEdited(cell_id=CELL_ID, changes=changes, cause="user"), begin)
    return made.events


def yjs_updates(trace: Trace, keys: Sequence[Placed]) -> list[bytes]:
    """One update for each keystroke, after one for the text in the beginning if there is any."""
    made: list[bytes] = []
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    text = doc.get("source", type=pycrdt.Text)
    subscription = doc.observe(lambda event: made.append(event.update))
    if trace.start:
        text.insert(0, trace.start)
    for key in keys:
        at, deleted = key.utf8
        with doc.transaction():
            if deleted:
                del text[at : at + deleted]
            if key.inserted:
                text.insert(at, key.inserted)
    doc.unobserve(subscription)
    return made


Changes = list[tuple[int, list[int | str]]]


def _bursts(keys: Sequence[Placed], moments: Sequence[float]) -> Iterator[tuple[float, Changes]]:
    begin, changes = 0.0, Changes()
    for key, moment in zip(keys, moments, strict=True):
        if changes and (moment - begin >= BURST_MS or len(changes) == BURST_KEYS):
            yield begin, changes
            changes = []
        if not changes:
            begin = moment
        at, deleted = key.utf16
        ops: list[int | str] = [at] if at else []
        ops += [-deleted] if deleted else []
        ops += [key.inserted] if key.inserted else []
        changes.append((int(moment - begin), ops))
    if changes:
        yield begin, changes


class _Events:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self._page = ProducerId(UUID(int=1))
        self._session = SessionId(UUID(int=2))
        self._participant = ParticipantId(UUID(int=3))

    def add(self, body: Body, ms: float) -> None:
        self.events.append(
            draft(
                body,
                session_id=self._session,
                producer_id=self._page,
                producer_seq=len(self.events) + 1,
                participant_id=self._participant,
                occurred_at=BEGIN + int(ms * 1000),
            )
        )


# What a character takes in units of each kind, by what it takes in UTF-8.
_UTF16 = (0, 1, 1, 1, 2)
_UTF8 = (0, 1, 2, 3, 4)


def _sizes(text: str) -> bytearray:
    return bytearray(len(character.encode()) for character in text)


def _extent(sizes: bytearray, at: int, end: int, units: Sequence[int]) -> tuple[int, int]:
    def measured(begin: int, upto: int) -> int:
        return sum(units[size] * sizes.count(size, begin, upto) for size in range(1, 5))

    return measured(0, at), measured(at, end)


def _replayed(start: str, keystrokes: Sequence[Keystroke]) -> str:
    """The text after all keystrokes, by means that neither side shares: characters of four bytes each."""
    text = bytearray(start.encode("utf-32-le"))
    for key in keystrokes:
        text[4 * key.at : 4 * (key.at + key.deleted)] = key.inserted.encode("utf-32-le")
    return text.decode("utf-32-le")
