"""A server whose pages are recorded by a study's collector: it keeps no log, and knows none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler

from . import __version__
from .collector.settings import PREFIX
from .errors import SettingInvalid
from .handlers import AUTH_RESOURCE
from .wire.messages import PROTOCOL

LINK = "PROMPTER_LINK"

COLLECTOR_IN_PAGE, LINK_IN_PAGE = "prompterCollector", "prompterLink"
"""The page's configuration has the collector's address, and the token of a study link, under these names."""


@dataclass(frozen=True)
class Elsewhere:
    """Where the pages of this server send to."""

    address: str
    """A path of the same origin, such as ``/services/prompter/``, or a whole address."""
    link: str
    """The token of a study link, which pages show to a collector without a Hub; empty: they show their own."""

    def for_pages(self) -> dict[str, str]:
        """What the configuration of each page says."""
        return {COLLECTOR_IN_PAGE: self.address, LINK_IN_PAGE: self.link}


def read_elsewhere(environment: Mapping[str, str], *, collector: str = "") -> Elsewhere | None:
    """``PROMPTER_COLLECTOR``, or Jupyter's configuration, which wins; none: this server records by itself.

    Raises ``SettingInvalid`` for what is no address.
    """
    address = collector or environment.get("PROMPTER_COLLECTOR", "")
    if not address:
        return None
    parts = urlsplit(address)
    whole = parts.scheme in ("http", "https") and bool(parts.netloc)
    if not whole and not (address.startswith("/") and not address.startswith("//")):
        raise SettingInvalid(
            f"PROMPTER_COLLECTOR is {address!r}: set it to {PREFIX} behind a Hub, or to a whole address"
        )
    return Elsewhere(address, environment.get(LINK, ""))


class ElsewhereHandler(APIHandler):
    """``prompter/status`` of such a server."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, elsewhere: Elsewhere) -> None:
        """Keep where to look."""
        self._elsewhere = elsewhere

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """JSON."""
        self.finish(
            {
                "recording": False,
                "reason": f"the study's collector records, at {self._elsewhere.address}",
                "log": None,
                "collector": self._elsewhere.address,
                "versions": {"prompter": __version__, "protocol": PROTOCOL},
            }
        )
