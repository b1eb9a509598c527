"""What was tried, what failed and what was left behind, in words and differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..lineage import Attempt, DeadEnd, Repair, RunNode
from ..lineage import Variant as Tried
from .material import Material
from .model import NO_DIFFERENCE, Attempts, Difference, Failure, Parts, Sentence, Variant, VariantStatus
from .questions import Question
from .steps import cells_words, scores_words, step_parts, told_from
from .words import code, counted, listed, sentence, times, took, uncapitalized

MOST_LINES = 12
"""Changed lines that are shown of one difference; the timeline has all."""

MOST_CHARACTERS = 200
"""Of one line of a difference."""

MOST_VARIANTS = 8
"""Variants that are shown of one attempt: the first ones and the last."""

_ENDED = {
    "removed": "it was removed",
    "failed": "its last run ended in an error",
    "stale": "it was not run again after the kernel's last restart, though what the result rests on was",
}

_CURED = {
    "changed": "was changed",
    "run again": "was run again",
    "run first": "was run for the first time",
    "moved": "took over the code",
    "installed": "installed a package",
}


def difference(lines: Sequence[str], most: int = MOST_LINES) -> Difference:
    """The changed lines of a unified diff; what stayed is left out, since a cell is seen elsewhere as a whole."""
    changed = [_cut(line) for line in lines if line[:1] in {"+", "-"}]
    return Difference(tuple(changed[:most]), max(0, len(changed) - most))


def first_version(source: str, most: int = MOST_LINES) -> Difference:
    """A whole source as what came first."""
    lines = [_cut(f" {line}") for line in source.split("\n") if line.strip()]
    return Difference(tuple(lines[:most]), max(0, len(lines) - most))


def _cut(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 1] + "…"


def attempts(attempt: Attempt, material: Material) -> Attempts:
    """The variants of one thing with their differences and results."""
    tried, kept = attempt.variants, attempt.kept
    shown = list(range(len(tried)))
    if len(shown) > MOST_VARIANTS:
        shown = [*range(MOST_VARIANTS - 1), len(tried) - 1]
    where = cells_words(material, attempt.cells)
    several = len(attempt.cells) > 1
    variants = tuple(_variant(tried[index], kept == index, several, material) for index in shown)
    return Attempts(
        title=(f"{counted(len(tried), 'variant')} of ", *where),
        variants=variants,
        at=material.since(material.lineage.runs[tried[0].run].scheduled_at),
        left_out=len(tried) - len(shown),
        inferred="from near-same code in several cells" if several else "",
    )


def _variant(tried: Tried, kept: bool, several: bool, material: Material) -> Variant:
    runs = [material.lineage.runs[each] for each in tried.runs]
    versions = [run.version for run in runs]
    name = f"run {versions[0]}" if len(versions) == 1 else f"runs {versions[0]} to {versions[-1]}"
    if several:
        lane = material.lanes.get(tried.cell_id)
        name = f"{f'cell {lane.number}' if lane and lane.number is not None else 'removed cell'}, {name}"
    status: VariantStatus = tried.status
    return Variant(
        name=name,
        status=status,
        difference=_difference(tried),
        outcome=_outcome(tried, runs),
        positions=tried.positions,
        kept=kept,
    )


def _difference(tried: Tried) -> Difference:
    """To the variant before; a variant that has next to nothing of it is shown itself."""
    lines = tried.differences
    new = sum(line.startswith("+") for line in lines)
    if not lines or new >= 0.8 * len([line for line in tried.source.split("\n") if line.strip()]) > 2:
        return first_version(tried.source)
    return difference(lines)


def _outcome(tried: Tried, runs: Sequence[RunNode]) -> Parts:
    """What all runs of a variant came to, their last output where nothing was scored."""
    told: list[Parts] = []
    scores = [score for run in runs for model in run.estimators for score in model.scores]
    if scores:
        told.append((scores_words(scores),))
    elif tried.status == "ok":
        sized = [frame for frame in tried.frames if frame.after is not None][:3]
        told += [
            (code(each.name, 32), f" {each.after.rows:,} × {each.after.columns:,}") for each in sized if each.after
        ]
        if tried.output:
            told.append((code(tried.output, 48),))
    if tried.error:
        told.append((code(tried.error, 64),))
    elif failed := sum(run.status == "error" for run in runs):
        told.append((f"{times(failed)} an error",))
    if tried.status in {"aborted", "lost"}:
        told.append((tried.status,))
    return listed(told, last="") if told else ("ran well, showed nothing",)


def failure(repair: Repair, material: Material) -> Failure:
    """An error, what changed, and how long it took."""
    lineage = material.lineage
    error = f"{repair.error_name}: {repair.error_message}" if repair.error_message else repair.error_name
    cure = repair.cures[0] if repair.cures else None
    shown = difference(cure.differences) if cure is not None else NO_DIFFERENCE
    return Failure(
        error=code(error, 200).text,
        difference=shown,
        sentences=tuple(_failure_sentences(repair, material)),
        repaired=repair.repaired,
        at=material.since(lineage.runs[repair.errors[0]].scheduled_at),
    )


def _failure_sentences(repair: Repair, material: Material) -> Iterator[Sentence]:
    runs = [material.lineage.runs[index] for index in repair.errors]
    failed = [position for run in runs for position in run.positions]
    yield sentence(*material.cell(repair.cell_id), f" failed with it {times(len(runs))}.", positions=failed)
    yield ended(repair, material)
    if repair.repaired_by is None:
        return
    fixed = material.lineage.runs[repair.repaired_by]
    for answer in material.answers.get(repair.cell_id, ()):
        if answer.run_id == fixed.run_id:
            yield sentence("Asked about the run that went well, they said ", _said(answer), positions=[answer.ended])


def _said(answer: Question) -> str:
    """An answer within a sentence, shortened; its chapter has all of it."""
    return f"“{code(answer.text or ', '.join(answer.choices), 160).text}”"


def ended(repair: Repair, material: Material) -> Sentence:
    """How an error ended."""
    lineage = material.lineage
    if repair.repaired_by is not None:
        fixed = lineage.runs[repair.repaired_by]
        time = f" after {took(repair.time)}" if repair.time is not None else ""
        within = (
            ""
            if not repair.runs
            else " by the next run"
            if repair.runs == 1
            else f", {counted(repair.runs, 'run')} later"
        )
        positions = [*fixed.positions]
        told: Parts = (f"Repaired{time}{within}.",)
        inferred = ""
        if repair.cures:
            cure = repair.cures[0]
            positions += lineage.runs[cure.run].positions
            told = (f"Repaired{time}{within}: ", *material.cell(cure.cell_id, within=True), f" {_CURED[cure.how]}.")
            inferred = "from what changed in between" if cure.cell_id != repair.cell_id else ""
        return sentence(*told, positions=positions, inferred=inferred)
    if repair.became is not None:
        run = lineage.runs[repair.became]
        message = f"{run.error_name}: {run.error_message or ''}"
        return sentence("Another error took its place: ", code(message, 80), ".", positions=run.positions)
    left = {
        "removed": "Never repaired, the cell was removed.",
        "standing": "Never repaired, the cell stands as it failed.",
    }
    return sentence(left.get(repair.left, "Never repaired."), positions=repair.positions)


def failure_in_short(repair: Repair, material: Material) -> Sentence:
    """An error and its end in one sentence."""
    runs = [material.lineage.runs[index] for index in repair.errors]
    name = repair.error_name or "Error"
    error = f"{name}: {repair.error_message}" if repair.error_message else name
    how = ended(repair, material)
    where = material.cell(repair.cell_id, within=True)
    count = f", {times(len(runs))}" if len(runs) > 1 else ""
    positions = [*(position for run in runs for position in run.positions), *how.positions]
    told: Parts = (code(error), " in ", *where, f"{count}; ", *uncapitalized(how.parts))
    return sentence(*told, positions=positions, inferred=how.inferred)


def dead_end(end: DeadEnd, material: Material) -> list[Sentence]:
    """A cell that leads to no result, why, and the participant's last words about it."""
    runs = [material.lineage.runs[index] for index in end.runs]
    lane = material.lanes.get(end.cell_id)
    source = runs[-1].source if runs else (lane.source if lane is not None else "")
    about = _steps_within(end, material)
    if not about and lane is not None and lane.number is not None:
        about.append((code(_first_code(source), 48),))
    about += [(code(kind, 40),) for kind in dict.fromkeys(model.kind for run in runs for model in run.estimators)][:3]
    if runs:
        about.append((counted(len(runs), "run"),))
    shown: Parts = (" (", *listed(about, last=""), ")") if about else ()
    why = [part for reason in end.reasons for part in ("; ", *_why(end, reason))][1:]
    inferred = told_from(runs) if end.inferred else ""
    told = [sentence(*material.cell(end.cell_id), *shown, ": ", *why, ".", positions=end.positions, inferred=inferred)]
    said = material.answers.get(end.cell_id, ())
    if said:
        told.append(sentence("The last answer about it: ", _said(said[-1]), positions=[said[-1].ended]))
    return told


def _steps_within(end: DeadEnd, material: Material) -> list[Parts]:
    """The first and the last of the data steps that only this cell took."""
    lineage = material.lineage
    taken = [step for step in lineage.data_steps if lineage.runs[step.run].cell_id == end.cell_id]
    kinds = {step.kind: step for step in reversed(taken)}
    steps = [step for step in taken if kinds[step.kind] is step]
    told = steps[:1] + [step for step in steps[1:] if step.kind in {"joined", "filtered", "grouped", "reshaped"}][:1]
    return [(*step_parts(step), *((": ", code(step.detail, 56)) if step.kind != "loaded" else ())) for step in told]


def _why(end: DeadEnd, reason: str) -> Parts:
    names = listed([code(name, 32) for name in end.names], 3)
    if reason == "overwritten":
        return ("another cell bound ", *(names or ("its names",)), " anew before anything read them")
    if reason == "unread":
        return ("nothing that leads to a result reads ", *(names or ("what it did",)))
    return (_ENDED[reason],)


def _first_code(source: str) -> str:
    """The first line that says something: no comment, no import if there is more."""
    lines = [line.strip() for line in source.split("\n") if line.strip() and not line.strip().startswith("#")]
    telling = [line for line in lines if not line.startswith(("import ", "from "))]
    return (telling or lines or [source])[0]
