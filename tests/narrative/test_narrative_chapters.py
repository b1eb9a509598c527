"""Where chapters begin."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompter_projections.narrative.chapters import MOST_CHAPTERS, Act, Border, Break, borders
from prompter_projections.narrative.overview import shares
from prompter_projections.narrative.prose import headings, paragraphs
from prompter_projections.narrative.words import listed, numbers, told_positions

SECOND = 1_000_000


def act(at: int, section: str = "", names: str = "", *, again: bool = False) -> Act:
    """A run at a second; its names are single letters."""
    return Act(
        at=at * SECOND,
        began=(at * SECOND, at),
        position=at,
        cell_id=f"cell-{at}",
        section=section,
        names=frozenset(names),
        again=again,
    )


def pause(begin: int, end: int) -> Break:
    return Break(begin * SECOND, end * SECOND, "pause", ())


def kinds(found: list[Border]) -> list[tuple[int, str]]:
    return [(border.index, border.kind) for border in found]


def test_a_heading_begins_a_chapter_when_work_turns_to_it() -> None:
    acts = [act(1, "A"), act(2, "A"), act(3, "B"), act(4, "B")]
    assert kinds(borders(acts, [])) == [(0, "beginning"), (2, "section")]


def test_a_look_at_an_earlier_part_begins_none_but_a_return_does() -> None:
    there = [act(1, "A"), act(2, "B")]
    look = [*there, act(3, "A"), act(4, "B"), act(5, "B")]
    assert kinds(borders(look, [])) == [(0, "beginning"), (1, "section")]
    back = [*there, act(3, "A"), act(4, "A"), act(5, "A")]
    assert kinds(borders(back, []))[2:] == [(2, "back")]
    rerun = [*there, *(act(at, "A", again=True) for at in (3, 4, 5))]
    assert kinds(borders(rerun, []))[2:] == []


@pytest.mark.parametrize(("length", "found"), [(299, []), (300, [(1, "pause")])])
def test_five_minutes_without_work_begin_a_chapter(length: int, found: list[tuple[int, str]]) -> None:
    acts = [act(1), act(2 + length)]
    assert kinds(borders(acts, [pause(1, 1 + length)]))[1:] == found


def test_a_restart_begins_a_chapter_and_says_so_rather_than_the_pause() -> None:
    restart = Break(600 * SECOND, 600 * SECOND, "restart", (7,))
    acts = [act(1), act(601, again=True), act(602, again=True)]
    assert kinds(borders(acts, [pause(2, 599), restart]))[1:] == [(1, "restart")]


def test_without_headings_a_chapter_begins_where_the_names_shift() -> None:
    acts = [act(at, names="abc"[at % 3 :] + "d") for at in range(12)] + [
        act(at, names="wxy"[at % 3 :] + "z") for at in range(12, 24)
    ]
    assert kinds(borders(acts, [])) == [(0, "beginning"), (12, "shift")]
    under_a_heading = [act(each.at // SECOND, "A", "".join(sorted(each.names))) for each in acts]
    assert kinds(borders(under_a_heading, [])) == [(0, "beginning")]
    same = [act(at, names="abc") for at in range(40)]
    assert kinds(borders(same, [])) == [(0, "beginning")]


def test_no_acts_have_no_chapters() -> None:
    assert borders([], [pause(1, 900)]) == []


@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from("ABCDEFGHIJ"), st.booleans()), min_size=1, max_size=200))
def test_chapters_cover_every_act_once_and_stay_few(steps: list[tuple[int, str, bool]]) -> None:
    acts, breaks, at = [], [], 0
    for wait, section, again in steps:
        if wait > 120:
            breaks.append(pause(at, at + wait))
        at += wait
        acts.append(act(at, section, section.lower(), again=again))
    found = borders(acts, breaks)
    begins = [border.index for border in found]
    assert begins[0] == 0
    assert begins == sorted(set(begins))
    assert len(found) <= MOST_CHAPTERS


def test_of_many_headings_chapters_are_spread_evenly() -> None:
    acts = [act(at, f"part {at}") for at in range(1, 241)]
    found = borders(acts, [])
    assert len(found) == MOST_CHAPTERS
    lengths = [b.index - a.index for a, b in pairwise(found)]
    assert max(lengths) <= 2 * 240 // MOST_CHAPTERS
    assert sum(border.merged for border in found) + len(found) == 240


def test_headings_are_those_of_commonmark() -> None:
    text = "# A #\n```\n# no\n```\n   ## B\n#no\n    # code\n####### seven\n#\n~~~\n# x"
    assert [(each.level, each.text) for each in headings(text)] == [(1, "A"), (2, "B"), (1, "(heading)")]


def test_words_stand_below_their_headings() -> None:
    text = "before\n\n# A\n\nfirst\n\nsecond\n## B\n## C\nlast"
    assert list(paragraphs(text)) == [("", "before"), ("A", "first\n\nsecond"), ("C", "last")]
    assert list(paragraphs("# only")) == []


def test_a_megabyte_of_signs_is_read_at_once() -> None:
    for text in ("#" * 10**6, "# " + " " * 10**6 + "x", "# " + "# " * 300_000, "`" * 10**6):
        assert len(headings(text)) <= 1


def test_lists_numbers_and_positions_in_words() -> None:
    assert listed(["a", "b", "c"]) == ("a", ", ", "b", " and ", "c")
    assert listed([str(each) for each in range(9)], 2) == ("0", ", ", "1", " and ", "7 more")
    assert numbers([7, 2, 5, 6, 9, 10]) == "2, 5 to 7, 9 and 10"
    assert told_positions([1, 2, 3, 9]) == [("1–3", 1), ("9", 9)]
    assert told_positions([1, 3, 5, 7, 9, 11], 3) == [("1", 1), ("3", 3), ("+3", None), ("11", 11)]


def test_shares_are_fair() -> None:
    assert shares([9, 3, 3, 4, 4], 20) == [6, 3, 3, 4, 4]
    assert shares([0, 0, 1, 0, 0], 20) == [0, 0, 1, 0, 0]
    assert shares([50, 3, 50, 50, 50], 20) == [5, 3, 4, 4, 4]
