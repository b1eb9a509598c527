"""What counts as a change of a cell."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompter.policy import similarity
from prompter.study import Rule
from prompter_projections.similarity import language_of

SUBSTANTIAL = Rule(use="substantial_change", ask="change").similarity

FIT = """\
X = loans[["income", "dti"]]
model = LogisticRegression(max_iter=1000)
model.fit(X, y)
print(model.score(X, y))
"""

THIRTY = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

def ratio(part, whole):
    '''How much of a whole.'''
    if whole == 0:
        return 0.0
    return part / whole

loans = pd.read_csv("loans.csv", sep=";")
for column in ["income", "dti", "age", "amount", "term", "rate", "grade"]:
    loans[column] = loans[column].fillna(loans[column].median())
    loans[column] = loans[column].clip(lower=0)
loans["burden"] = ratio(loans["amount"], loans["income"])
recent = loans[loans["year"] > 2015]
by_grade = recent.groupby("grade")["default"].mean()
print(by_grade.sort_values())
X = recent[["income", "dti", "age"]]
y = recent["default"]
split = int(len(X) * 0.8)
X_train, X_test = X[:split], X[split:]
y_train, y_test = y[:split], y[split:]
model = LogisticRegression()
model.fit(X_train, y_train)
scores = model.predict_proba(X_test)[:, 1]
print(np.mean(scores))
with open("scores.txt", "w") as out:
    out.write(str(scores))
recent["income"].hist(bins=30)
"""

TRY = "try:\n    f()\nexcept KeyError:\n    g()\n"

Y = 'y = recent["default"]\n'

SWAPPED = THIRTY.replace("import numpy as np\nimport pandas as pd\n", "import pandas as pd\nimport numpy as np\n")

THE_SAME = {
    "layout": (FIT, FIT.replace(", ", ",   ")),
    "comments": (FIT, "# fit it\n" + FIT.replace("\n", "  # here\n")),
    "blank lines": (FIT, FIT.replace("\n", "\n\n")),
    "renamed locals": (FIT, FIT.replace("model", "logit").replace("X", "features")),
    "quotes": (FIT, FIT.replace('"', "'")),
    "lines broken": (FIT, FIT.replace("(max_iter=1000)", "(\n    max_iter=1_000,\n)")),
    "a doc string": (THIRTY, THIRTY.replace("How much of a whole.", "Part by whole, 0 of nothing.")),
    "comments in a long cell": (THIRTY, THIRTY.replace("\n", "  # so\n")),
    "order of imports": (THIRTY, SWAPPED),
    "a local renamed in a long cell": (THIRTY, THIRTY.replace("recent", "young")),
    "a function renamed in a long cell": (THIRTY, THIRTY.replace("ratio", "share")),
    "two locals renamed in a long cell": (
        THIRTY,
        THIRTY.replace("scores)", "p)").replace("scores =", "p =").replace("by_grade", "g"),
    ),
    "an alias of a module": (THIRTY, THIRTY.replace("as pd", "as pandas").replace("pd.", "pandas.")),
    "only comments": ("# look here", "# look there"),
    "a magic's blanks": ("%timeit f(x)", "%timeit   f(x)"),
    "a magic, and a local": ("%matplotlib inline\nx = 1\nx", "%matplotlib inline\ny = 1\ny"),
    "a comment in a shell cell": ("%%bash\nls -l data", "%%bash\n# what is there\nls -l data"),
    "layout and a comment of a query": ("%%sql\nselect a from b", "%%sql\nselect a -- the first\n  from b"),
    "broken code": ("for x in", "for  x  in"),
    "timed by a magic": ("model.fit(X, y)", "%time model.fit(X, y)"),
}

STILL_LIKE_IT = {
    "a line added to a long cell": (THIRTY, THIRTY + "print(y.mean())\n"),
    "a line taken from a long cell": (THIRTY, THIRTY.replace("print(by_grade.sort_values())\n", "")),
    "an import added to a long cell": (THIRTY, "import json\n" + THIRTY),
    "two lines of a long cell swapped": (
        THIRTY,
        THIRTY.replace('y = recent["default"]\n', "") + 'y = recent["default"]\n',
    ),
    "a local added": (THIRTY, "limit = 3\n" + THIRTY),
}

CHANGED = {
    "another model": (FIT, FIT.replace("LogisticRegression(max_iter=1000)", "RandomForestClassifier()")),
    "another column": (FIT, FIT.replace('"dti"', '"amount"')),
    "another constant": (FIT, FIT.replace("1000", "20")),
    "another call": (FIT, FIT.replace("score", "predict")),
    "a parameter more": (FIT, FIT.replace("1000", "1000, C=0.1")),
    "another model in a long cell": (THIRTY, THIRTY.replace("LogisticRegression()", "RandomForestClassifier()")),
    "another column in a long cell": (THIRTY, THIRTY.replace('recent["income"]', 'recent["age"]')),
    "one column of many in a long cell": (THIRTY, THIRTY.replace('"amount", "term"', '"sum", "term"')),
    "a constant in a long cell": (THIRTY, THIRTY.replace("2015", "2010")),
    "a keyword's value in a long cell": (THIRTY, THIRTY.replace("bins=30", "bins=60")),
    "a keyword in a long cell": (THIRTY, THIRTY.replace("lower=0", "upper=0")),
    "a method in a long cell": (THIRTY, THIRTY.replace(".median()", ".mean()")),
    "an attribute in a long cell": (THIRTY, THIRTY.replace("np.mean(", "np.std(")),
    "a comparison in a long cell": (THIRTY, THIRTY.replace('["year"] >', '["year"] <')),
    "an operator in a long cell": (THIRTY, THIRTY.replace("part / whole", "part * whole")),
    "the file in a long cell": (THIRTY, THIRTY.replace("loans.csv", "loans2.csv")),
    "renamed and another model": (
        THIRTY,
        THIRTY.replace("model.", "forest.").replace("model = LogisticRegression", "forest = RandomForestClassifier"),
    ),
    "moved and another column": (
        THIRTY,
        'recent["age"].hist(bins=30)\n' + THIRTY.replace('recent["income"].hist(bins=30)\n', ""),
    ),
    "another cell": (FIT, "loans.hist()\nplt.show()"),
    "a column of a query": ("%%sql\nselect a from b", "%%sql\nselect c from b"),
    "a file of a command": ("!head loans.csv", "!head people.csv"),
    "a captured command": ("files = !ls data", "files = !ls results"),
    "a cell for another language": ("%%bash\nls", "%%html\nls"),
    "the error that is caught": (TRY, TRY.replace("Key", "Value")),
    "a case": ("match x:\n    case 1:\n        f()", "match x:\n    case 2:\n        f()"),
    "broken code": ("for x in", "while y"),
    "code for broken code": ("x = f(1)", "x = = 2 3"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), THE_SAME.values(), ids=THE_SAME.keys())
def test_what_does_not_change_the_meaning_does_not_count(before: str, after: str) -> None:
    assert similarity(before, after) == similarity(after, before) == 1.0


@pytest.mark.parametrize(("before", "after"), STILL_LIKE_IT.values(), ids=STILL_LIKE_IT.keys())
def test_a_little_more_of_a_long_cell_is_not_substantial(before: str, after: str) -> None:
    assert SUBSTANTIAL < similarity(before, after) < 1


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_what_changes_the_meaning_is_substantial_however_long_the_cell(before: str, after: str) -> None:
    assert 0 <= similarity(before, after) < SUBSTANTIAL


def test_a_frame_from_elsewhere_is_no_local() -> None:
    assert similarity(FIT, FIT.replace("loans", "clean")) < 1


def test_another_cell_is_far_away() -> None:
    assert similarity(FIT, "loans.hist()\nplt.show()") < 0.5


@pytest.mark.parametrize(
    ("kernel", "language"),
    [
        *((name, "python") for name in ("python3", "prompter", "my-venv", "irkernel-not", "")),
        *(("ir", "r"), ("julia-1.11", "julia"), ("bash", "shell"), ("xsql", "sql"), ("deno", "javascript")),
    ],
)
def test_the_kernel_tells_the_language(kernel: str, language: str) -> None:
    assert language_of(kernel) == language


@pytest.mark.parametrize(
    ("language", "before", "after", "same"),
    [
        ("r", "loans <- read.csv('a.csv') # it", "loans <- read.csv('a.csv')", True),
        ("r", "mean(loans$income)", "mean(loans$age)", False),
        ("sql", "select 1 -- one", "select 1", True),
        ("javascript", "f(x) // so", "f( x )", True),
        ("julia", "f(x) = 2x", "f(y) = 2y", False),  # a local of another language is a word like others
    ],
)
def test_other_languages_are_compared_by_words(language: str, before: str, after: str, same: bool) -> None:
    assert (similarity(before, after, language) == 1) == same


@given(st.text(max_size=80), st.text(max_size=80))
def test_it_is_a_ratio_for_any_text(before: str, after: str) -> None:
    assert 0 <= similarity(before, after) <= 1
    assert similarity(before, before) == 1


LINES = st.lists(st.sampled_from(THIRTY.splitlines(keepends=True) + FIT.splitlines(keepends=True)), max_size=12)


@given(LINES, LINES)
def test_it_is_a_ratio_for_any_lines_and_the_same_each_time(before: list[str], after: list[str]) -> None:
    one, other = "".join(before), "".join(after)
    alike = similarity(one, other)
    assert 0 <= alike <= 1
    assert similarity(one, one) == 1
    assert similarity(one + " ", other + " ") == alike  # another text to parse, the same to compare


def test_very_deep_code_does_not_break_it() -> None:
    deep = "(" * 5000 + "1" + ")" * 5000
    assert similarity(deep, deep + " + 1") <= 1


def test_a_long_list_with_other_numbers_is_compared_without_a_long_wait() -> None:
    # The exact comparison of this pair takes minutes; the suite would stand still.
    before, after = (repr(list(range(start, start + 3000))) for start in (0, 10_000))
    assert 0 < similarity(before, after) < 1


@pytest.mark.parametrize(
    "cell",
    [
        "".join(f"part{n} = f(loans[{n}]) + {n}\n" for n in range(450)),
        "f(" * 60 + "1" + ")" * 60 + "\n" * 9_000,
        "x = [" + "1, " * 5_000 + "]",
        "".join(f"a{n}=b{n}\n" for n in range(1_300)),
    ],
    ids=["statements", "depth", "one statement", "names"],
)
def test_it_takes_a_bounded_time(cell: str) -> None:
    """Two seconds are ten times what it takes: it shares the server's thread."""
    began = time.process_time()
    similarity(cell, cell.replace("b", "c").replace("f(", "g(").replace("1", "2"))
    assert time.process_time() - began < 2
