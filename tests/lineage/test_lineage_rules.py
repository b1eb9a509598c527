"""What a lineage says of small sessions, one rule at a time."""

from __future__ import annotations

import pytest
from working import Work, image

from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import runs as r
from prompter_projections.lineage import Lineage, linking

LOAD = 'loans = pd.read_csv("loans.csv")'


def _reasons(work: Work, lineage: Lineage) -> dict[str, tuple[str, ...]]:
    labels = {cell_id: label for label, cell_id in work.cells.items()}
    return {labels[each.cell_id]: each.reasons for each in lineage.dead_ends}


def test_a_restart_forgets_names() -> None:
    work = Work()
    work.run("a", "x = 1")
    work.restart()
    reader = work.run("b", "x + 1")
    node = work.lineage().runs[reader]
    assert node.fed_by == ()
    assert node.unknown_names == ("x",)
    assert [note.text for note in work.lineage().notes] == ["nothing in this session bound the name x"]


def test_a_kernel_that_forgets_nothing_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking._Namespace, "_forget", lambda self: None)
    with pytest.raises(AssertionError):
        test_a_restart_forgets_names()


def test_another_kernel_knows_no_names_and_the_same_one_all() -> None:
    work = Work()
    work.run("a", "x = 1")
    work.desk.emit(r.KernelStarted(kernel_id="k1", name="python3"))
    again = work.run("b", "x")
    work.desk.emit(r.KernelStarted(kernel_id="k2", name="python3"))
    other = work.run("b")
    nodes = work.lineage().runs
    assert (nodes[again].fed_by, nodes[other].fed_by) == ((0,), ())


def test_what_goes_through_a_file_survives_a_restart() -> None:
    work = Work()
    work.run("save", 'df.to_csv("clean.csv")')
    work.restart()
    load = work.run("load", 'df = pd.read_csv("clean.csv")')
    node = work.lineage().runs[load]
    assert [(each.name, each.run) for each in node.sources] == [("file:clean.csv", 0)]
    assert node.files_read == ("clean.csv",)


def test_a_file_that_failed_to_be_written_feeds_nobody() -> None:
    work = Work()
    work.run("save", 'df.to_csv("clean.csv")', error="OSError: disk full", line=1)
    load = work.run("load", 'df = pd.read_csv("clean.csv")')
    assert work.lineage().runs[load].fed_by == ()


def test_a_column_made_anew_takes_the_place_of_the_one_before() -> None:
    work = Work()
    bound = work.run("load", LOAD)
    first = work.run("derive", 'loans["x"] = loans["a"] * 2')
    second = work.run("derive", 'loans["x"] = loans["a"] * 3')
    reader = work.run("read", "loans.x.mean()")
    nodes = work.lineage().runs
    assert nodes[second].fed_by == (bound,)
    assert nodes[reader].fed_by == (bound, second)
    assert not nodes[first].feeds


def test_a_column_that_is_added_to_rests_on_the_one_before() -> None:
    work = Work()
    bound = work.run("load", LOAD)
    first = work.run("derive", 'loans["x"] += 1')
    second = work.run("derive")
    assert work.lineage().runs[second].fed_by == (bound, first)


def test_a_function_reads_its_names_when_it_is_called() -> None:
    work = Work()
    work.run("helper", "def rate():\n    return len(loans)")
    load = work.run("load", LOAD)
    call = work.run("call", "rate()")
    assert work.lineage().runs[call].fed_by == (0, load)


def test_a_function_that_is_told_by_the_kernel_reads_its_names_when_it_is_called() -> None:
    work = Work("prompter")
    work.run("helper", "def rate():\n    return len(loans)", facts={"bound": ["rate"]})
    load = work.run("load", LOAD, facts={"read": ["pd"], "bound": ["loans"]})
    call = work.run("call", "rate()", facts={"read": ["rate"]})
    node = work.lineage().runs[call]
    assert (node.fed_by, node.unknown_names) == ((0, load), ())


def test_a_console_that_binds_a_name_takes_it_from_the_cells() -> None:
    work = Work()
    work.run("a", "x = 1")
    work.desk.emit(r.RunExternal(digest=bytes(32), source="x = 2"))
    reader = work.run("b", "x")
    lineage = work.lineage()
    assert lineage.runs[reader].fed_by == ()
    assert any("no cell of this notebook" in note.text for note in lineage.notes)


@pytest.mark.parametrize("source", ["%%bash\nls", "%%sql\nselect 1", "x = = 1", "x = '\0'", "(" * 5000])
def test_what_is_no_python_is_said_to_be_unknown(source: str) -> None:
    work = Work()
    index = work.run("a", source)
    lineage = work.lineage()
    assert lineage.runs[index].facts == "none"
    assert any("nobody tells" in note.text for note in lineage.notes)


def test_a_kernel_of_another_language_is_not_read_as_python() -> None:
    work = Work("ir")
    work.run("a", "x = 1")
    assert [node.facts for node in work.lineage().runs] == ["none"]


@pytest.mark.parametrize("source", ["%time x = 1", "%%time\nx = 1", "%%capture out\nx = 1", "x = !ls", "x = %who_ls"])
def test_magics_that_run_python_are_read(source: str) -> None:
    work = Work()
    work.run("a", source)
    reader = work.run("b", "x")
    assert work.lineage().runs[reader].fed_by == (0,)


def test_facts_that_come_after_the_run_count_the_same() -> None:
    work = Work("prompter")
    work.run("a", "exec(code)")
    run_id = work.lineage().runs[0].run_id
    work.desk.emit(r.KernelFacts(run_id=run_id, read=["code"], bound=["x"]))
    reader = work.run("b", "x", facts={"read": ["x"]})
    nodes = work.lineage().runs
    assert nodes[0].facts == "kernel"
    assert nodes[reader].fed_by == (0,)


def test_an_error_leaves_what_stood_before_it() -> None:
    work = Work()
    work.run("a", "x = 1\ny = nothing\nz = 2", error="NameError: name 'nothing' is not defined")
    node = work.lineage().runs[0]
    assert node.binds == ("x",)
    assert node.reads == ("nothing",)


def test_a_traceback_tells_the_line() -> None:
    work = Work()
    work.run("a", "x = 1\nfor i in range(3):\n    y = 1\n    z = 1 / 0\nw = 1", error="ZeroDivisionError: x", line=4)
    assert work.lineage().runs[0].binds == ("x", "i", "y")


def test_an_error_is_repaired_in_its_own_cell() -> None:
    work = Work()
    work.run("a", "x = lown", error="NameError: name 'lown' is not defined")
    work.run("other", "y = 1")
    work.run("a", "x = loan")
    (repair,) = work.lineage().repairs
    assert (repair.errors, repair.repaired_by, repair.runs) == ((0,), 2, 2)
    assert [(cure.run, cure.how, cure.differences) for cure in repair.cures] == [
        (2, "changed", ("-x = lown", "+x = loan"))
    ]
    assert repair.time == 14_000_000


def test_an_error_that_became_another_is_two() -> None:
    work = Work()
    work.run("a", "x = df['a']", error="KeyError: 'a'")
    work.run("a", "x = df['b'].astype(int)", error="ValueError: no number")
    work.run("a", "x = df['b']")
    first, second = work.lineage().repairs
    assert (first.errors, first.became, first.repaired_by) == ((0,), 1, 2)
    assert first.cures[0].run == 1
    assert (second.errors, second.became, second.repaired_by) == ((1,), None, 2)


def test_an_error_is_cured_by_an_install() -> None:
    work = Work()
    work.run("a", "import shap", error="ModuleNotFoundError: No module named 'shap'")
    install = work.run("pip", "%pip install shap")
    work.run("a")
    (repair,) = work.lineage().repairs
    assert [(cure.run, cure.how) for cure in repair.cures] == [(install, "installed")]


def test_code_that_goes_on_in_another_cell_repairs_the_removed_one() -> None:
    work = Work()
    work.run("a", "import pandas\nx = lown\nprint(x)", error="NameError: name 'lown' is not defined")
    work.remove("a")
    moved = work.run("b", "import pandas\nx = loan\nprint(x)")
    (repair,) = work.lineage().repairs
    assert repair.repaired_by == moved
    assert [cure.how for cure in repair.cures] == ["moved"]


def test_an_error_that_stays_is_left() -> None:
    work = Work()
    work.run("a", "x = lown", error="NameError: name 'lown' is not defined")
    work.run("b", "y = 1")
    (repair,) = work.lineage().repairs
    assert (repair.repaired, repair.left, repair.time, repair.cures) == (False, "standing", None, ())


def test_a_look_is_no_dead_end() -> None:
    work = Work()
    work.run("load", LOAD, output="ok")
    work.run("look", "loans.head()", output="table")
    work.run("missing", "missing = loans.isna().mean()\nmissing[missing > 0]", output="0.1")
    work.run("mean", "loans.income.mean()", output="41")
    lineage = work.lineage()
    assert lineage.dead_ends == ()
    assert [node.survives for node in lineage.runs] == [True] * 4


def test_data_that_nothing_uses_are_a_dead_end() -> None:
    work = Work()
    work.run("load", LOAD)
    work.run("join", "wide = loans.merge(regions)\nwide.shape", output="(3, 4)")
    work.run("mean", "loans.income.mean()", output="41")
    lineage = work.lineage()
    assert _reasons(work, lineage) == {"join": ("unread",)}
    assert lineage.dead_ends[0].names == ("wide",)
    assert lineage.dead_ends[0].inferred
    assert [node.survives for node in lineage.runs] == [True, False, True]


def test_a_figure_that_stands_keeps_what_led_to_it() -> None:
    work = Work()
    work.run("load", LOAD)
    work.run("join", "wide = loans.merge(regions)")
    work.run("plot", "wide.plot()", outputs=[image()])
    work.run("model", "m = SVC()\nm.fit(loans, y)\nprint(m.score(loans, y))", output="0.91")
    lineage = work.lineage()
    assert lineage.dead_ends == ()
    work.remove("plot")
    assert _reasons(work, work.lineage()) == {"join": ("unread",), "plot": ("removed",)}


def test_names_that_another_cell_binds_anew_are_overwritten() -> None:
    work = Work()
    work.run("first", "clean = loans.dropna()")
    work.run("second", "clean = loans.fillna(0)")
    work.run("mean", "clean.income.mean()", output="41")
    assert _reasons(work, work.lineage()) == {"first": ("overwritten", "unread")}


def test_an_undo_brings_a_cell_back_to_life() -> None:
    work = Work()
    work.run("a", "x = 1\nx", output="1")
    cell_id = work.cells["a"]
    work.remove("a")
    assert _reasons(work, work.lineage()) == {"a": ("removed",)}
    work.desk.cells.append([cell_id, "code", "x = 1\nx"])
    work.desk.emit(n.CellAdded(cell_id=cell_id, index=0, cell_type="code", source="x = 1\nx", cause="undo"))
    assert work.lineage().dead_ends == ()


def test_a_written_file_and_a_figure_are_results() -> None:
    work = Work()
    work.run("plot", "loans.plot()", outputs=[image()])
    work.run("save", 'loans.to_csv("out.csv")')
    work.run("look", "1 + 1", output="2")
    lineage = work.lineage()
    assert [each.reasons for each in lineage.result_reasons] == [("figure",), ("file",), ("last shown",)]


def test_figures_that_are_quoted_later_are_results_and_those_quoted_before_are_not() -> None:
    work = Work()
    work.write("before", "We expect 0.61 or so.", "markdown")
    work.run("a", "print(share)", output="0.6137")
    work.run("b", "print(other)", output="0.2500")
    work.write("after", "The share is 0.25.", "markdown")
    work.run("c", "print('end')", output="end")
    lineage = work.lineage()
    assert [(each.run, each.reasons, each.quotes) for each in lineage.result_reasons] == [
        (1, ("quoted",), ("0.25",)),
        (2, ("last shown",), ()),
    ]


def test_a_notebook_that_shows_nothing_has_its_last_run_as_result() -> None:
    work = Work()
    work.run("a", "x = 1")
    work.run("b", "import os")
    assert [(each.run, each.reasons) for each in work.lineage().result_reasons] == [(0, ("last run",))]


@pytest.mark.parametrize(
    ("source", "output", "scores"),
    [
        ("m = SVC(C=2)\nm.fit(X, y)\nprint('acc', m.score(X, y))", "acc 0.91", [("score", 0.91)]),
        ("m = SVC(C=2).fit(X, y)\naccuracy_score(y, m.predict(X))", "0.91", [("accuracy_score", 0.91)]),
        (
            "m = SVC(C=2)\nm.fit(X, y)\np = m.predict(X)\na = f1_score(y, p)\nprint(f'{a:.1%}')",
            "91.0%",
            [("f1_score", 0.91)],
        ),
        # A score that is not shown is not the number that is.
        ("m = SVC(C=2)\nm.fit(X, y)\na = m.score(X, y)\nprint(0.25)", "0.25", [("score", None)]),
        # Two numbers for one score: none is taken.
        ("m = SVC(C=2)\nm.fit(X, y)\nprint(m.score(X, y), took)", "0.91 12.50", [("score", None)]),
        (
            "m = SVC(C=2)\nm.fit(X, y)\nprint(recall_score(y, m.predict(X)), precision_score(y, m.predict(X)))",
            "0.91 0.50",
            [("recall_score", 0.91), ("precision_score", 0.5)],
        ),
    ],
)
def test_scores_are_read_from_the_output(source: str, output: str, scores: list[tuple[str, float | None]]) -> None:
    work = Work()
    work.run("m", source, output=output)
    (model,) = work.lineage().models
    assert (model.kind, model.name, model.told_by) == ("SVC", "m", "syntax")
    assert [(each.metric, each.value) for each in model.trials[0].scores] == scores
    assert model.trials[0].parameters == (("C", "2"),)


@pytest.mark.parametrize(
    "loop",
    [
        'models = {"a": Ridge(alpha=2), "b": Lasso()}\nfor name, m in models.items():\n    m.fit(X, y)\n'
        "    print(name, m.score(X, y))",
        'models = [("a", Ridge(alpha=2)), ("b", Lasso())]\nfor name, m in models:\n    m.fit(X, y)\n'
        '    p = m.predict(X)\n    s = r2_score(y, p)\n    print(f"{name} {s:.2f}")',
        "for m in [Ridge(alpha=2), Lasso()]:\n    m.fit(X, y)\n    print(m.score(X, y))",
    ],
)
def test_models_in_a_loop_have_one_score_each(loop: str) -> None:
    work = Work()
    work.run("a", loop, output="a 0.91\nb 0.89")
    models = work.lineage().models
    assert [(each.kind, each.final and each.final.value, each.won) for each in models] == [
        ("Ridge", 0.91, True),
        ("Lasso", 0.89, False),
    ]
    assert models[0].trials[0].parameters == (("alpha", "2"),)
    # As many numbers as there are scores, or none is taken.
    work.run("a", loop + "  # again", output="a 0.91\nb 0.89\nbest 0.91")
    assert [each.trials[-1].scores[0].value for each in work.lineage().models] == [None, None]


def test_models_of_another_cell_are_known_in_a_loop() -> None:
    work = Work("prompter")
    work.run("models", "models = {'a': Ridge(), 'b': Lasso()}", facts={"bound": ["models"]})
    last = r.EstimatorFact(name="m", kind="Lasso", did="fitted")
    source = "for k, m in models.items():\n    print(m.fit(X, y).score(X, y))"
    work.run("loop", source, output="0.5\n0.6", facts={"read": ["models"], "bound": ["k", "m"], "estimators": [last]})
    found = [(each.name, each.kind, each.final and each.final.value) for each in work.lineage().models]
    assert found == [("models['a']", "Ridge", 0.5), ("models['b']", "Lasso", 0.6)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("m = SVC()\nprint(cross_val_score(m, X, y, cv=KFold(5)).mean())", [("SVC", "m")]),
        ("print(cross_val_score(SVC(), X, y, cv=KFold(5)).mean())", [("SVC", "")]),
        ("SVC().fit(X, y).score(X, y)", [("SVC", "")]),
        ("accuracy_score(y, SVC().fit(X, y).predict(X))", [("SVC", "")]),
        ("accuracy_score(Series(y), guesses)", []),
        ("Z = StandardScaler().fit_transform(X)\nsilhouette_score(Z, guesses)", []),
        ("g = GridSearchCV(SVC(), grid)\ng.fit(X, y)\ng.best_score_", [("GridSearchCV(SVC)", "g")]),
    ],
)
def test_models_are_known_wherever_they_are_made(source: str, found: list[tuple[str, str]]) -> None:
    work = Work()
    work.run("a", source, output="0.91")
    assert [(each.kind, each.name) for each in work.lineage().models] == found


def test_less_is_better_where_the_metric_is_an_error() -> None:
    work = Work()
    for name, kind, error in (("a", "Ridge", "0.30"), ("b", "Lasso", "0.20")):
        source = f"{name} = {kind}()\n{name}.fit(X, y)\nprint(mean_squared_error(y, {name}.predict(X)))"
        work.run(name, source, output=error)
    assert [(model.kind, model.won) for model in work.lineage().models] == [("Ridge", False), ("Lasso", True)]


def test_what_prepares_data_is_no_model() -> None:
    work = Work()
    work.run("a", "s = StandardScaler()\nX = s.fit_transform(X)\nm = make_pipeline(PCA(2), SVC(C=1))\nm.fit(X, y)")
    assert [model.kind for model in work.lineage().models] == ["Pipeline(SVC)"]


@pytest.mark.parametrize(
    ("source", "steps"),
    [
        ('a = pd.read_csv("x.csv")', [("loaded", ("a",), ("x.csv",), 'pd.read_csv("x.csv")')]),
        ("a = a[a.b > 1]", [("filtered", ("a",), (), "a.b > 1")]),
        ("a = a.query('b > 1')", [("filtered", ("a",), (), "a.query('b > 1')")]),
        ("a.dropna(inplace=True)", [("filtered", ("a",), (), "a.dropna(inplace=True)")]),
        ("a = a.drop(columns=['b'])", [("dropped", ("a",), (), "a.drop(columns=['b'])")]),
        ("a['b'] = a.c + 1", [("derived", ("a",), (), "a['b'] = a.c + 1")]),
        ("c = pd.merge(a, b,\n    on='k')", [("joined", ("c",), (), "pd.merge(a, b, on='k')")]),
        ('a.to_parquet("y.parquet")', [("saved", (), ("y.parquet",), 'a.to_parquet("y.parquet")')]),
        ('", ".join(a)', []),
        ("c = os.path.join(a, b)", []),
        ("a[a.b > 1].head()", []),
        ("a.to_html()", []),
    ],
)
def test_steps_of_data_are_read_from_the_code(source: str, steps: list[tuple[object, ...]]) -> None:
    work = Work()
    work.run("a", source)
    found = work.lineage().data_steps
    assert [(each.kind, each.names, each.files, each.detail) for each in found] == steps


def test_cells_with_the_same_aim_are_one_attempt() -> None:
    work = Work()
    work.run("split", "X, y = load(1)")
    for name, kind in (("a", "Ridge"), ("b", "Lasso")):
        work.run(name, f"{name} = {kind}(alpha=1)\n{name}.fit(X, y)\nprint({name}.score(X, y))", output="0.5")
    work.run("other", "print(X.shape, y.mean())\nfor c in X:\n    print(c)", output="x")
    (attempt,) = work.lineage().attempts
    assert attempt.cells == (work.cells["a"], work.cells["b"])
    assert attempt.variants[1].differences[0] == "-a = Ridge(alpha=1)"


def test_a_comment_makes_no_variant_and_another_number_does() -> None:
    work = Work()
    work.run("a", "x = 1")
    work.run("a", "x = 1  # one")
    assert work.lineage().attempts == ()
    work.run("a", "x = 2  # one")
    (attempt,) = work.lineage().attempts
    assert [each.runs for each in attempt.variants] == [(0, 1), (2,)]
    assert attempt.kept == 1


def test_a_run_without_an_end_is_lost_and_said_so() -> None:
    work = Work()
    work.write("a", "x = 1")
    run_id = work.desk.schedule(work.cells["a"])
    work.desk.emit(r.RunStarted(run_id=run_id))
    lineage = work.lineage()
    assert (lineage.runs[0].status, lineage.runs[0].finished_position) == ("lost", None)
    assert [note.text for note in lineage.notes] == ["the end of a run was never recorded"]
