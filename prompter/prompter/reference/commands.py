"""``docs/reference/commands.md``: every command with its arguments and options, from the command line itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer.main

from ..commands import app
from .markdown import code, page, paragraphs, table, text

_BOLD = re.compile(r"\[bold\](.+?)\[/bold\]", re.DOTALL)

_INTRODUCTION = """\
What `prompter` can do, written from its own help; `prompter COMMAND --help` tells the same. A command ends with exit
code 0 only if it did what was asked; an error is one line that says what to do. With `--json` a command prints one JSON
document on standard output: a list of objects.
"""


def commands_page() -> str:
    """The whole page."""
    rows = [
        (f"[{code(f'prompter {name}')}](#{_anchor(name)})", text(_help(command).partition("\n\n")[0]))
        for name, command in commands()
    ]
    sections = [_command(name, command) for name, command in commands()]
    return page("Commands", "prompter.reference", _INTRODUCTION, table(["command", "does"], rows), *sections)


def commands() -> Iterator[tuple[str, Any]]:
    """Names and commands, in the order of the help; one of a group is called by both words.

    They are click's, which typer brings in its own way.
    """
    yield from _commands_of(typer.main.get_command(app))


def _commands_of(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands_of(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def options_of(command: Any) -> Iterator[Any]:
    """The parameters that begin with a dash, without ``--help``."""
    yield from (parameter for parameter in command.params if parameter.opts[0].startswith("-"))


def arguments_of(command: Any) -> Iterator[Any]:
    """The parameters that are told by their place."""
    yield from (parameter for parameter in command.params if not parameter.opts[0].startswith("-"))


def _command(name: str, command: Any) -> str:
    hints = _hints(name)
    arguments = [
        (code(_argument(one)), "yes" if one.required else "no", text(_about(one))) for one in arguments_of(command)
    ]
    options = [(_spellings(one, hints), _default(one), text(_about(one))) for one in options_of(command)]
    usage = " ".join(["prompter", name, *(_argument(one) for one in arguments_of(command)), "[OPTIONS]"])
    return "\n".join(
        filter(
            None,
            [
                f"## {code(f'prompter {name}')}\n",
                f"{paragraphs(_BOLD.sub(lambda found: code(found[1]), _help(command)))}\n",
                f"Usage: {code(usage)}\n",
                table(["argument", "needed", "meaning"], arguments) if arguments else "",
                table(["option", "default", "meaning"], options) if options else "",
            ],
        )
    )


def _help(command: Any) -> str:
    return str(command.help or "")


def _about(parameter: Any) -> str:
    return str(getattr(parameter, "help", None) or "")


def _argument(parameter: Any) -> str:
    shown = str(parameter.metavar or parameter.name.upper())
    shown = f"{shown}…" if parameter.nargs == -1 else shown
    return shown if parameter.required else f"[{shown}]"


def _spellings(parameter: Any, hints: dict[str, Any]) -> str:
    longest_last = sorted(parameter.opts, key=len)
    shown = [code(option) for option in [*longest_last[:-1], *parameter.secondary_opts]]
    value = "" if getattr(parameter, "is_flag", False) else f" {parameter.metavar or _value(hints.get(parameter.name))}"
    return ", ".join([*shown, code(longest_last[-1] + value)])


def _value(hint: Any) -> str:
    """A word for what an option takes."""
    for part in _members(hint):
        if get_origin(part) is Literal:
            return "|".join(map(str, get_args(part)))
        if isinstance(part, type) and issubclass(part, Enum):
            return "|".join(str(member.value) for member in part)
        if part in {int, float}:
            return "N"
        if part is Path:
            return "FILE"
    return "TEXT"


def _members(hint: Any) -> list[Any]:
    if get_origin(hint) is Literal or not get_args(hint):
        return [hint]
    return [member for part in get_args(hint) for member in _members(part)]


def _hints(name: str) -> dict[str, Any]:
    *group, own = name.split()
    holders = [app] if not group else [one.typer_instance for one in app.registered_groups if one.typer_instance]
    fitting = [holder for holder in holders if not group or holder.info.name == group[0]]
    called = [one for holder in fitting for one in holder.registered_commands]
    function = next(one.callback for one in called if one.name == own)
    return get_type_hints(function) if function is not None else {}


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    value = parameter.default
    if value is None or value is False or value in ("", [], ()) or callable(value):
        return ""
    return code(str(value.value) if isinstance(value, Enum) else str(value))


def _anchor(name: str) -> str:
    return f"prompter-{name.replace(' ', '-')}"
