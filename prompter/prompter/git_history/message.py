"""What a commit says: which cell, how it ended, what the participant answered.

Sources, names and answers are other people's texts. None of them may end a line, look like one of ours, or send a
terminal control characters.
"""

from __future__ import annotations

import unicodedata

from prompter_projections.commits import Answer, Commit, History, Run
from prompter_projections.text import well_formed

# As git's own manual has it: longer subjects are cut in many views. In characters.
_SUBJECT = 72

# Control characters, and those that turn the direction of text around: the rest of a line would read backwards.
_UNPRINTABLE = frozenset({"Cc", "Zl", "Zp"})
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def message(commit: Commit, history: History) -> str:
    """The message of a commit; ends with a line end.

    The last paragraph is of git's trailers, ``Key: value``, for ``git interpret-trailers`` and ``git log
    --format=%(trailers)``.
    """
    where = [f"Session: {history.session_id}", f"Position: {commit.position}"]
    if commit.run is None:
        return _paragraphs(["Closed" if history.closed else "As it stands"], where)
    run = commit.run
    answers = [_answer(answer) for answer in run.answers]
    return _paragraphs([_subject(run)], *answers, [*_facts(run, len(commit.notebook.order)), *where])


def one_line(text: str) -> str:
    """A text without ends of lines, control characters and halves of emoji."""
    return " ".join(_printable(well_formed(text)).split())


def _paragraphs(*paragraphs: list[str]) -> str:
    return "\n\n".join("\n".join(lines) for lines in paragraphs) + "\n"


def _subject(run: Run) -> str:
    cell = f"Cell {run.place}" if run.place is not None else "A removed cell" if run.cell_id else "An unknown cell"
    # A line may be a megabyte long; blanks in front are not counted against the subject.
    lines = (one_line(line.lstrip()[: 2 * _SUBJECT]) for line in run.source.splitlines())
    first = next((line for line in lines if line), "")
    return _cut(f"{cell} {_outcome(run)}: {first}" if first else f"{cell} {_outcome(run)}")


def _outcome(run: Run) -> str:
    name = one_line(run.error_name or "")
    return f"{run.status} {name}" if run.status == "error" and name else run.status


def _cut(subject: str) -> str:
    return subject if len(subject) <= _SUBJECT else subject[: _SUBJECT - 1].rstrip() + "…"


def _answer(answer: Answer) -> list[str]:
    """The question, then the choice and the text as quotations."""
    choice = [one_line(answer.choice)] if answer.choice is not None else []
    text = [_printable(line).rstrip() for line in well_formed(answer.text).splitlines()]
    return [one_line(answer.question), *(f"> [{word}]" for word in choice), *(f"> {line}".rstrip() for line in text)]


def _facts(run: Run, cells: int) -> list[str]:
    facts = [
        f"Cell: {run.place} of {cells}" if run.place is not None else "",
        f"Cell-Id: {one_line(run.cell_id)}" if run.cell_id else "",
        f"Outcome: {_outcome(run)}",
        f"Duration: {_seconds(run.duration_ms)}" if run.duration_ms is not None else "",
        f"Execution-Count: {run.execution_count}" if run.execution_count is not None else "",
        f"Run: {run.run_id}",
    ]
    return [fact for fact in facts if fact]


def _seconds(millis: int) -> str:
    return f"{millis // 1000}.{millis % 1000:03} s"


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(" " if character in _TURNING or _is_control(character) else character for character in text)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in _UNPRINTABLE
