"""What the documentation says, as a program reads it: pages, links, anchors, lines of commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"

SHELL = ("", "bash", "sh", "console", "text")
"""Blocks that may hold lines of a terminal. Those of ``bash`` in a tutorial are run by a test, ``sh`` is not."""

_BETWEEN_COMMANDS = {"&&", "||", ";", "|"}


@dataclass(frozen=True)
class Line:
    """A command as a page tells it."""

    page: Path
    words: tuple[str, ...]
    """What stands behind ``prompter``."""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: prompter {shlex.join(self.words)}"


def documents() -> list[Path]:
    """All pages that people read."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


@cache
def tokens(path: Path) -> list[Token]:
    """A page, parsed as GitHub does."""
    return MarkdownIt("gfm-like", {"linkify": False}).parse(path.read_text("utf-8"))


def blocks(path: Path, *languages: str) -> Iterator[tuple[str, str]]:
    """Language and text of each block of code in one of these languages."""
    for token in tokens(path):
        language = token.info.strip()
        if token.type in ("fence", "code_block") and language in languages:
            yield language, token.content


def links(path: Path) -> Iterator[str]:
    """Where links and pictures lead."""
    for token in tokens(path):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrs["href"])
            elif child.type == "image":
                yield str(child.attrs["src"])


def anchors(path: Path) -> set[str]:
    """What may stand behind ``#`` in a link to this page, as GitHub makes it of headings."""
    found: set[str] = set()
    for heading, content in zip(tokens(path), tokens(path)[1:], strict=False):
        if heading.type == "heading_open":
            plain = "".join(child.content for child in content.children or ()).strip().lower()
            slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
            number = sum(one == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", one) is not None for one in found)
            found.add(f"{slug}-{number}" if number else slug)
    return found


def command_lines(path: Path) -> Iterator[Line]:
    """Each line of a block that runs ``prompter``."""
    for _, text in blocks(path, *SHELL):
        for line in text.replace("\\\n", " ").splitlines():
            stripped = line.strip().removeprefix("$ ")
            if re.search(r"(^|\s)prompter\s", stripped):
                yield from _of_line(path, stripped)


def command_spans(path: Path) -> Iterator[Line]:
    """Each span of code in the prose that begins with ``prompter`` and a command's name."""
    for token in tokens(path):
        for child in token.children or ():
            if child.type == "code_inline" and re.match(r"prompter [a-z]", child.content):
                words = child.content.split()
                end = next((place for place, word in enumerate(words) if word in _BETWEEN_COMMANDS), len(words))
                yield Line(path, tuple(words[1:end]))


def _of_line(path: Path, line: str) -> Iterator[Line]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a line of output
        return
    while words:
        end = next((place for place, word in enumerate(words) if word in _BETWEEN_COMMANDS), len(words))
        one, words = words[:end], words[end + 1 :]
        while one and re.fullmatch(r"[A-Z_]+=.*", one[0]):
            one = one[1:]
        if one and one[0] == "prompter":
            yield Line(path, tuple(one[1:]))
