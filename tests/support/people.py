"""Several people on one server, told apart by their tokens, as a Hub or a company's own identity provider would."""

from __future__ import annotations

from jupyter_server.auth import IdentityProvider, User
from tornado.web import RequestHandler

PEOPLE = {"token-of-heron": "heron", "token-of-wren": "wren", "browser-test-token": "owner"}
"""Each person's name by their token; the last is the one that the tests themselves use."""


_STRANGER = "token-of-stranger-"


def token_of_stranger(number: int) -> str:
    """The token of one of as many more people as a test or a benchmark wants."""
    return f"{_STRANGER}{number}"


class People(IdentityProvider):
    """Knows everybody in ``PEOPLE``, and any number of strangers."""

    async def get_user_token(self, handler: RequestHandler) -> User | None:
        """The user whose token the request bears. The server's own, which it gives to all pages, is nobody's."""
        token = self.get_token(handler) or ""
        name = token.removeprefix("token-of-") if token.startswith(_STRANGER) else PEOPLE.get(token)
        return User(username=name, name=name, display_name=name.title()) if name else None
