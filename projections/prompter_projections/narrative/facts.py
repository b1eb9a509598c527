"""The narrator ``facts``: plain sentences, each of them made of the log, and the participant's words as they are."""

from __future__ import annotations

from ..timeline import facts as figures
from .cutting import cuts
from .material import Material
from .model import Narrative, Parts
from .openings import open_points
from .overview import overview
from .telling import Telling
from .words import code

NARRATOR = "plain facts, version 1"


def narrate(material: Material) -> Narrative:
    """The narrative of one session. The same material gives the same narrative."""
    found = cuts(material)
    telling = Telling(material, found)
    chapters = tuple(telling.chapter(index) for index in range(len(found)))
    session = material.timeline.session
    return Narrative(
        title=_title(material),
        circumstances=figures.circumstances(material.timeline),
        figures=tuple(figures.figures(material.timeline)),
        overview=overview(material),
        chapters=chapters,
        open_points=open_points(material),
        final=material.final,
        kernel_name=session.kernel_name,
        narrator=NARRATOR,
    )


def _title(material: Material) -> Parts:
    session = material.timeline.session
    # Participants are called as on the timeline: their names stay in the log.
    path = session.notebook_path
    return (f"How {figures.who(session)} approached ", code(path, 80) if path else "a notebook without a path")
