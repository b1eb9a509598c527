"""``docs/python.md`` and ``docs/analysis.ipynb`` do what they say."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path

import nbclient
import nbformat
import pytest
from making_study import copied

import prompter
from prompter.research.columns import reference

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "python.md").read_text("utf-8")


@pytest.fixture
def here(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a study's log in it, as the guide has it."""
    copied(url, tmp_path)
    (tmp_path / "study.pseudonyms.key").write_text("the same key in every test\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_example_of_the_guide_gives_what_it_says(here: Path) -> None:
    blocks = re.findall(r"```pycon\n(.*?)```", GUIDE, re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "docs/python.md", "docs/python.md", 0)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    result = runner.run(test, out=told.append)
    assert result.failed == 0, "".join(told)
    assert result.attempted > 40
    assert {path.name for path in here.iterdir()} >= {"then.ipynb", "session.html", "second.svg", "story.md"}


def test_the_guide_lists_every_method_and_column() -> None:
    assert reference() in GUIDE
    methods = [name for name, _ in inspect.getmembers(prompter.Study, inspect.isfunction) if not name.startswith("_")]
    assert len(methods) >= 10
    assert [name for name in methods if f"study.{name}(" not in GUIDE] == []
    options = list(inspect.signature(prompter.Study).parameters)
    assert [name for name in options if f"| `{name}` |" not in GUIDE] == []


def test_the_analysis_runs_from_the_log_to_the_figure(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTER_LOG", f"sqlite:///{here}/study.db")
    notebook = nbformat.read(DOCS / "analysis.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(here)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ()) if "data" in output]
    shown = "\n".join(str(output.data.get("text/plain")) for output in outputs)
    with prompter.Study(f"sqlite:///{here}/study.db") as study:
        runs, prompts, sessions = study.runs(), study.prompts(), study.sessions()
    # Tables say what the frames say when they are counted in another way.
    for name, count in runs["error_name"].dropna().value_counts().items():
        assert re.search(rf"^{name} +\d+", shown, re.MULTILINE), name
        assert count >= int(re.findall(rf"^{name} +(\d+)", shown, re.MULTILINE)[0]) >= 1
    for condition in ("EXP_CTS", "EXP_END"):
        asked = prompts[prompts["condition"].eq(condition) & prompts["status"].ne("held back")]
        rate = asked["status"].eq("answered").mean()
        assert re.search(rf"^{condition} +{len(asked)}\.0 +{rate:.2f}", shown, re.MULTILINE)
    for who, worked in zip(sessions["participant"], sessions["worked"], strict=True):
        assert re.search(rf"{who} +1 +{worked.total_seconds() / 60:.1f}", shown)
    assert "<narrative of session" in shown
    assert "<timeline of session" in shown
    assert sum("image/png" in output.data for output in outputs) == 1
    assert (here / "answers-and-edits.pdf").read_bytes().startswith(b"%PDF")
