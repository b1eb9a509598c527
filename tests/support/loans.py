"""Ninety minutes in which somebody asks which loans will default, and the truth about them, written down by hand.

The data are made up. The kernel tells facts up to its restart, and none after: from there the code alone tells. What a
lineage or a narrative says about these minutes can be held against ``TRUTH``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal
from uuid import UUID

from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.event import Event, SessionId
from prompter_events.log import Log
from support.lifelike import Desk

Ref = tuple[str, int]
"""A run: the label of its cell in ``Session.cells``, and which run of that cell it was, counted from 1."""


@dataclass(frozen=True)
class Step:
    """What was done to the data."""

    did: Literal["loaded", "filtered", "joined", "derived", "split"]
    run: Ref
    words: tuple[str, ...]
    """Texts that tell it: files, columns, numbers of rows."""


@dataclass(frozen=True)
class Model:
    """A model that was tried."""

    kind: str
    cell: str
    scores: tuple[tuple[Ref, float], ...]
    """Its areas under the curve, in order."""
    final: bool
    """Whether it is the one that the conclusion is about."""


@dataclass(frozen=True)
class Failure:
    """What failed, and what ended it."""

    runs: tuple[Ref, ...]
    error: str
    word: str
    """A text that its message holds."""
    repaired_by: Ref | None
    """The first run that went well again; none if it stayed."""
    cured_in: str | None
    """The cell whose change or run cured it."""


@dataclass(frozen=True)
class Abandoned:
    """What leads to no result."""

    cell: str
    words: tuple[str, ...]
    why: Literal["removed", "never used", "not run again"]
    reason: str | None
    """Why, in the person's own words; none if they never said."""


@dataclass(frozen=True)
class Truth:
    """What really happened."""

    aim: str
    conclusion: str
    steps: tuple[Step, ...]
    models: tuple[Model, ...]
    failures: tuple[Failure, ...]
    abandoned: tuple[Abandoned, ...]
    leak: str
    """The person's words on the leak."""
    result: Ref
    """The run whose score is the result."""
    feeding: frozenset[Ref]
    """The runs that the result rests on, itself among them."""
    answers: tuple[str, ...]
    """All that the person answered, in order."""
    uncharacterized: frozenset[str]
    """Cells that were run and never drew an answer."""


TRUTH = Truth(
    aim="I want to know which loans will default, using only what the bank knows when somebody applies.",
    conclusion="With what is known at application, boosted trees reach an AUC of 0.721; the logistic regression 0.694.",
    steps=(
        Step("loaded", ("load", 1), ("data/loans.csv", "10412")),
        Step("filtered", ("clean", 2), ("annual_inc", "10412", "10398")),
        Step("derived", ("clean", 3), ("default", "status")),
        Step("loaded", ("merge", 1), ("data/regions.csv",)),
        Step("joined", ("merge", 1), ("state", "10398", "31194")),
        Step("split", ("split", 1), ("X_train", "X_test")),
    ),
    models=(
        Model(
            "LogisticRegression", "logit", ((("logit", 2), 0.981), (("logit", 3), 0.694), (("logit", 4), 0.694)), False
        ),
        Model("DecisionTreeClassifier", "tree", ((("tree", 1), 0.902), (("tree", 2), 0.974)), False),
        Model(
            "HistGradientBoostingClassifier",
            "boost",
            ((("boost", 1), 0.708), (("boost", 2), 0.721), (("boost", 3), 0.702), (("boost", 4), 0.721)),
            True,
        ),
    ),
    failures=(
        Failure((("clean", 1),), "KeyError", "annual_income", ("clean", 2), "clean"),
        Failure((("logit", 1),), "ValueError", "contains NaN", ("logit", 2), "features"),
        Failure((("load", 2),), "NameError", "'pd' is not defined", ("load", 3), "imports"),
        Failure((("xgb", 1), ("xgb", 2)), "ModuleNotFoundError", "xgboost", None, None),
    ),
    abandoned=(
        Abandoned("plot", ("hist",), "removed", None),
        Abandoned("merge", ("regions", "merge"), "never used", "The regions hardly differ, so I leave them out."),
        Abandoned("tree", ("DecisionTreeClassifier",), "not run again", None),
        Abandoned("xgb", ("xgboost",), "removed", None),
    ),
    leak="0.98 is far too good. recovered is only known after a default, so the answer leaks into the features.",
    result=("compare", 1),
    feeding=frozenset(
        {("imports", 2), ("load", 3), ("clean", 4), ("features", 4), ("split", 4), ("logit", 4)}
        | {("boost", 4), ("compare", 1)}
    ),
    answers=(
        "I want to know which loans will default, using only what the bank knows when somebody applies.",
        "The column is called annual_inc, I typed it from memory.",
        "The regions hardly differ, so I leave them out.",
        "0.98 is far too good. recovered is only known after a default, so the answer leaks into the features.",
        "Smaller trees that learn slowly. I want to see whether that beats the logistic regression.",
    ),
    uncharacterized=frozenset({"imports", "look", "plot", "features", "split", "logit", "xgb", "compare"}),
)
"""Of ``loans()``, whatever its first position."""

_LOANS = ("id", "loan_amnt", "term", "annual_inc", "dti", "emp_years", "grade", "state", "purpose", "issued")
_LOANS += ("open_accounts", "recovered", "status", "channel")
_FEATURES = ("loan_amnt", "annual_inc", "dti", "emp_years", "recovered")
_GRADES = tuple(f"grade_{letter}" for letter in "ABCDEFG")

_IMPORTS = "import pandas as pd\nimport matplotlib.pyplot as plt"
_LOAD = 'loans = pd.read_csv("data/loans.csv")\nloans.shape'
_CLEAN = """# incomes of zero are typing errors
clean = loans[loans["annual_inc"] > 0].copy()
clean["default"] = clean["status"].eq("Charged Off")
clean.shape"""
_CHOSEN = """features = ["loan_amnt", "annual_inc", "dti", "emp_years", "recovered", "grade"]
X = pd.get_dummies(clean[features])
y = clean["default"]
X.shape"""
_FILLED = _CHOSEN.replace("clean[features]", "clean[features].fillna(0)")
_HONEST = _FILLED.replace('"recovered", ', "")
_SPLIT = """from sklearn.model_selection import train_test_split
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=7, stratify=y)"""
_LOGIT = """from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
logit = LogisticRegression(max_iter=2000)
logit.fit(X_train, y_train)
auc_logit = roc_auc_score(y_test, logit.predict_proba(X_test)[:, 1])
print(f"AUC of the logistic regression: {auc_logit:.3f}")"""
_TREE = """from sklearn.tree import DecisionTreeClassifier
tree = DecisionTreeClassifier(random_state=7)
tree.fit(X_train, y_train)
auc_tree = roc_auc_score(y_test, tree.predict_proba(X_test)[:, 1])
auc_tree"""
_BOOST = """from sklearn.ensemble import HistGradientBoostingClassifier
boost = HistGradientBoostingClassifier(random_state=7)
boost.fit(X_train, y_train)
auc_boost = roc_auc_score(y_test, boost.predict_proba(X_test)[:, 1])
print(f"AUC of the boosted trees: {auc_boost:.3f}")"""
_COMPARE = 'print("logistic", round(auc_logit, 3))\nprint("boosted trees", round(auc_boost, 3))'


@dataclass(frozen=True)
class Session:
    """The ninety minutes as events, and what their ids are called in ``TRUTH``."""

    session_id: SessionId
    events: tuple[Event, ...]
    cells: dict[str, str]
    """Cell ids by label."""
    runs: dict[Ref, UUID]

    def positions(self, ref: Ref) -> tuple[int, int]:
        """Where a run was scheduled and where it finished."""
        run_id = self.runs[ref]
        found = [
            each.position
            for each in self.events
            if each.type in {"run.scheduled", "run.finished"} and getattr(each.body, "run_id", None) == run_id
        ]
        assert len(found) == 2
        return found[0] or 0, found[1] or 0

    async def append_to(self, log: Log) -> None:
        """Append all of it to a log, as its producers would. Into an empty log it keeps its positions."""
        for producer_id, events in groupby(self.events, key=lambda each: each.producer_id):
            await log.append(producer_id, list(events))


def loans(first_position: int = 1) -> Session:
    """Work on the loans: always the same events."""
    story = _Story(first_position)
    story.begin()
    story.clean()
    story.merge()
    story.leak()
    story.from_the_top()
    story.final()
    desk = story.desk
    return Session(desk.session_id, tuple(desk.events), dict(story.cells), dict(story.runs))


class _Story:
    def __init__(self, first_position: int) -> None:
        self.desk = Desk(41, first_position)
        self.cells: dict[str, str] = {}
        self.runs: dict[Ref, UUID] = {}

    def begin(self) -> None:
        """Load, look, draw a plot that will go again."""
        desk = self.desk
        title = "# Loans\n\nThe file data/loans.csv holds loans of five years. What makes a loan fail?"
        desk.open(("given-title", "markdown", title), ("given-imports", "code", _IMPORTS))
        self.cells |= {"title": "given-title", "imports": "given-imports"}
        desk.wait(40)
        self.run("imports", seconds=1.9, bound=["pd", "plt"])
        run = self.new(
            "load",
            _LOAD,
            "(10412, 14)",
            read=["pd"],
            bound=["loans"],
            frames=[_frame("loans", None, (10412, _LOANS, 611))],
        )
        self.answer("load", run, "What are you trying to do or find out in this cell?", "new-cell", TRUTH.answers[0])
        self.new("look", "loans.head()", "<table><tr><td>7,500</td></tr></table>", read=["loans"])
        desk.wait(60)
        self.change(
            "look", 'loans["status"].value_counts(normalize=True)', "status\nFully Paid     0.812", read=["loans"]
        )
        self.new(
            "plot",
            'loans["loan_amnt"].hist(bins=40)\nplt.title("Amounts")',
            "<Figure>",
            read=["loans", "plt"],
            figures=1,
        )
        desk.hold_back(self.cells["plot"], "new-cell", "spacing")
        desk.save()

    def clean(self) -> None:
        """A wrong name and its repair, a target, and a plot that goes."""
        desk = self.desk
        self.cells["heading-clean"] = desk.add("markdown", "## Clean")
        wrong = 'clean = loans[loans["annual_income"] > 0]\nclean.shape'
        self.new("clean", wrong, error="KeyError: 'annual_income'", read=["loans"], seconds=0.1)
        right = wrong.replace("annual_income", "annual_inc")
        kept = (10398, _LOANS, 607)
        run = self.change(
            "clean", right, "(10398, 14)", read=["loans"], bound=["clean"], frames=[_frame("clean", None, kept)]
        )
        self.answer("clean", run, "You repaired an error. What was wrong?", "error-repaired", TRUTH.answers[1])
        desk.emit(n.IdleBegan())
        desk.wait(240)
        desk.emit(n.IdleEnded())
        with_target = (10398, (*_LOANS, "default"), 607)
        self.change(
            "clean", _CLEAN, "(10398, 15)", read=["loans"], bound=["clean"], frames=[_frame("clean", kept, with_target)]
        )
        desk.remove(self.cells["plot"])
        desk.save()

    def merge(self) -> None:
        """Regions are joined in two ways, looked at and left."""
        before = (10398, (*_LOANS, "default"), 607)
        regions = (153, ("state", "region", "people", "year"), 0)
        columns = (*before[1], *regions[1][1:])
        load = 'regions = pd.read_csv("data/regions.csv")\n'
        self.new(
            "merge",
            load + 'wide = clean.merge(regions, on="state")\nwide.shape',
            "(31194, 18)",
            read=["pd", "clean"],
            bound=["regions", "wide"],
            frames=[_frame("regions", None, regions), _frame("wide", None, (31194, columns, 1821))],
        )
        once = 'wide = clean.merge(regions.drop_duplicates("state"), on="state", how="left")\n'
        joined = (10398, columns, 607)
        self.change(
            "merge",
            load + once + "wide.shape",
            "(10398, 18)",
            read=["pd", "clean"],
            bound=["regions", "wide"],
            frames=[_frame("wide", (31194, columns, 1821), joined)],
        )
        run = self.change(
            "merge",
            load + once + 'wide.groupby("region")["default"].mean()',
            "region\nMidwest      0.189\nNortheast    0.187\nSouth        0.190\nWest         0.188",
            read=["pd", "clean"],
            bound=["regions", "wide"],
        )
        self.answer("merge", run, "You ran this cell three times. What changed?", "many-runs", TRUTH.answers[2])

    def leak(self) -> None:
        """Two models that are far too good, why, and what is left of the first."""
        desk = self.desk
        self.cells["heading-models"] = desk.add("markdown", "## Models")
        all_of_it = (10398, (*_FEATURES, *_GRADES), 214)
        filled = (*all_of_it[:2], 0)
        self.new(
            "features",
            _CHOSEN,
            "(10398, 12)",
            read=["pd", "clean"],
            bound=["features", "X", "y"],
            frames=[_frame("X", None, all_of_it), _frame("y", None, (10398, ("default",), 0), "pandas.Series")],
        )
        self.new(
            "split", _SPLIT, read=["X", "y"], bound=_SPLIT_BINDS, frames=_split_frames(None, all_of_it), seconds=1.2
        )
        nan = "ValueError: Input X contains NaN.\nLogisticRegression does not accept missing values encoded as NaN."
        names = ["LogisticRegression", "roc_auc_score", "logit"]
        self.new("logit", _LOGIT, error=nan, read=["X_train", "y_train"], bound=names, seconds=0.9)
        desk.wait(70)
        self.change(
            "features",
            _FILLED,
            "(10398, 12)",
            read=["pd", "clean"],
            bound=["features", "X", "y"],
            frames=[_frame("X", all_of_it, filled)],
        )
        self.run("split", read=["X", "y"], bound=_SPLIT_BINDS, frames=_split_frames(all_of_it, filled))
        scored = {"read": ["X_train", "y_train", "y_test", "X_test"], "bound": [*names, "auc_logit"]}
        run = self.run(
            "logit",
            "AUC of the logistic regression: 0.981\n",
            seconds=3.1,
            estimators=_fit_and_score("logit", "LogisticRegression", 0.981, max_iter="2000"),
            **scored,
        )
        tree = {"read": ["X_train", "y_train", "roc_auc_score", "y_test", "X_test"]}
        tree["bound"] = ["DecisionTreeClassifier", "tree", "auc_tree"]
        kind = "DecisionTreeClassifier"
        self.new("tree", _TREE, "0.902", estimators=_fit_and_score("tree", kind, 0.902, random_state="7"), **tree)
        deep = _TREE.replace("random_state=7", "random_state=7, min_samples_leaf=50")
        found = _fit_and_score("tree", kind, 0.974, random_state="7", min_samples_leaf="50")
        run = self.change("tree", deep, "0.974", estimators=found, **tree)
        self.answer("tree", run, "What does this score tell you?", "model-scored", TRUTH.answers[3], choice="check")
        honest = (10398, (*(each for each in _FEATURES if each != "recovered"), *_GRADES), 0)
        self.change(
            "features",
            _HONEST,
            "(10398, 11)",
            read=["pd", "clean"],
            bound=["features", "X", "y"],
            frames=[_frame("X", filled, honest)],
        )
        self.run("split", read=["X", "y"], bound=_SPLIT_BINDS, frames=_split_frames(filled, honest))
        self.run(
            "logit",
            "AUC of the logistic regression: 0.694\n",
            seconds=2.8,
            estimators=_fit_and_score("logit", "LogisticRegression", 0.694, max_iter="2000"),
            **scored,
        )
        desk.save()

    def from_the_top(self) -> None:
        """A restart, after which the kernel tells nothing more; the first cell is forgotten."""
        desk = self.desk
        desk.emit(n.IdleBegan())
        desk.wait(780)
        desk.emit(n.IdleEnded())
        desk.emit(r.KernelRestarted(kernel_id="k1", name="python3"))
        desk.wait(6)
        self.run("load", error="NameError: name 'pd' is not defined", seconds=0.1)
        self.run("imports", seconds=1.6)
        self.run("load", "(10412, 14)", seconds=0.4)
        self.run("clean", "(10398, 15)")
        self.run("features", "(10398, 11)")
        self.run("split", seconds=1.1)
        self.run("logit", "AUC of the logistic regression: 0.694\n", seconds=2.7)

    def final(self) -> None:
        """A package that is not there, boosted trees in four runs, a comparison and what follows from it."""
        desk = self.desk
        missing = "ModuleNotFoundError: No module named 'xgboost'"
        self.new("xgb", "import xgboost as xgb\nbooster = xgb.XGBClassifier().fit(X_train, y_train)", error=missing)
        desk.wait(90)
        self.run("xgb", error=missing)
        run = self.new("boost", _BOOST, "AUC of the boosted trees: 0.708\n", seconds=14)
        desk.remove(self.cells["xgb"])
        slow = _BOOST.replace("random_state=7", "random_state=7, max_depth=3, learning_rate=0.05")
        run = self.change("boost", slow, "AUC of the boosted trees: 0.721\n", seconds=19)
        self.answer(
            "boost", run, "What did you change, and why?", "substantial-change", TRUTH.answers[4], choice="try out"
        )
        desk.emit(n.IdleBegan())
        desk.wait(420)
        desk.emit(n.IdleEnded())
        self.change(
            "boost", slow.replace("max_depth=3", "max_depth=6"), "AUC of the boosted trees: 0.702\n", seconds=27
        )
        self.change("boost", slow, "AUC of the boosted trees: 0.721\n", seconds=19)
        run = self.new("compare", _COMPARE, "logistic 0.694\nboosted trees 0.721\n")
        prompt = desk.ask(self.cells["compare"], run, "What are you trying to do or find out in this cell?", "new-cell")
        desk.wait(12)
        desk.emit(p.PromptDismissed(prompt_id=prompt, reason="skip"))
        self.cells["conclusion"] = desk.add("markdown")
        desk.write(self.cells["conclusion"], "## Conclusion\n\n" + TRUTH.conclusion)
        desk.save()
        desk.wait(30)
        desk.emit(n.SessionClosed(reason="tab closed"))

    def new(self, label: str, source: str, output: str = "", **what: object) -> UUID:
        """Write a cell at the end and run it."""
        self.cells[label] = self.desk.add()
        return self.change(label, source, output, **what)

    def change(self, label: str, source: str, output: str = "", **what: object) -> UUID:
        """Change a cell and run it."""
        self.desk.wait(20)
        self.desk.write(self.cells[label], source, 0.5)
        return self.run(label, output, **what)  # type: ignore[arg-type]

    def run(
        self,
        label: str,
        output: str = "",
        *,
        error: str = "",
        seconds: float = 0.3,
        read: Sequence[str] | None = None,
        bound: Sequence[str] = (),
        frames: Sequence[r.FrameFact] = (),
        estimators: Sequence[r.EstimatorFact] = (),
        figures: int = 0,
    ) -> UUID:
        """Run a cell. With ``read`` or ``bound`` the kernel tells what it saw, before the run's end, as it does."""
        desk = self.desk
        desk.wait(15)
        run_id = desk.schedule(self.cells[label])
        version = 1 + sum(cell == label for cell, _ in self.runs)
        self.runs[label, version] = run_id
        desk.wait(0.05)
        if read is not None or bound:
            facts = r.KernelFacts(
                run_id=run_id,
                read=list(read or ()),
                bound=list(bound),
                frames=list(frames),
                estimators=list(estimators),
                figures=figures,
                took_us=1_850,
            )
            desk.emit(facts, at=desk.now + seconds - 0.005)
        desk.finish(run_id, "error" if error else "ok", seconds, output, error)
        desk.wait(desk.random.uniform(20, 45))
        return run_id

    def answer(self, label: str, run_id: UUID, question: str, rule: str, text: str, choice: str | None = None) -> None:
        """Be asked, and answer."""
        prompt = self.desk.ask(self.cells[label], run_id, question, rule)
        self.desk.answer(prompt, text, choice, 35)


_SPLIT_BINDS = ["train_test_split", "X_train", "X_test", "y_train", "y_test"]

_Size = tuple[int, Sequence[str], int]
"""Rows, columns' names, missing values."""


def _frame(name: str, before: _Size | None, after: _Size | None, kind: str = "pandas.DataFrame") -> r.FrameFact:
    return r.FrameFact(name=name, kind=kind, before=_shape(before), after=_shape(after))


def _shape(size: _Size | None) -> r.FrameShape | None:
    if size is None:
        return None
    rows, names, missing = size
    return r.FrameShape(rows=rows, columns=len(names), names=list(names), missing=missing)


def _split_frames(before: _Size | None, after: _Size) -> list[r.FrameFact]:
    def shares(whole: _Size | None) -> Iterator[_Size | None]:
        for rows in (7798, 2600):
            yield whole and (rows, whole[1], round(whole[2] * rows / whole[0]))

    pairs = zip(("X_train", "X_test"), shares(before), shares(after), strict=True)
    made = [_frame(name, old, new) for name, old, new in pairs]
    if before is None:
        for name, rows in (("y_train", 7798), ("y_test", 2600)):
            made.append(_frame(name, None, (rows, ("default",), 0), "pandas.Series"))
    return made


def _fit_and_score(name: str, kind: str, value: float, **parameters: str) -> list[r.EstimatorFact]:
    fitted = r.EstimatorFact(name=name, kind=kind, did="fitted", parameters=parameters)
    scored = r.EstimatorFact(
        name=name, kind=kind, did="scored", parameters=parameters, metric="roc_auc_score", value=value
    )
    return [fitted, scored]
