"""What operators and scripts may ask: ``prompter/status`` and ``prompter/metrics``. They name nobody."""

from __future__ import annotations

import contextlib
from typing import Any

import tornado.web
from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler
from prometheus_client import CONTENT_TYPE_LATEST

from prompter_events import LogError

from . import __version__
from .handlers import AUTH_RESOURCE, PageSocket
from .pages import Pages
from .participant import StudyIdentityProvider
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
        service = self._service
        settings, running = service.settings, service.running
        # At a collector every participant may ask; where its database is and how it does is none of their business,
        # and what was held back or asked could be told from how far the log is.
        anybody = isinstance(self.identity_provider, StudyIdentityProvider)
        status: dict[str, Any] = {
            "recording": running is not None and not service.reason,
            "reason": service.told(service.reason),
            "trouble": service.told(service.trouble),
            "log": settings.log_url if settings and not anybody else None,
            "position": None,
            "lag": None,
            "study": settings.study.name if settings else None,
            "versions": {"prompter": __version__, "protocol": PROTOCOL},
        }
        if running is not None:
            try:
                head = await running.log.head()
                if anybody:
                    self.finish(status)
                    return
                status["position"] = head.position
                status["lag"] = await running.lag(head.position)
            except LogError as error:
                status.update(recording=False, reason=service.told(str(error)))
        self.finish(status)


class MetricsHandler(APIHandler):
    """``prompter/metrics``: figures for Prometheus. Open to whom Jupyter's own ``metrics`` are open."""

    def initialize(self, service: Service, pages: Pages[PageSocket]) -> None:
        """Keep whom to ask."""
        self._service = service
        self._pages = pages

    @allow_unauthenticated
    async def get(self) -> None:
        """Text, as Prometheus reads it. It names nobody."""
        provider = self.identity_provider
        if isinstance(provider, StudyIdentityProvider):
            may_see = provider.may_see_figures(self)
        else:
            may_see = self.logged_in or not self.settings["authenticate_prometheus"]
        if not may_see:
            raise tornado.web.HTTPError(403)
        running, head = self._service.running, None
        lags: dict[str, int] = {}
        if running is not None:
            with contextlib.suppress(LogError):
                head = (await running.log.head()).position
                lags = await running.lags(head)
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(
            self._service.metrics.text(
                recording=head is not None and not self._service.reason,
                unsent=[socket.unsent for socket in self._pages],
                follower_lag=max(0, head - running.follower.position) if running and head is not None else None,
                projection_lags=lags,
            )
        )
