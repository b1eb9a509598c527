"""How made-up people type: from any text to any other, in a rhythm as it was measured."""

from __future__ import annotations

from random import Random
from statistics import mean, median, stdev

from hypothesis import given, settings
from hypothesis import strategies as st

from prompter.demo.rhythm import Stroke, Typist
from prompter_projections.text import Text

CODE = (
    "from sklearn.model_selection import train_test_split\n\nfeatures = ['income', 'dti']\n"
    "for name in features:\n    loans[name] = loans[name].fillna(0)\nprint(loans.describe())\n"
)


def typed(source: str, strokes: list[Stroke]) -> str:
    text = Text.of(source)
    for stroke in strokes:
        text = text.apply(stroke.ops)
    return str(text)


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_what_is_typed_leads_from_any_text_to_any_other(source: str, target: str, seed: int) -> None:
    assert typed(source, list(Typist(Random(seed)).changes(source, target))) == target


def test_code_is_typed_and_changed() -> None:
    typist = Typist(Random(3))
    assert typed("", list(typist.changes("", CODE))) == CODE
    other = CODE.replace("income", "log_income").replace("fillna(0)", "fillna(loans[name].median())")
    assert typed(CODE, list(typist.changes(CODE, other))) == other


def test_people_are_as_fast_and_as_different_as_was_measured() -> None:
    keys = [Typist(Random(f"hands {number}")).key * 1000 for number in range(2000)]
    # A mean of 239 ms, a deviation of 112 ms between people; the median within a word is a little below the mean.
    assert 190 < mean(keys) < 245
    assert 70 < stdev(keys) < 115


def test_times_between_keys_are_skewed_and_one_key_in_sixteen_takes_something_back() -> None:
    between: list[float] = []
    taken_back = given_ = 0
    for seed in range(30):
        strokes = list(Typist(Random(f"hands {seed}")).changes("", CODE))
        between += [stroke.after for stroke in strokes[1:]]
        for stroke in strokes:
            is_deletion = isinstance(stroke.ops[-1], int)
            taken_back += is_deletion
            given_ += not is_deletion
    assert 0.15 < median(between) < 0.30
    assert mean(between) > 1.2 * median(between)
    assert 0.04 < taken_back / (taken_back + given_) < 0.09
    assert any(pause > 2 for pause in between)
