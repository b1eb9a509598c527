"""The face of a log for researchers: frames, notebooks, timelines and narratives, synchronously."""

from __future__ import annotations

from .errors import LibraryMissing, StudyClosed
from .face import Study
from .views import NarrativeView, NotebookView, TimelineView, View

__all__ = ["LibraryMissing", "NarrativeView", "NotebookView", "Study", "StudyClosed", "TimelineView", "View"]
