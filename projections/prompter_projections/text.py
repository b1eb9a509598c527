"""Edits of text, in UTF-16 code units as editors count them.

Python counts code points. Where a text holds only characters of the basic plane the two agree, and an edit is a few
slices. Elsewhere the work is done on UTF-16 bytes, so that an edit may split a surrogate pair and a later one may join
the halves again.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

# Characters kept on either side of the last edit. An edit within costs a copy of the window, not of the whole text; at
# 2,000 a copy is cheaper than the rest of the work.
_REACH = 2_000

Op = int | str
"""n keeps n units, -n deletes n units, a text is inserted; what follows the last op is kept."""


def apply_ops(text: str, ops: Sequence[Op], *, plain: bool = False) -> str:
    """The text after one change.

    ``plain`` says that the caller knows ``is_plain(text)``; without it the text is looked through. The result holds
    lone surrogates only where the ops really made them. Raises ``ValueError`` if the ops reach beyond the end.
    """
    if (plain or is_plain(text)) and not any(type(op) is str and _has_surrogates(op) for op in ops):
        pieces: list[str] = []
        at, length = 0, len(text)
        for op in ops:
            if isinstance(op, str):
                pieces.append(op)
            elif op >= 0:
                pieces.append(text[at : at + op])
                at += op
            else:
                at -= op
        if at > length:
            raise ValueError(f"the change reaches to unit {at} of a text of {length}")
        pieces.append(text[at:])
        return "".join(pieces)
    return _decode(_apply_to_units(_encode(text), ops))


class Text(msgspec.Struct, frozen=True):
    """A text that takes many small edits cheaply: it is kept in three parts, and edits tend to fall into the middle."""

    head: str
    window: str
    tail: str
    plain: bool
    units: bytes = b""
    """The whole text in UTF-16-LE instead, while it holds lone surrogates, which UTF-8 cannot carry."""

    @classmethod
    def of(cls, source: str) -> Text:
        """A text from a string."""
        if _has_surrogates(source):
            return cls("", "", "", False, _encode(source))
        return cls("", source, "", is_plain(source))

    def __str__(self) -> str:
        if self.units:
            return _decode(self.units)
        return self.head + self.window + self.tail if self.head or self.tail else self.window

    def apply(self, ops: Sequence[Op]) -> Text:
        """The text after one change. Raises ``ValueError`` if the ops reach beyond the end."""
        if not self.plain:
            return Text.of(apply_ops(str(self), ops))
        first = ops[0] if ops else 0
        start = first if isinstance(first, int) and first > 0 else 0
        at = start - len(self.head)
        window = self.window
        if 0 <= at <= len(window):
            # Only what is changed is put together; what is kept before and after it is cut once.
            made, end, plain = _replaced(window, at, ops[1:] if start else ops)
            if plain and end <= len(window):
                window = window[:at] + made + window[end:]
                if len(window) <= 4 * _REACH:
                    return Text(self.head, window, self.tail, True)
                return _windowed(self.head + window + self.tail, start)
        changed = Text.of(apply_ops(str(self), ops, plain=True))
        return _windowed(changed.window, start) if changed.plain else changed


def _replaced(text: str, at: int, ops: Sequence[Op]) -> tuple[str, int, bool]:
    """What ops put in the place of ``text`` from ``at`` on, where in ``text`` they end, and whether it is plain."""
    made, plain = "", True
    for op in ops:
        if isinstance(op, str):
            made += op
            plain = plain and is_plain(op)
        elif op >= 0:
            made += text[at : at + op]
            at += op
        else:
            at -= op
    return made, at, plain


def _windowed(source: str, at: int) -> Text:
    begin, end = max(0, at - _REACH), at + _REACH
    return Text(source[:begin], source[begin:end], source[end:], True)


def is_plain(text: str) -> bool:
    """Whether every character is one UTF-16 unit and none is a surrogate."""
    if text.isascii():
        return True
    try:
        return len(text.encode("utf-16-le")) == 2 * len(text)
    except UnicodeEncodeError:
        return False


def units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text) if text.isascii() else len(_encode(text)) // 2


def well_formed(text: str) -> str:
    """The text as files and databases can hold it: half an emoji becomes the replacement character."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _has_surrogates(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _encode(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _decode(data: bytes) -> str:
    return data.decode("utf-16-le", "surrogatepass")


def _apply_to_units(data: bytes, ops: Sequence[Op]) -> bytes:
    pieces: list[bytes] = []
    at = 0
    for op in ops:
        if isinstance(op, str):
            pieces.append(_encode(op))
        elif op >= 0:
            pieces.append(data[at : at + 2 * op])
            at += 2 * op
        else:
            at -= 2 * op
    if at > len(data):
        raise ValueError(f"the change reaches to unit {at // 2} of a text of {len(data) // 2}")
    pieces.append(data[at:])
    return b"".join(pieces)
