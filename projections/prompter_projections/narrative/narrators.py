"""Narrators by name: ours, and those that other packages bring.

A narrator is a callable that is given a session's ``Material`` and returns a ``Narrative``, or a text in Markdown. It
is named by an entry point of the group ``prompter.narrators``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from prompter_events.errors import PrompterError

from .facts import narrate
from .material import Material
from .model import Narrative

GROUP = "prompter.narrators"

DEFAULT = "facts"

Narrator = Callable[[Material], Narrative | str]


class NarratorFailed(PrompterError):
    """A narrator that is not known, cannot be loaded, raised, or returned something else."""


def known() -> list[str]:
    """The names of all narrators."""
    return sorted({DEFAULT, *(point.name for point in entry_points(group=GROUP))})


def told(material: Material, name: str = DEFAULT) -> Narrative | str:
    """What a narrator says of a session. Raises ``NarratorFailed``."""
    narrator = _loaded(name)
    try:
        said = narrator(material)
    except Exception as error:
        raise NarratorFailed(f"the narrator {name!r} raised {_named(error)}; ask whoever wrote it") from error
    if not isinstance(said, Narrative | str):
        raise NarratorFailed(
            f"the narrator {name!r} returned {type(said).__name__}: it must return a Narrative or a text in Markdown"
        )
    return said


def _loaded(name: str) -> Narrator:
    # Ours comes with this package, whether its metadata are there or not.
    if name == DEFAULT:
        return narrate
    points: list[EntryPoint] = list(entry_points(group=GROUP, name=name))
    if not points:
        raise NarratorFailed(f"there is no narrator {name!r}; known are {', '.join(known())}")
    try:
        narrator = points[0].load()
    except Exception as error:
        raise NarratorFailed(
            f"the narrator {name!r} ({points[0].value}) cannot be loaded: {_named(error)}; install its package again"
        ) from error
    if not callable(narrator):
        raise NarratorFailed(f"the narrator {name!r} ({points[0].value}) cannot be called")
    loaded: Narrator = narrator
    return loaded


def _named(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
