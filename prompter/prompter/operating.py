"""What operators and scripts may ask: ``prompter/status`` and ``prompter/metrics``. They name nobody."""

from __future__ import annotations

import contextlib
from typing import Any

import tornado.web
from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from prometheus_client import CONTENT_TYPE_LATEST

from prompter_events import LogError

from . import __version__
from .handlers import AUTH_RESOURCE, StreamHandler
from .pages import Pages
from .service import Service
from .wire.messages import PROTOCOL


class StatusHandler(APIHandler):
    """``prompter/status``: what a script or a page may know without a socket."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, service: Service) -> None:
        """Keep the service to ask."""
        self._service = service

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """JSON; ``lag`` counts events. It names no condition, because pages may read it."""
        await self._service.settled()
        settings, running = self._service.settings, self._service.running
        status: dict[str, Any] = {
            "recording": running is not None and not self._service.reason,
            "reason": self._service.reason,
            "trouble": self._service.trouble,
            "log": settings.log_url if settings else None,
            "position": None,
            "lag": None,
            "study": settings.study.name if settings else None,
            "versions": {"prompter": __version__, "protocol": PROTOCOL},
        }
        if running is not None:
            try:
                head = await running.log.head()
                status["position"] = head.position
                status["lag"] = running.lag(head.position)
            except LogError as error:
                status.update(recording=False, reason=str(error))
        self.finish(status)


class MetricsHandler(JupyterHandler):
    """``prompter/metrics``: figures for Prometheus. Open to whom Jupyter's own ``metrics`` are open."""

    def initialize(self, service: Service, pages: Pages[StreamHandler]) -> None:
        """Keep whom to ask."""
        self._service = service
        self._pages = pages

    @allow_unauthenticated
    async def get(self) -> None:
        """Text, as Prometheus reads it. It names nobody."""
        if self.settings["authenticate_prometheus"] and not self.logged_in:
            raise tornado.web.HTTPError(403)
        running, head = self._service.running, None
        if running is not None:
            with contextlib.suppress(LogError):
                head = (await running.log.head()).position
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(
            self._service.metrics.text(
                recording=head is not None and not self._service.reason,
                unsent=[socket.unsent for socket in self._pages],
                follower_lag=max(0, head - running.follower.position) if running and head is not None else None,
                projection_lags=running.lags(head) if running and head is not None else {},
            )
        )
