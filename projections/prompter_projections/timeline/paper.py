"""What pages are printed on, from timelines to the monitor: palette, type, and what a page may load."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

from .markup import DARK, LIGHT, escaped

#: Added and removed lines of a text: their ground, and their own colour. Drawings have none.
_LIGHT_LINES = {"add": "#e3f0ea", "del": "#f8e6dc", "addline": "#2d7a5a", "delline": "#b0450f"}
_DARK_LINES = {"add": "#17352b", "del": "#412517", "addline": "#6cc7a0", "delline": "#ff9d6b"}


def file(title: str, body: str, style: str, script: str = "") -> bytes:
    """A whole page in UTF-8 that opens offline and fetches nothing. ``body`` is markup already."""
    scripts = f"script-src {_digest(script)}; " if script else ""
    policy = f"default-src 'none'; {scripts}style-src {_digest(style)}; base-uri 'none'; form-action 'none'"
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escaped(title)}</title>
<style>{style}</style>
</head><body>{body}
{f"<script>{script}</script>" if script else ""}
</body></html>
"""
    # Half an emoji, left by an edit that cut it, has no UTF-8.
    return page.encode("utf-8", "replace")


def sheet(own: str) -> str:
    """The style of a page whose rules are ``own``: light or dark as its reader has it, or chose; light in print."""
    return f"{palette()}{_classes()}\n{base()}\n{own}"


def sheet_within(own: str) -> str:
    """The same for a drawing within another page, in a shadow root: dark where its host has the class ``dark``.

    The palette's roles are variables of the host; the page around it may give them other values.
    """
    light, dark = _roles({}, {})
    return f":host{{{light}}}\n:host(.dark){{{dark}}}\n{_classes()}\n{base()}\n{own}"


def palette(light: Mapping[str, str] | None = None, dark: Mapping[str, str] | None = None) -> str:
    """The palette's roles as variables, with roles that are a page's own."""
    by_day, by_night = _roles(light or {}, dark or {})
    day, night = f"{by_day}color-scheme:light", f"{by_night}color-scheme:dark"
    return (
        f":root{{{day}}}\n"
        # Print keeps to the light values.
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{night}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{{night}}}}}\n"
    )


@cache
def base() -> str:
    """The rules that all pages begin with."""
    return files(__package__).joinpath("base.css").read_text("utf-8")


def _roles(light: Mapping[str, str], dark: Mapping[str, str]) -> tuple[str, str]:
    return _variables({**LIGHT, **_LIGHT_LINES, **light}), _variables({**DARK, **_DARK_LINES, **dark})


def _variables(colours: Mapping[str, str]) -> str:
    return "".join(f"--{role}:{value};" for role, value in colours.items())


def _classes() -> str:
    return "".join(f".f-{role}{{fill:var(--{role})}}.s-{role}{{stroke:var(--{role})}}" for role in LIGHT)


def _digest(inline: str) -> str:
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"
