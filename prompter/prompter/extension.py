"""The Jupyter server extension: settings from Jupyter's configuration, the endpoints, the service's life."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from tornado.web import RequestHandler
from traitlets import Unicode

from .answers import AnswersHandler
from .collector.settings import PREFIX
from .elsewhere import LINK, Elsewhere, ElsewhereHandler, read_elsewhere
from .errors import SettingInvalid
from .handlers import PageSocket, StreamHandler
from .history import POSITION, SESSION, MomentsHandler, NotebookHandler
from .my_data.handler import MyDataHandler
from .my_data.making import Bench
from .operating import MetricsHandler, StatusHandler
from .pages import Pages
from .review import EndSessionHandler, ReviewHandler
from .service import Service
from .settings import Settings, read_settings
from .timelines import TimelineHandler, Timelines

CONSENT_IN_PAGE = "prompterConsent"
"""The page's configuration has the version of the study's consent text under this name."""


def endpoints(service: Service, pages: Pages[PageSocket]) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """What pages, operators and scripts ask beside the stream; paths under ``prompter/``."""
    asked: dict[str, Any] = {"service": service}
    return [
        ("status", StatusHandler, asked),
        ("metrics", MetricsHandler, {**asked, "pages": pages}),
        ("answers", AnswersHandler, asked),
        (f"history/{SESSION}", MomentsHandler, asked),
        (f"history/{SESSION}/{POSITION}", NotebookHandler, asked),
        ("timeline", TimelineHandler, {**asked, "timelines": Timelines()}),
        ("my-data", MyDataHandler, {**asked, "bench": Bench()}),
        ("review", ReviewHandler, asked),
        ("end-session", EndSessionHandler, asked),
    ]


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
    mode = Unicode(
        "",
        help="Condition for everybody here: EXP_CTS, EXP_END, EXP_NONE or NO_EXP. "
        "Default: MODE, else what the study assigns, else NO_EXP.",
    ).tag(config=True)
    period = Unicode("", help="The study's period in force. Default: PROMPTER_PERIOD, else the study's first.").tag(
        config=True
    )
    participant_traits = Unicode(
        "",
        help="What is known of the participant, for a study that assigns within strata: experience=novice,site=A. "
        "Default: PROMPTER_TRAITS.",
    ).tag(config=True)

    collector = Unicode(
        "",
        help=f"Where a study's collector is: {PREFIX}, or a whole address. Then this server keeps no log. "
        "Default: PROMPTER_COLLECTOR.",
    ).tag(config=True)

    def initialize_settings(self) -> None:
        """Make the service; it starts with the event loop. Where a collector records, there is nothing to start."""
        self._elsewhere: Elsewhere | None = None
        # What is wrong is said by the service, when it reads its settings: Jupyter starts all the same.
        with contextlib.suppress(SettingInvalid):
            self._elsewhere = read_elsewhere(os.environ, collector=self.collector)
        # Kernels inherit the environment, and whoever has the link's token may write as its participant.
        os.environ.pop(LINK, None)
        if self._elsewhere is None:
            self._service = Service(self._read_settings)

    def initialize_handlers(self) -> None:
        """Add the endpoints. Jupyter puts the base URL before them."""
        if self._elsewhere is not None:
            self.handlers.append(("/prompter/status", ElsewhereHandler, {"elsewhere": self._elsewhere}))
            return
        pages = Pages[PageSocket]()
        stream = ("/prompter/stream", StreamHandler, {"service": self._service, "pages": pages})
        others = [(f"/prompter/{path}", *handled) for path, *handled in endpoints(self._service, pages)]
        self.handlers.extend([stream, *others])

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        # Into the server's log, with its format and at its level.
        for package in ("prompter", "prompter_projections", "prompter_events"):
            logging.getLogger(package).parent = serverapp.log
        if self._elsewhere is None:
            self._service.start()
        else:
            # Not before: JupyterLab puts its own configuration in place of whatever stands there.
            self._tell_pages(self._elsewhere.for_pages())

    async def stop_extension(self) -> None:
        """Finish what is under way when the server stops."""
        if self._elsewhere is None:
            await self._service.aclose()

    def _read_settings(self) -> Settings:
        read_elsewhere(os.environ, collector=self.collector)
        settings = read_settings(
            log_url=self.log_url,
            study=self.study,
            condition=self.mode,
            participant=self.participant,
            period=self.period,
            traits=self.participant_traits,
        )
        if settings.study.consent is not None:
            # A page must know it before it hears of the server: without it, it records from the first moment.
            self._tell_pages({CONSENT_IN_PAGE: settings.study.consent.version})
        return settings

    def _tell_pages(self, options: dict[str, str]) -> None:
        if self.serverapp is None:
            return
        self.serverapp.web_app.settings.setdefault("page_config_data", {}).update(options)
