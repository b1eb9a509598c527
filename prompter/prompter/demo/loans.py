"""What the made-up people work on: nine hundred loans, and the steps of their analyses with what comes of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from prompter_events.catalogue.runs import EstimatorFact

COLUMNS = ("grade", "annual_income", "dti", "amount", "term", "purpose", "rate", "default")
"""Of ``loans.csv``."""

ROWS = 900

GIVEN = (
    ("load", "markdown", "# Load and look\n\nNine hundred invented loans: which of them are not paid back?"),
    ("read", "code", ""),
    ("clean", "markdown", "# Clean\n\nAn income of −1 means that nobody asked."),
    ("models", "markdown", "# Models"),
)
"""The notebook as everybody gets it: ids, types, sources."""

Section = Literal["load", "clean", "models"]
SECTIONS: tuple[Section, ...] = ("load", "clean", "models")

_NUMERIC = ("annual_income", "dti", "amount", "rate")
_GROUPS = ("grade", "purpose", "term")

Frames = Mapping[str, tuple[int, tuple[str, ...]]]
"""Rows and columns of the data frames that a kernel holds, by name."""


@dataclass(frozen=True)
class Step:
    """One cell of an analysis."""

    source: str
    output: str = ""
    seconds: float = 0.2
    """How long the kernel needs."""
    reads: tuple[str, ...] = ("loans",)
    binds: tuple[str, ...] = ()
    frames: Frames = field(default_factory=dict)
    """Those that it makes or changes, as they are afterwards."""
    estimators: tuple[EstimatorFact, ...] = ()
    figures: int = 0
    slips: tuple[tuple[str, str], ...] = ()
    """What somebody may run before it: the source, and the error that ends it."""


def plan(random: Random) -> list[tuple[Section, Step]]:
    """One person's way through the task: everybody loads, cleans and models, each in their own manner."""
    known = 900 - random.randint(30, 45)
    kept = known - random.randint(8, 30)
    limit = random.choice((35, 40, 45))
    steps: list[tuple[Section, Step]] = [("load", _reading(random))]
    steps += [("load", step) for step in random.sample(_looks(random), k=random.randint(1, 3))]
    logged = (*COLUMNS, "log_income")
    steps.append(
        (
            "clean",
            Step(
                'known = loans["annual_income"] > 0\nloans = loans[known].copy()\nlen(loans)',
                str(known),
                binds=("known", "loans"),
                frames={"loans": (known, COLUMNS)},
                slips=(('known = loans["income"] > 0\nloans = loans[known].copy()\nlen(loans)', "KeyError: 'income'"),),
            ),
        )
    )
    steps.append(
        (
            "clean",
            Step(
                'loans["log_income"] = np.log(loans["annual_income"])\nloans["log_income"].describe().round(2)',
                f"count    {known}.00\nmean      {random.uniform(10.6, 10.9):.2f}\nstd        0.52",
                reads=("loans", "np"),
                frames={"loans": (known, logged)},
                slips=(
                    (
                        'loans["log_income"] = np.log(loans["annual_incom"])\nloans["log_income"].describe().round(2)',
                        "KeyError: 'annual_incom'",
                    ),
                ),
            ),
        )
    )
    if random.random() < 0.7:
        steps.append(
            (
                "clean",
                Step(
                    f'loans = loans[loans["dti"] < {limit}]\nloans.shape',
                    f"({kept}, {len(logged)})",
                    binds=("loans",),
                    frames={"loans": (kept, logged)},
                    slips=(
                        (
                            f'loans = loans[loans["dti"] < {limit}\nloans.shape',
                            "SyntaxError: '[' was never closed (<ipython-input>, line 1)",
                        ),
                    ),
                ),
            )
        )
    steps.append(("clean", _comparison(random)))
    steps += [("models", step) for step in _models(random)]
    return steps


def _reading(random: Random) -> Step:
    source = 'import numpy as np\nimport pandas as pd\n\nloans = pd.read_csv("loans.csv")\nloans.head()'
    table = "<table><tr><th>grade</th><th>annual_income</th></tr><tr><td>E</td><td>49600</td></tr></table>"
    return Step(
        source,
        table,
        seconds=random.uniform(0.7, 1.6),
        reads=(),
        binds=("np", "pd", "loans"),
        frames={"loans": (ROWS, COLUMNS)},
        slips=(
            (
                source.replace("loans.csv", "loan.csv"),
                "FileNotFoundError: [Errno 2] No such file or directory: 'loan.csv'",
            ),
            (source.replace("pd.read_csv", "read_csv"), "NameError: name 'read_csv' is not defined"),
        ),
    )


def _looks(random: Random) -> list[Step]:
    return [
        Step('loans[["annual_income", "dti", "amount"]].describe().round(1)', _table(random, ("mean", "std", "max"))),
        Step('loans["grade"].value_counts()', _table(random, "BCDAEFG")),
        Step("loans.isna().mean().sort_values(ascending=False)", _table(random, COLUMNS)),
        Step('loans.groupby("grade")["default"].mean().round(3)', _table(random, "ABCDEFG")),
        Step("loans.dtypes", "\n".join(f"{name:16}object" for name in COLUMNS)),
    ]


def _comparison(random: Random) -> Step:
    source = (
        "from scipy import stats\n\n"
        'paid = loans.loc[loans["default"] == 0, "dti"]\nlost = loans.loc[loans["default"] == 1, "dti"]\n'
        'print(f"p = {stats.mannwhitneyu(paid, lost).pvalue:.1g}")'
    )
    wrong = source.replace("mannwhitneyu", "mannwhitney")
    return Step(
        source,
        f"p = {random.choice(('2e-05', '0.0003', '7e-08'))}",
        seconds=0.9,
        binds=("stats", "paid", "lost"),
        slips=((wrong, "AttributeError: module 'scipy.stats' has no attribute 'mannwhitney'"),),
    )


def _models(random: Random) -> Iterator[Step]:
    yield Step(
        "from sklearn.model_selection import train_test_split\n\n"
        'features = ["log_income", "dti", "amount", "term"]\n'
        "X_train, X_test, y_train, y_test = train_test_split(\n"
        '    loans[features], loans["default"], random_state=1\n)',
        seconds=random.uniform(0.6, 1.4),
        binds=("train_test_split", "features", "X_train", "X_test", "y_train", "y_test"),
        slips=(
            (
                "from sklearn.model_selection import train_test_split\n\n"
                'features = ["log_income", "dti", "amount", "grade"]\n'
                "X_train, X_test, y_train, y_test = train_test_split(loans[feature], loans.default)",
                "NameError: name 'feature' is not defined",
            ),
        ),
    )
    yield _logistic(random, 'class_weight="balanced"', {"class_weight": "'balanced'"})
    yield Step(
        "pd.Series(model[-1].coef_[0], index=features).sort_values().round(2)",
        _table(random, ("log_income", "term", "amount", "dti")),
        reads=("pd", "model", "features"),
    )
    yield forest(random)


def _logistic(random: Random, arguments: str, parameters: dict[str, str]) -> Step:
    score = random.uniform(0.66, 0.74)
    source = (
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.metrics import roc_auc_score\n"
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n\n"
        f"model = make_pipeline(StandardScaler(), LogisticRegression({arguments}))\n"
        "model.fit(X_train, y_train)\nroc_auc_score(y_test, model.predict_proba(X_test)[:, 1]).round(3)"
    )
    return Step(
        source,
        f"{score:.3f}",
        seconds=random.uniform(0.8, 2.5),
        reads=("X_train", "y_train", "X_test", "y_test"),
        binds=("LogisticRegression", "roc_auc_score", "make_pipeline", "StandardScaler", "model"),
        estimators=_estimators("model", "Pipeline(LogisticRegression)", parameters, score),
        slips=(
            (source.replace("y_train)", "y)"), "NameError: name 'y' is not defined"),
            (
                source.replace("StandardScaler(), ", ""),
                "ConvergenceError: lbfgs failed to converge (status=1)",
            ),
        ),
    )


def forest(random: Random) -> Step:
    """A random forest, each time with another number of trees and depth."""
    trees, depth = random.choice((50, 100, 200, 500)), random.choice((3, 4, 6, 8))
    score = random.uniform(0.65, 0.73)
    return Step(
        "from sklearn.ensemble import RandomForestClassifier\n\n"
        f"forest = RandomForestClassifier(n_estimators={trees}, max_depth={depth}, random_state=1)\n"
        "forest.fit(X_train, y_train)\nroc_auc_score(y_test, forest.predict_proba(X_test)[:, 1]).round(3)",
        f"{score:.3f}",
        seconds=trees / random.uniform(12, 30),
        reads=("X_train", "y_train", "X_test", "y_test", "roc_auc_score"),
        binds=("RandomForestClassifier", "forest"),
        estimators=_estimators(
            "forest", "RandomForestClassifier", {"n_estimators": str(trees), "max_depth": str(depth)}, score
        ),
    )


def _estimators(name: str, kind: str, parameters: dict[str, str], score: float) -> tuple[EstimatorFact, ...]:
    return (
        EstimatorFact(name=name, kind=kind, did="fitted", parameters=parameters),
        EstimatorFact(name=name, kind=kind, did="scored", metric="roc_auc_score", value=round(score, 3)),
    )


def explored(random: Random, section: Section, frames: Frames) -> Step:
    """One step more, beside the plan: there is no end to what can be looked at."""
    rows, columns = frames.get("loans", (ROWS, COLUMNS))
    number, group = random.choice(_NUMERIC), random.choice(_GROUPS)
    if section == "models":
        return random.choice((forest, _boosted, _regularised))(random)
    wish = random.randrange(5 if section == "clean" else 4)
    if wish == 0:
        how = random.choice(("mean", "median", "std", "max"))
        return Step(f'loans.groupby("{group}")["{number}"].{how}().round(1)', _table(random, "ABCDEFG"))
    if wish == 1:
        return Step(
            f'loans["{number}"].hist(bins={random.choice((10, 20, 30, 50))});', "<Figure size 640x480>", 0.6, figures=1
        )
    if wish == 2:
        limit = random.choice((10, 20, 5000, 20000))
        return Step(f'loans.query("{number} > {limit}")["default"].mean().round(3)', f"{random.uniform(0.1, 0.4):.3f}")
    if wish == 3:
        source = f'loans.pivot_table(index="{group}", columns="default", values="{number}").round(1)'
        return Step(
            source,
            _table(random, "ABCDE"),
            slips=(
                (
                    source.replace("pivot_table", "pivot_tabel"),
                    "AttributeError: 'DataFrame' object has no attribute 'pivot_tabel'",
                ),
            ),
        )
    name = f"{number}_{random.choice(('rank', 'z', 'bin'))}"
    kept = columns if name in columns or len(columns) > 30 else (*columns, name)
    return Step(
        f'loans["{name}"] = loans["{number}"].rank(pct=True)\nloans[["{number}", "{name}"]].head()',
        _table(random, "01234"),
        frames={"loans": (rows, kept)},
    )


def _boosted(random: Random) -> Step:
    rate, score = random.choice((0.03, 0.05, 0.1)), random.uniform(0.66, 0.75)
    return Step(
        "from sklearn.ensemble import HistGradientBoostingClassifier\n\n"
        f"boost = HistGradientBoostingClassifier(learning_rate={rate}).fit(X_train, y_train)\n"
        "roc_auc_score(y_test, boost.predict_proba(X_test)[:, 1]).round(3)",
        f"{score:.3f}",
        seconds=random.uniform(3, 22),
        reads=("X_train", "y_train", "X_test", "y_test", "roc_auc_score"),
        binds=("HistGradientBoostingClassifier", "boost"),
        estimators=_estimators("boost", "HistGradientBoostingClassifier", {"learning_rate": str(rate)}, score),
        slips=(
            (
                "from sklearn.ensemble import HistGradientBoosting\n\n"
                "boost = HistGradientBoosting().fit(X_train, y_train)",
                "ImportError: cannot import name 'HistGradientBoosting' from 'sklearn.ensemble'",
            ),
        ),
    )


def _regularised(random: Random) -> Step:
    strength = random.choice((0.01, 0.1, 0.5, 10))
    return _logistic(random, f"C={strength}", {"C": str(strength)})


def revised(random: Random, source: str) -> str:
    """A cell as somebody changes it who comes back: another number, another column, or a remark on top."""
    numbers = [
        ("C=0.1", "C=1.0"), ("C=1.0", "C=0.01"), ("max_depth=4", "max_depth=6"), ("max_depth=6", "max_depth=3"),
        ("max_depth=8", "max_depth=4"), ("random_state=1", "random_state=7"), ("bins=10", "bins=40"),
        ("bins=20", "bins=50"), ("bins=30", "bins=15"), ('"dti"', '"rate"'), ('"amount"', '"annual_income"'),
        (".mean()", ".median()"), (".median()", ".mean()"), (".head()", ".sample(5, random_state=1)"),
        ('class_weight="balanced"', "C=0.5"), (".round(1)", ".round(2)"), ("np.log(", "np.log1p("),
    ]  # fmt: skip
    fitting = [(old, new) for old, new in numbers if old in source]
    if not fitting:
        return source if source.startswith("# ") else f"# {random.choice(_REMARKS)}\n{source}"
    old, new = random.choice(fitting)
    return source.replace(old, new, 1)


_REMARKS = ("check this again", "why so many?", "same as above, but cleaned", "is this stable?", "ask about the income")

NOTES: Sequence[str] = (
    "## What I see\n\nThe worse the grade, the more is lost. No surprise.",
    "Income is skewed, so take logs.",
    "**To do:** try without the purpose; ask what −1 means.",
    "The forest is no better than the line. Keep the line.",
    "## Result\n\nAUC about 0.7 either way; the debt ratio matters most.",
)


def _table(random: Random, rows: Sequence[str]) -> str:
    return "\n".join(f"{name:14}{random.uniform(0.02, 90):8.3f}" for name in rows)
