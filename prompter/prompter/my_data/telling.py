"""One session told: its notebook as it stood last, and its narrative. Pure, and slow where a session is long."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from prompter_events import Event
from prompter_events.event import payload_bytes
from prompter_projections.ipynb import IpynbWriter
from prompter_projections.narrative import material_from, render, told
from prompter_projections.replayer import Replayer
from prompter_projections.timeline.model import blinded

logger = logging.getLogger(__name__)

MOST_EVENTS = 50_000
"""Of a session whose narrative is told: some weeks of work in one page. All of them are in memory then, 200 MB."""

MOST_BYTES = 32 * 1024 * 1024
"""Of payload, likewise."""

_TOO_LONG = (
    "This session is too long for its story to be told here: it has more than {events:,} events or {size} MB. "
    "All of them are in events.jsonl. The people who run the study can make the story for you.\n"
)

_FAILED = (
    "The story of this session could not be told, by a fault of the program. All of the session is in events.jsonl. "
    "Please tell the people who run the study.\n"
)


class Telling:
    """Takes a session's events, those that its participant may see, in the order of their positions."""

    def __init__(self) -> None:
        self._replayer = Replayer()
        self._events: list[Event] | None = []
        self._bytes = 0

    def take(self, events: Sequence[Event]) -> None:
        """The next ones."""
        for event in events:
            self._replayer = self._replayer.take(event)
        if self._events is not None:
            self._events.extend(events)
            self._bytes += payload_bytes(events)
            if len(self._events) > MOST_EVENTS or self._bytes > MOST_BYTES:
                self._events = None

    def files(self, elsewhere: Iterable[Event]) -> Iterator[tuple[str, bytes]]:
        """(name, content) of each file. ``elsewhere``: what became of its questions in later sessions."""
        yield "notebook.ipynb", b"".join(IpynbWriter().pieces(self._replayer.state))
        if self._events is None:
            text = _TOO_LONG.format(events=MOST_EVENTS, size=MOST_BYTES // 1_048_576)
            yield "narrative.txt", text.encode()
        elif self._events:
            try:
                yield "narrative.html", _narrative(self._events, elsewhere)
            except Exception:
                # The events are theirs, whatever may be told of them.
                logger.exception("a narrative for its participant could not be told")
                yield "narrative.txt", _FAILED.encode()


def _narrative(events: Iterable[Event], elsewhere: Iterable[Event]) -> bytes:
    material = material_from(events, elsewhere)
    material.timeline = blinded(material.timeline)
    return render(told(material), ".html", material)
