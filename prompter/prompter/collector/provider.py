"""Whom Jupyter's handlers take for the user of a request to the collector: the person of the token in its header."""

from __future__ import annotations

from hmac import compare_digest

from jupyter_server.auth import User
from tornado.web import HTTPError, RequestHandler
from traitlets import Any, Unicode

from ..participant import StudyIdentityProvider
from ..roles import Role
from .people import CannotAsk, Identity, TokenRefused

_ROLE = "prompter_role"
"""Under this name a handler knows the role of whoever asks."""


class PeopleProvider(StudyIdentityProvider):
    """No cookie, no password, no token in an address: each request shows who it is."""

    people = Any()
    token = Unicode("")
    """There is no token that opens everything."""
    metrics_key = Unicode("")
    """It opens the figures and nothing else. Whoever shows it is nobody."""

    async def get_user(self, handler: RequestHandler) -> User | None:
        """Whoever shows a good token. 503 while nobody can be asked about it."""
        shown = self._shown(handler)
        if not shown or self._is_metrics_key(shown):
            return None
        people: Identity = self.people
        try:
            person = await people.person(shown)
        except TokenRefused:
            return None
        except CannotAsk as error:
            raise HTTPError(503, reason="who you are cannot be asked at present", log_message=str(error)) from None
        setattr(handler, _ROLE, person.role)
        handler._token_authenticated = True  # type: ignore[attr-defined]  # by which Jupyter knows that no cookie did it
        return User(person.name)

    def may_see_figures(self, handler: RequestHandler) -> bool:
        """Researchers and a Prometheus: from figures a participant or a blinded researcher may tell a condition."""
        return getattr(handler, _ROLE, None) is Role.RESEARCHER or self._is_metrics_key(self._shown(handler))

    def _shown(self, handler: RequestHandler) -> str:
        found = self.auth_header_pat.match(handler.request.headers.get("Authorization", ""))
        return "" if found is None else found.group(2).strip()

    def _is_metrics_key(self, shown: str) -> bool:
        return bool(self.metrics_key) and compare_digest(shown.encode(), self.metrics_key.encode())
