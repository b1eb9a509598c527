"""Each rule with its cases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from prompter.policy import RULES, Moment
from prompter.policy.memory import CellMemory, Place, RunMemory
from prompter.policy.steps import frame_step
from prompter.study import DEFAULT_RULES, WITHOUT_STUDY, Pace, Rule, Study
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellEdited, FocusChanged, IdleBegan
from prompter_events.catalogue.runs import (
    EstimatorFact,
    FrameFact,
    FrameShape,
    KernelFacts,
    KernelRestarted,
    RunFinished,
)
from support.desk import DAY, HOUR, MINUTE, SECOND, Desk, frame, seen

RUN = UUID(int=7)
PLACE = Place(UUID(int=1), "cell")
ENDED = RunFinished(run_id=RUN, status="ok", execution_count=1, duration_ms=5)
EDITED = CellEdited(cell_id="cell", changes=[(0, ["x"])], cause="user")

LONG = "\n".join(f"part{i} = loans['column{i}'].mean()" for i in range(30))


def asked(use: str, cell: CellMemory, source: str = "f(x)", body: Body = ENDED, **more: Any) -> Any:
    """What a rule says of a run, whose version is the cell's newest."""
    options = {name: more.pop(name) for name in ("similarity", "runs", "away", "pause") if name in more}
    run = RunMemory(UUID(int=2), PLACE, cell.runs, source, RUN)
    moment = Moment(
        rule=Rule(use=use, ask="aim", **options), cell=cell, body=body, run=run, facts=more.pop("facts", None)
    )
    return RULES[use](replace(moment, **more))


MINE = CellMemory(mine=True, runs=1)
ASKED = replace(MINE, runs=2, asked_source="f(x)", asked_version=1)


@pytest.mark.parametrize(
    ("cell", "body", "asks"),
    [
        (MINE, ENDED, True),
        (replace(MINE, runs=4), ENDED, True),
        (CellMemory(runs=1), ENDED, False),
        (ASKED, ENDED, False),
        (MINE, EDITED, False),
        (MINE, seen(RUN), False),
    ],
    ids=["new", "new and run before", "given", "asked about", "edited only", "facts only"],
)
def test_first_run(cell: CellMemory, body: Body, asks: bool) -> None:
    assert (asked("first_run", cell, body=body) is not None) == asks


@pytest.mark.parametrize(
    ("cell", "source", "threshold", "asks"),
    [
        (ASKED, "g(x)", 0.8, True),
        (ASKED, "f(x)", 0.8, False),
        (ASKED, "# why\nf( x )", 0.8, False),
        (ASKED, "g(x)", 0.3, False),
        (MINE, "g(x)", 0.8, False),
        (replace(ASKED, asked_source=LONG), LONG.replace("'column7'", "'column70'"), 0.8, True),
        (replace(ASKED, asked_source=LONG), LONG.replace("part7", "piece"), 0.8, False),
        (replace(ASKED, asked_source=LONG), LONG + "\nprint(part1)", 0.8, False),
    ],
    ids=["call", "same", "comment", "low threshold", "never asked", "column of thirty", "local of thirty", "one more"],
)
def test_substantial_change(cell: CellMemory, source: str, threshold: float, asks: bool) -> None:
    assert (asked("substantial_change", cell, source, similarity=threshold) is not None) == asks


@pytest.mark.parametrize(
    ("failed", "body", "says"),
    [
        ("KeyError", ENDED, {"error": "KeyError"}),
        ("", ENDED, None),
        ("KeyboardInterrupt", ENDED, None),
        ("KeyError", seen(RUN), None),
    ],
    ids=["failed before", "never failed", "interrupted by hand", "facts only"],
)
def test_error_repaired(failed: str, body: Body, says: Any) -> None:
    assert asked("error_repaired", replace(MINE, failed=failed), body=body) == says


@pytest.mark.parametrize(
    ("cell", "asks"),
    [
        (replace(MINE, runs=4), False),
        (replace(MINE, runs=5), True),
        (replace(ASKED, runs=5), False),
        (replace(ASKED, runs=6), True),
        (CellMemory(runs=50), False),
    ],
    ids=["four", "five", "four since", "five since", "given"],
)
def test_many_runs(cell: CellMemory, asks: bool) -> None:
    assert (asked("many_runs", cell, runs=5) is not None) == asks


COLUMNS = ("income", "dti", "age", "purpose", "term", "grade", "state", "default")
KNOWN = {"loans": FrameShape(rows=1000, columns=8, names=list(COLUMNS))}
SERIES = FrameFact(
    name="n", kind="pandas.Series", before=None, after=FrameShape(rows=5, columns=1, names=["purpose_count"])
)
MASK = FrameFact(
    name="known", kind="pandas.Series", before=None, after=FrameShape(rows=1000, columns=1, names=["income"])
)


@pytest.mark.parametrize(
    ("fact", "read", "bound", "step"),
    [
        (frame("loans", (1000, COLUMNS), (880, COLUMNS)), ["loans"], ["loans"], ("loans", 1000, 880)),
        (frame("loans", (1000, COLUMNS), (1000, COLUMNS[1:])), ["loans"], [], ("loans", 1000, 1000)),
        (frame("loans", (1000, COLUMNS), (1000, ("wage", *COLUMNS[1:]))), ["loans"], [], ("loans", 1000, 1000)),
        (frame("loans", (1000, COLUMNS), (1000, COLUMNS)), ["loans"], ["loans"], None),
        (frame("loans", None, (1000, COLUMNS)), ["pd"], ["loans"], None),
        (frame("loans", (880, COLUMNS), (1000, COLUMNS)), ["pd"], ["loans"], None),
        (frame("clean", None, (880, COLUMNS)), ["loans"], ["clean"], ("loans", 1000, 880)),
        (frame("X", None, (1000, COLUMNS[:2])), ["loans"], ["X"], ("loans", 1000, 1000)),
        (frame("copy", None, (1000, COLUMNS)), ["loans"], ["copy"], None),
        (frame("means", None, (2, ("mean", "std"))), ["loans"], ["means"], None),
        (frame("clean", None, (880, COLUMNS)), ["others"], ["clean"], None),
        (SERIES, ["loans"], ["n"], None),
        (MASK, ["loans"], ["known"], None),
        (frame("loans", (1000, COLUMNS), None), ["loans"], [], None),
    ],
    ids=[
        "rows lost",
        "column lost",
        "column renamed",
        "values only",
        "loaded",
        "loaded again",
        "made with fewer rows",
        "columns selected",
        "copied",
        "summary",
        "made from what is unknown",
        "series",
        "mask",
        "removed",
    ],
)
def test_data_step(fact: FrameFact, read: list[str], bound: list[str], step: tuple[str, int, int] | None) -> None:
    facts = seen(RUN, fact, read=read, bound=bound)
    found = frame_step(facts, KNOWN)
    says = asked("data_step", MINE, facts=facts, step=found)
    assert (says and (says["frame"], says["rows_before"], says["rows_after"])) == step
    assert asked("data_step", CellMemory(runs=1), facts=facts, step=found) is None  # a given cell


def test_a_data_step_tells_what_was_lost_and_added() -> None:
    step = frame_step(seen(RUN, frame("loans", (1000, COLUMNS), (880, (*COLUMNS[2:], "rate"))), read=["loans"]), {})
    assert step is not None
    assert step.facts() == {
        "frame": "loans",
        "rows_before": 1000,
        "rows_after": 880,
        "rows_lost": 120,
        "columns_before": 8,
        "columns_after": 7,
        "columns_lost": 2,
        "columns_added": 1,
    }


def test_of_several_frames_the_one_that_lost_rows_is_told() -> None:
    one, other = frame("a", (9, "xy"), (9, "x")), frame("b", (9, "xy"), (5, "xy"))
    step = frame_step(seen(RUN, one, other, read=["a", "b"]), {})
    assert step is not None
    assert step.name == "b"


FITTED = EstimatorFact(name="model", kind="LogisticRegression", did="fitted")
SCORED = EstimatorFact(name="model", kind="LogisticRegression", did="scored", metric="score", value=0.8125)
ONLY_METRIC = EstimatorFact(name="", kind="", did="scored", metric="roc_auc_score", value=0.9)


@pytest.mark.parametrize(
    ("estimators", "says"),
    [
        ([FITTED], {"model": "LogisticRegression"}),
        ([FITTED, SCORED], {"model": "LogisticRegression", "metric": "score", "value": 0.8125}),
        ([FITTED, ONLY_METRIC], {"model": "LogisticRegression", "metric": "roc_auc_score", "value": 0.9}),
        ([ONLY_METRIC], {"metric": "roc_auc_score", "value": 0.9}),
        ([], None),
    ],
    ids=["fitted", "fitted and scored", "scored by a function", "a score alone", "nothing"],
)
def test_model_step(estimators: list[EstimatorFact], says: Any) -> None:
    facts = seen(RUN, estimators=estimators)
    assert asked("model_step", MINE, facts=facts) == says
    assert asked("model_step", CellMemory(runs=1), facts=facts) is None  # a given cell


@pytest.mark.parametrize(
    ("cell", "asks"),
    [
        (replace(ASKED, away=30 * MINUTE), True),
        (replace(ASKED, away=30 * MINUTE - 1), False),
        (CellMemory(runs=3, away=DAY), False),
    ],
    ids=["half an hour", "less", "given"],
)
def test_returning(cell: CellMemory, asks: bool) -> None:
    assert (asked("returning", cell, away=30 * 60_000) is not None) == asks


@pytest.mark.parametrize(("paused", "asks"), [(0, False), (5 * MINUTE - 1, False), (5 * MINUTE, True), (DAY, True)])
def test_long_pause(paused: int, asks: bool) -> None:
    assert (asked("long_pause", MINE, paused=paused, pause=5 * 60_000) is not None) == asks


def test_every_rule_of_this_program_is_used_without_a_study() -> None:
    assert {rule.use for rule in DEFAULT_RULES} == set(RULES)


# How events come to the rules.


def only(*uses: str, **options: Any) -> Study:
    """A study with these rules, which asks as often as they wish."""
    rules = tuple(replace(rule, **options) for rule in DEFAULT_RULES if rule.use in uses)
    return replace(WITHOUT_STUDY, rules=rules, pace=Pace(apart=0, hour=99, day=99))


@pytest.mark.parametrize("order", ["before the end", "after the end"])
def test_facts_are_joined_to_their_run_whichever_comes_first(order: str) -> None:
    desk = Desk(only("data_step"))
    desk.add("new", "loans = loans.dropna()")
    run_id = desk.schedule("new")
    facts = seen(run_id, frame("loans", (1000, "abcdefgh"), (880, "abcdefgh")), read=["loans"], bound=["loans"])
    if order == "before the end":
        desk.say(facts)
    desk.finish(run_id)
    if order == "after the end":
        desk.say(facts)
    desk.wait(MINUTE)
    [prompt] = desk.issued
    assert (prompt.rule, prompt.run_id, prompt.cell_version) == ("data_step", run_id, 1)
    assert desk.suppressed == []


def test_facts_of_a_run_that_failed_are_no_step() -> None:
    desk = Desk(only("data_step"))
    desk.add("new")
    run_id = desk.schedule("new")
    desk.say(seen(run_id, frame("loans", (9, "ab"), (5, "ab")), read=["loans"]))
    desk.finish(run_id, "error")
    desk.wait(MINUTE)
    assert desk.emitted == []


def test_a_step_outranks_a_first_run_though_its_facts_come_later() -> None:
    desk = Desk(only("data_step", "first_run"))
    desk.add("new")
    run_id = desk.run("new")
    desk.wait(SECOND // 100)
    desk.say(seen(run_id, frame("loans", (9, "ab"), (5, "ab")), read=["loans"]))
    desk.wait(MINUTE)
    assert [prompt.rule for prompt in desk.issued] == ["data_step"]
    assert [(held.rule, held.reason) for held in desk.suppressed] == [("first_run", "another rule")]


def test_facts_that_come_when_the_version_was_asked_about_ask_nothing_more() -> None:
    desk = Desk(only("data_step", "first_run"))
    desk.add("new")
    run_id = desk.run("new")
    desk.wait(MINUTE)
    desk.say(seen(run_id, frame("loans", (9, "ab"), (5, "ab")), read=["loans"]))
    desk.wait(MINUTE)
    assert [prompt.rule for prompt in desk.issued] == ["first_run"]
    assert [(held.rule, held.reason) for held in desk.suppressed] == [("data_step", "asked already")]


def test_a_frame_made_from_one_that_an_earlier_cell_loaded_is_a_step_until_the_kernel_begins_anew() -> None:
    desk = Desk(only("data_step"))
    load = seen(desk.run("given"), frame("loans", None, (1000, "abcdefgh")), read=["pd"], bound=["loans"])
    made = frame("clean", None, (880, "abcdefgh"))
    desk.say(load)
    desk.say(KernelRestarted(kernel_id="k", name=""))
    desk.add("new")
    desk.say(seen(desk.run("new"), made, read=["loans"], bound=["clean"]))
    desk.wait(MINUTE)
    assert desk.emitted == []
    desk.say(load)
    desk.reload()
    desk.say(seen(desk.run("new"), made, read=["loans"], bound=["clean"]))
    desk.wait(MINUTE)
    assert [prompt.rule for prompt in desk.issued] == ["data_step"]


def test_an_error_that_is_repaired_is_asked_about_once() -> None:
    desk = Desk(only("error_repaired"))
    desk.run("given", "error")
    desk.run("given", "aborted")
    desk.run("given")
    desk.wait(MINUTE)
    desk.run("given")
    desk.wait(MINUTE)
    assert [(prompt.rule, prompt.cell_version) for prompt in desk.issued] == [("error_repaired", 3)]


def test_the_fifth_small_change_without_a_question_is_asked_about() -> None:
    desk = Desk(only("first_run", "many_runs"))
    desk.add("new", "total = a + b")
    desk.run("new")
    desk.wait(MINUTE)
    for n in range(5):
        desk.type("new", f"total = a + {n}")
        desk.run("new")
        desk.wait(MINUTE)
    assert [(prompt.rule, prompt.cell_version) for prompt in desk.issued] == [("first_run", 1), ("many_runs", 6)]


def test_running_the_same_again_and_again_is_covered_by_one_answer() -> None:
    desk = Desk(only("first_run", "many_runs", "returning"))
    desk.add("new", "total = a + b")
    for _ in range(20):
        desk.run("new")
        desk.wait(HOUR)
    assert [prompt.rule for prompt in desk.issued] == ["first_run"]


@pytest.mark.parametrize("touch", ["edit first", "run first"])
def test_who_returns_to_an_old_cell_is_asked_when_it_has_changed(touch: str) -> None:
    desk = Desk(only("first_run", "returning"))
    desk.add("new", "a = 1")
    desk.run("new")
    desk.wait(31 * MINUTE)
    if touch == "run first":
        desk.run("new")
        desk.wait(31 * MINUTE)
    desk.type("new", "a = 2")
    desk.wait(3 * SECOND)
    desk.run("new")
    desk.wait(3 * SECOND)
    assert [prompt.rule for prompt in desk.issued] == ["first_run", "returning"]
    desk.type("new", "a = 3")
    desk.run("new")
    desk.wait(MINUTE)
    assert len(desk.issued) == 2


def test_a_pause_is_asked_about_when_the_person_is_back() -> None:
    desk = Desk(only("long_pause"))
    desk.add("new")
    desk.run("new")
    desk.wait(SECOND)
    desk.wait(MINUTE)
    desk.say(IdleBegan(after_ms=60_000))
    desk.wait(10 * MINUTE)
    assert desk.emitted == []
    desk.focus("given")  # the page comes to the front; that it is no longer idle is said a moment later
    desk.wait(MINUTE)
    assert [(prompt.rule, prompt.cell_id, prompt.cell_version) for prompt in desk.issued] == [("long_pause", "new", 1)]


@pytest.mark.parametrize("rest", [2 * MINUTE, 5 * MINUTE])
def test_a_short_pause_is_none(rest: int) -> None:
    desk = Desk(only("long_pause"))
    desk.add("new")
    desk.run("new")
    desk.rest(rest)
    desk.wait(MINUTE)
    assert len(desk.issued) == (1 if rest >= 5 * MINUTE else 0)


def test_who_works_in_another_page_meanwhile_does_not_pause() -> None:
    desk = Desk(only("long_pause"))
    desk.add("new")
    desk.run("new")
    desk.say(IdleBegan(after_ms=60_000))
    desk.open()
    for _ in range(10):
        desk.wait(MINUTE)
        desk.type("given", "1")
    desk.page = 0
    desk.focus("new")
    desk.wait(MINUTE)
    assert desk.issued == []


def test_a_study_that_does_not_record_idle_times_knows_pauses_by_keys_and_runs() -> None:
    desk = Desk(replace(only("long_pause"), focus=False))
    desk.add("new")
    desk.run("new")
    desk.wait(6 * MINUTE)
    desk.type("given", "1")
    desk.wait(MINUTE)
    assert [prompt.cell_id for prompt in desk.issued] == ["new"]


def test_focus_that_a_prompt_caused_feeds_no_rule() -> None:
    desk = Desk(only("long_pause"))
    desk.add("new")
    desk.run("new")
    desk.wait(MINUTE)
    desk.say(IdleBegan(after_ms=60_000))
    desk.wait(10 * MINUTE)
    desk.say(FocusChanged(cell_id="new", visible=True, cause="prompt"))
    desk.wait(MINUTE)
    assert desk.emitted == []


def test_facts_without_a_run_are_remembered_and_ask_nothing() -> None:
    desk = Desk(only("data_step"))
    desk.say(KernelFacts(run_id=None, read=[], bound=["loans"], frames=[frame("loans", None, (9, "ab"))]))
    desk.wait(MINUTE)
    assert desk.emitted == []
    assert desk.state is not None
    assert [list(held) for held in desk.state.frames.values()] == [["loans"]]
