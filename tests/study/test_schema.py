"""What is made of the format: the schema for editors, the reference; and the examples that people start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from prompter.policy.rules import RULES
from prompter.policy.steps import FrameStep, model_facts
from prompter.study import SCHEMA, WITHOUT_STUDY, load_study
from prompter.study.generate import json_schema, reference
from prompter.study.names import FACTS, KNOWN
from prompter_events.catalogue.runs import EstimatorFact, FrameShape

# The wheel under test brings the schema; guide and examples stand in the sources alone.
TOP = Path(__file__).resolve().parents[2]
GUIDE = TOP / "docs" / "study.md"
EXAMPLES = sorted((TOP / "docs" / "studies").glob("*.yaml"))


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    document = json.loads(SCHEMA.read_text("utf-8"))
    Draft7Validator.check_schema(document)
    return Draft7Validator(document)


def complaints(schema: Draft7Validator, text: str) -> list[str]:
    document: Any = yaml.safe_load(text)
    return [error.message for error in schema.iter_errors(document)]


def test_the_schema_and_the_reference_are_those_of_the_types() -> None:
    assert SCHEMA.read_text("utf-8") == json_schema()
    assert GUIDE.read_text("utf-8").endswith(reference())


def test_there_are_three_examples() -> None:
    assert [path.name for path in EXAMPLES] == ["course.yaml", "everyday.yaml", "lab-study.yaml"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_loads_satisfies_the_schema_and_names_it(schema: Draft7Validator, path: Path) -> None:
    study = load_study(path)
    assert study.rules
    assert complaints(schema, path.read_text("utf-8")) == []
    first = path.read_text("utf-8").splitlines()[0]
    hint = "# yaml-language-server: $schema="
    assert first.startswith(hint)
    named = (path.parent / first.removeprefix(hint)).resolve()
    assert named.relative_to(TOP).as_posix() == "prompter/prompter/study/study.schema.json"
    assert named.read_text("utf-8") == SCHEMA.read_text("utf-8")
    assert path.name in GUIDE.read_text("utf-8")


def test_the_study_of_two_lines_that_the_guide_begins_with_loads(tmp_path: Path) -> None:
    [written, *_] = [block.split("```")[0] for block in GUIDE.read_text("utf-8").split("```yaml\n")[1:]]
    path = tmp_path / "study.yaml"
    path.write_text(written, encoding="utf-8")
    assert load_study(path).rules == WITHOUT_STUDY.rules


REFUSED = {
    "an unknown key": "study: a\ncapture: {outputs: none}\npacing: {}\n",
    "an unknown key below": "study: a\ncapture: {outputs: none}\npace: {cap: {}}\n",
    "no outputs chosen": "study: a\ncapture: {}\n",
    "no such unit": "study: a\ncapture: {outputs: none}\npace: {snooze: 10 minutes}\n",
    "an unknown condition": "study: a\ncapture: {outputs: none}\nperiods: [{name: a, conditions: [EXP_ONCE]}]\n",
    "a task nowhere": (
        "study: a\ncapture: {outputs: none}\n"
        "periods: [{name: a, conditions: [EXP_CTS], tasks: [{name: t, at: Clean}]}]\n"
    ),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_an_editor_refuses_what_the_program_refuses(schema: Draft7Validator, text: str) -> None:
    assert complaints(schema, text)


def test_every_key_of_the_file_has_a_description_for_editors() -> None:
    document = json.loads(SCHEMA.read_text("utf-8"))
    parts = {"study.yaml": document, **document["definitions"]}
    unsaid = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, field in part["properties"].items()
        if "description" not in field and "allOf" not in field and "$ref" not in field
    ]
    assert unsaid == []


def test_the_facts_that_wordings_may_name_are_those_that_the_rules_tell() -> None:
    full, less = (FrameShape(rows=n, columns=2, names=names) for n, names in ((9, ["a", "b"]), (7, ["b", "c"])))
    scored = EstimatorFact(name="m", kind="Ridge", did="scored", metric="r2", value=0.9)
    assert set(FrameStep("loans", full, less).facts()) == set(FACTS["data_step"])
    assert set(model_facts([scored])) == set(FACTS["model_step"])
    assert set(RULES) == set(KNOWN)
