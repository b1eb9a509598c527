"""Every command, option, setting, event type, field, figure and address stands in the documentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from prompter.reference import __main__ as generator
from prompter.reference.commands import arguments_of, commands, options_of
from prompter.reference.endpoints import PAGE_COMMANDS, endpoints, figures
from prompter.reference.settings import traits
from prompter_events.catalogue import CATALOGUE
from support.documents import DOCS, REFERENCE, ROOT, Line, anchors, command_lines, command_spans, documents, links

#: What is none of our settings: the terminal's width, whether there is a screen.
_OF_OTHERS = {"COLUMNS", "DISPLAY", "WAYLAND_DISPLAY", "HOME", "PATH"}

_PACKAGES = (
    "prompter/prompter",
    "prompter/prompter_kernel",
    "events/prompter_events",
    "projections/prompter_projections",
)


def section(page: str, title: str) -> str:
    """What stands below a heading until the next one of its level or above; empty without the heading."""
    found = re.search(rf"^(#+) `{re.escape(title)}`$", page, re.MULTILINE)
    if found is None:
        return ""
    rest = page[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def missing_commands(page: str) -> list[str]:
    """Commands, arguments and options that a page does not tell."""
    missing = []
    for name, command in commands():
        told = section(page, f"prompter {name}")
        if not told:
            missing.append(name)
        for option in options_of(command):
            spelled = [*option.opts, *option.secondary_opts]
            missing += [f"{name} {one}" for one in spelled if not re.search(rf"`{re.escape(one)}[ `]", told)]
        for argument in arguments_of(command):
            shown = argument.metavar or argument.name.upper()
            missing += [] if shown in told else [f"{name} {shown}"]
    return missing


def missing_events(page: str) -> list[str]:
    """Event types and fields that a page does not tell."""
    missing = []
    for name, entry in CATALOGUE.items():
        told = section(page, name)
        missing += [] if told else [name]
        missing += [
            f"{name} {field}" for field in entry.body.__struct_encode_fields__ if f"\n| `{field}` |" not in told
        ]
    return missing


@cache
def variables_read() -> frozenset[str]:
    """Names of the environment that the program reads: what it hands to ``environment`` or ``os.environ``."""
    paths = [path for folder in _PACKAGES for path in (ROOT / folder).rglob("*.py")]
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return frozenset(name for node in nodes for name in _named(node))


def _named(node: ast.AST) -> Iterator[str]:
    """The constant key of a look-up in something that is called environ or environment, and of a typer ``envvar``."""
    keys: list[ast.expr] = []
    if isinstance(node, ast.Subscript) and _environment(node.value):
        keys = [node.slice]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _environment(node.func.value):
        keys = node.args[:1]
    elif isinstance(node, ast.Call):
        keys = [one.value for one in node.keywords if one.arg == "envvar"]
    for key in keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value


def _environment(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in {"environ", "environment"}


def undocumented_settings(page: str) -> list[str]:
    """Variables and traits that a page does not tell."""
    scripts = [ROOT / "run_image.sh", ROOT / "test_build.sh", *sorted((ROOT / "scripts").glob("*.sh"))]
    in_scripts = {one for path in scripts for one in re.findall(r"\bPROMPTER_[A-Z_]+[A-Z]\b", path.read_text("utf-8"))}
    named = (variables_read() | in_scripts) - _OF_OTHERS
    wanted = sorted(named) + [f"c.Prompter.{name}" for name in traits()]
    return [one for one in wanted if f"`{one}`" not in page]


def test_the_reference_is_what_the_program_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The wheel is under test; the pages stand in the sources alone.
    monkeypatch.setattr(generator, "ROOT", ROOT)
    monkeypatch.setattr(generator, "PAGES", REFERENCE)
    assert generator.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_reference_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "docs" / "reference" / "events.md"
    monkeypatch.setattr(generator, "ROOT", tmp_path)
    monkeypatch.setattr(generator, "pages", lambda: {page: "# New\n"})
    page.parent.mkdir(parents=True)
    page.write_text("# Old\n", "utf-8")
    assert generator.main(["--check"]) == 1
    assert "docs/reference/events.md is stale" in capsys.readouterr().err


def test_an_installed_program_writes_no_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generator, "ROOT", tmp_path)
    assert generator.main([]) == 1
    assert "source tree" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_every_command_argument_and_option_is_documented() -> None:
    assert missing_commands((REFERENCE / "commands.md").read_text("utf-8")) == []


def test_a_command_or_option_that_is_left_out_is_found() -> None:
    page = (REFERENCE / "commands.md").read_text("utf-8")
    assert "verify" in missing_commands(page.replace("## `prompter verify`", "## `prompter verified`"))
    assert "verify --anchor" in missing_commands(page.replace("`--anchor ", "`--anchors "))


def test_every_event_and_field_is_documented() -> None:
    page = (REFERENCE / "events.md").read_text("utf-8")
    assert missing_events(page) == []
    assert re.findall(r"^\|.*\| *\|$", page, re.MULTILINE) == [], "a field has no meaning: add it to reference/words.py"


def test_a_field_that_is_left_out_is_found() -> None:
    page = (REFERENCE / "events.md").read_text("utf-8")
    without = page.replace("| `index` |", "| `place` |")
    assert "cell.removed index" in missing_events(without)
    assert "cell.removed" not in missing_events(without)


def test_every_setting_is_documented() -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    assert undocumented_settings(page) == []
    assert undocumented_settings(page.replace("PROMPTER_TRAITS", "PROMPTER_TREATS")) == ["PROMPTER_TRAITS"]
    assert "PROMPTER_DB_PASSWORD_FILE" in variables_read(), "nothing is searched any more"


def test_every_address_figure_and_page_command_is_documented() -> None:
    page = (REFERENCE / "endpoints.md").read_text("utf-8")
    assert [address for address, _, _ in endpoints() if f"## `{address}`" not in page] == []
    assert [name for name, _, about in figures() if f"| `{name}` |" not in page or not about] == []
    sources = sorted((ROOT / "lab-extension" / "src").rglob("*.ts"))
    used = {one for path in sources for one in re.findall(r"'(prompter:[a-z-]+)'", path.read_text("utf-8"))}
    assert used - set(PAGE_COMMANDS) == set()
    assert set(PAGE_COMMANDS) - used == set()
    assert [one for one in PAGE_COMMANDS if f"| `{one}` |" not in page] == []


def test_the_guide_to_operating_tells_every_figure() -> None:
    guide = (DOCS / "operating.md").read_text("utf-8")
    assert [name for name, _, _ in figures() if f"`{name}`" not in guide] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    assert [link for link in links(path) if not _leads(path, link)] == []


def test_a_link_to_nothing_is_found() -> None:
    page = DOCS / "index.md"
    assert not _leads(page, "nowhere.md")
    assert not _leads(page, "study.md#no-such-heading")
    assert _leads(page, "study.md#reference")


def _leads(page: Path, link: str) -> bool:
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or target.suffix != ".md" or anchor in anchors(target)


def _called(words: tuple[str, ...]) -> tuple[str, list[str]]:
    """The command that these words call, of two words if it is one of a group, and the words behind it."""
    both = " ".join(words[:2])
    return (both, list(words[2:])) if both in dict(commands()) else (words[0], list(words[1:]))


def _mistake(line: Line) -> str:
    """Why a command as a page tells it cannot be run; empty if it can."""
    known: dict[str, Any] = dict(commands())
    name, words = _called(line.words)
    if name not in known:
        return f"{line}: there is no such command"
    if "--help" in words:
        return ""
    try:
        known[name].make_context(name, words)
    except Exception as error:  # click's, which typer brings in its own way
        return f"{line}: {error}"
    return ""


def test_every_command_line_in_the_documents_can_be_run() -> None:
    lines = [line for path in documents() for line in command_lines(path)]
    assert len(lines) > 50
    assert list(filter(None, map(_mistake, lines))) == []


def test_options_in_the_prose_are_those_of_the_command() -> None:
    known = {name: {one for parameter in command.params for one in parameter.opts} for name, command in commands()}
    wrong = []
    for line in (line for path in documents() for line in command_spans(path)):
        name, words = _called(line.words)
        named = [found[0] for word in words if (found := re.match(r"--?[a-z][a-z-]*", word))]
        wrong += [] if name in known else [f"{line}: there is no such command"]
        wrong += [f"{line}: {one}" for one in named if one not in known.get(name, set()) | {"--help"}]
    assert wrong == []


def test_a_wrong_command_line_is_found(tmp_path: Path) -> None:
    page = ROOT / "README.md"
    assert "no such command" in _mistake(Line(page, ("verrify",)))
    assert "--anker" in _mistake(Line(page, ("verify", "--anker", "file")))
    assert _mistake(Line(page, ("replay",))) != ""
    written = tmp_path / "page.md"
    written.write_text("```bash\nA=1 prompter check && prompter verify --anchor x  # and on\n```\n", "utf-8")
    assert [line.words for line in command_lines(written)] == [("check",), ("verify", "--anchor", "x")]
