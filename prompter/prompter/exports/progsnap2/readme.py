"""The data set's README.md: what ProgSnap2 asks a producer to say in words."""

from __future__ import annotations

from .columns import CONDITION_COLUMNS, EVENT_TYPES, LINK_TABLES, MAIN_TABLE

_HEAD = """# ProgSnap2 data set

Work in Jupyter notebooks, recorded by Prompter and written after ProgSnap2 1.0. A notebook is a project, a cell is a
file, and a run of a cell is a run of a program. Times are UTC, ISO 8601, to the microsecond.

## Code states

`CodeStates/CodeStates.csv` (representation Table) has one row for each text. The code state of an event about a cell is
the text of that cell as the event left it; that of Session.Start, Project.Open, File.Save, Project.Close and
Session.End is the whole notebook as one script in the percent format. Within a session equal texts have one id; ids are
not shared between sessions.

A burst of typing is told as one replacement, the smallest: `DeleteText` stands at `SourceLocation` in the cell's code
state before, and `InsertText` in its place makes the code state of the row.

## Texts

Tables are UTF-8, comma-separated, texts quoted (RFC 4180). Half a surrogate pair became U+FFFD, and NUL became U+2400.
So that no spreadsheet runs what a participant typed, a text that begins with `=`, `+`, `-`, `@`, a tab, a carriage
return or an apostrophe has one more apostrophe before it: take one from each text that begins with one, and you have it
back.

## Order

`Order` is the order in which the log took the events in, which is one for the whole data set. What a page sent late,
because it was offline, came late; within a page the order is that of the work.

In a notebook that several people edit, each one's session holds everything that changed it. What came from the others
has the EventInitiator TeamMemberDirectAction; counts of a person's own edits leave it out.
"""


def readme(*, blind: bool) -> str:
    """The whole text."""
    hidden = CONDITION_COLUMNS if blind else frozenset()
    parts = [_HEAD, "## Events\n", "| recorded | here | |", "|---|---|---|"]
    parts += [f"| {name} | {here} | {note} |" for name, (here, note) in EVENT_TYPES.items()]
    parts.append("\nEach other event of a session is one row, its type behind `X-`, its fields in `X-Data`.\n")
    parts += ["## MainTable.csv\n", *_columns(MAIN_TABLE, hidden)]
    for table, columns in LINK_TABLES.items():
        parts += [f"\n## LinkTables/{table}.csv\n", *_columns(columns, hidden)]
    if blind:
        parts.append("\nConditions are left out: this is a blind release.")
    return "\n".join(parts) + "\n"


def _columns(columns: dict[str, str], hidden: frozenset[str]) -> list[str]:
    return [
        "| column | holds |",
        "|---|---|",
        *(f"| {name} | {meaning} |" for name, meaning in columns.items() if name not in hidden),
    ]
