"""Signs people in by study links. The password form of JupyterHub does not exist here."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import msgspec
from jupyterhub import orm
from jupyterhub.auth import Authenticator
from traitlets import Any as AnyTrait
from traitlets import Unicode

from ..links import StudyLink
from ..roles import Role
from . import refusals
from .admission import Elsewhere, Remembered, admit_link, admit_open, remembered, takes_over
from .assigning import PlaceRefused, PlaceUnknown, assign
from .config import HubConfig, groups_of


@dataclass(frozen=True)
class Arrival:
    """Somebody at the door."""

    participant: str
    condition: str | None
    """The one that they bring, if any. It counts for who takes part alone."""
    link: StudyLink | None
    """None: they came by an open address."""
    platform: dict[str, str]
    browser: str
    """The hash of their browser's cookie; empty if it has none."""


class StudyAuthenticator(Authenticator):  # type: ignore[misc]  # JupyterHub has no types
    """People are who their link says. What is remembered of them is kept, encrypted, in the Hub's database."""

    login_service = "your study link"

    study_config = AnyTrait(help="The configuration of the study's Hub, as `prompter.hub` read it.").tag(config=True)
    collector = Unicode(help="Where the Hub reaches the collector.").tag(config=True)
    study_title = Unicode(help="The study as people read of it.").tag(config=True)
    asks_consent = AnyTrait(default_value=False, help="Whether the study has a text to agree to.").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # One at a time: two browsers that open the same link at once must not both be the first.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def settings(self) -> HubConfig:
        """The configuration."""
        config: HubConfig = self.study_config
        return config

    def turn(self, participant: str) -> asyncio.Lock:
        """Held while a participant is signed in."""
        return self._turns[participant]

    def get_handlers(self, app: Any) -> list[Any]:
        """The Hub's pages of ours; they come before its own."""
        from .handlers import ADDRESSES  # noqa: PLC0415 - handlers know the authenticator

        return list(ADDRESSES)

    def login_url(self, base_url: str) -> str:
        """The page that says: open your link."""
        return f"{base_url.rstrip('/')}/login"

    async def admitted(self, handler: Any, arrival: Arrival) -> tuple[Remembered | None, Remembered]:
        """What is remembered of somebody, and what will be: what a platform told before stays. Raises ``Refused``."""
        user = handler.find_user(arrival.participant)
        known = remembered(await user.get_auth_state()) if user is not None else None
        try:
            if arrival.link is None:
                now = admit_open(known, arrival.browser)
            else:
                now = admit_link(arrival.link, known, arrival.browser)
        except Elsewhere as error:
            raise refusals.elsewhere(str(error)) from None
        platform = {**(known.platform if known else {}), **arrival.platform}
        return known, msgspec.structs.replace(now, platform=platform)

    def role_of(self, participant: str, now: Remembered) -> Role:
        """What somebody may do, by what is remembered of them: an older link that they open again changes nothing."""
        return self.settings.role_of(participant, now.role)

    async def authenticate(self, handler: Any, data: Any) -> dict[str, Any] | None:
        """Let somebody in who arrived at the start page, and see to their place in the study. Raises ``Refused``.

        Only our handlers say who arrived; what a browser's form says elsewhere signs nobody in.
        """
        if not isinstance(data, Arrival):
            return None
        known, now = await self.admitted(handler, data)
        role = self.role_of(data.participant, now)
        if role is Role.PARTICIPANT:
            await self._assign(data)
        if takes_over(known, now):
            await self._sign_out_others(handler, data.participant)
        return {
            "name": data.participant,
            "admin": False,
            "groups": groups_of(role),
            "auth_state": msgspec.to_builtins(now),
        }

    async def refresh_user(self, user: Any, handler: Any = None) -> Any:
        """Keep the groups to what the configuration says now: who is no longer a researcher stops being one."""
        known = remembered(await user.get_auth_state())
        if known is None:
            return True
        role = self.role_of(user.name, known)
        return {"name": user.name, "admin": False, "groups": groups_of(role), "auth_state": msgspec.to_builtins(known)}

    async def _assign(self, arrival: Arrival) -> None:
        key = self.settings.secret_text("assignments")
        try:
            await assign(self.collector, key, arrival.participant, arrival.condition)
        except PlaceRefused as error:
            self.log.warning("%s was refused: %s", arrival.participant, error)
            raise refusals.other_place() from None
        except PlaceUnknown as error:
            self.log.error("%s cannot begin: %s", arrival.participant, error)
            raise refusals.not_now(str(error)) from None

    async def _sign_out_others(self, handler: Any, participant: str) -> None:
        """End every sign-in of a participant: who moves to another browser must not leave an open door behind.

        Their server stops, too: what is connected to it would stay so, and it remembers tokens for a while.
        """
        user = handler.find_user(participant)
        user.orm_user.cookie_id = secrets.token_hex(16)
        for name, spawner in list(user.spawners.items()):
            if spawner.active:
                await handler.stop_single_user(user, name)
        for token in handler.db.query(orm.APIToken).filter_by(user_id=user.id):
            if token.session_id:  # of a browser
                handler.db.delete(token)
        handler.db.commit()
        self.log.info("%s moved to another browser; the others were signed out", participant)
