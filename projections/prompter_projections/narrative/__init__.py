"""Narratives: how somebody approached a notebook, in chapters, as Markdown, HTML or a notebook."""

from __future__ import annotations

from prompter_events.event import SessionId
from prompter_events.log import Log

from .facts import narrate
from .ipynb import ipynb, of_markdown
from .markdown import markdown
from .material import Material, material_from, material_of
from .model import Narrative
from .narrators import DEFAULT, GROUP, Narrator, NarratorFailed, known, told
from .page import html, of_text
from .spark import spark

__all__ = [
    "DEFAULT",
    "FORMATS",
    "GROUP",
    "Material",
    "Narrative",
    "Narrator",
    "NarratorFailed",
    "known",
    "material_from",
    "material_of",
    "narrate",
    "narrative",
    "render",
    "told",
]

FORMATS = (".md", ".html", ".ipynb")


async def narrative(log: Log, session_id: SessionId) -> Narrative:
    """The narrative of a session as the log holds it now, by our own narrator. Raises ``UnknownSession``."""
    return narrate(await material_of(log, session_id))


def render(said: Narrative | str, suffix: str, material: Material, timeline: str = "") -> bytes:
    """The file of a narrative, UTF-8. ``suffix``: ``.md``, ``.html`` or ``.ipynb``.

    ``timeline`` is the address of the session's timeline, relative to the file; positions link to it. A text that
    another narrator wrote is the file itself, or is shown in it as it is. Raises ``ValueError`` for another suffix.
    """
    match suffix.lower(), said:
        case ".md", str():
            return _utf8(said)
        case ".md", Narrative():
            return _utf8(markdown(said, timeline))
        case ".html", str():
            return of_text("Narrative", said)
        case ".html", Narrative():
            return html(said, timeline, spark(material.timeline, said.chapters))
        case ".ipynb", str():
            return _utf8(of_markdown(said))
        case ".ipynb", Narrative():
            return _utf8(ipynb(said, timeline))
    raise ValueError(f"a narrative can be written as {', '.join(FORMATS)}, not as {suffix!r}")


def _utf8(text: str) -> bytes:
    # Half an emoji, left by an edit that cut it, has no UTF-8.
    return text.encode("utf-8", "replace")
