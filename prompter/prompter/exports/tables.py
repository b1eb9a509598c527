"""The tables of an export and what their columns mean: the codebook, the readers' types and the rows come from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["string", "integer", "boolean", "datetime", "json"]
"""``datetime``: µs since the epoch, UTC. ``json``: text that holds one JSON value."""

Row = dict[str, Any]
"""A value for each column, by its name; none where it is missing."""


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    missing: str = ""
    """When there is no value; empty: there always is one."""


@dataclass(frozen=True)
class Table:
    """One table."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """The columns that together name a row."""
    refers: tuple[tuple[str, str], ...] = ()
    """(column, table) pairs: the column holds the key of a row there."""
    order: str = ""
    """In which order the rows stand."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)


_SESSION = Column("session_id", "string", "The session: one notebook open in one page, from open to close (UUID).")
_PARTICIPANT = Column("participant", "string", "The participant's pseudonym, the same in all of the study's exports.")
_STUDY = Column("study", "string", "The study's name; empty without one.")
_CELL = Column("cell_id", "string", "The notebook's own id of the cell.")
_POSITION = Column("position", "integer", "The event's place in the log, counted from 1.")

EVENTS = Table(
    "events",
    "Everything that was recorded: one row for each event. docs/events.md says what each type means.",
    (
        _POSITION,
        Column("session_id", "string", _SESSION.meaning, missing="the event belongs to no session"),
        Column("participant", "string", _PARTICIPANT.meaning, missing="the event is nobody's"),
        _STUDY,
        Column("producer_id", "string", "The page load or server process that made the event (UUID)."),
        Column("producer_seq", "integer", "The event's number within its producer, counted from 1 without holes."),
        Column("type", "string", "The event's type, such as `cell.edited`."),
        Column("schema_version", "integer", "The version of the type with which it was recorded."),
        Column("occurred_at", "datetime", "When it happened, by the clock of its producer.", "µs, UTC"),
        Column("recorded_at", "datetime", "When the server recorded it, by the server's clock.", "µs, UTC"),
        Column(
            "body",
            "json",
            "The fields of the type, ids as text, digests in base64. Fields at their defaults are there, too.",
            missing="this program cannot read the payload",
        ),
    ),
    key=("position",),
    refers=(("session_id", "sessions"),),
    order="by position",
)

SESSIONS = Table(
    "sessions",
    "One row for each session: a notebook open in a page.",
    (
        _SESSION,
        _PARTICIPANT,
        _STUDY,
        Column("condition", "string", "The experimental condition.", missing="not known, or the export is blind"),
        Column("pilot", "boolean", "Whether it belongs to the study's pilot phase."),
        Column(
            "notebook_id", "string", "The same for all sessions of a participant on a file (UUID).", missing="unknown"
        ),
        Column("notebook_path", "string", "The file's latest path; in an export under pseudonyms its stand-in."),
        Column("kernel_name", "string", "The kernel's name."),
        Column("continues", "string", "The session before it in the same page (UUID).", missing="there was none"),
        Column("shared", "boolean", "Whether several people could edit the notebook together."),
        Column("began_at", "datetime", "The page's first event.", "µs, UTC, the page's clock"),
        Column("last_at", "datetime", "The page's last event.", "µs, UTC, the page's clock"),
        Column(
            "closed", "boolean", "Whether the last event of the page is that it was closed; else its end is unknown."
        ),
        Column("clock_offset_ms", "integer", "The server's clock minus the page's, at first sight.", "ms", "unknown"),
        Column("events", "integer", "Events of the session, those of the server among them."),
        Column("cells", "integer", "Cells in the notebook at the end."),
        Column("edits", "integer", "Bursts of edits of this page's own, each at most 500 ms long."),
        Column("changes", "integer", "Changes within those bursts; typing makes one for each key."),
        Column("runs", "integer", "Runs that were asked for."),
        Column("errors", "integer", "Runs that ended with an error."),
        Column("prompts", "integer", "Questions that were issued."),
        Column("answers", "integer", "Answers that came in this session, also to questions of an earlier one."),
        Column("lost_events", "integer", "Events that were made and never arrived."),
        Column("first_position", "integer", "The position of its first event."),
        Column("last_position", "integer", "The position of its last event."),
    ),
    key=("session_id",),
    order="by first_position",
)

CELLS = Table(
    "cells",
    "One row for each cell that a session saw, as it stood at the end or when it was removed.",
    (
        _SESSION,
        _PARTICIPANT,
        _CELL,
        Column("place", "integer", "The cell's place in the notebook, counted from 0.", missing="it was removed"),
        Column("cell_type", "string", "`code`, `markdown` or `raw`."),
        Column("source", "string", "The cell's text. ▒ stands for a UTF-16 unit that is not told."),
        Column("runs", "integer", "How often a run of it was asked for."),
        Column("last_status", "string", "How its last run stood, as in `runs`.", missing="it never ran"),
        Column("edits", "integer", "Bursts of edits of this page's own."),
        Column("created_at", "datetime", "When the session first saw it.", "µs, UTC, the page's clock"),
        Column("changed_at", "datetime", "When its text or type last changed.", "µs, UTC, the page's clock"),
        Column("removed_at", "datetime", "When it was removed.", "µs, UTC, the page's clock", "it was not"),
        Column("parents", "json", "Ids of the cells that it was split or merged from, a list."),
    ),
    key=("session_id", "cell_id"),
    refers=(("session_id", "sessions"),),
    order="session by session; first the cells that are there by place, then those that are gone",
)

RUNS = Table(
    "runs",
    "One row for each run of a cell.",
    (
        _SESSION,
        _PARTICIPANT,
        Column("run_id", "string", "The run (UUID)."),
        _CELL,
        Column("cell_version", "integer", "Which run of its cell it is, counted from 1."),
        Column("source", "string", "The cell's text when the run was asked for."),
        Column("scheduled_at", "datetime", "When the run was asked for.", "µs, UTC, the page's clock"),
        Column("started_at", "datetime", "When the kernel began.", "µs, UTC, the page's clock", "it never began"),
        Column("finished_at", "datetime", "When its end was seen.", "µs, UTC, the page's clock", "no end was recorded"),
        Column("status", "string", "`ok`, `error`, `aborted`, `lost`; `unfinished` where no end was recorded."),
        Column("execution_count", "integer", "The number that the notebook shows.", missing="it was not executed"),
        Column("duration_ms", "integer", "From the kernel's start to its reply.", "ms", "it never started or ended"),
        Column("error_name", "string", "The error's class.", missing="there was no error"),
        Column("error_message", "string", "Its message, as much as the study keeps.", missing="there was no error"),
        Column("traceback", "string", "Its traceback, as much as the study keeps.", missing="there was no error"),
        Column("outputs", "integer", "How many outputs it had.", missing="no end was recorded"),
        Column("output_bytes", "integer", "Their length in UTF-8, before any cut.", "bytes", "no end was recorded"),
        Column(
            "output_text", "string", "Their texts, as much as the study keeps, a line between two.", missing="none kept"
        ),
        Column("figures", "integer", "Figures that it drew.", missing="the kernel told nothing of this run"),
        Column("names_read", "json", "Names that it used and did not bind first, a list.", missing="as figures"),
        Column("names_bound", "json", "Names that it bound, a list.", missing="as figures"),
        _POSITION,
    ),
    key=("session_id", "run_id"),
    refers=(("session_id", "sessions"),),
    order="session by session, in the order in which runs ended; those without an end last",
)

PROMPTS = Table(
    "prompts",
    "One row for each question that was issued, and for each that a rule wished for and that was held back.",
    (
        Column("prompt_id", "string", "The question (UUID).", missing="it was held back"),
        _SESSION,
        _PARTICIPANT,
        _STUDY,
        _CELL,
        Column("run_id", "string", "The run that it is about (UUID).", missing="about no single run"),
        Column("cell_version", "integer", "How many runs the cell had had, that one included."),
        Column("rule", "string", "The rule that proposed it."),
        Column("author", "string", "`rule`, or the researcher who asked.", missing="it was held back"),
        Column("question", "string", "Its wording."),
        Column("choices", "json", "The answers that one click gives, a list.", missing="it was held back"),
        Column("language", "string", "Of the wording, BCP 47.", missing="it was held back"),
        Column(
            "deliver",
            "string",
            "`now`, or `end` for the review.",
            missing="it was held back, or the export is blind",
        ),
        Column(
            "status",
            "string",
            "`issued` (not shown), `shown`, `snoozed`, `answered`, `dismissed`, `expired`, `withdrawn`, `held back`.",
        ),
        Column(
            "reason",
            "string",
            "Why it was held back (docs/prompting.md) or dismissed (`skip`, `never`).",
            missing="else",
        ),
        Column("issued_at", "datetime", "When it was decided.", "µs, UTC, the server's clock"),
        Column("shown_at", "datetime", "When it was first seen.", "µs, UTC, the page's clock", "it never was"),
        Column("ended_at", "datetime", "When it was answered or otherwise ended.", "µs, UTC", "it is open"),
        Column("choice", "string", "The choice that was taken, the first of several.", missing="none"),
        Column("chosen", "json", "All choices that were taken, a list.", missing="not answered"),
        Column("text", "string", "The answer in the participant's words, as last amended.", missing="not answered"),
        Column("drafting_ms", "integer", "From the first focus to sending.", "ms", "not answered"),
        Column("amended", "boolean", "Whether the answer was changed later; `events` has the earlier ones."),
        _POSITION,
    ),
    key=("position",),
    refers=(("session_id", "sessions"),),
    order="by position",
)

EDITS = Table(
    "edits",
    "One row for each change of a cell's text: while somebody types, one for each key.",
    (
        _SESSION,
        _PARTICIPANT,
        _CELL,
        _POSITION,
        Column("change", "integer", "Its number within the burst, counted from 0."),
        Column("at", "datetime", "When it happened.", "µs, UTC, the page's clock, to the millisecond within a burst"),
        Column("cause", "string", "`user`, `paste`, `undo`, `remote` (a collaborator) … as in docs/events.md."),
        Column("author", "string", "The collaborator who did it.", missing="this page's participant, or unknown"),
        Column("offset", "integer", "Where the change begins in the text.", "UTF-16 units"),
        Column("inserted", "integer", "Length of what was put in.", "UTF-16 units"),
        Column("deleted", "integer", "Length of what was taken out.", "UTF-16 units"),
        Column("withheld", "boolean", "Whether what was put in is told as lengths only (▒)."),
        Column(
            "ops",
            "json",
            "The change itself, a list: n keeps n units, -n deletes n, a text is inserted; what follows is kept.",
        ),
    ),
    key=("position", "change"),
    refers=(("session_id", "sessions"),),
    order="session by session, by position and change",
)

TABLES: tuple[Table, ...] = (EVENTS, SESSIONS, CELLS, RUNS, PROMPTS, EDITS)
"""In the order in which they are written and explained."""
