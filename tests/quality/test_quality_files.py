"""The report as files and as a command: whatever people typed is data; findings change the exit code only if asked."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from telling import Room, Tab
from typer.testing import CliRunner

from prompter.commands import app
from prompter.demo import Plan, make
from prompter.storage import open_study_log
from prompter_events.catalogue.study import CaptureLost
from prompter_projections.quality import RULES, quality, render

TOP = Path(__file__).parents[2]

HOSTILE = "=HYPERLINK(1)|<script>alert(1)</script>`*[x](javascript:1)\x00 {0} %s"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small made-up log."""
    folder = tmp_path_factory.mktemp("quality")
    made = asyncio.run(make(Plan(2, 3, 0.1), folder / "demo.db", folder / "study"))
    return f"sqlite:///{made.log}"


async def hostile() -> Room:
    room = Room()
    tab = Tab(room)
    await tab.open(path=HOSTILE)
    await tab.ask(1, shown=1, answered=1, rule=HOSTILE)
    await tab.say(CaptureLost(count=3, reason=HOSTILE), 5)
    await tab.close(6)
    return room


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]


async def test_what_people_typed_is_no_markup_in_html() -> None:
    page = render(await (await hostile()).quality(), ".html").decode()
    tags = Tags()
    tags.feed(page)
    assert "script" not in tags.seen
    assert "a" not in tags.seen
    assert "&lt;script&gt;" in page


async def test_what_people_typed_is_no_markup_in_markdown() -> None:
    text = render(await (await hostile()).quality(), ".md").decode()
    rows = [line for line in text.splitlines() if "HYPERLINK" in line]
    assert len(rows) == 2
    assert not re.search(r"[<>`*]|\]\(", "".join(rows))
    assert {line.count("|") for line in rows} == {11, 9}


async def test_what_people_typed_is_no_formula_in_csv() -> None:
    made = render(await (await hostile()).quality(), ".csv").decode()
    [row] = csv.DictReader(io.StringIO(made, newline=""))
    assert row["notebook"].startswith("'=HYPERLINK")
    assert "\x00" not in made
    assert (row["lost"], row["verdict"], row["rules"]) == ("3", "bad", "lost")


async def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\.html, \.md, \.csv, not as '\.pdf'"):
        render(await Room().quality(), ".pdf")


async def test_the_same_log_gives_the_same_bytes(url: str) -> None:
    async with open_study_log(url) as log:
        for suffix in (".html", ".md", ".csv"):
            assert render(await quality(log), suffix) == render(await quality(log), suffix)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["quality", *arguments])
    return done.exit_code, done.stdout


def test_findings_make_the_exit_code_only_with_strict(url: str) -> None:
    code, table = run("--log", url)
    assert code == 0
    assert " look" in table
    assert "their numbers have no holes (checked)" in table
    assert run("--log", url, "--strict")[0] == 1


def test_json_tells_log_sessions_questions_and_what_was_held_back(url: str) -> None:
    code, text = run("--log", url, "--json")
    rows = json.loads(text)
    assert code == 0
    assert {row["kind"] for row in rows} >= {"log", "session", "held back"}
    one = next(row for row in rows if row["kind"] == "session")
    assert [finding["rule"] for finding in one["findings"]] == list(RULES)
    assert run("--log", url, one["session_id"][:10], "--json")[1].count('"kind": "session"') == 1


def test_blind_json_names_no_condition(url: str) -> None:
    text = run("--log", url, "--json", "--blind")[1]
    assert "EXP_" not in text
    assert "EXP_" in run("--log", url, "--json")[1]
    assert "EXP_" not in run("--log", url, "--blind")[1]


@pytest.mark.parametrize("suffix", [".html", ".md", ".csv"])
def test_a_file_is_written(url: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"report{suffix}"
    assert run("--log", url, "-o", str(path))[0] == 0
    assert b"look" in path.read_bytes()


def test_every_rule_and_its_threshold_is_documented() -> None:
    text = (TOP / "docs" / "quality.md").read_text("utf-8")
    assert [name for name in RULES if f"| `{name}` |" not in text] == []
