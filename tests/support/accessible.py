"""What axe finds wrong in a part of the page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def faults(page: Page, part: str) -> list[str]:
    """One line for each fault within the elements that a selector names."""
    found = Axe().run(page, context=part, options=_RULES)
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]
