"""People as their study links name them, where there is no Hub: a page's token is the token of its link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import time
from typing import Any
from urllib.parse import quote

from tornado.web import RequestHandler

from ..links import LinkRefused, StudyLink, derived_key, unseal
from .people import Person, TokenRefused
from .signing_in import SignInHandler

COOKIE = "prompter-link"
"""A researcher's browser keeps the link in it, signed, until the browser is closed."""

_HINT = {
    "expired": "your study link is no longer valid: ask the study's team for a new one",
    "forged": "this is no link of this study: open the link as it was sent to you",
}


class LinkedPeople:
    """An ``Identity``. Raises ``SettingInvalid`` for a key that could be guessed."""

    def __init__(self, key: str, *, clock: Callable[[], float] = time) -> None:
        """``key``: the operator's text that seals the links. ``clock``: seconds since the epoch."""
        derived_key(key, b"check")
        self._key = key
        self._clock = clock

    async def person(self, token: str) -> Person:
        """Whose link it is, as long as it is valid."""
        link = self._link(token)
        return Person(link.participant, link.role, link.condition)

    async def visitor(self, handler: RequestHandler) -> Person | None:
        """By the cookie that the start page left."""
        kept = handler.get_signed_cookie(COOKIE)
        if kept is None:
            return None
        try:
            return await self.person(kept.decode("ascii", "replace"))
        except TokenRefused:
            return None

    def sign_in(self, handler: RequestHandler) -> None:
        """By the start page, which asks for the link."""
        handler.redirect(f"{handler.settings['prefix']}sign-in?next={quote(handler.request.uri or '')}")

    def handlers(self, prefix: str) -> Sequence[tuple[str, Any, dict[str, Any]]]:
        """The start page."""
        return [(prefix + "sign-in", SignInHandler, {"people": self, "cookie": COOKIE})]

    def _link(self, token: str) -> StudyLink:
        try:
            return unseal(token, self._key, now=int(self._clock()))
        except LinkRefused as error:
            raise TokenRefused(_HINT[error.reason]) from None
