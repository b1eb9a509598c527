"""What the prompter kernel adds to a cell: its facts beside the stock kernel's silence.

    python -m benchmarks.kernel_facts [--rounds 3]

A notebook of 100 typical cells (loading, looking, cleaning, grouping, plotting's data, models, scores) runs in two
kernels, cell by cell in turns: ``prompter``, and ipykernel's own. A cell takes from the request to the kernel's *idle*.
What the extension says it took itself (``took_us``) is in the facts. Then how long each kernel takes to start.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from support.kernels import Notebook, kernel

from .figures import Limit, Target, figure, percentile

ENOUGH = Target(at_most=5.0)

BEGIN = (
    "import numpy as np\nimport pandas as pd",
    "from sklearn.linear_model import LogisticRegression\nfrom sklearn.pipeline import make_pipeline\n"
    "from sklearn.preprocessing import StandardScaler\nfrom sklearn.metrics import roc_auc_score",
    "rng = np.random.default_rng(7)\n"
    "loans = pd.DataFrame(rng.normal(size=(1000, 6)), columns=list('abcdef'))\n"
    "loans['grade'] = rng.choice(list('ABCD'), 1000)\nloans['default'] = rng.integers(0, 2, 1000)\n"
    "loans.loc[rng.choice(1000, 120, replace=False), 'a'] = None",
    "features = list('abcdef')",
)

REPEATED = (
    "loans.head()",
    "loans.describe()",
    "known_{n} = loans.dropna()",
    "known_{n}['log_{n}'] = np.log1p(known_{n}['a'].abs())",
    "known_{n}.groupby('grade')['default'].agg(['mean', 'count']).round(3)",
    "for name in features:\n    print(name, round(known_{n}[name].mean(), 3))",
    "X, y = known_{n}[features], known_{n}['default']",
    "model_{n} = make_pipeline(StandardScaler(), LogisticRegression(C={n} + 0.5))\nmodel_{n}.fit(X, y)",
    "guess = model_{n}.predict_proba(X)[:, 1]\nroc_auc_score(y, guess)",
    "def share(frame, column):\n    return frame[column].value_counts(normalize=True)\nshare(known_{n}, 'grade')",
    "corr = known_{n}[features].corr()\ncorr.abs().max()",
    "total_{n} = sum(value for value in y)\ntotal_{n}",
)


def cells(count: int) -> Iterator[str]:
    """So many cells, each of which leaves something behind or looks at it."""
    yield from BEGIN
    for number in range(count - len(BEGIN)):
        n, which = divmod(number, len(REPEATED))
        yield REPEATED[which].replace("{n}", str(n))


def measure(rounds: int, count: int) -> None:
    """Print the figures."""
    ours: list[float] = []
    stock: list[float] = []
    inside: list[float] = []
    for number in range(rounds):
        with ExitStack() as stack, tempfile.TemporaryDirectory() as home:
            began = time.perf_counter()
            plain = stack.enter_context(kernel(_made(home, "stock"), "python3"))
            started = time.perf_counter()
            facts = stack.enter_context(kernel(_made(home, "facts"), timed=True))
            ready = time.perf_counter()
            if number == rounds - 1:
                figure("start until ready", ready - started, "s", Limit("the stock kernel", started - began))
            for cell in cells(count):
                stock.append(_timed(plain, cell, []))
                ours.append(_timed(facts, cell, inside))
    for name, of in (("median", median), ("p99", _p99)):
        figure(f"a cell, {name}", of(ours), "ms", Limit("the stock kernel", of(stock)))
    differences = [mine - other for mine, other in zip(ours, stock, strict=True)]
    figure("what a cell takes longer, median", median(differences), "ms", target=ENOUGH)
    figure("the facts by their own clock, median", median(inside), "ms", target=ENOUGH)
    figure("the facts by their own clock, p99", _p99(inside), "ms")


def _made(home: str, name: str) -> Path:
    made = Path(home) / name
    made.mkdir()
    return made


def _timed(notebook: Notebook, cell: str, inside: list[float]) -> float:
    began = time.perf_counter()
    told = notebook.run(cell)
    took = (time.perf_counter() - began) * 1000
    if told.status != "ok":
        raise RuntimeError(f"{cell!r} failed: {told.error}")
    inside += [each["took_us"] / 1000 for each in told.facts]
    return took


def _p99(values: Sequence[float]) -> float:
    return percentile(values, 99)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="notebooks that are run (default 3)")
    parser.add_argument("--cells", type=int, default=100, help="cells of the notebook (default 100)")
    chosen = parser.parse_args()
    measure(chosen.rounds, chosen.cells)


if __name__ == "__main__":
    main()
