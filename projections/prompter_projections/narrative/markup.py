"""Text as Markdown that says exactly this text: nothing typed becomes markup, a link, mathematics or HTML.

Written for CommonMark, GitHub's and JupyterLab's Markdown. What has a meaning anywhere in a line is written as a
character reference, which all three show as the character and none reads as markup.
"""

from __future__ import annotations

import re

from ..timeline.markup import clean

# Signs that are written behind a backslash. Within a word an underline means nothing.
_ESCAPED = r"[`*\[\]|~^]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"

# What is written as a reference in an element of its own. JupyterLab looks for formulas in the source, and then MathJax
# looks once more in what was made of it, from element to element.
_FORMULA = r"[\\$]"

# What is written as a reference: "@" begins JupyterLab's placeholders and ends names in addresses, and addresses become
# links without any sign.
_REFERRED = r"[&<>@]|(?<=[A-Za-z]):(?=//)|(?<=www)\."

_SIGNS = re.compile(f"({_ESCAPED})|({_FORMULA})|(?:{_REFERRED})", re.IGNORECASE)

# What means something at a line's beginning: headings, lists, underlines of headings, indented code.
_BEGINNING = re.compile(r"^(\s*)([#+\-=]|\d+(?=[.)]))")

_LINE_ENDS = re.compile(r"\r\n|[\r\u2028\u2029\x0b\x0c\x85]")


def text(plain: str) -> str:
    """One line of text, or a part of one: the blanks at its ends stay."""
    return _escaped(" ".join(one_kind_of_line(plain).split("\n")))


def lines(plain: str) -> list[str]:
    """Text of several lines, line by line; blank lines are empty."""
    return [_escaped(line.strip(" \t")) for line in one_kind_of_line(plain).split("\n")]


def code(plain: str) -> str:
    """A code span; an element where a span, or a span in a table, could not hold the text."""
    shown = clean(" ".join(one_kind_of_line(plain).split("\n")))
    if shown.strip() == shown != "" and not re.search(r"[`|\\@$]", shown):
        return f"`{shown}`"
    return f"<code>{_SIGNS.sub(_safe, shown)}</code>" if shown.strip() else "<code>&nbsp;</code>"


def fenced(plain: str, language: str) -> str:
    """A block of code, its fence longer than any within."""
    body = clean(one_kind_of_line(plain))
    longest = max((len(found) for found in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def one_kind_of_line(plain: str) -> str:
    """The text with every end of a line as ``\\n``."""
    return _LINE_ENDS.sub("\n", plain)


def _escaped(line: str) -> str:
    escaped = _SIGNS.sub(_safe, clean(line))
    begun = _BEGINNING.match(escaped)
    if begun is None:
        return escaped
    if begun[2].isdigit():
        return f"{escaped[: begun.end()]}\\{escaped[begun.end() :]}"
    return f"{begun[1]}\\{escaped[begun.end() - 1 :]}"


def _safe(found: re.Match[str]) -> str:
    if found[1]:
        return f"\\{found[0]}"
    reference = f"&#{ord(found[0])};"
    return f"<span>{reference}</span>" if found[2] else reference
