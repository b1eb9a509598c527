"""Elements of SVG and HTML from plain values. What a participant typed passes through ``escaped`` here, always."""

from __future__ import annotations

import re
import unicodedata
from html import escape

LIGHT = {
    "paper": "#fbfbf9",
    "card": "#ffffff",
    "band": "#f3f4f1",
    "ink": "#1c2125",
    "ink2": "#525b63",
    "ink3": "#68717a",
    "rule": "#dfe2e1",
    "hair": "#ecedeb",
    "edit": "#84909a",
    "ok": "#1668a8",
    "err": "#c44a06",
    "abort": "#6d767e",
    "ask": "#f2c230",
    "askline": "#5b4500",
}
"""The palette of light paper, by role. Blue, orange and yellow stay apart for colour-blind readers."""

DARK = {
    "paper": "#14171a",
    "card": "#1b1f23",
    "band": "#191d20",
    "ink": "#e7eaec",
    "ink2": "#aab2b9",
    "ink3": "#8a939b",
    "rule": "#30363b",
    "hair": "#23282c",
    "edit": "#67727b",
    "ok": "#57abe8",
    "err": "#ff8f52",
    "abort": "#9aa3ab",
    "ask": "#f2c230",
    "askline": "#f2c230",
}
"""The same roles on dark ground."""

# XML 1.0 takes no other control characters; directions are dropped too, since they would turn what stands beside them.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)


def clean(text: str) -> str:
    """The text as XML can hold it: control characters become their pictures (␛), what has none becomes �."""
    return _ILLEGAL.sub(lambda match: _picture(ord(match[0])), text)


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"


def escaped(text: str) -> str:
    """The text as data within markup, in elements and in attributes."""
    return escape(clean(text), quote=True)


def element(
    name: str, *content: str, fill: str | None = None, stroke: str | None = None, cls: str = "", **attributes: object
) -> str:
    """One element. ``content`` is markup already; attributes are escaped, numbers rounded to tenths of a pixel.

    ``fill`` and ``stroke`` may name a role of the palette: the light value is written, and a class by which a page
    may give it another one. Underscores in names of attributes stand for hyphens; none leaves an attribute out.
    """
    classes = cls
    parts = [f"<{name}"]
    for kind, role in (("fill", fill), ("stroke", stroke)):
        if role is None:
            continue
        if role in LIGHT:
            classes = f"{classes} {kind[0]}-{role}".strip()
        parts.append(f'{kind}="{escaped(LIGHT.get(role, role))}"')
    if classes:
        parts.append(f'class="{escaped(classes)}"')
    for key, value in attributes.items():
        if value is not None:
            parts.append(f'{key.rstrip("_").replace("_", "-")}="{number(value)}"')
    opening = " ".join(parts)
    return f"{opening}>{''.join(content)}</{name}>" if content else f"{opening}/>"


def number(value: object) -> str:
    """A number without needless digits; any other value escaped."""
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value) if isinstance(value, int) else escaped(str(value))


def label(text: str, columns: int) -> str:
    """A text cut to a number of columns; wide characters take two. What combines stays with its letter, two at most."""
    kept: list[str] = []
    used = marks = 0
    for character in clean(text).replace("\t", " "):
        if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
            marks += 1
            if marks <= 2:
                kept.append(character)
            continue
        marks = 0
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > columns:
            while kept and (kept[-1] == "\u200d" or used > columns):
                used -= 2 if unicodedata.east_asian_width(kept.pop()) in "WF" else 1
            return "".join(kept).rstrip() + "…"
        kept.append(character)
    return "".join(kept)
