"""Who comes to the collector: what it asks of a Hub, or of study links, about whoever shows a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tornado.web import RequestHandler

from ..roles import Role


@dataclass(frozen=True)
class Person:
    """Somebody who showed a token that is good."""

    name: str
    """By which the log knows a participant."""
    role: Role = Role.PARTICIPANT
    condition: str | None = None
    """The condition that a study link brings; none: the log has it, or the study assigns it."""


class TokenRefused(Exception):
    """A token is nobody's, or no longer anybody's. One line, for the person."""


class CannotAsk(Exception):
    """Whoever knows is not to be reached. One line, for the operator."""


class Identity(Protocol):
    """Says whose a token is. Nothing is kept: what was true a minute ago may have been taken back."""

    async def person(self, token: str) -> Person:
        """Whose token it is now. Raises ``TokenRefused`` or ``CannotAsk``."""

    async def visitor(self, handler: RequestHandler) -> Person | None:
        """Whose browser asks for a page, by its cookie; none if it has not signed in. Raises ``CannotAsk``."""

    def sign_in(self, handler: RequestHandler) -> None:
        """Answer with the way to sign in, which leads back to the page that was asked for."""

    def handlers(self, prefix: str) -> Sequence[tuple[str, Any, dict[str, Any]]]:
        """The endpoints that signing in needs; ``prefix`` is the collector's, such as ``/services/prompter/``."""
