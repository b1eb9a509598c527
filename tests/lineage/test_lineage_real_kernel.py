"""The same cells told by the kernel's own observer, over pandas and scikit-learn, and told by their code alone."""

from __future__ import annotations

import ast
import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from working import Work

from prompter_kernel.budget import Budget
from prompter_kernel.observer import Observer, Run
from prompter_projections.lineage import Lineage

DATA = """
import numpy as np, pandas as pd
numbers = np.random.default_rng(7)
loans = pd.DataFrame({"income": numbers.normal(40, 9, 400), "amount": numbers.normal(9, 2, 400)})
loans["region"] = numbers.integers(0, 4, 400)
loans["failed"] = loans["amount"] * 4 - loans["income"] + numbers.normal(0, 9, 400) > 0
loans.loc[::40, "income"] = None
loans.to_csv({path!r}, index=False)
"""

CELLS = [
    ("imports", "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression"),
    ("load", "loans = pd.read_csv({path!r})\nloans.shape"),
    ("look", "loans.describe()"),
    ("clean", 'clean = loans[loans["income"] > 0].copy()\nclean["burden"] = clean["amount"] / clean["income"]'),
    ("regions", 'by_region = clean.merge(loans.groupby("region").mean(), on="region")\nby_region.shape'),
    ("scale", 'clean["income"] = clean["income"] / 10'),
    ("split", 'X = clean[["income", "burden"]]\ny = clean["failed"]'),
    ("wrong", 'X["incom"]'),
    ("wrong", 'X["income"]'),
    ("fit", "model = LogisticRegression(C=0.5)\nmodel.fit(X, y)\nprint(round(model.score(X, y), 6))"),
    ("again", "model.fit(X, y)\nscore = model.score(X, y)\nscore"),
    ("rate", "def rate(part):\n    return len(part) / len(loans)"),
    ("use", "rate(clean)"),
]


def _told(path: Path) -> tuple[Lineage, Lineage, dict[str, Any]]:
    exec(DATA.replace("{path!r}", repr(str(path))), {})
    space: dict[str, Any] = {"__builtins__": __builtins__}
    observer = Observer()
    observer.begin(space, Budget())
    by_kernel, by_code = Work("prompter"), Work()
    for label, cell in CELLS:
        source = cell.replace("{path!r}", repr(str(path)))
        value, error, line, shown = None, "", None, io.StringIO()
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(shown):
            try:
                exec(compile(tree, "<cell>", "exec"), space)
                if isinstance(last, ast.Expr):
                    value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
            except KeyError as raised:
                error, line = f"KeyError: {raised}", 1
        # No limit: a busy machine must not make the facts fewer.
        facts = observer.observe(Run(source, value, line), space, Budget(limit_ns=10**12))
        output = shown.getvalue() or ("" if value is None else repr(value))
        by_kernel.run(label, source, error=error, line=line, output=output, facts=dict(facts))
        by_code.run(label, source, error=error, line=line, output=output)
    return by_kernel.lineage(), by_code.lineage(), space


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lineage, Lineage, dict[str, Any]]:
    return _told(tmp_path_factory.mktemp("loans") / "loans.csv")


def test_the_code_alone_tells_which_run_fed_which(told: tuple[Lineage, Lineage, dict[str, Any]]) -> None:
    by_kernel, by_code, _ = told
    assert {node.facts for node in by_kernel.runs} == {"kernel"}
    # Kernel and code differ in one thing only: the kernel counts what a function uses where it is defined.
    differ = [one.index for one, other in zip(by_kernel.runs, by_code.runs, strict=True) if one.fed_by != other.fed_by]
    assert [CELLS[index][0] for index in differ] == ["rate"]
    assert by_kernel.results == by_code.results
    assert by_kernel.feeding == by_code.feeding


def test_the_kernel_tells_sizes_and_scores(told: tuple[Lineage, Lineage, dict[str, Any]]) -> None:
    by_kernel, by_code, space = told
    loaded, filtered = by_kernel.data_steps[:2]
    assert (loaded.kind, loaded.after and (loaded.after.rows, loaded.after.told_by)) == ("loaded", (400, "kernel"))
    assert filtered.before is not None
    assert (filtered.kind, filtered.before.rows, len(space["clean"])) == ("filtered", 400, 390)
    for lineage in (by_kernel, by_code):
        (model,) = lineage.models
        assert (model.kind, model.name) == ("LogisticRegression", "model")
        assert model.final is not None
        assert model.final.value == pytest.approx(space["score"])
        assert dict(model.trials[0].parameters) == {"C": "0.5"}
    assert by_kernel.models[0].trials[-1].scores[0].told_by == "kernel"
    assert by_code.models[0].trials[-1].scores[0].told_by == "output"


def test_both_tell_the_same_dead_ends_and_repairs(told: tuple[Lineage, Lineage, dict[str, Any]]) -> None:
    for lineage in told[:2]:
        ends = [CELLS[each.runs[0]][0] for each in lineage.dead_ends]
        assert ends == ["regions"]
        assert [(each.errors, each.repaired_by) for each in lineage.repairs] == [((7,), 8)]
