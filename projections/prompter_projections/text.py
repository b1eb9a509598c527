"""Edits of text, in UTF-16 code units as editors count them.

Python counts code points. While a text holds only characters of the basic plane the two agree, and an edit is a few
slices of strings. Else the same slices are cut from UTF-16 bytes, two to a unit, so that an edit may split a surrogate
pair and a later one may join the halves again.
"""

from __future__ import annotations

from codecs import utf_16_le_decode, utf_16_le_encode
from collections.abc import Iterable, Iterator, Sequence
from typing import AnyStr

import msgspec

# Units kept on either side of the last edit. An edit within costs a copy of the window, not of the whole text; at
# 2,000 a copy is cheaper than the rest of the work.
_REACH = 2_000

Op = int | str
"""n keeps n units, -n deletes n, a text is inserted; what follows the last op is kept."""


def apply_ops(text: str, ops: Sequence[Op]) -> str:
    """The text after one change.

    The result holds lone surrogates only where the ops really made them. Raises ``ValueError`` if the ops reach beyond
    the end.
    """
    if is_plain(text) and _are_plain(ops):
        return _applied(text, ops, 1)
    return _decode(_applied(_encode(text), _in_bytes(ops), 2))


def joined(changes: Iterable[tuple[int, Sequence[Op]]]) -> Iterator[Sequence[Op]]:
    """The changes of a burst; those that type on where the last one ended, or take back from that, as one.

    Applied in order they make the same text as the changes themselves, and reach beyond its end where those do.
    """
    start, typed = 0, ""
    end: int | None = None  # of what is typed; none while nothing is
    for _, ops in changes:
        if len(ops) == 2:
            at, what = ops
            if isinstance(what, str):
                if isinstance(at, int) and at > 0 and (what.isascii() or is_plain(what)):
                    if at == end:
                        typed += what
                    else:
                        if end is not None:
                            yield start, typed
                        start, typed = at, what
                    end = at + len(what)
                    continue
            elif what == -1 and end is not None and at == end - 1 >= start:
                typed, end = typed[:-1], at
                continue
        if end is not None:
            yield start, typed
            end = None
        yield ops
    if end is not None:
        yield start, typed


class Text(msgspec.Struct, frozen=True):
    """A text that takes many small edits cheaply: it is kept in three parts, and edits tend to fall into the middle."""

    head: str
    window: str
    tail: str
    plain: bool
    """Whether the three parts are plain. One that held other characters once is not held for plain again."""
    pairs: tuple[bytes, bytes, bytes] | None = None
    """Head, window and tail in UTF-16-LE instead, once the text is edited and not plain. A part may begin or end with
    half a character, which UTF-8 could not carry."""

    @classmethod
    def of(cls, source: str) -> Text:
        """A text from a string."""
        if is_plain(source):
            return cls("", source, "", True)
        return cls("", "", "", False, (b"", _encode(source), b""))

    def __str__(self) -> str:
        if self.pairs is not None:
            return _decode(b"".join(self.pairs))
        return self.head + self.window + self.tail if self.head or self.tail else self.window

    def apply(self, ops: Sequence[Op]) -> Text:
        """The text after one change. Raises ``ValueError`` if the ops reach beyond the end."""
        if self.plain and _are_plain(ops):
            head, window, tail = _edited(self.head, self.window, self.tail, ops, 1)
            return Text(head, window, tail, True)
        parts = self.pairs or (_encode(self.head), _encode(self.window), _encode(self.tail))
        return Text("", "", "", False, _edited(*parts, _in_bytes(ops), 2))


def _edited(
    head: AnyStr, window: AnyStr, tail: AnyStr, ops: Sequence[int | AnyStr], width: int
) -> tuple[AnyStr, AnyStr, AnyStr]:
    """The three parts after one change; ``width`` is how many items of them a unit takes."""
    first = ops[0] if ops else 0
    start = first if isinstance(first, int) and first > 0 else 0
    at = start - len(head)
    if 0 <= at <= len(window):
        # Only what is changed is put together; what is kept before and after it is cut once.
        made, end = _replaced(window, at, ops[1:] if start else ops)
        if end <= len(window):
            window = window[:0].join((window[:at], made, window[end:]))
            if len(window) <= 4 * _REACH * width:
                return head, window, tail
            return _windowed(head + window + tail, start, width)
    return _windowed(_applied(head + window + tail, ops, width), start, width)


def _replaced(text: AnyStr, at: int, ops: Sequence[int | AnyStr]) -> tuple[AnyStr, int]:
    """What ops put in the place of ``text`` from ``at`` on, and where in ``text`` they end, perhaps beyond it."""
    made = text[:0]
    for op in ops:
        if not isinstance(op, int):
            made += op
        elif op >= 0:
            made += text[at : at + op]
            at += op
        else:
            at -= op
    return made, at


def _applied(text: AnyStr, ops: Sequence[int | AnyStr], width: int) -> AnyStr:
    """The whole text after one change."""
    made, end = _replaced(text, 0, ops)
    if end > len(text):
        raise ValueError(f"the change reaches to unit {end // width} of a text of {len(text) // width}")
    return made + text[end:]


def _windowed(source: AnyStr, at: int, width: int) -> tuple[AnyStr, AnyStr, AnyStr]:
    begin, end = max(0, at - _REACH * width), at + _REACH * width
    return source[:begin], source[begin:end], source[end:]


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


def _are_plain(ops: Sequence[Op]) -> bool:
    for op in ops:  # noqa: SIM110 - a generator would cost half as much as the edit
        if isinstance(op, str) and not (op.isascii() or is_plain(op)):
            return False
    return True


def _in_bytes(ops: Sequence[Op]) -> list[int | bytes]:
    """The same change of the text's UTF-16 bytes."""
    return [utf_16_le_encode(op, "surrogatepass")[0] if isinstance(op, str) else 2 * op for op in ops]


# Called for each keystroke: the codec's own functions, since ``str.encode`` looks the codec up by its name each time.
def _encode(text: str) -> bytes:
    return utf_16_le_encode(text, "surrogatepass")[0]


def _decode(data: bytes) -> str:
    return utf_16_le_decode(data, "surrogatepass", True)[0]
