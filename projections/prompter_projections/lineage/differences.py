"""What differs between two versions of a source, as lines."""

from __future__ import annotations

from difflib import unified_diff

#: Lines that are compared line by line, on both sides together; with more, only how many they are is said.
_MOST_COMPARED = 1_000

#: Lines of one difference that are kept, and characters of a line.
_MOST_LINES = 200
_MOST_CHARACTERS = 500


def differences(before: str, after: str) -> tuple[str, ...]:
    """A unified diff without its head and without marks of places: lines that begin with a space, ``-`` or ``+``."""
    old, new = before.splitlines(), after.splitlines()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    if len(old) + len(new) > _MOST_COMPARED:
        return (f"-… {len(old)} lines", f"+… {len(new)} lines")
    # The head is two lines; a line of code may begin as they do.
    lines = [line for line in list(unified_diff(old, new, n=1, lineterm=""))[2:] if not line.startswith("@@ ")]
    kept = [line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…" for line in lines]
    return tuple(kept[:_MOST_LINES])
