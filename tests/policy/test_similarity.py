"""What counts as a change of a cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompter.policy import similarity

FIT = """\
X = loans[["income", "dti"]]
model = LogisticRegression(max_iter=1000)
model.fit(X, y)
print(model.score(X, y))
"""

THE_SAME = {
    "layout": FIT.replace(", ", ",   "),
    "comments": "# fit it\n" + FIT.replace("\n", "  # here\n"),
    "blank lines": FIT.replace("\n", "\n\n"),
    "renamed locals": FIT.replace("model", "logit").replace("X", "features"),
    "quotes": FIT.replace('"', "'"),
}

CHANGED = {
    "another model": FIT.replace("LogisticRegression(max_iter=1000)", "RandomForestClassifier()"),
    "another column": FIT.replace('"dti"', '"amount"'),
    "another constant": FIT.replace("1000", "20"),
    "another call": FIT.replace("score", "predict"),
    "a name from elsewhere": FIT.replace("loans", "clean"),
}


@pytest.mark.parametrize("after", THE_SAME.values(), ids=THE_SAME.keys())
def test_what_does_not_change_the_meaning_does_not_count(after: str) -> None:
    assert similarity(FIT, after) == 1.0


@pytest.mark.parametrize("after", CHANGED.values(), ids=CHANGED.keys())
def test_what_changes_the_meaning_counts(after: str) -> None:
    assert 0 < similarity(FIT, after) < 1


def test_another_cell_is_far_away() -> None:
    assert similarity(FIT, "loans.hist()\nplt.show()") < 0.5


def test_magics_are_compared_too() -> None:
    assert similarity("%timeit f(x)", "%timeit  f(x)") < 1  # a magic's text is its meaning
    assert similarity("%matplotlib inline\nx = 1", "%matplotlib inline\ny = 1") == 1


def test_broken_code_is_compared_by_words() -> None:
    assert similarity("for x in", "for  x  in") == 1
    assert similarity("for x in", "while y") < 0.5


@given(st.text(max_size=80), st.text(max_size=80))
def test_it_is_a_ratio_for_any_text(before: str, after: str) -> None:
    assert 0 <= similarity(before, after) <= 1
    assert similarity(before, before) == 1


def test_very_deep_code_does_not_break_it() -> None:
    deep = "(" * 5000 + "1" + ")" * 5000
    assert similarity(deep, deep + " + 1") <= 1


def test_a_long_list_with_other_numbers_is_compared_without_a_long_wait() -> None:
    # The exact comparison of this pair takes minutes; the suite would stand still.
    before, after = (repr(list(range(start, start + 3000))) for start in (0, 10_000))
    assert 0 < similarity(before, after) < 1
