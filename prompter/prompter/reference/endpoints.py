"""``docs/reference/endpoints.md``: what the server extension answers, its figures, and the page's commands."""

from __future__ import annotations

import re
from typing import Any

from ..extension import Prompter
from ..metrics import Metrics
from .markdown import code, page, paragraphs, table, text

PAGE_COMMANDS = {
    "prompter:pause": "Pause Recording: nothing is recorded or asked in this page.",
    "prompter:resume": "Resume Recording.",
    "prompter:focus-prompt": "Go to the Nearest Question (Alt Shift P).",
    "prompter:quiet-hour": "No Questions for an Hour, in all pages of this person.",
    "prompter:open-panel": "Show What Is Recorded: the side panel.",
    "prompter:open-history": "Open History: the notebook as it stood at any moment.",
    "prompter:open-timeline": "Open Timeline: what was done in this notebook so far, and when.",
    "prompter:review": "Open Review: the questions that were held for the end.",
    "prompter:end-session": "End Session…: ends the work on this notebook.",
    "prompter:my-data": "Download My Data: what was recorded of this person, as a file.",
    "prompter:read-consent": "Read the Consent Text.",
    "prompter:withdraw-consent": "Withdraw Consent…: stops the recording in all pages of this person.",
}
"""The commands of JupyterLab's palette, by their ids."""

_INTRODUCTION = """\
Addresses stand behind the server's base URL. They ask for the credentials that Jupyter asks for, and tell each person
of their own work alone.
"""

_METHODS = {"get": "GET", "post": "POST", "put": "PUT", "delete": "DELETE"}


def endpoints_page() -> str:
    """The whole page."""
    sections = [
        f"## {code(address)}\n\n{', '.join(methods)}. {paragraphs(about)}\n" for address, methods, about in endpoints()
    ]
    return page(
        "Endpoints, figures and page commands",
        "prompter.reference",
        _INTRODUCTION,
        *sections,
        "## Figures of `prompter/metrics`\n\nIn Prometheus' text format; "
        "[Operating](../operating.md) says what to look at.\n",
        table(
            ["figure", "kind", "meaning"], [(code(name), text(kind), text(about)) for name, kind, about in figures()]
        ),
        "## Commands of the page\n\nIn the command palette; other plugins run them by these ids.\n",
        table(["command", "does"], [(code(name), text(about)) for name, about in PAGE_COMMANDS.items()]),
    )


def endpoints() -> list[tuple[str, list[str], str]]:
    """Address, methods and what the handler's class says of itself, in the extension's own order."""
    extension = Prompter()
    extension.initialize_settings()
    extension.initialize_handlers()
    found = []
    for rule in extension.handlers:
        path, handler = rule[0], rule[1]
        if path.startswith("/prompter/"):
            address = _address(path)
            found.append((address, _methods(handler), _about(address, str(handler.__doc__ or ""))))
    return found


def figures() -> list[tuple[str, str, str]]:
    """Name, kind and help of each figure, as an operator's Prometheus is told them."""
    told = Metrics().text(recording=True, unsent=(), follower_lag=0, projection_lags={}).decode()
    help_of = dict(re.findall(r"^# HELP (\S+) (.*)$", told, re.MULTILINE))
    kinds = re.findall(r"^# TYPE (\S+) (\S+)$", told, re.MULTILINE)
    return [(name, kind, help_of[name]) for name, kind in kinds if not name.endswith("_created")]


def _address(pattern: str) -> str:
    """``/prompter/history/(?P<session>…)`` as ``prompter/history/SESSION``."""
    address, depth, shown = pattern.lstrip("/"), 0, []
    for place, letter in enumerate(address):
        if letter == "(" and depth == 0 and (name := re.match(r"\(\?P<(\w+)>", address[place:])):
            shown.append(name[1].upper())
        depth += {"(": 1}.get(letter, 0)
        if depth == 0:
            shown.append(letter)
        depth -= {")": 1}.get(letter, 0)
    return "".join(shown)


def _about(address: str, said: str) -> str:
    """A docstring without the address that it begins with."""
    rest = said.removeprefix(f"``{address}``: ")
    return rest[:1].upper() + rest[1:]


def _methods(handler: Any) -> list[str]:
    own = {name for base in handler.__mro__ if base.__module__.startswith("prompter.") for name in vars(base)}
    if "open" in own:  # its GET is the handshake
        return ["WebSocket"]
    return [shown for name, shown in _METHODS.items() if name in own]
