"""Who works here: known from authentication or from the operator, never from what the browser claims."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from jupyter_server.auth import IdentityProvider, User
from jupyter_server.auth.identity import PasswordIdentityProvider
from tornado.web import RequestHandler

from .settings import Settings, machine_user


class StudyIdentityProvider(IdentityProvider):
    """Knows each participant of a study by name; no setting says who they are."""

    @abstractmethod
    def may_see_figures(self, handler: RequestHandler) -> bool:
        """Whether this request is told how many questions were asked and held back in the whole study."""


def participant_name(settings: Settings, user: User, provider: IdentityProvider, environment: Mapping[str, str]) -> str:
    """At a study's collector the person who shows a token; elsewhere the Hub's user; else whom the operator set; else
    the authenticated user.

    A token or password proves that somebody may use this server, not who they are: Jupyter invents a new anonymous
    user for each browser then. Such a server is one person's own, so the login name on the machine counts.
    """
    if isinstance(provider, StudyIdentityProvider):
        return user.username
    if hub_user := environment.get("JUPYTERHUB_USER"):
        return hub_user
    if settings.participant:
        return settings.participant
    if isinstance(provider, PasswordIdentityProvider):
        return machine_user()
    return user.username
