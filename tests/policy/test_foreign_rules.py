"""Rules that another package brings, by an entry point of the group ``prompter.rules``."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from prompter.errors import SettingInvalid
from prompter.policy import Prompting
from prompter.study import DEFAULT_QUESTIONS, WITHOUT_STUDY, Pace, Question, Rule, Study
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.catalogue.runs import KernelFacts
from support.desk import MINUTE, SECOND, Desk

PACKAGE = Path(__file__).parent / "example_rules"
QUESTIONS = {**DEFAULT_QUESTIONS, "plot": Question(now={"en": "You drew {figures} figures. What did you see?"})}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package, installed by pip into a directory of its own."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    points = project["entry-points"]["prompter.rules"]
    info = f"{name}-{version}.dist-info"
    files = {
        "example_rules.py": (PACKAGE / "example_rules.py").read_text("utf-8"),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[prompter.rules]\n" + "".join(f"{n} = {at}\n" for n, at in points.items()),
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    wheel = tmp_path_factory.mktemp("wheel") / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    target = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target"]
    subprocess.run([*install, str(target), str(wheel)], check=True, timeout=300)
    return target


@pytest.fixture
def package(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(installed))
    yield
    sys.modules.pop("example_rules", None)


def study(*rules: Rule) -> Study:
    return replace(WITHOUT_STUDY, rules=rules, questions=QUESTIONS, pace=Pace(apart=0))


def plots(run_id: object, figures: int) -> KernelFacts:
    return KernelFacts(run_id=run_id, read=[], bound=[], figures=figures)  # type: ignore[arg-type]


@pytest.mark.usefixtures("package")
def test_a_rule_of_another_package_asks_with_its_own_options_and_facts() -> None:
    desk = Desk(study(Rule(use="plot_drawn", ask="plot", facts=True, options={"at_least": 2})))
    for cell, figures in (("one", 1), ("two", 2)):
        desk.add(cell)
        desk.say(plots(desk.run(cell), figures))
        desk.wait(MINUTE)
    [prompt] = desk.issued
    assert (prompt.cell_id, prompt.rule) == ("two", "plot_drawn")
    assert prompt.question == "You drew 2 figures. What did you see?"


@pytest.mark.usefixtures("package")
def test_a_rule_of_another_package_sees_every_event_about_a_cell_and_proposes_a_version_once() -> None:
    desk = Desk(study(Rule(use="long_burst", ask="aim")))
    for _ in range(5):
        desk.say(CellEdited(cell_id="given", changes=[(0, ["x"]), (90, [1, "y"]), (180, [2, "z"])], cause="user"))
        desk.wait(SECOND)
    desk.wait(MINUTE)
    [prompt] = desk.issued
    assert (prompt.cell_id, prompt.cell_version, prompt.run_id) == ("given", 0, None)
    assert desk.suppressed == []


@pytest.mark.usefixtures("package")
def test_a_rule_that_raises_stops_nobody_and_is_told_once_for_each_version() -> None:
    desk = Desk(study(Rule(use="misread", ask="aim", priority=9), Rule(use="first_run", ask="aim")))
    desk.add("new")
    desk.type("new", "f(1)")
    desk.run("new")
    desk.wait(MINUTE)
    assert [(prompt.cell_id, prompt.rule) for prompt in desk.issued] == [("new", "first_run")]
    told = [(held.cell_id, held.cell_version, held.rule, held.reason) for held in desk.suppressed]
    assert told == [("new", version, "misread", "rule failed: AttributeError") for version in (0, 1)]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_rule", "the rule no_rule (example_rules:NO_RULE) is no function"),
        ("no_module", "the rule no_module (example_rules_that_are_missing:plot_drawn) cannot be loaded: Module"),
        ("unheard_of", "unknown rule 'unheard_of'; known are first_run, "),
    ],
)
def test_a_rule_that_is_not_to_be_had_is_an_error_at_the_start_that_names_it(name: str, message: str) -> None:
    with pytest.raises(SettingInvalid) as raised:
        Prompting(study(Rule(use=name, ask="aim")))
    assert str(raised.value).startswith(message)


def test_without_the_package_its_rule_is_unknown() -> None:
    with pytest.raises(SettingInvalid, match="unknown rule 'plot_drawn'"):
        Prompting(study(Rule(use="plot_drawn", ask="plot")))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"n": 3, "x": 0.5, "s": "a"}, {"n": 3, "x": 0.5, "s": "a"}),
        ({"flag": True, "none": None, "many": [1, 2]}, {"flag": "True", "none": "None", "many": "[1, 2]"}),
        ({"long": "x" * 900, "huge": 2**80}, {"long": "x" * 200, "huge": str(2**80)}),
        ({str(n): n for n in range(50)}, {str(n): n for n in range(20)}),
    ],
    ids=["plain", "others as text", "cut", "the first twenty"],
)
def test_facts_of_a_foreign_rule_are_kept_in_bounds(told: dict[str, object], kept: dict[str, object]) -> None:
    rules = {"theirs": lambda moment: told}
    desk = Desk(study(Rule(use="theirs", ask="aim")), rules=rules)  # type: ignore[arg-type]
    desk.type("given", "f(1)")
    assert desk.state is not None
    assert [proposal.facts for proposal in desk.state.proposals] == [kept]


def test_what_is_no_mapping_is_a_rule_that_failed() -> None:
    desk = Desk(study(Rule(use="theirs", ask="aim")), rules={"theirs": lambda moment: True})  # type: ignore[dict-item, return-value]
    desk.type("given", "f(1)")
    assert [held.reason for held in desk.suppressed] == ["rule failed: AttributeError"]
