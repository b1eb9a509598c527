"""The researchers' page: watches a study while it goes on, asks, notes, and ends sessions."""

from __future__ import annotations

from typing import Any

from ..pages import Pages
from ..service import Service
from .actions import AskHandler, EndHandler, NoteHandler
from .assets import NAME, AssetHandler, PageHandler
from .live import LiveHandler
from .timeline import LiveTimelines, TimelineLiveHandler
from .watching import Watching

__all__ = ["monitor_handlers"]


def monitor_handlers(service: Service, pages: Pages[Any]) -> list[tuple[str, Any, dict[str, Any]]]:
    """The monitor's endpoints, by patterns that stand behind the collector's prefix.

    ``pages`` are those of the process, by which the monitor knows who is connected.
    """
    watching = Watching(service, pages)
    acting: dict[str, Any] = {"service": service, "watching": watching}
    return [
        ("monitor", PageHandler, {"service": service, "document": "monitor.html"}),
        ("monitor/live", LiveHandler, {"watching": watching}),
        ("monitor/ask", AskHandler, acting),
        ("monitor/note", NoteHandler, acting),
        ("monitor/end", EndHandler, acting),
        ("monitor/timeline", PageHandler, {"service": service, "document": "timeline.html"}),
        ("monitor/timeline/live", TimelineLiveHandler, {"watching": watching, "timelines": LiveTimelines()}),
        (f"monitor/assets/{NAME}", AssetHandler, {}),
    ]
