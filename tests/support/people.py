"""Several people on one server, told apart by their tokens, as a Hub or a company's own identity provider would."""

from __future__ import annotations

from jupyter_server.auth import IdentityProvider, User
from tornado.web import RequestHandler

PEOPLE = {"token-of-heron": "heron", "token-of-wren": "wren", "browser-test-token": "owner"}
"""Each person's name by their token; the last is the one that the tests themselves use."""


class People(IdentityProvider):
    """Knows everybody in ``PEOPLE``."""

    async def get_user_token(self, handler: RequestHandler) -> User | None:
        """The user whose token the request bears. The server's own, which it gives to all pages, is nobody's."""
        name = PEOPLE.get(self.get_token(handler) or "")
        return User(username=name, name=name, display_name=name.title()) if name else None
