"""The collector as a program: its endpoints, its listening, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import Any

from jupyter_server.auth import AllowAllAuthorizer
from tornado.httpserver import HTTPServer
from tornado.web import Application

from ..extension import endpoints
from ..handlers import PageSocket
from ..monitor import monitor_handlers
from ..pages import Pages
from ..service import Service
from .assigning import AssignmentsHandler
from .people import Identity
from .provider import PeopleProvider
from .settings import CollectorSettings
from .stream import CollectedPage

logger = logging.getLogger(__name__)

#: What a request may bring, in bytes, and how long it may take to: nothing that is asked here needs more. Frames of
#: sockets have a bound of their own.
_MOST_BODY, _BODY_SECONDS = 1024 * 1024, 30.0

#: What people may still be told when the collector stops, in seconds.
_GOODBYE_SECONDS = 5.0


def make_application(service: Service, people: Identity, settings: CollectorSettings) -> Application:
    """The same endpoints as in a Jupyter server, for whoever ``people`` knows, under ``settings.prefix``."""
    prefix, pages = settings.prefix, Pages[PageSocket]()
    page = {"service": service, "pages": pages, "people": people}
    assigning = {"service": service, "key": settings.assign_key}
    handlers: list[tuple[Any, ...]] = [
        (prefix + "stream", CollectedPage, page),
        *((prefix + path, handler, arguments) for path, handler, arguments in endpoints(service, pages)),
        *((prefix + path, handler, arguments) for path, handler, arguments in monitor_handlers(service, pages)),
        (prefix + "assignments", AssignmentsHandler, assigning),
        *people.handlers(prefix),
    ]
    provider = PeopleProvider(people=people, metrics_key=settings.metrics_key)
    return Application(
        handlers,
        # Jupyter's handlers put it before their own addresses.
        base_url=prefix,
        prefix=prefix,
        people=people,
        identity_provider=provider,
        authorizer=AllowAllAuthorizer(identity_provider=provider),
        cookie_secret=settings.cookie_secret,
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"path": prefix, "samesite": "Strict"},
        allow_remote_access=True,
        allow_origin_pat=settings.origins,
        authenticate_prometheus=True,
        websocket_ping_interval=0,  # the protocol has heartbeats of its own
        headers={"X-Content-Type-Options": "nosniff"},
        log_function=_log_request,
        serverapp=None,
    )


async def serve(service: Service, people: Identity, settings: CollectorSettings) -> None:
    """Listen until SIGTERM or SIGINT; then take nothing new, tell the pages, and finish what is under way."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    application = make_application(service, people, settings)
    # Behind the Hub's proxy the scheme and the address of a browser stand in headers.
    server = HTTPServer(application, xheaders=True, max_body_size=_MOST_BODY, body_timeout=_BODY_SECONDS)
    server.listen(settings.port, settings.ip)
    service.start()
    logger.info("the collector listens on http://%s:%d%s", settings.ip, settings.port, settings.prefix)
    try:
        await stopping.wait()
    finally:
        server.stop()
        await service.aclose()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await server.close_all_connections()
        logger.info("the collector has stopped")


def _log_request(handler: Any) -> None:
    """Failures alone, without the query: a link's token may stand in it."""
    if handler.get_status() >= 500:
        logger.warning("%d %s %s", handler.get_status(), handler.request.method, handler.request.path)
