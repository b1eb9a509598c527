"""People as a JupyterHub knows them. The collector is a service of that Hub's.

A page shows the token that its browser session got for its own server. It is asked about without a cache at each
hello and again while the socket is open: a Hub takes tokens back when a server stops or a person signs out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler
from tornado.httputil import url_concat
from tornado.web import HTTPError, RequestHandler

from ..roles import role_of
from .people import CannotAsk, Person, TokenRefused

MAX_TOKEN = 500
"""Characters: a Hub's tokens have 32, and what is longer need not be asked about."""


ANSWER_SECONDS = 10.0
"""A Hub that takes longer is taken for one that is away."""


class HubPeople:
    """An ``Identity``. Reads where the Hub is from the environment that the Hub gives its services."""

    def __init__(self, hub: HubOAuth | None = None) -> None:
        """``hub``: by default the one of this process, which the callback of signing in uses as well."""
        self._hub = hub or HubOAuth.instance()

    async def person(self, token: str) -> Person:
        """Whose token it is. One that may not use this service is refused, such as a single-user server's own."""
        if not token.isascii() or not token.isprintable() or len(token) > MAX_TOKEN:
            raise TokenRefused("this is no token")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                model = await self._hub.user_for_token(token, use_cache=False, sync=False)
        except HTTPError as error:
            raise CannotAsk(f"the Hub does not say who it is: {error.log_message or error}") from None
        except Exception as error:  # the client's own, where the Hub goes away in the middle of its answer
            raise CannotAsk(f"the Hub's answer broke off: {type(error).__name__}") from error
        if model is None:
            raise TokenRefused("your server was stopped, or you are signed out: reload the page")
        if model.get("kind") != "user" or not self._hub.check_scopes(self._hub.access_scopes, model):
            raise TokenRefused("this token does not open the study")
        return Person(model["name"], role_of(model.get("groups") or ()))

    async def visitor(self, handler: RequestHandler) -> Person | None:
        """By the cookie that signing in left."""
        token = self._hub.get_token(handler)
        if not token:
            return None
        try:
            return await self.person(token)
        except TokenRefused:
            return None

    def sign_in(self, handler: RequestHandler) -> None:
        """By OAuth at the Hub, which sends the browser back."""
        verifier, challenge, method = self._hub.generate_pkce_code_challenge()
        state = self._hub.set_state_cookie(handler, next_url=handler.request.uri, code_verifier=verifier)
        asked = {"state": state, "code_challenge": challenge, "code_challenge_method": method}
        handler.redirect(url_concat(self._hub.login_url, asked))

    def handlers(self, prefix: str) -> Sequence[tuple[str, Any, dict[str, Any]]]:
        """Where the Hub sends browsers back to."""
        return [(prefix + "oauth_callback", HubOAuthCallbackHandler, {})]
