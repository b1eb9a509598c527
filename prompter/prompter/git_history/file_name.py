"""Under which name a notebook stands in a repository."""

from __future__ import annotations

import re
import unicodedata

SUFFIX = ".ipynb"

# File systems take 255 bytes; the rest is for whoever makes copies with longer names.
_MOST_BYTES = 200

# What Windows takes in no file name, so that the repository can be checked out there too.
_REFUSED = frozenset('<>:"|?*')

# These join letters and emoji, and are invisible otherwise.
_JOINERS = frozenset("\u200c\u200d")

# Control characters, invisible ones, halves of emoji, ends of lines.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def file_name(path: str) -> str:
    """The notebook's own file name, made harmless: one name without folders that ends in ``.ipynb``.

    Folders are left out: the page could claim any, and their names may tell who works there. Control characters and
    what some systems refuse become ``_``; dots and blanks in front go, and with them every name that git reserves. A
    name without anything left is ``notebook.ipynb``.
    """
    # With real-time collaboration JupyterLab puts the name of its drive first.
    name = re.split(r"[/\\]", path.removeprefix("RTC:"))[-1]
    if name.lower().endswith(SUFFIX):
        name = name[: -len(SUFFIX)]
    stem = "".join("_" if _is_refused(character) else character for character in name).strip(" .")
    stem = stem.encode()[:_MOST_BYTES].decode(errors="ignore").rstrip(" .")
    return f"{stem or 'notebook'}{SUFFIX}"


def _is_refused(character: str) -> bool:
    if character in _JOINERS:
        return False
    return character in _REFUSED or unicodedata.category(character) in _UNPRINTABLE
