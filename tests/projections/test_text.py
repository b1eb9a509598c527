"""Edits of text count UTF-16 code units, whatever the text holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompter_projections.text import Op, Text, apply_ops, is_plain, joined, units, well_formed

# Every plane, combining marks, and lone surrogates.
characters = st.one_of(
    st.characters(max_codepoint=0x7F),
    st.characters(min_codepoint=0x80, max_codepoint=0xFFFF),
    st.characters(min_codepoint=0x10000),
    st.sampled_from(["😀", "𠀀", "\ud83d", "\ude00", "é"]),
)
texts = st.text(characters, max_size=12)
ops = st.lists(st.one_of(st.integers(-6, 6), texts), max_size=6)


def to_units(text: str) -> list[int]:
    data = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(data[i : i + 2], "little") for i in range(0, len(data), 2)]


def from_units(found: list[int]) -> str:
    return b"".join(unit.to_bytes(2, "little") for unit in found).decode("utf-16-le", "surrogatepass")


def reference(text: str, change: list[int | str]) -> str | None:
    """The plainest possible edit, on a list of code units; none if it reaches beyond the end."""
    left, made = to_units(text), []
    for op in change:
        if isinstance(op, str):
            made += to_units(op)
        elif abs(op) > len(left):
            return None
        else:
            made += left[: max(op, 0)]
            left = left[abs(op) :]
    return from_units(made + left)


@settings(deadline=None)  # a busy machine is no failure
@given(texts, st.lists(ops, max_size=5))
def test_edits_agree_with_lists_of_code_units(text: str, changes: list[list[int | str]]) -> None:
    kept = Text.of(text)
    expected = from_units(to_units(text))
    for change in changes:
        result = reference(expected, change)
        if result is None:
            with pytest.raises(ValueError, match="reaches to unit"):
                apply_ops(expected, change)
            with pytest.raises(ValueError, match="reaches to unit"):
                kept.apply(change)
        else:
            assert apply_ops(expected, change) == result
            kept = kept.apply(change)
            assert str(kept) == result
            assert is_plain(result) or not kept.plain
            expected = result


def a_change(data: st.DataObject, length: int) -> list[int | str]:
    """Ops that fit a text of so many units: as a person makes them, and stranger ones."""
    change: list[int | str] = []
    left = length
    for kind in data.draw(st.lists(st.sampled_from(["keep", "delete", "insert"]), max_size=5)):
        if kind == "insert":
            change.append(data.draw(texts))
        else:
            count = data.draw(st.integers(0, min(left, 9) if kind == "delete" else left))
            change.append(count if kind == "keep" else -count)
            left -= count
    return change


@settings(deadline=None)  # a busy machine is no failure
@given(st.data(), texts, st.integers(1, 4))
def test_edits_agree_with_lists_of_code_units_however_the_text_is_parted(
    data: st.DataObject, text: str, reach: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # So that the window moves every few edits, and its ends fall between the halves of characters.
        patch.setattr("prompter_projections.text._REACH", reach)
        kept, expected = Text.of(text), from_units(to_units(text))
        for _ in range(data.draw(st.integers(1, 12))):
            change = a_change(data, len(to_units(expected)))
            kept = kept.apply(change)
            expected = reference(expected, change) or ""
            assert str(kept) == expected
            assert is_plain(expected) or not kept.plain
            assert str(msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Text)) == expected


@settings(deadline=None)  # a busy machine is no failure
@given(st.data(), st.sampled_from(["", "😀", "\ud83d", "é𠀀"]))
def test_edits_far_apart_in_a_long_text(data: st.DataObject, rare: str) -> None:
    expected = "".join(f"line {n}{rare if n % 50 == 0 else ''}\n" for n in range(1500))
    kept = Text.of(expected)
    for _ in range(6):
        length = units(expected)
        at = data.draw(st.integers(0, length))
        change: list[int | str] = [at, data.draw(texts), -data.draw(st.integers(0, min(9, length - at)))]
        expected = reference(expected, change) or ""
        kept = kept.apply(change)
        assert str(kept) == expected


@pytest.mark.parametrize("first", ["x", "😀", "\ud83d"])
def test_a_keystroke_in_a_long_text_does_not_cost_the_whole_text(first: str) -> None:
    """Typing next to the last keystroke leaves what is far from it as it is, whatever characters the text holds."""
    kept = Text.of("a" * 100_000).apply([50_000, first])
    far = (kept.head, kept.tail) if kept.pairs is None else kept.pairs[::2]
    assert sum(map(len, far)) > 90_000
    for n in range(1_000):
        kept = kept.apply([50_000 + n, "yz😀"[n % 3] if kept.pairs else "y"])
        now = (kept.head, kept.tail) if kept.pairs is None else kept.pairs[::2]
        assert all(part is before for part, before in zip(now, far, strict=True))


@pytest.mark.parametrize(
    ("text", "change", "expected"),
    [
        ("", [], ""),
        ("abc", [1, "x"], "axbc"),
        ("abc", [1, -1], "ac"),
        ("a😀b", [3, "x"], "a😀xb"),
        ("a😀b", [1, -2], "ab"),
        ("😀", [1, "x"], "\ud83dx\ude00"),
        ("\ud83dx\ude00", [1, -1], "😀"),
        ("e\u0301", [1, -1], "e"),
        ("👩‍👩‍👧", [2, -3], "👩‍👧"),
        ("\ud83d", [1, "\ude00"], "😀"),
    ],
)
def test_one_change(text: str, change: list[int | str], expected: str) -> None:
    assert apply_ops(text, change) == expected
    assert str(Text.of(text).apply(change)) == expected


@pytest.mark.parametrize("text", ["abc", "ab😀", "ab\ud83d"])
@pytest.mark.parametrize("change", [[5], [-5], [2, -3], [2**53], [-(2**53)], ["x", 1, -9]])
def test_a_change_beyond_the_end_is_refused(text: str, change: list[int | str]) -> None:
    with pytest.raises(ValueError, match="reaches to unit"):
        apply_ops(text, change)
    with pytest.raises(ValueError, match="reaches to unit"):
        Text.of(text).apply(change)


def a_burst(data: st.DataObject) -> list[tuple[int, list[int | str]]]:
    """What somebody does who types, takes back and goes elsewhere; now and then something stranger."""
    burst: list[tuple[int, list[int | str]]] = []
    caret = data.draw(st.integers(0, 12))
    for what in data.draw(st.lists(st.sampled_from(["type", "type", "take back", "go", "other"]), max_size=12)):
        if what == "type":
            typed = data.draw(texts)
            burst.append((len(burst), [caret, typed]))
            caret += units(typed)
        elif what == "take back" and caret > 0:
            caret -= 1
            burst.append((len(burst), [caret, -1]))
        elif what == "go":
            caret = data.draw(st.integers(0, 30))
        elif what == "other":
            burst.append((len(burst), data.draw(ops)))
    return burst


def after(text: str, changes: Iterable[Sequence[Op]]) -> tuple[str, bool]:
    """The text after the changes up to the first that does not fit, and whether all did."""
    kept = Text.of(text)
    try:
        for change in changes:
            kept = kept.apply(change)
    except ValueError:
        return str(kept), False
    return str(kept), True


@settings(deadline=None)  # a busy machine is no failure
@given(st.data(), texts)
def test_a_burst_may_be_joined_before_it_is_applied(data: st.DataObject, text: str) -> None:
    burst = a_burst(data)
    assert after(text, joined(burst)) == after(text, [change for _, change in burst])


def test_what_is_typed_in_one_go_is_one_change() -> None:
    keys: list[tuple[int, list[int | str]]] = [(n, [5 + n, key]) for n, key in enumerate("medn")]
    keys += [(5, [8, -1]), (6, [8, "i"]), (7, [9, "an"]), (8, [2, "x"]), (9, [2, -1]), (10, [1, -1])]
    assert list(joined(keys)) == [(5, "median"), (2, ""), [1, -1]]


def test_a_text_that_was_saved_without_pairs_goes_on() -> None:
    assert str(Text("", "a😀b", "", False).apply([3, "x"])) == "a😀xb"


def test_half_an_emoji_becomes_a_replacement_character_where_it_must_be_written() -> None:
    assert well_formed("a\ud83db") == "a\ufffdb"
    assert well_formed("a😀é") == "a😀é"
