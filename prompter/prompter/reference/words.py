"""What fields mean whose name says it to who knows the catalogue, and which therefore have no docstring there."""

from __future__ import annotations

__all__ = ["OF_ALL", "OF_ONE"]

OF_ALL = {
    "bound": "Names that the run bound.",
    "by": "Who did it: `participant`, or a researcher by name.",
    "cause": "What made the change, see [What is recorded](../events.md).",
    "cell_type": "What kind of cell it is.",
    "cells": "All cells in their order, as they stand now.",
    "choice": "The first of `choices`; none without one.",
    "choices": "What may be taken with one click; of an answer, what was taken.",
    "condition": "The experimental condition: `EXP_CTS`, `EXP_END`, `EXP_NONE` or `NO_EXP`.",
    "kernel_id": "Jupyter's id of the kernel.",
    "language": "Of the wording, BCP 47.",
    "name": "Its name.",
    "notebook_id": "The server's id for this participant and this file; it survives reload, rename and days.",
    "participant_id": "The person's random id; names stand in the table `participant` alone.",
    "period": "The study's period.",
    "prompt_id": "The question, as `prompt.issued` names it.",
    "question": "Its wording.",
    "reason": "Why, in a few words.",
    "rule": "The rule that proposed it, see [When people are asked](../prompting.md).",
    "run_id": "The run, as `run.scheduled` names it.",
    "source": "The text of the cell.",
    "study": "The name of the study; empty without one.",
    "text": "In the person's own words.",
    "version": "Which text or file it is; it changes with each change of that.",
}
"""By the field's name, wherever it stands."""

OF_ONE = {
    ("prompt.requested", "request_id"): "By which the question that comes of it is known.",
    ("session.opened", "client"): "Which programs made the events.",
    ("session.opened", "kernel_name"): "The kernelspec's name; empty without a kernel.",
    ("session.opened", "notebook_path"): "Of the file, below the server's directory.",
    ("notebook.renamed", "path"): "The new path, below the server's directory.",
    ("focus.changed", "visible"): "Whether the page can be seen.",
    ("run.finished", "status"): "How it ended; `lost` where the kernel went away before it said so.",
    ("run.finished", "execution_count"): "The number beside the cell; none if it never ran.",
    ("run.finished", "error"): "The error that ended it.",
    ("run.finished", "outputs"): "What it put out, in order.",
    ("run.external", "source"): "What was executed; none where it is not recorded.",
    ("kernel.started", "name"): "The kernelspec's name.",
    ("kernel.restarted", "name"): "The kernelspec's name.",
    ("kernel.interrupted", "name"): "The kernelspec's name.",
    ("kernel.died", "name"): "The kernelspec's name.",
    ("kernel.facts", "frames"): "Data frames that it bound, changed or removed.",
    ("kernel.facts", "estimators"): "Estimators that it fitted or scored.",
    ("RunError", "name"): "The error's class.",
    ("EstimatorFact", "did"): "What the run did to it.",
    ("EstimatorFact", "value"): "What the metric gave, where a name or the cell's own output has it.",
    ("prompt.issued", "deliver"): "Whether it is shown at once or kept for the review.",
    ("prompt.dismissed", "reason"): "`skip` closes this question, `never` asks nothing more about the cell.",
    ("prompt.snoozed", "until"): "When it may be shown again, µs since the epoch, UTC.",
    ("study.loaded", "phase"): "`pilot` data stay out of exports unless asked for.",
    ("task.began", "name"): "The task, as the study names it.",
    ("task.ended", "name"): "The task, as the study names it.",
    ("note.added", "text"): "The remark.",
    ("note.added", "by"): "The researcher.",
    ("capture.invalid", "claimed_type"): "The type that it was sent as.",
    ("capture.invalid", "claimed_version"): "The schema version that it was sent as.",
}
"""By the event or part and its field, where the name alone does not say it."""
