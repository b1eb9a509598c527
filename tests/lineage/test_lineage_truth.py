"""What a lineage says of the ninety minutes about loans, held against what really happened."""

from __future__ import annotations

import pytest

from prompter_events import open_log
from prompter_events.event import SessionId
from prompter_projections import UnknownSession, lineage_of
from prompter_projections.lineage import Lineage, build
from support.lifelike import uuid
from support.loans import TRUTH, Ref, Session, loans


@pytest.fixture(scope="module")
def session() -> Session:
    return loans()


@pytest.fixture(scope="module")
def lineage(session: Session) -> Lineage:
    return build(session.events)


def _refs(session: Session, lineage: Lineage, runs: object) -> list[Ref]:
    labels = {cell_id: label for label, cell_id in session.cells.items()}
    nodes = [lineage.runs[index] for index in runs]  # type: ignore[attr-defined]
    return [(labels[node.cell_id], node.version) for node in nodes]


def test_the_events_hold_together(session: Session, lineage: Lineage) -> None:
    assert lineage.notes == ()
    assert [node.run_id for node in lineage.runs] == list(session.runs.values())
    minutes = (session.events[-1].occurred_at - session.events[0].occurred_at) / 60e6
    assert 85 < minutes < 100
    told = [node.facts for node in lineage.runs]
    assert told.count("kernel") == 22
    assert told.count("syntax") == 14


def test_the_result_and_all_that_leads_to_it_are_found(session: Session, lineage: Lineage) -> None:
    assert TRUTH.result in _refs(session, lineage, lineage.results)
    assert set(_refs(session, lineage, lineage.feeding)) == TRUTH.feeding
    compare = next(
        each for each in lineage.result_reasons if lineage.runs[each.run].cell_id == session.cells["compare"]
    )
    assert compare.reasons == ("quoted", "last shown")
    assert compare.quotes == ("0.694", "0.721")
    assert compare.quoted_in == (session.cells["conclusion"],)


def test_the_steps_of_the_data_are_found(session: Session, lineage: Lineage) -> None:
    for step in TRUTH.steps:
        found = [
            each
            for each in lineage.data_steps
            if each.kind == step.did and _refs(session, lineage, [each.run]) == [step.run]
        ]
        assert len(found) == 1, step
        text = str(found[0])
        assert [word for word in step.words if word not in text] == []


def test_a_step_tells_the_sizes_before_and_after(lineage: Lineage) -> None:
    joined = [each for each in lineage.data_steps if each.kind == "joined"]
    sizes = [(each.before.rows, each.after.rows) for each in joined if each.before and each.after]
    assert sizes == [(10398, 31194), (10398, 10398)]
    assert [each.survives for each in joined] == [False, False]


def test_models_are_found_with_their_scores_and_the_one_that_won(session: Session, lineage: Lineage) -> None:
    assert [each.kind for each in lineage.models] == [model.kind for model in TRUTH.models]
    for model, truth in zip(lineage.models, TRUTH.models, strict=True):
        scored = [(trial.run, score.value) for trial in model.trials for score in trial.scores]
        refs = _refs(session, lineage, [run for run, _ in scored])
        assert [(ref, value) for ref, (_, value) in zip(refs, scored, strict=True)] == list(truth.scores)
        assert model.won is truth.final
        assert model.cells == (session.cells[truth.cell],)


def test_a_score_says_who_told_it(session: Session, lineage: Lineage) -> None:
    logit, tree, _ = lineage.models
    assert [trial.scores[0].told_by for trial in logit.trials] == ["kernel", "kernel", "output"]
    assert logit.trials[-1].scores[0].quote == "AUC of the logistic regression: 0.694"
    assert logit.told_by == "syntax"
    assert tree.told_by == "kernel"
    assert tree.final is None


def test_a_trial_tells_what_changed_since_the_one_before(session: Session, lineage: Lineage) -> None:
    logit = lineage.models[0]
    assert [_refs(session, lineage, trial.changed) for trial in logit.trials] == [[], [("features", 3)], []]


def test_failures_and_their_repairs_are_found(session: Session, lineage: Lineage) -> None:
    assert len(lineage.repairs) == len(TRUTH.failures)
    for repair, truth in zip(lineage.repairs, TRUTH.failures, strict=True):
        assert tuple(_refs(session, lineage, repair.errors)) == truth.runs
        assert repair.error_name == truth.error
        assert truth.word in repair.error_message
        repaired = [] if repair.repaired_by is None else _refs(session, lineage, [repair.repaired_by])
        assert repaired == ([] if truth.repaired_by is None else [truth.repaired_by])
        cured = repair.cures[0].cell_id if repair.cures else None
        assert cured == (None if truth.cured_in is None else session.cells[truth.cured_in])
    assert [repair.cures[0].how for repair in lineage.repairs[:3]] == ["changed", "changed", "run again"]
    assert "+X = pd.get_dummies(clean[features].fillna(0))" in lineage.repairs[1].cures[0].differences
    assert lineage.repairs[3].left == "removed"


def test_what_was_abandoned_is_found_and_nothing_else(session: Session, lineage: Lineage) -> None:
    why = {"removed": "removed", "never used": "unread", "not run again": "stale"}
    assert [(each.cell_id, each.reasons[0]) for each in lineage.dead_ends] == [
        (session.cells[truth.cell], why[truth.why]) for truth in TRUTH.abandoned
    ]


def test_variants_are_told_with_differences_and_outcomes(session: Session, lineage: Lineage) -> None:
    models = next(each for each in lineage.attempts if session.cells["boost"] in each.cells)
    assert models.cells == tuple(session.cells[label] for label in ("logit", "tree", "boost"))
    first = models.variants[0]
    assert [each.status for each in first.outcomes] == ["error", "ok", "ok", "ok"]
    assert [score.value for each in first.outcomes for score in each.scores] == [0.981, 0.694, 0.694]
    boosts = [each for each in models.variants if each.cell_id == session.cells["boost"]]
    assert boosts[2].differences == (
        "-boost = HistGradientBoostingClassifier(random_state=7, max_depth=3, learning_rate=0.05)",
        "+boost = HistGradientBoostingClassifier(random_state=7, max_depth=6, learning_rate=0.05)",
    )
    assert models.kept == len(models.variants) - 1
    merge = next(each for each in lineage.attempts if each.cells == (session.cells["merge"],))
    assert [len(each.runs) for each in merge.variants] == [1, 1, 1]
    assert merge.kept is None


def test_everything_that_is_said_names_events_that_are_there(session: Session, lineage: Lineage) -> None:
    there = {event.position for event in session.events}
    said = [*lineage.runs, *lineage.result_reasons, *lineage.attempts, *lineage.repairs, *lineage.dead_ends]
    said += [*lineage.data_steps, *lineage.models, *(v for each in lineage.attempts for v in each.variants)]
    for each in said:
        assert each.positions
        assert set(each.positions) <= there
        assert list(each.positions) == sorted(each.positions)


def test_cells_tell_where_they_came_from_and_went(session: Session, lineage: Lineage) -> None:
    cells = {label: lineage.cells[cell_id] for label, cell_id in session.cells.items()}
    assert [label for label, cell in cells.items() if cell.given] == ["title", "imports"]
    assert [label for label, cell in cells.items() if cell.removed] == ["plot", "xgb"]
    assert cells["conclusion"].place == 15
    assert [len(cells[label].runs) for label in ("look", "boost", "title")] == [2, 4, 0]


async def test_a_log_gives_the_same_lineage(session: Session, lineage: Lineage) -> None:
    async with open_log("memory://") as log:
        await session.append_to(log)
        assert await lineage_of(log, session.session_id) == lineage
        with pytest.raises(UnknownSession):
            await lineage_of(log, SessionId(uuid("nobody's session")))


def test_the_session_is_the_same_each_time(session: Session, lineage: Lineage) -> None:
    assert loans().events == session.events
    moved = loans(first_position=900)
    assert build(moved.events).feeding == lineage.feeding
