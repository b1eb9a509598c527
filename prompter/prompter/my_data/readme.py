"""``README.txt`` of what a person downloads: what is in it, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prompter_projections.text import well_formed

from ..study import Study
from .sessions import Own, OwnSession

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_WIDTH = 60
"""Characters of a notebook's path that stay: the end says which file it is."""


def readme(own: Own, study: Study, made_at: datetime, position: int) -> bytes:
    """The text, UTF-8. ``position`` is the last one in the log that counts."""
    text = _TEXT.format(
        study=_study(own, study),
        made=made_at.strftime("%d %B %Y, %H:%M UTC"),
        position=f"{position:,}",
        sessions="\n".join(_lines(own.sessions)) or "  none",
        consents="" if not own.consents else _CONSENTS,
    )
    return well_formed(text).encode()


def _study(own: Own, study: Study) -> str:
    names = [study.title or study.name if name == study.name else name for name in own.studies]
    return ", ".join(names) or study.title or study.name or "no study: this is your own log"


def _lines(sessions: Sequence[OwnSession]) -> list[str]:
    return [f"  {folder(session)}  {_path(session.path)}" for session in sessions if session.opened]


def folder(session: OwnSession) -> str:
    """Where a session's files are: its number and day, and no more, for a path may be long or strange."""
    return f"sessions/{session.number or 0:03}-{(_EPOCH + timedelta(microseconds=session.began_at)):%Y-%m-%d}"


def _path(path: str) -> str:
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in path).split())
    return line if len(line) <= _WIDTH else f"…{line[-_WIDTH:]}"


_CONSENTS = """\
consent/           each consent text that you agreed to or withdrew from, with its version and when
"""

_TEXT = """\
YOUR DATA

What was recorded of your work, for you.

Study     {study}
Made      {made}, with everything recorded up to then (position {position} of the log)
Ask       the people who run the study. Its consent text says who they are.

WHAT IS IN HERE

README.txt         this text
events.jsonl       everything that was recorded of you, one event on each line, in JSON: its type, when it happened in
                   your page ("time", UTC), when it was recorded, in which session, and all that it says ("body")
answers.csv        what you answered to questions. A later change of an answer has a line of its own
{consents}sessions/          a folder for each time that you had a notebook open:
    narrative.html   the story of the session, made by a program from the events alone; open it in a browser
    notebook.ipynb   the notebook as it stood last. Of outputs only what was recorded

YOUR SESSIONS

{sessions}

WHAT IS NOT IN HERE

- Your name. The log keeps it apart, beside an id that stands for you.
- Anybody else's data. In a notebook that you shared, what others typed is told as your page saw it, without who they
  are.
- How the study assigned you, and questions that were held back or are kept for the end of a session that goes on: to
  know them now would change the study. When a session has ended, its questions are in here. The people who run the
  study tell you the rest when it is over.
- What researchers wrote for themselves.

YOUR RIGHTS

You can pause the recording at any time, and withdraw your consent in the side panel. What was recorded before is erased
when the people who run the study are asked to erase it, or when they find your withdrawal in the log.
"""
