"""Who works here: known from authentication or from the operator, never from what the browser claims."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_server.auth import IdentityProvider, User
from jupyter_server.auth.identity import PasswordIdentityProvider

from .settings import Settings, machine_user


def participant_name(settings: Settings, user: User, provider: IdentityProvider, environment: Mapping[str, str]) -> str:
    """The Hub's user; else the one that the operator set; else the authenticated user.

    A token or password proves that somebody may use this server, not who they are: Jupyter invents a new anonymous
    user for each browser then. Such a server is one person's own, so the login name on the machine counts.
    """
    if hub_user := environment.get("JUPYTERHUB_USER"):
        return hub_user
    if settings.participant:
        return settings.participant
    if isinstance(provider, PasswordIdentityProvider):
        return machine_user()
    return user.username
