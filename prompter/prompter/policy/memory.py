"""What the policy remembers of one participant, over all their pages, reloads and days. All times in µs.

A state that an earlier version kept is read back: every field that came later has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Literal, TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from prompter_events.catalogue.runs import FrameShape, KernelFacts

from .steps import FrameStep, Value


class Place(Struct, frozen=True, omit_defaults=True):
    """A cell of a notebook."""

    notebook_id: UUID
    cell_id: str


class SessionMemory(Struct, frozen=True, omit_defaults=True):
    """A session that the server accepted."""

    notebook_id: UUID
    asking: bool
    """False where the condition asks nothing."""
    clock_offset: int
    """Server clock minus page clock, µs."""
    at_end: bool = False
    """Whether what is asked waits for the review at the end."""
    language: str = ""
    """The front end's, BCP 47; empty if unknown."""
    kernel: str = ""
    """The kernel's name."""
    period: str = ""
    """The study's period; empty where it has none, or where the log does not tell."""
    closed: bool = False
    """Whether its page said that it is over."""


class CellMemory(Struct, frozen=True, omit_defaults=True):
    """One cell."""

    mine: bool = False
    """Added, or changed, by this participant: a given cell that was only run is not new."""
    runs: int = 0
    """Runs so far: the version of the newest one."""
    asked_source: str | None = None
    """The source that was last asked about; none if none was, or if the notebook rested long and its digest is left."""
    asked_digest: bytes = b""
    """Of a source that was let go of; see ``rested``."""
    muted: bool = False
    """The participant said: never for this cell."""
    asked_version: int = 0
    """The version that was last asked about."""
    proposed_version: int = 0
    """The newest version that a rule proposed."""
    proposed: tuple[str, ...] = ()
    """The rules that proposed it, whatever became of that: each proposes a version once."""
    failed: str = ""
    """The error that ended the newest run, if it failed by one."""
    touched_at: int = 0
    """When this participant last edited or ran it, to ten seconds."""
    away: int = 0
    """The longest time, since the last run that went well, in which they left it alone."""


class RunMemory(Struct, frozen=True, omit_defaults=True):
    """A run: one that has not ended, or one that ended well."""

    session_id: UUID
    place: Place
    version: int
    source: str
    run_id: UUID | None = None
    facts: KernelFacts | None = None
    """What the kernel saw, if it said so before the run ended."""
    step: FrameStep | None = None
    """The data step among that."""


class Proposal(Struct, frozen=True, omit_defaults=True):
    """A rule's wish to ask, waiting for its moment."""

    place: Place
    session_id: UUID
    run_id: UUID | None
    version: int
    source: str
    rule: str
    trigger: int
    """Position of the event that made the rule propose it."""
    proposed_at: int
    """When that happened, such as the end of the run, by the server's clock."""
    facts: dict[str, Value] = {}
    """What the question may name."""
    moved_on: bool = False
    """Whether the participant has gone to another cell since."""
    unseen: bool = False
    """Whether no page shows the cell: its notebook was closed, or opened again without it."""


class OpenPrompt(Struct, frozen=True, omit_defaults=True):
    """A prompt that has been issued and is not over."""

    place: Place
    session_id: UUID
    waits_since: int
    """When it was issued, or the moment until which it was put off: it expires from there."""
    at_end: bool = False
    """It waits for the review at the end and does not expire."""
    rule: str = ""
    version: int = 0
    run_id: UUID | None = None
    question: str = ""


class HeldBack(Struct, frozen=True, omit_defaults=True):
    """A proposal that came to nothing, to be said in the log."""

    proposal: Proposal
    reason: str


class Breakpoint(Struct, frozen=True, omit_defaults=True):
    """A moment at which a question disturbs little, until the participant types or runs something."""

    cell_id: str
    """The cell that ran, or that they went to."""
    since: int
    run_id: UUID | None = None
    """The run that ended; none where they opened the notebook, moved, or came back."""
    moved_on: bool = False
    """Whether they left the cell before the pause after its run was over."""


class Standing(Struct, frozen=True, omit_defaults=True):
    """Where a participant is in a session."""

    cell_id: str = ""
    """The cell that they are at; empty if that is not known."""
    breakpoint: Breakpoint | None = None


class Request(Struct, frozen=True, omit_defaults=True):
    """A researcher's question, waiting for a breakpoint."""

    request_id: UUID
    session_id: UUID
    trigger: int
    """Position of the request."""
    requested_at: int
    """By the server's clock."""
    by: str
    question: str
    choices: tuple[str, ...] = ()
    language: str = ""
    multiple: bool = False
    text: Literal["optional", "required", "none"] = "optional"
    urgent: bool = False
    override: bool = False


class TurnedDown(Struct, frozen=True, omit_defaults=True):
    """A researcher's question that nobody will be asked, to be said in the log."""

    request: Request
    reason: str


class OutlineCell(Struct, frozen=True, omit_defaults=True, array_like=True):
    """What tells in which section a cell stands."""

    cell_type: str
    tags: tuple[str, ...] = ()
    text: str = ""
    """How its source begins."""


class Outline(Struct, frozen=True, omit_defaults=True):
    """The order of a session's cells, kept where a rule holds in some sections only."""

    order: tuple[str, ...] = ()
    cells: dict[str, OutlineCell] = {}


class ParticipantMemory(Struct, frozen=True, omit_defaults=True):
    """One participant."""

    participant_id: UUID
    sessions: dict[UUID, SessionMemory] = {}
    cells: dict[UUID, dict[str, CellMemory]] = {}
    """By notebook, then by cell."""
    runs: dict[UUID, RunMemory] = {}
    proposals: tuple[Proposal, ...] = ()
    open: dict[UUID, OpenPrompt] = {}
    gone: tuple[UUID, ...] = ()
    """Open prompts whose cell was removed: to be withdrawn."""
    held_back: tuple[HeldBack, ...] = ()
    asked_at: tuple[int, ...] = ()
    """When prompts were issued, within the last day; in conditions that ask nothing, when they would have been."""
    unanswered: int = 0
    """Prompts in a row without an answer."""
    last_key_at: int = 0
    last_run_at: int = 0
    finished: dict[UUID, RunMemory] = {}
    """The newest runs that went well; what the kernel saw in them may still come."""
    last_input_at: int = 0
    """When the participant last typed, ran something or went to another cell."""
    idle: dict[UUID, int] = {}
    """Since when there is no input, by session."""
    frames: dict[UUID, dict[str, FrameShape]] = {}
    """The data frames that the kernel holds, by notebook and name: a kernel outlives the page."""
    outlines: dict[UUID, Outline] = {}
    """By session."""
    quiet_until: int = 0
    """The participant wants no question before."""
    ended: tuple[UUID, ...] = ()
    """Notebooks in which the study is over: nothing is asked there any more."""
    ending: tuple[UUID, ...] = ()
    """Those of them whose review is to be made up."""
    standing: dict[UUID, Standing] = {}
    """Where they are, by session."""
    requests: tuple[Request, ...] = ()
    """What researchers want to ask, in the order of the log."""
    turned_down: tuple[TurnedDown, ...] = ()
    requested: tuple[UUID, ...] = ()
    """The newest requests, whatever became of them: each is heeded once."""
    withdrawn: bool = False
    """Whether they took their consent back."""
    over: dict[UUID, Place] = {}
    """The newest prompts that ended by the clock or with what they asked about: a page may hear of that too late."""


def was_asked_about(cell: CellMemory) -> bool:
    """Whether a source of the cell was asked about, ever."""
    return cell.asked_source is not None or cell.asked_digest != b""


def rested(cell: CellMemory) -> CellMemory:
    """The cell of a notebook that rested while others were worked on: of its source the digest stays.

    All that is remembered of a participant is written at each step. What a cell was asked about is most of it, and over
    a term of notebooks it would be megabytes. Whether the very same source runs again can still be told; how much
    another one differs cannot.
    """
    if cell.asked_source is None and not cell.failed:
        return cell
    digest = cell.asked_digest if cell.asked_source is None else source_digest(cell.asked_source)
    return replace(cell, asked_source=None, asked_digest=digest, failed="")


def source_digest(source: str) -> bytes:
    """BLAKE2b-64 of a cell's text."""
    return blake2b(source.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def cell_of(memory: ParticipantMemory, place: Place) -> CellMemory:
    """What is remembered of a cell; of a given one, nothing yet."""
    return memory.cells.get(place.notebook_id, {}).get(place.cell_id, _NOTHING)


def with_cell(memory: ParticipantMemory, place: Place, cell: CellMemory) -> dict[UUID, dict[str, CellMemory]]:
    """All cells, this one as it is now."""
    notebook = memory.cells.get(place.notebook_id, {})
    return {**memory.cells, place.notebook_id: {**notebook, place.cell_id: cell}}


_NOTHING = CellMemory()


K = TypeVar("K")
V = TypeVar("V")


def newest(known: Mapping[K, V], key: K, value: V, most: int) -> dict[K, V]:
    """A mapping with one value more or anew; the oldest go where there are too many."""
    items = {**known, key: value}
    return items if len(items) <= most else dict([*items.items()][-most:])
