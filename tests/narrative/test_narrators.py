"""Other narrators, and the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from telling_stories import read

from prompter.called import Called
from prompter.commands import main
from prompter.exports.key import pseudonym_key
from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import migrate
from prompter_projections.narrative import material_from, material_of, narrate, narrative, render
from support.loans import TRUTH, loans

NARRATORS = """
from prompter_projections.narrative import narrate

def brief(material):
    return f"{len(material.lineage.runs)} runs.\\n"

def again(material):
    return narrate(material)

def clumsy(material):
    raise KeyError("no\\nsuch thing")

def odd(material):
    return 42
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a package of narrators."""
    place = tmp_path_factory.mktemp("narrators")
    (place / "my_narrators.py").write_text(NARRATORS)
    facts = place / "my_narrators-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: my-narrators\nVersion: 1.0\n")
    names = {name: f"my_narrators:{name}" for name in ("brief", "again", "clumsy", "odd")}
    names["broken"] = "my_narrators:missing"
    points = "\n".join(f"{name} = {value}" for name, value in names.items())
    (facts / "entry_points.txt").write_text(f"[prompter.narrators]\n{points}\n")
    return place


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """A log that holds the loans, and has its key."""
    made = f"sqlite:///{tmp_path}/study.db"
    pseudonym_key(made)
    await migrate(made, directories=DIRECTORIES)
    async with open_study_log(made) as log:
        await loans().append_to(log)
    return made


def in_a_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as people do."""
    command = [sys.executable, "-m", "prompter.commands", "narrative", *arguments]
    environment = {**os.environ, "COLUMNS": "140", "NO_COLOR": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def prompter(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command here, with the package of narrators at hand: exit code, output, errors."""
    monkeypatch.syspath_prepend(str(place))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["prompter", "narrative", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


async def test_the_library_and_the_command_say_the_same(url: str, tmp_path: Path) -> None:
    session = loans()
    async with open_study_log(url) as log:
        told = await narrative(log, session.session_id)
        material = await material_of(log, session.session_id)
    assert told == narrate(material)
    timeline, page = tmp_path / "drawn" / "loans.html", tmp_path / "told" / "loans.html"
    for each in (timeline, page):
        each.parent.mkdir()
    timeline.write_text("drawn")
    done = in_a_process(str(session.session_id)[:8], "--log", url, "--timeline", str(timeline), "-o", str(page))
    assert (done.returncode, done.stderr) == (0, "")
    # The command calls the participant as exports do.
    material.timeline = Called(None, pseudonym_key(url).secret)(material.timeline)
    assert page.read_bytes() == render(narrate(material), ".html", material, "../drawn/loans.html")
    assert "EXP_CTS" in page.read_text("utf-8")
    blind = in_a_process(str(session.session_id)[:8], "--log", url, "--blind", "-o", str(page))
    assert (blind.returncode, blind.stderr) == (0, "")
    assert "EXP_CTS" not in page.read_text("utf-8")


@pytest.mark.parametrize("suffix", [".md", ".ipynb", ".html"])
def test_a_narrator_may_return_a_text(suffix: str, url: str, prompter: Command, tmp_path: Path) -> None:
    path = tmp_path / f"brief{suffix}"
    told = prompter(str(loans().session_id), "--log", url, "--narrator", "brief", "-o", str(path))
    assert told == (0, f"{path}: session {loans().session_id}\n", "")
    runs = "36 runs.\n"
    if suffix == ".md":
        assert path.read_text() == runs
    elif suffix == ".ipynb":
        book = nbformat.read(path, as_version=4)
        nbformat.validate(book)
        assert [cell.source for cell in book.cells] == [runs]
    else:
        assert f"<pre>{runs}</pre>" in path.read_text()


def test_a_narrator_may_return_a_narrative(url: str, prompter: Command, tmp_path: Path) -> None:
    path = tmp_path / "again.md"
    code, _, errors = prompter(str(loans().session_id), "--log", url, "--narrator", "again", "-o", str(path))
    assert (code, errors) == (0, "")
    assert TRUTH.aim in read(path.read_text()).sections["Aim, in their words"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--narrator", "nobody"], ["there is no narrator 'nobody'", "again, brief, broken, clumsy, facts, odd"]),
        (["--narrator", "clumsy"], ["the narrator 'clumsy' raised KeyError: 'no\\nsuch thing'"]),
        (["--narrator", "odd"], ["returned int", "must return a Narrative or a text in Markdown"]),
        (["--narrator", "broken"], ["cannot be loaded", "missing"]),
        (["--timeline", "nowhere.html"], ["nowhere.html is not there", "prompter timeline SESSION -o nowhere.html"]),
        (["--timeline", "nowhere.png"], ["nowhere.png is no page"]),
        (["-o", "story.pdf"], ["story.pdf ends in .pdf", ".md, .html, .ipynb"]),
    ],
)
def test_what_cannot_be_told_is_one_line_that_says_what_to_do(
    arguments: list[str], words: list[str], url: str, prompter: Command, tmp_path: Path
) -> None:
    path = tmp_path / "story.md"
    code, output, errors = prompter(str(loans().session_id), "--log", url, "-o", str(path), *arguments)
    assert (code, errors.count("\n"), output) == (1, 1, ""), errors
    for each in words:
        assert each in errors
    assert not path.exists()


def test_the_docs_example_of_a_narrator_works() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "narratives.md").read_text("utf-8")
    code = docs.partition("```python\n# my_package.py\n")[2].partition("```")[0]
    names: dict[str, object] = {}
    exec(compile(code, "narratives.md", "exec", dont_inherit=True), names)
    brief = names["brief"]
    assert callable(brief)
    assert brief(material_from(loans().events)) == "36 runs, 4 errors, 1 of them never repaired.\n"
