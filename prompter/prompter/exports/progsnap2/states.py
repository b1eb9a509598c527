"""Code states: texts that rows of the main table point to, numbered as they come and written once a session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class CodeState:
    """One row of ``CodeStates.csv``."""

    code_state_id: str
    code: str


class CodeStates:
    """Numbers the texts of one session. What was seen before in the session keeps its number."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self._known: dict[bytes, str] = {}

    def id_of(self, code: str) -> tuple[str, CodeState | None]:
        """The id of a text, and its row the first time."""
        digest = blake2b(code.encode(), digest_size=16).digest()
        known = self._known.get(digest)
        if known is not None:
            return known, None
        # A letter, so that no reader takes a column with gaps for floating point.
        made = CodeState(f"c{next(self._numbers)}", code)
        self._known[digest] = made.code_state_id
        return made.code_state_id, made
