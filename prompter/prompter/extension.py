"""The Jupyter server extension: settings from Jupyter's configuration, the endpoints, the service's life."""

from __future__ import annotations

import logging
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from traitlets import Unicode

from .handlers import StreamHandler
from .history import POSITION, SESSION, MomentsHandler, NotebookHandler
from .operating import MetricsHandler, StatusHandler
from .pages import Pages
from .service import Service
from .settings import Settings, read_settings


class Prompter(ExtensionApp):
    """Records notebook work in an event log and asks what cells are for."""

    name = "prompter"

    log_url = Unicode(
        "",
        help="Where events go: sqlite:///path/log.db or mysql://user@host:port/database. "
        "Default: PROMPTER_LOG, else an SQLite file in Jupyter's data directory.",
    ).tag(config=True)
    study = Unicode("", help="Path of study.yaml. Default: PROMPTER_STUDY, else no study.").tag(config=True)
    participant = Unicode(
        "", help="Who works here, when no Hub says it. Default: JP_PLUGIN_USER, else the authenticated user."
    ).tag(config=True)
    mode = Unicode("", help="Condition: EXP_CTS, EXP_NONE or NO_EXP. Default: MODE, else NO_EXP.").tag(config=True)

    def initialize_settings(self) -> None:
        """Make the service; it starts with the event loop."""
        self._service = Service(self._read_settings)

    def initialize_handlers(self) -> None:
        """Add the endpoints. Jupyter puts the base URL before them."""
        arguments: dict[str, Any] = {"service": self._service}
        with_pages: dict[str, Any] = {**arguments, "pages": Pages()}
        self.handlers.extend(
            [
                (url_path_join("/prompter", "stream"), StreamHandler, with_pages),
                (url_path_join("/prompter", "status"), StatusHandler, arguments),
                (url_path_join("/prompter", "metrics"), MetricsHandler, with_pages),
                (url_path_join("/prompter", "history", SESSION), MomentsHandler, arguments),
                (url_path_join("/prompter", "history", SESSION, POSITION), NotebookHandler, arguments),
            ]
        )

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        # Into the server's log, with its format and at its level.
        for package in ("prompter", "prompter_projections", "prompter_events"):
            logging.getLogger(package).parent = serverapp.log
        self._service.start()

    async def stop_extension(self) -> None:
        """Finish what is under way when the server stops."""
        await self._service.aclose()

    def _read_settings(self) -> Settings:
        return read_settings(log_url=self.log_url, study=self.study, condition=self.mode, participant=self.participant)
