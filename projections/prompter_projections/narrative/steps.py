"""Data, models and results in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from ..lineage import DataStep, Estimator, Lineage, ModelTried, Result, RunNode, Score, Shape
from .material import Material
from .model import Part, Parts, Row, Sentence, Table
from .words import code, counted, figure, listed, numbers, sentence

_DID = {
    "loaded": "loaded",
    "filtered": "filtered",
    "selected": "chose columns of",
    "dropped": "dropped columns or rows of",
    "joined": "joined",
    "derived": "derived new columns of",
    "filled": "filled missing values of",
    "encoded": "encoded",
    "grouped": "grouped",
    "reshaped": "reshaped",
    "sorted": "sorted",
    "split": "split",
    "saved": "saved",
}

_WHY_RESULT = {
    "quoted": "quoted in text that was written later",
    "last shown": "the last run that shows something",
    "score": "scored a model last",
    "figure": "its figure stands, nothing was scored",
    "file": "wrote a file",
    "last run": "the last run that went well",
}


def told_from(runs: Sequence[RunNode]) -> str:
    """Who tells what these runs read and bound, for ``inferred``."""
    return "by the kernel" if runs and all(run.facts == "kernel" for run in runs) else "from the code"


def step_source(step: DataStep, lineage: Lineage) -> str:
    """From what a data step is known."""
    told = {shape.told_by for shape in (step.before, step.after) if shape is not None and step.after is not None}
    parts = ["from the code"]
    if "kernel" in told or (not told and lineage.runs[step.run].facts == "kernel"):
        parts.append("sizes by the kernel" if told else "names by the kernel")
    if "output" in told:
        parts.append("sizes from the output")
    return ", ".join(parts)


def sizes(before: Shape | None, after: Shape | None) -> str:
    """``10,412 × 14``, or what changed: ``rows 10,412 → 10,398``; empty if neither is known."""
    if after is None:
        return ""
    told = [f"{after.rows:,} × {after.columns:,}"]
    if before is not None:
        changed = [("rows", before.rows, after.rows), ("columns", before.columns, after.columns)]
        told = [f"{what} {old:,} → {new:,}" for what, old, new in changed if old != new] or told
    if after.missing and (before is None or before.missing != after.missing):
        told.append(f"{after.missing:,} missing")
    elif before is not None and before.missing and after.missing == 0:
        told.append("none missing")
    return ", ".join(told)


def step_parts(step: DataStep) -> Parts:
    """What was done, without who did it: ``loaded `data/loans.csv` into `loans```."""
    inputs = [code(name, 40) for name in step.inputs]
    files = [code(path, 60) for path in step.files]
    names = [code(name, 40) for name in step.names]
    if step.kind == "saved":
        return (
            "saved ",
            *listed(inputs or names or [code(step.detail, 60)]),
            *((" as ", *listed(files)) if files else ()),
        )
    if step.kind == "loaded":
        what = listed(files or [code(step.detail, 60)])
    else:
        what = listed(inputs or names or [code(step.detail, 60)])
    into: Parts = (" into ", *listed(names)) if names and step.names != step.inputs else ()
    return (f"{_DID[step.kind]} ", *what, *into)


def step_sentence(step: DataStep, subject: Parts, lineage: Lineage) -> Sentence:
    """One data step as a sentence."""
    size = sizes(step.before, step.after)
    detail: Parts = (": ", code(step.detail, 64)) if step.kind != "loaded" and step.detail else ()
    told: Parts = (*subject, " ", *step_parts(step), *detail, f" ({size})." if size else ".")
    return sentence(*told, positions=step.positions, inferred=step_source(step, lineage))


def steps_count(material: Material) -> int:
    """How many rows ``steps_table`` could have."""
    return len(_ways(material))


def steps_table(material: Material, most: int) -> Table | None:
    """The data steps of the whole session; of what a cell did in several ways the one that leads to a result."""
    ways = _ways(material)
    chosen = [(next((each for each in steps if each.survives), steps[0]), len(steps) - 1) for steps in ways]
    order = sorted(range(len(chosen)), key=lambda each: (_matters(chosen[each][0]), each))
    rows = [_step_row(*chosen[index], material) for index in sorted(order[:most])]
    if not rows:
        return None
    return _table(("What was done", "Where", "Rows × columns"), rows, len(chosen) - len(rows))


def _ways(material: Material) -> list[list[DataStep]]:
    """The steps by cell and kind, in the order in which they were first taken."""
    found: dict[tuple[str, str], list[DataStep]] = {}
    for step in material.lineage.data_steps:
        found.setdefault((material.lineage.runs[step.run].cell_id, step.kind), []).append(step)
    return list(found.values())


def _matters(step: DataStep) -> int:
    """Smaller for what a reader must know: where the data come from, and which rows and columns lead to a result."""
    if step.kind in {"loaded", "joined"}:
        return 0 if step.survives else 1
    prepared = step.kind in {"filled", "encoded", "selected", "dropped", "sorted", "reshaped"}
    return 3 if not step.survives else 2 if prepared else 0


def _step_row(step: DataStep, ways: int, material: Material) -> Row:
    run = material.lineage.runs[step.run]
    what = step_parts(step)
    if step.kind not in {"loaded", "saved", "split", "encoded"} and step.detail:
        what = (*what, ": ", code(step.detail, 56))
    more = f", and in {counted(ways, 'other way')}" if ways else ""
    cells: tuple[Parts, ...] = ((*what, more), material.cell(run.cell_id), (sizes(step.before, step.after),))
    left = "" if step.survives else "leads to no result"
    return Row(cells, step.positions, left, step_source(step, material.lineage))


def _table(headings: tuple[str, ...], rows: Sequence[Row], left_out: int) -> Table:
    """A table that says once what most of its rows are inferred from."""
    sources = Counter(row.inferred for row in rows)
    usual = max(sources, key=lambda each: sources[each])
    told = tuple(replace(row, inferred="") if row.inferred == usual else row for row in rows)
    return Table(headings, told, left_out, usual)


def models_table(material: Material, most: int) -> Table | None:
    """The models of the whole session with all their scores; those that lead to a result first."""
    lineage = material.lineage
    models = lineage.models
    chosen = sorted(range(len(models)), key=lambda each: (not models[each].won, models[each].final is None, each))
    rows = [_model_row(models[each], material) for each in sorted(chosen[:most])]
    if not rows:
        return None
    return _table(("Model", "Where", "Scores in order", "What became of it"), rows, len(models) - len(rows))


def _model_row(model: ModelTried, material: Material) -> Row:
    name: Parts = (code(model.kind, 48), *((" as ", code(model.name, 32)) if model.name else ()))
    if model.final is not None and model.final.value is not None:
        state = f"final score {figure(model.final.value)}"
    else:
        state = "stands at the end" if any(trial.survives for trial in model.trials) else "leads to no result"
    scores = [score for trial in model.trials for score in trial.scores]
    return Row(
        cells=(
            name,
            listed([material.cell(cell_id) for cell_id in model.cells], 3),
            (scores_words(scores) or "none that is told",),
            (state,),
        ),
        positions=model.positions,
        marked="best" if model.won else "",
        inferred=score_source(scores, model.told_by),
    )


def score_source(scores: Sequence[Score], told_by: str) -> str:
    """From what a model's scores are known."""
    tellers = {score.told_by for score in scores}
    if "output" in tellers and "kernel" in tellers:
        return "by the kernel, later inferred from the code and its output"
    if "output" in tellers:
        return "from the code and its output"
    return "by the kernel" if told_by == "kernel" else "from the code"


def scores_words(scores: Sequence[Score], most: int = 8) -> str:
    """Scores in order, each metric named once: ``roc_auc_score 0.981, 0.694``."""
    told: list[str] = []
    metric = ""
    for score in scores if len(scores) <= most + 1 else (*scores[: most - 1], scores[-1]):
        value = "not told" if score.value is None else figure(score.value)
        name = score.metric or "score"
        told.append(value if name == metric else f"{name} {value}")
        metric = name
    if len(scores) > most + 1:
        told.insert(most - 1, f"… {len(scores) - most:,} more …")
    return ", ".join(told)


def score_words(score: Score) -> str:
    """``roc_auc_score 0.694``."""
    return scores_words([score])


def model_sentences(run: RunNode, subject: Parts, material: Material) -> Iterator[Sentence]:
    """What a run fitted and scored, and what had been changed since the model's trial before."""
    for model in run.estimators:
        parameters = _parameters(model)
        did = "fitted" if model.fitted else "scored"
        scores = f" and scored it: {scores_words(model.scores)}" if model.fitted else f": {scores_words(model.scores)}"
        parts: Parts = (*subject, f" {did} ", code(model.kind, 48), *parameters, scores if model.scores else "", ".")
        inferred = "" if model.told_by == "kernel" else "from the code"
        if any(score.told_by == "output" for score in model.scores):
            inferred = "from the code and its output"
        yield sentence(*parts, positions=run.positions, inferred=inferred)
    changed = [material.lineage.runs[index] for index in material.changed.get(run.index, ()) if index != run.index]
    if changed:
        cells = cells_words(material, [each.cell_id for each in changed])
        have = "was" if len({each.cell_id for each in changed}) == 1 else "were"
        positions = [*run.positions, *(each.scheduled_position for each in changed)]
        words = ("Since the trial before, ", *cells, f" {have} changed, on which it rests.")
        yield sentence(*words, positions=positions, inferred=told_from([run, *changed]))


def _parameters(model: Estimator) -> Parts:
    told = [code(f"{name}={value}", 40) for name, value in model.parameters]
    return (" with ", *listed(told, 4)) if told else ()


def results_table(material: Material, most: int) -> Table | None:
    """The runs that count as results, the latest first: what they showed last and what they rest on."""
    lineage = material.lineage
    found = sorted(lineage.result_reasons, key=lambda each: -each.run)
    rows = [_result_row(result, material) for result in found[:most]]
    if not rows:
        return None
    return _table(("Where", "Its last line", "Why it counts as a result", "Rests on"), rows, len(found) - len(rows))


def _result_row(result: Result, material: Material) -> Row:
    lineage = material.lineage
    run = lineage.runs[result.run]
    fed = [lineage.runs[index] for index in _ancestors(lineage, result.run)]
    quotes = listed([code(quote, 24) for quote in result.quotes], 4)
    why: list[Part] = []
    for reason in result.reasons:
        why += ["; " if why else "", _WHY_RESULT[reason]]
        why += [" (", *quotes, ")"] if reason == "quoted" and quotes else []
    return Row(
        cells=(
            (*material.cell(run.cell_id), f", run {run.version}"),
            (code(run.output),) if run.output else ("nothing",),
            tuple(why),
            cells_words(material, [each.cell_id for each in fed]) if fed else ("nothing else",),
        ),
        positions=tuple(sorted({*run.positions, *result.positions})),
        inferred=told_from([run, *fed]),
    )


def _ancestors(lineage: Lineage, index: int) -> list[int]:
    found: set[int] = set()
    waiting = [index]
    while waiting:
        for source in lineage.runs[waiting.pop()].fed_by:
            if source not in found:
                found.add(source)
                waiting.append(source)
    return sorted(found)


def cells_words(material: Material, cell_ids: Sequence[str]) -> Parts:
    """``cells 2, 3 and 5 to 7 and the removed cell …``."""
    ids = list(dict.fromkeys(cell_ids))
    placed = [lane.number for each in ids if (lane := material.lanes.get(each)) and lane.number is not None]
    gone = [each for each in ids if (lane := material.lanes.get(each)) is None or lane.number is None]
    told: list[Parts] = []
    if placed:
        told.append((f"{'cell' if len(placed) == 1 else 'cells'} {numbers(placed)}",))
    if len(gone) > 3:
        told.append((counted(len(gone), "removed cell"),))
    else:
        told += [material.cell(each, within=True) for each in gone]
    return listed(told)
