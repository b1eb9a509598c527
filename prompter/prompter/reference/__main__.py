"""Writes ``docs/reference`` in the source tree. ``--check`` only compares, and fails if something is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from .commands import commands_page
from .endpoints import endpoints_page
from .events import events_page
from .hub import hub_page
from .settings import settings_page

ROOT = Path(__file__).resolve().parents[3]
PAGES = ROOT / "docs" / "reference"


def pages() -> dict[Path, str]:
    """Every page with its text."""
    return {
        PAGES / "commands.md": commands_page(),
        PAGES / "settings.md": settings_page(ROOT / "lab-extension" / "schema"),
        PAGES / "events.md": events_page(),
        PAGES / "endpoints.md": endpoints_page(),
        PAGES / "hub.md": hub_page(),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them. Exit code 1: something is stale, or this is no source tree."""
    if not (ROOT / "docs").is_dir():
        sys.stderr.write("the reference is written in the source tree: run this where docs/ is, with its own sources\n")
        return 1
    if arguments == ["--check"]:
        stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `python -m prompter.reference`\n")
        return 1 if stale else 0
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
