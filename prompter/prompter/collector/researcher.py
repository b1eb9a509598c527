"""What every endpoint of the researchers' is: closed to whoever is none."""

from __future__ import annotations

from html import escape

from tornado.web import HTTPError, RequestHandler
from tornado.websocket import WebSocketHandler

from ..roles import Role
from .people import CannotAsk, Identity, Person

_NOT_FOR_YOU = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    "<title>Not for you · Prompter</title>"
    '<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 15vh auto 0; padding: 0 1rem">'
    "<h1>This page is for the study’s team</h1><p>You are signed in as <b>{name}</b>, who takes part. If you belong to "
    "the team, ask the operator to add you to it, then sign in again.</p></body></html>"
)


class _Researchers(RequestHandler):
    """Sets ``researcher`` (their name) and ``role`` before any method runs."""

    researcher: str
    role: Role

    async def _visitor(self) -> Person | None:
        people: Identity = self.settings["people"]
        try:
            person = await people.visitor(self)
        except CannotAsk as error:
            raise HTTPError(503, reason="who you are cannot be asked at present", log_message=str(error)) from None
        if person is not None:
            self.researcher, self.role = person.name, person.role
        return person


class ResearcherHandler(_Researchers):
    """A page or an endpoint. Whoever has not signed in is sent to; a participant is told that it is not for them."""

    def set_default_headers(self) -> None:
        """Nothing of a study's is kept by caches or shown in frames."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "DENY")

    async def prepare(self) -> None:
        """Ask who it is."""
        person = await self._visitor()
        if person is None:
            if self.request.method not in ("GET", "HEAD"):
                raise HTTPError(403, reason="sign in first")
            people: Identity = self.settings["people"]
            people.sign_in(self)
        elif person.role is Role.PARTICIPANT:
            self.set_status(403)
            self.finish(_NOT_FOR_YOU.format(name=escape(person.name)))


class ResearcherSocket(_Researchers, WebSocketHandler):
    """A WebSocket. Tornado refuses one from another origin; nobody is sent anywhere."""

    async def prepare(self) -> None:
        """403 for whoever is no researcher."""
        person = await self._visitor()
        if person is None or person.role is Role.PARTICIPANT:
            raise HTTPError(403)
