"""What the monitor's pages are made of: documents, style sheets and scripts, all from this server."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files

from prompter_projections.timeline.paper import base, palette

from ..collector.researcher import ResearcherHandler
from ..roles import Role
from ..service import Service

NAME = r"(?P<name>[a-z-]+\.(?:js|css))"

_OWN = (
    "monitor.css",
    "timeline.css",
    "alarms.js",
    "forms.js",
    "marks.js",
    "monitor.js",
    "panel.js",
    "rate.js",
    "room.js",
    "socket.js",
    "standing.js",
    "table.js",
    "timeline.js",
    "words.js",
)

_SHARED = ("scale.js", "drawing.js", "figure.js", "kept.js")
"""The scripts that draw a session are those of the exported page; ``kept.js`` is JupyterLab's, too."""

_KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_GOOD, _GOOD_BY_NIGHT = {"good": "#2d7a5a"}, {"good": "#6cc7a0"}
"""The one colour that timelines have no use for: somebody is there."""


@cache
def asset(name: str) -> str | None:
    """The text of a file that pages may ask for; none for any other."""
    if name == "paper.css":
        return palette(_GOOD, _GOOD_BY_NIGHT) + base()
    if name in _OWN:
        return files(__package__).joinpath("page", name).read_text("utf-8")
    if name in _SHARED:
        return files("prompter_projections.timeline").joinpath(name).read_text("utf-8")
    return None


@cache
def _document(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text("utf-8")


class AssetHandler(ResearcherHandler):
    """``monitor/assets/NAME``: scripts and style sheets. Browsers ask whether they changed."""

    def get(self, name: str) -> None:
        """The file, or 404."""
        text = asset(name)
        if text is None:
            self.set_status(404)
            self.finish()
            return
        self.set_header("Content-Type", _KINDS[name.rpartition(".")[2]])
        self.set_header("Cache-Control", "no-cache")
        self.finish(text)


class PageHandler(ResearcherHandler):
    """``monitor`` and ``monitor/timeline``: documents that know their reader."""

    def initialize(self, service: Service, document: str) -> None:
        """``document``: the file's name."""
        self._service = service
        self._name = document

    def get(self) -> None:
        """HTML. Nothing in it comes from participants."""
        study = self._service.settings.study if self._service.settings is not None else None
        said = {
            "study": study.name if study is not None else "",
            "blinded": "true" if self.role is Role.BLINDED else "false",
            "xsrf": self.xsrf_token.decode(),
        }
        text = _document(self._name)
        for name, value in said.items():
            text = text.replace(f"{{{{{name}}}}}", escape(value, quote=True))
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(text)
