"""Data frames, series and arrays that runs bind, change and remove, in a real kernel."""

from __future__ import annotations

import pytest

from prompter_events.catalogue.runs import FrameFact, FrameShape
from support.kernels import Notebook

LOANS = "loans = pd.DataFrame({'grade': ['A', 'B', None, 'D'] * 250, 'dti': np.arange(1000.0)})"


def only(facts: list[FrameFact]) -> FrameFact:
    [fact] = facts
    return fact


def sizes(fact: FrameFact) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    before, after = (shape and (shape.rows, shape.columns) for shape in (fact.before, fact.after))
    return before, after


def test_a_pandas_frame_is_told_with_its_columns_types_and_gaps(notebook: Notebook) -> None:
    facts = notebook.facts(LOANS)
    assert facts.read == ["pd", "np"]
    assert facts.bound == ["loans"]
    shape = FrameShape(rows=1000, columns=2, names=["grade", "dti"], dtypes=["str", "float64"], missing=250)
    assert facts.frames == [FrameFact(name="loans", kind="pandas.DataFrame", before=None, after=shape)]


def test_a_filter_leads_from_the_shape_before_to_the_shape_after(notebook: Notebook) -> None:
    notebook.facts(LOANS)
    fact = only(notebook.facts("loans = loans.dropna()").frames)
    assert sizes(fact) == ((1000, 2), (750, 2))
    assert fact.before is not None
    assert fact.after is not None
    assert (fact.before.missing, fact.after.missing) == (250, 0)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("loans['rate'] = 0.5", (1000, 3)),
        ("del loans['grade']", (1000, 1)),
        ("loans.drop(loans.index[:10], inplace=True)", (990, 2)),
        ("loans.insert(0, 'rate', 1)", (1000, 3)),
        ("def widen(frame):\n    frame['rate'] = 1\nwiden(loans)", (1000, 3)),
        ("alias = loans\nalias['rate'] = 1\ndel alias", (1000, 3)),
    ],
)
def test_a_change_in_place_is_seen(notebook: Notebook, change: str, after: tuple[int, int]) -> None:
    notebook.facts(LOANS)
    # A deprecated way is one that people use.
    facts = notebook.facts(f"import warnings\nwarnings.simplefilter('ignore')\n{change}")
    assert sizes(only([each for each in facts.frames if each.name == "loans"])) == ((1000, 2), after)


def test_types_and_gaps_that_change_in_place_are_seen(notebook: Notebook) -> None:
    notebook.facts(LOANS)
    fact = only(
        notebook.facts("loans.loc[:4, 'dti'] = np.nan\nloans['grade'] = loans['grade'].astype('category')").frames
    )
    assert fact.after is not None
    assert (fact.after.dtypes, fact.after.missing) == (["category", "float64"], 255)


def test_a_frame_that_is_only_read_is_no_fact(notebook: Notebook) -> None:
    notebook.facts(LOANS)
    facts = notebook.facts("loans.describe()\nloans.head()")
    assert (facts.read, facts.frames) == (["loans"], [])


def test_a_frame_that_goes_away_is_told(notebook: Notebook) -> None:
    notebook.facts(f"{LOANS}\nspare = loans.copy()")
    assert sizes(only(notebook.facts("del spare").frames)) == ((1000, 2), None)
    assert sizes(only(notebook.facts("loans = 'sold'").frames)) == ((1000, 2), None)


def test_a_series_has_one_column(notebook: Notebook) -> None:
    fact = only(notebook.facts("dti = pd.Series([1.0, None, 3.0], name='dti')").frames)
    shape = FrameShape(rows=3, columns=1, names=["dti"], dtypes=["float64"], missing=1)
    assert (fact.kind, fact.after) == ("pandas.Series", shape)


def test_a_polars_frame_is_told_as_a_pandas_one(notebook: Notebook) -> None:
    made = "pets = pl.DataFrame({'kind': ['cat', None, 'owl'], 'age': [1, 2, 3]})"
    shape = FrameShape(rows=3, columns=2, names=["kind", "age"], dtypes=["String", "Int64"], missing=1)
    assert only(notebook.facts(made).frames) == FrameFact(
        name="pets", kind="polars.DataFrame", before=None, after=shape
    )
    assert sizes(only(notebook.facts("pets = pets.drop_nulls()").frames)) == ((3, 2), (2, 2))
    fact = only(notebook.facts("age = pets['age'].shift()").frames)
    assert (fact.kind, fact.after) == (
        "polars.Series",
        FrameShape(rows=2, columns=1, names=["age"], dtypes=["Int64"], missing=1),
    )


def test_an_array_tells_its_dimensions_and_no_names(notebook: Notebook) -> None:
    facts = notebook.facts("cube = np.ones((10, 3, 4))\ncube[0] = np.nan\nwhole = np.arange(5)")
    assert [(each.name, each.after) for each in facts.frames] == [
        ("cube", FrameShape(rows=10, columns=12, dtypes=["float64"], missing=12)),
        ("whole", FrameShape(rows=5, columns=1, dtypes=["int64"], missing=0)),
    ]


def test_a_huge_frame_costs_what_a_small_one_costs(notebook: Notebook) -> None:
    long = only(notebook.facts("long = pd.DataFrame({'t': pd.Series(['x'], dtype=object).repeat(200_000)})").frames)
    wide = only(notebook.facts("wide = pd.DataFrame(np.zeros((2, 50_000)))").frames)
    assert long.after is not None
    assert wide.after is not None
    assert (long.after.rows, long.after.missing) == (200_000, None)
    assert (wide.after.columns, wide.after.names[:2], len(wide.after.names)) == (50_000, ["0", "1"], 100)
    notebook.run("del long, wide")


def test_after_an_error_the_facts_are_those_of_what_ran(notebook: Notebook) -> None:
    notebook.facts(LOANS)
    told = notebook.run("loans = loans.dropna()\nfirst = loans.iloc[0]\n1 / 0\nnever = loans")
    assert (told.status, told.error) == ("error", "ZeroDivisionError")
    assert told.all.bound == ["loans", "first"]
    assert sizes(told.all.frames[0]) == ((1000, 2), (750, 2))


def test_what_is_no_python_did_nothing(notebook: Notebook) -> None:
    told = notebook.run("def (")
    assert (told.all.read, told.all.bound, told.all.frames) == ([], [], [])
