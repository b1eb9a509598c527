"""Steps of an analysis in what the kernel saw: a data frame that changed, an estimator that was fitted or scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from prompter_events.catalogue.runs import EstimatorFact, FrameFact, FrameShape, KernelFacts

Value = str | int | float
"""A fact that a wording may name."""

#: How many frames of a kernel are remembered, the newest; more of them make no story.
_MOST_FRAMES = 50

#: How many names of columns of each.
_MOST_NAMES = 60


class FrameStep(Struct, frozen=True):
    """A data frame before and after."""

    name: str
    """The variable whose shape before is told."""
    before: FrameShape
    after: FrameShape

    def facts(self) -> dict[str, Value]:
        """What a wording may name. What was not lost or added is left out."""
        before, after = self.before, self.after
        told: dict[str, Value] = {
            "frame": self.name,
            "rows_before": before.rows,
            "rows_after": after.rows,
            "columns_before": before.columns,
            "columns_after": after.columns,
        }
        if before.rows > after.rows:
            told["rows_lost"] = before.rows - after.rows
        lost, added = max(before.columns - after.columns, 0), max(after.columns - before.columns, 0)
        if _all_named(before) and _all_named(after):
            lost, added = (len(set(a.names) - set(b.names)) for a, b in ((before, after), (after, before)))
        return told | {name: n for name, n in (("columns_lost", lost), ("columns_added", added)) if n}


def frame_step(facts: KernelFacts, known: Mapping[str, FrameShape]) -> FrameStep | None:
    """The first data step of a run. ``known``: the frames that the kernel held before, by name.

    A frame that the run read and that has other rows or columns now; or one that it made from another, with some of
    that one's rows or columns, or some more. One that was read from a file anew is no step, whatever it was before.
    """
    changes = [fact for fact in facts.frames if fact.after is not None]
    steps = [_changed(fact, facts) or _made(fact, facts, known) for fact in changes]
    found = [step for step in steps if step is not None]
    # Rows that went are what a person thinks of first.
    return next((step for step in found if step.before.rows != step.after.rows), found[0] if found else None)


def _changed(fact: FrameFact, facts: KernelFacts) -> FrameStep | None:
    made_anew = fact.name in facts.bound and fact.name not in facts.read
    if fact.before is None or fact.after is None or made_anew or not _differ(fact.before, fact.after):
        return None
    return FrameStep(fact.name, fact.before, fact.after)


def _made(fact: FrameFact, facts: KernelFacts, known: Mapping[str, FrameShape]) -> FrameStep | None:
    """A frame made from another one; told by columns, since a summary of a frame is no step on it.

    A series that was made of a frame, a mask say, is one column of it and changes nothing.
    """
    if not fact.kind.endswith("Frame"):
        return None
    after = fact.after
    if after is None or fact.name not in facts.bound or fact.name in facts.read or not after.names:
        return None
    for name in facts.read:
        before = known.get(name)
        if before is None or not before.names or not _differ(before, after):
            continue
        ours, theirs = set(after.names[:_MOST_NAMES]), set(before.names)
        if ours <= theirs or theirs <= ours:
            return FrameStep(name, before, after)
    return None


def frames_after(known: Mapping[str, FrameShape], facts: KernelFacts) -> dict[str, FrameShape]:
    """The frames that a kernel holds after a run."""
    frames = dict(known)
    for fact in facts.frames:
        frames.pop(fact.name, None)
        if fact.after is not None:
            frames[fact.name] = replace(fact.after, names=fact.after.names[:_MOST_NAMES], dtypes=[])
    return dict([*frames.items()][-_MOST_FRAMES:])


def model_facts(estimators: Sequence[EstimatorFact]) -> dict[str, Value]:
    """What a wording may name of estimators that were fitted or scored: the last score counts."""
    scored = next((fact for fact in reversed(estimators) if fact.did == "scored" and fact.value is not None), None)
    kinds = [fact.kind for fact in ([scored] if scored else []) + list(reversed(estimators)) if fact.kind]
    told: dict[str, Value] = {"model": kinds[0]} if kinds else {}
    if scored is not None and scored.value is not None:
        told["value"] = float(scored.value)
        if scored.metric:
            told["metric"] = scored.metric
    return told


def _differ(before: FrameShape, after: FrameShape) -> bool:
    if (before.rows, before.columns) != (after.rows, after.columns):
        return True
    return _all_named(before) and _all_named(after) and set(before.names) != set(after.names)


def _all_named(shape: FrameShape) -> bool:
    return len(shape.names) == shape.columns
