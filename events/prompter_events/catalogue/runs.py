"""Runs of cells, and the kernel that runs them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from .base import INTEGER_LIMIT, Body, CellIdField, Count, Digest, Millis, Name, event

RunStatus = Literal["ok", "error", "aborted", "lost"]


class RunError(msgspec.Struct, frozen=True, kw_only=True):
    """The error that ended a run."""

    name: Name
    message: str
    """Capped by the study's option."""
    traceback: str
    """Without colour codes, capped by the study's option."""


class RunOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One output of a run. A stream that arrived in pieces counts as one."""

    mime: Name
    """The richest MIME type; ``stream/stdout`` and ``stream/stderr`` for streams."""
    bytes: Count
    """Length of the whole output in UTF-8 bytes."""
    digest: Digest
    """BLAKE2b-256 of the whole output in UTF-8."""
    text: str | None = None
    """The output's text, capped by the study's option; none where the study keeps no text."""


@event("run.scheduled")
class RunScheduled(Body, frozen=True, kw_only=True):
    """Somebody asked for a cell to be run."""

    run_id: UUID
    cell_id: CellIdField
    source: str
    """As it stood at that moment; people edit while a cell waits."""
    withheld: bool = False
    """Whether a part of the source is withheld, because a collaborator typed it who agreed to nothing."""


@event("run.started")
class RunStarted(Body, frozen=True, kw_only=True):
    """The kernel began to execute the cell."""

    run_id: UUID


@event("run.finished")
class RunFinished(Body, frozen=True, kw_only=True):
    """A run came to its end, or was given up as lost."""

    run_id: UUID
    status: RunStatus
    execution_count: Annotated[int, Meta(ge=0, lt=INTEGER_LIMIT)] | None
    duration_ms: Millis | None
    """From the kernel's start to its reply; none if it never started."""
    error: RunError | None = None
    outputs: list[RunOutput] = []


@event("run.external")
class RunExternal(Body, frozen=True, kw_only=True):
    """The kernel executed something that is no cell here: a console, another client."""

    digest: Digest
    source: str | None = None


@event("kernel.started")
class KernelStarted(Body, frozen=True, kw_only=True):
    """A kernel was connected to the notebook."""

    kernel_id: Name
    name: Name


@event("kernel.restarted")
class KernelRestarted(Body, frozen=True, kw_only=True):
    """The kernel was restarted; its variables are gone."""

    kernel_id: Name
    name: Name


@event("kernel.interrupted")
class KernelInterrupted(Body, frozen=True, kw_only=True):
    """Somebody interrupted the kernel."""

    kernel_id: Name
    name: Name


@event("kernel.died")
class KernelDied(Body, frozen=True, kw_only=True):
    """The kernel's process ended unasked."""

    kernel_id: Name
    name: Name


FactNames = Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=500)]


class FrameShape(msgspec.Struct, frozen=True, kw_only=True):
    """A data frame, series or array at one moment. Names and types of columns, never a value."""

    rows: Count
    columns: Count
    """1 for a series; for an array the product of its other dimensions."""
    names: FactNames = []
    """Of the columns, in their order; the first ones of very many."""
    dtypes: FactNames = []
    """Beside ``names``; of an array the one that it has."""
    missing: Count | None = None
    """Missing values over all columns; none where counting would take too long."""


class FrameFact(msgspec.Struct, frozen=True, kw_only=True):
    """A data frame that a run bound, changed or removed."""

    name: Name
    """The variable's."""
    kind: Name
    """``pandas.DataFrame``, ``pandas.Series``, ``polars.DataFrame``, ``numpy.ndarray`` …"""
    before: FrameShape | None
    """None if the name was bound to no data before."""
    after: FrameShape | None
    """None if it is no longer."""


class EstimatorFact(msgspec.Struct, frozen=True, kw_only=True):
    """An estimator that a run fitted or scored."""

    name: Name
    """The variable's; empty if it has none."""
    kind: Name
    """The class, such as ``LogisticRegression``; a pipeline with its last step, ``Pipeline(LogisticRegression)``."""
    did: Literal["fitted", "scored"]
    parameters: dict[str, Annotated[str, Meta(max_length=200)]] = {}
    """Those that are not the class's defaults, as text."""
    metric: Name = ""
    """What was computed, such as ``score`` or ``roc_auc_score``."""
    value: float | None = None


@event("kernel.facts")
class KernelFacts(Body, frozen=True, kw_only=True):
    """What the prompter kernel saw in its process after a run."""

    run_id: UUID | None
    read: FactNames
    """Names that the run used and did not bind first."""
    bound: FactNames
    frames: list[FrameFact] = []
    estimators: list[EstimatorFact] = []
    figures: Count = 0
    """Drawn by the run."""
    took_us: Count = 0
    """What finding this out took, µs."""
    truncated: bool = False
    """Whether time or size did not suffice for all of it."""
