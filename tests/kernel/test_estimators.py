"""Estimators that runs fit and score, in a real kernel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from prompter_events.catalogue.runs import EstimatorFact
from support.kernels import Notebook, kernel

PREPARED = """
import numpy as np
from sklearn import metrics
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A kernel in which scikit-learn and some data are at hand."""
    with kernel(tmp_path_factory.mktemp("models")) as started:
        assert started.run(PREPARED).status == "ok"
        yield started


def fitted(name: str, kind: str, **parameters: str) -> EstimatorFact:
    return EstimatorFact(name=name, kind=kind, did="fitted", parameters=parameters)


def test_a_fit_is_told_with_the_parameters_that_somebody_chose(models: Notebook) -> None:
    facts = models.facts("model = LogisticRegression(C=0.5, max_iter=200)\nmodel.fit(X, y)")
    assert facts.estimators == [fitted("model", "LogisticRegression", C="0.5", max_iter="200")]


@pytest.mark.parametrize(
    "fit",
    [
        "m = Ridge().fit(X, y)",
        "m = Ridge()\n_ = m.fit(X, y)",
        "def train():\n    return Ridge().fit(X, y)\nm = train()",
        "m = Ridge()\nfor _ in range(2):\n    m.fit(X, y)",
        "%time m = Ridge().fit(X, y)",
    ],
)
def test_a_fit_is_seen_however_it_is_written(models: Notebook, fit: str) -> None:
    models.run("m = None")
    assert models.facts(fit).estimators == [fitted("m", "Ridge")]


def test_another_fit_of_the_same_model_is_one_more(models: Notebook) -> None:
    models.facts("again = Ridge().fit(X, y)\ndef refit():\n    again.fit(X, y)")
    assert models.facts("again.predict(X)").estimators == []
    assert models.facts("refit()").estimators == [fitted("again", "Ridge")]


def test_a_model_that_was_not_fitted_here_is_no_fact(models: Notebook) -> None:
    models.facts("done = Ridge().fit(X, y)\nsearch = GridSearchCV(Ridge(), {'alpha': [1, 2]}).fit(X, y)")
    for cell in (
        "alias = done",
        "best = search.best_estimator_",
        "bare = clone(done)",
        "import copy\nsame = copy.deepcopy(done)",
        "made = Ridge()",
    ):
        assert models.facts(cell).estimators == [], cell


def test_a_fit_that_failed_is_none(models: Notebook) -> None:
    models.facts("broken = Ridge().fit(X, y)")
    told = models.run("broken.fit(X, y[:3])")
    assert (told.status, told.all.estimators) == ("error", [])


def test_a_pipeline_and_a_search_are_named_with_what_they_hold(models: Notebook) -> None:
    facts = models.facts("pipe = make_pipeline(StandardScaler(), LogisticRegression(C=2.0)).fit(X, y)")
    assert facts.estimators == [fitted("pipe", "Pipeline(LogisticRegression)", logisticregression__C="2.0")]
    facts = models.facts("search = GridSearchCV(pipe, {'logisticregression__C': [1, 2]}, cv=3)\nsearch.fit(X, y)")
    assert [(each.name, each.kind) for each in facts.estimators] == [
        ("search", "GridSearchCV(Pipeline(LogisticRegression))")
    ]
    assert facts.estimators[0].parameters == {
        "param_grid": "{'logisticregression__C': [1, 2]}",
        "cv": "3",
        "estimator__logisticregression__C": "2.0",
    }


def test_a_model_without_a_name_is_told_by_its_class(models: Notebook) -> None:
    assert models.facts("Ridge(alpha=3).fit(X, y)").estimators == [fitted("", "Ridge", alpha="3")]


def scores(models: Notebook, cell: str) -> list[tuple[str, str, str, float | None]]:
    facts = models.facts(cell).estimators
    return [(each.name, each.kind, each.metric, each.value) for each in facts if each.did == "scored"]


def test_a_score_is_told_with_its_value_where_the_cell_keeps_it(models: Notebook) -> None:
    models.facts("judged = LogisticRegression().fit(X, y)\nguess = judged.predict(X)")
    [(*what, value)] = scores(models, "reached = judged.score(X, y)")
    assert what == ["judged", "LogisticRegression", "score"]
    assert value is not None
    assert 0 < value <= 1
    assert scores(models, "judged.score(X, y)") == [("judged", "LogisticRegression", "score", value)]
    assert scores(models, "print(judged.score(X, y))") == [("judged", "LogisticRegression", "score", None)]
    # Whose predictions they are was seen in an earlier cell.
    [found] = scores(models, "metrics.accuracy_score(y, guess)")
    assert found == ("judged", "LogisticRegression", "accuracy_score", value)
    [found] = scores(models, "auc = roc_auc_score(y, judged.predict_proba(X)[:, 1])")
    assert found[:3] == ("judged", "LogisticRegression", "roc_auc_score")


def test_a_cross_validation_is_told_by_its_mean(models: Notebook) -> None:
    told = models.run("folds = cross_val_score(LogisticRegression(), X, y, cv=3)\nprint(folds.mean())")
    [fact] = told.all.estimators
    assert (fact.name, fact.kind, fact.metric) == ("", "LogisticRegression", "cross_val_score")
    assert fact.value == float(told.printed)


def test_what_is_called_score_elsewhere_is_no_fact(models: Notebook) -> None:
    cell = "class Game:\n    def score(self): return 3.0\ngame = Game()\npoints = game.score()"
    assert models.facts(cell).estimators == []
    assert models.facts("metrics.pairwise_distances(X).shape").estimators == []


def test_parameters_never_hold_data(models: Notebook) -> None:
    facts = models.facts(
        "from sklearn.preprocessing import OneHotEncoder\n"
        "from sklearn.naive_bayes import GaussianNB\n"
        "bayes = GaussianNB(priors=np.array([0.123, 0.877])).fit(X, y)\n"
        "coder = OneHotEncoder(categories=[['grade-secret', 'b']]).fit([['b']])"
    )
    assert [each.parameters for each in facts.estimators] == [{"priors": "ndarray"}, {"categories": "[[str, str]]"}]
