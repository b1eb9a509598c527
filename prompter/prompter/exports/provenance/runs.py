"""Runs: what each used, what it made, and who and what carried it out."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from prov.identifier import QualifiedName

from prompter_events.catalogue.runs import FrameFact, RunFinished
from prompter_projections.lineage import Estimator, Lineage, RunNode

from ..session import json_text
from .document import Document, Value
from .names import RELEASE

# A file is told among the sources of a name as this and its path.
_FILE = "file:"


class Runs:
    """Fills in the runs of a session. The lineage tells their names: seen by the kernel, or read in the code."""

    def __init__(self, document: Document, participant: QualifiedName, lineage: Lineage) -> None:
        self._document = document
        self._participant = participant
        self._lineage = lineage
        self._reasons = {result.run: result.reasons for result in lineage.result_reasons}
        self._files: dict[str, QualifiedName] = {}
        """Files that nothing here wrote, by their paths."""
        self._variables: dict[tuple[int, str], QualifiedName] = {}
        """By run and name, what a run left under the name."""

    def fill(self, versions: Mapping[UUID, QualifiedName], ends: Mapping[UUID, RunFinished], kernel_name: str) -> None:
        """All runs, in order. ``versions`` is what each executed, ``ends`` how each ended, as far as that is known."""
        for node in self._lineage.runs:
            run = self._run(node)
            version = versions.get(node.run_id)
            if node.status in {"ok", "error"} or node.started_at is not None:
                self._carried_out(node, run, version, kernel_name)
            self._document.with_agent(run, self._participant, "requester")
            self._took(node, run)
            self._left(node, run)
            self._showed(node, run, version, ends.get(node.run_id))

    def _run(self, node: RunNode) -> QualifiedName:
        attributes: dict[str, Value] = {
            "status": node.status,
            "cell_id": node.cell_id,
            "run_of_cell": node.version,
            "execution_count": node.execution_count,
            "scheduled_position": node.scheduled_position,
            "names_told_by": node.facts,
            "error_name": node.error_name,
            "error_message": node.error_message,
            "figures": node.figures or None,
            "unknown_names": json_text(node.unknown_names) if node.unknown_names else None,
            "survives": node.survives,
            "result": json_text(self._reasons[node.index]) if node.index in self._reasons else None,
        }
        return self._document.activity(
            RELEASE[f"run-{node.run_id}"], "Run", node.started_at, node.finished_at, attributes
        )

    def _carried_out(self, node: RunNode, run: QualifiedName, version: QualifiedName | None, kernel_name: str) -> None:
        if version is not None:
            self._document.used(run, version, node.started_at, "program")
        life = node.kernel_life + 1
        kernel = self._document.session[f"kernel-{life}"]
        self._document.agent(kernel, "SoftwareAgent", {"kernel_name": kernel_name or None, "life": life})
        self._document.with_agent(run, kernel, "executor", version)

    def _took(self, node: RunNode, run: QualifiedName) -> None:
        """What the run used: variables of earlier runs, and files."""
        names_of: dict[int, list[str]] = {}
        for source in node.sources:
            names_of.setdefault(source.run, []).append(source.name)
            entity = self._variables.get((source.run, source.name))
            if entity is not None:
                self._document.used(run, entity, node.started_at)
        written = {source.name for source in node.sources}
        for path in node.files_read:
            if _FILE + path not in written:
                self._document.used(run, self._file(path), node.started_at)
        for index, names in names_of.items():
            by = RELEASE[f"run-{self._lineage.runs[index].run_id}"]
            self._document.informed(run, by, {"names": json_text(names), "names_told_by": node.facts})

    def _file(self, path: str) -> QualifiedName:
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = self._document.session[f"file-{len(self._files) + 1}"]
            self._document.entity(known, "File", {"path": path})
        return known

    def _left(self, node: RunNode, run: QualifiedName) -> None:
        """What the run left: variables, with what the kernel saw in them, scores, and files."""
        before = {source.name: self._variables.get((source.run, source.name)) for source in node.sources}
        frames = {frame.name: frame for frame in node.frames}
        models: dict[str, Estimator] = {model.name: model for model in node.estimators if model.name}
        for number, name in enumerate(dict.fromkeys((*node.binds, *node.changes)), 1):
            entity = self._document.session[f"run-{node.index + 1}-variable-{number}"]
            attributes: dict[str, Value] = {"name": name, "changed": name in node.changes or None}
            kind = "Variable"
            if name in frames:
                kind, more = "DataFrame", _frame(frames[name])
                attributes |= more
            elif name in models:
                kind, more = "Model", _model(models[name])
                attributes |= more
            self._document.entity(entity, kind, attributes)
            self._document.made(entity, run, node.finished_at)
            self._variables[node.index, name] = entity
            was = before.get(name)
            if was is not None and (name in node.changes or name in frames):
                self._document.derived(entity, was, revision=True)
        for number, path in enumerate(node.files_written, 1):
            entity = self._document.session[f"run-{node.index + 1}-file-{number}"]
            self._document.entity(entity, "File", {"path": path})
            self._document.made(entity, run, node.finished_at)
            self._variables[node.index, _FILE + path] = entity
        self._scored(node, run, before)

    def _scored(self, node: RunNode, run: QualifiedName, before: Mapping[str, QualifiedName | None]) -> None:
        number = 0
        for model in node.estimators:
            of = self._variables.get((node.index, model.name)) or before.get(model.name)
            for score in model.scores:
                number += 1
                entity = self._document.session[f"run-{node.index + 1}-score-{number}"]
                told: dict[str, Value] = {"metric": score.metric, "value": score.value, "told_by": score.told_by}
                self._document.entity(entity, "Score", {**told, "model": model.kind, "quote": score.quote or None})
                self._document.made(entity, run, node.finished_at)
                if of is not None:
                    self._document.derived(entity, of)

    def _showed(
        self, node: RunNode, run: QualifiedName, version: QualifiedName | None, end: RunFinished | None
    ) -> None:
        for number, output in enumerate(end.outputs if end is not None else (), 1):
            entity = self._document.session[f"run-{node.index + 1}-output-{number}"]
            self._document.entity(entity, "Output", {"mime": output.mime, "bytes": output.bytes, "text": output.text})
            self._document.made(entity, run, node.finished_at)
            if version is not None:
                self._document.derived(entity, version)


def _frame(frame: FrameFact) -> dict[str, Value]:
    shape = frame.after
    if shape is None:
        return {"class": frame.kind}
    return {
        "class": frame.kind,
        "rows": shape.rows,
        "columns": shape.columns,
        "column_names": json_text(shape.names) if shape.names else None,
        "missing": shape.missing,
    }


def _model(model: Estimator) -> dict[str, Value]:
    return {
        "class": model.kind,
        "fitted": model.fitted,
        "parameters": json_text(dict(model.parameters)) if model.parameters else None,
        "told_by": model.told_by,
    }
