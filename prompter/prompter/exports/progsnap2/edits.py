"""One burst of typing as ProgSnap2 tells an edit: what was taken out, what was put in, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """The smallest single replacement that makes one text of another. Lengths and columns are in code points."""

    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    deleted: str
    inserted: str

    @property
    def kind(self) -> str:
        """``EditType``, where the cause of the edit says nothing better."""
        if self.deleted and self.inserted:
            return "Replace"
        return "Delete" if self.deleted else "Insert"

    @property
    def location(self) -> str:
        """``SourceLocation``."""
        return f"Text:{self.line}:{self.column}"


def edit_between(before: str, after: str) -> Edit:
    """What lies between the longest common beginning and the longest common end of two texts.

    Putting ``inserted`` in the place of ``deleted`` at the location makes ``after`` of ``before``.
    """
    start = _common(before, after)
    most = min(len(before), len(after)) - start
    end = _common(before[::-1][:most], after[::-1][:most])
    head = before[:start]
    return Edit(
        line=head.count("\n") + 1,
        column=start - (head.rfind("\n") + 1) + 1,
        deleted=before[start : len(before) - end],
        inserted=after[start : len(after) - end],
    )


def _common(one: str, other: str) -> int:
    """How many characters both begin with; by halving, since comparing slices costs no step of Python a character."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
