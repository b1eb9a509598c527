"""Lines for the server's log that people read and programs take apart: ``what key=value key=value``.

They hold ids, counts and times. No payload, path or name of a person is ever given to this.
"""

from __future__ import annotations


def line(what: str, **facts: object) -> str:
    """One line. Values with blanks, quotes or ``=`` are quoted, so that each pair can be told from the next."""
    return " ".join([what, *(f"{key}={_value(value)}" for key, value in facts.items())])


def _value(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    if text and not any(character in text for character in ' ="\n\r\t'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
