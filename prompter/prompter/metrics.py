"""What an operator's Prometheus is told under ``prompter/metrics``: counts and times, never who or what.

The names and their help are the documentation; docs/operating.md says what to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from prompter_events import Event, Receipt
from prompter_events.catalogue.prompts import PromptIssued
from prompter_events.catalogue.runs import RunFinished
from prompter_events.event import payload_bytes
from prompter_projections.fold import body_of

from .connection import Store

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_QUESTION_SECONDS = (0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Finer than ``_SECONDS`` about the 25 ms that a question may take where a study asks for no quiet time."""

_RUNS = 4096
"""So many ends of runs are remembered until somebody is asked about them; of most, nobody ever is."""

_EVENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Metrics:
    """The figures of one service. Every name begins with ``prompter_``."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """``clock`` counts seconds."""
        self._clock = clock
        self._ended: dict[UUID, float] = {}
        # Its own registry: Jupyter's figures stay at Jupyter's address, and a second service in a process is possible.
        self._registry = own = CollectorRegistry()
        self._stored = Counter("prompter_events", "Events of pages that entered the log", registry=own)
        self._known = Counter("prompter_duplicate_events", "Events of pages that the log held already", registry=own)
        self._bytes = Counter("prompter_payload_bytes", "Bytes of the payloads that pages sent", registry=own)
        self._acks = Histogram(
            "prompter_ack_seconds", "From a frame's arrival to its acknowledgement", buckets=_SECONDS, registry=own
        )
        self._questions = Histogram(
            "prompter_question_seconds",
            "From the arrival of a run's end to the question about it, a study's quiet time and spacing included",
            buckets=_QUESTION_SECONDS,
            registry=own,
        )
        self._commits = Histogram(
            "prompter_commit_seconds", "What a commit of events took", buckets=_SECONDS, registry=own
        )
        self._batches = Histogram("prompter_commit_events", "Events of one commit", buckets=_EVENTS, registry=own)
        self._prompts = Counter("prompter_prompts", "Events about prompts, by what happened", ["event"], registry=own)
        self._closed = Counter(
            "prompter_closed_pages", "Sockets that the server closed, by close code", ["code"], registry=own
        )
        self._pages = Gauge("prompter_connected_pages", "Pages that are connected", registry=own)
        self._unsent = Gauge(
            "prompter_unsent_events", "Events that wait in connected pages, as these last told", registry=own
        )
        self._follower_lag = Gauge(
            "prompter_follower_lag_events", "Events of which pages were not told yet", registry=own
        )
        self._projection_lag = Gauge(
            "prompter_projection_lag_events", "Events by which a projection is behind", ["projection"], registry=own
        )
        self._recording = Gauge("prompter_recording", "1 while events are taken, else 0", registry=own)

    def arrived(self, store: Store, at: float) -> None:
        """A frame that is to be stored came ``at`` this moment of the clock."""
        for event in store.events:
            if event.type == "run.finished" and isinstance(body := body_of(event), RunFinished):
                # One that comes again came when it came first.
                self._ended.setdefault(body.run_id, at)
                if len(self._ended) > _RUNS:
                    del self._ended[next(iter(self._ended))]

    def stored(self, store: Store, receipt: Receipt, seconds: float) -> None:
        """A frame was stored and is acknowledged."""
        self._stored.inc(receipt.stored)
        if receipt.duplicates:
            self._known.inc(receipt.duplicates)
        self._bytes.inc(payload_bytes(store.events))
        self._acks.observe(seconds)

    def committed(self, events: int, seconds: float) -> None:
        """The log committed so many events."""
        self._commits.observe(seconds)
        self._batches.observe(events)

    def prompt(self, event: Event) -> None:
        """An event about a prompt is in the log, and pages are told of it now."""
        self._prompts.labels(event.type.removeprefix("prompt.")).inc()
        body = body_of(event) if event.type == "prompt.issued" else None
        # A researcher asks when they like.
        if (
            isinstance(body, PromptIssued)
            and body.run_id is not None
            and (body.author, body.deliver) == ("rule", "now")
        ):
            ended = self._ended.pop(body.run_id, None)
            if ended is not None:
                self._questions.observe(self._clock() - ended)

    def closed(self, code: int) -> None:
        """The server closes a socket."""
        self._closed.labels(str(code)).inc()

    def text(
        self,
        *,
        recording: bool,
        unsent: Sequence[int],
        follower_lag: int | None,
        projection_lags: dict[str, int],
    ) -> bytes:
        """The figures in Prometheus' text format. ``unsent`` has one figure for each connected page."""
        self._recording.set(recording)
        self._pages.set(len(unsent))
        self._unsent.set(sum(unsent))
        # A figure that nobody knows is not told as 0.
        self._follower_lag.set(float("nan") if follower_lag is None else follower_lag)
        self._projection_lag.clear()
        for name, lag in projection_lags.items():
            self._projection_lag.labels(name).set(lag)
        return generate_latest(self._registry)
