"""``docs/reference/hub.md``: every key of a Hub's ``config.yml``, from the types that read it."""

from __future__ import annotations

from ..hub import written
from ..study.generate import tables
from .markdown import page

_INTRODUCTION = """\
What may stand in the `config.yml` of a study's Hub. [A study with many participants](../hub.md) tells how it is used.
Paths are meant from the folder in which the file is.
"""


def hub_page() -> str:
    """The whole page."""
    return page(
        "The Hub's configuration", "prompter.reference", _INTRODUCTION, "## Keys\n", *tables(written.HubPart, written)
    )
