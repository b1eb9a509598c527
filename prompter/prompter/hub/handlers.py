"""The Hub's pages of ours: the start page of a link, of an open address, and the last page."""

from __future__ import annotations

import secrets
import time
from abc import abstractmethod
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from jupyterhub.handlers.base import BaseHandler
from markupsafe import Markup
from tornado import web

from ..collector.settings import PREFIX
from ..errors import SettingInvalid
from ..links import LinkRefused, checked_participant, unseal
from ..roles import Role
from ..study.names import Condition
from . import refusals
from .admission import Remembered, browser_hash, remembered
from .authenticator import Arrival, StudyAuthenticator
from .questionnaires import filled, platform_ids
from .refusals import Refused

BROWSER = "prompter-browser"
"""The cookie by which a browser is known again. It holds a random number."""

_BROWSER_DAYS = 400
"""What browsers keep a cookie for, at most."""


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("prompter.hub", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    return files("prompter.hub").joinpath("pages", "page.css").read_text("utf-8")


class StudyHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """Shows pages of the study. They load nothing, are kept by nobody, and tell no other site where people were."""

    @property
    def study(self) -> StudyAuthenticator:
        """The Hub's authenticator."""
        authenticator: StudyAuthenticator = self.authenticator
        return authenticator

    @property
    def spawn_url(self) -> str:
        """Where a participant's server is started."""
        return f"{self.hub.base_url}spawn"

    @property
    def monitor_url(self) -> str:
        """What researchers see."""
        return f"{PREFIX}monitor"

    def show(self, name: str, **values: Any) -> None:
        """Finish with a page."""
        nonce = secrets.token_urlsafe(16)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header(
            "Content-Security-Policy",
            f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'",
        )
        page = _templates().get_template(f"{name}.html")
        self.finish(
            page.render(
                study=self.study.study_title,
                style=Markup(_style()),  # noqa: S704 - our own file
                nonce=nonce,
                xsrf=self.xsrf_token.decode("ascii"),
                spawn=self.spawn_url,
                logout=f"{self.hub.base_url}logout",
                **values,
            )
        )

    def refuse(self, refused: Refused, **values: Any) -> None:
        """Finish with the page that says why."""
        self.set_status(refused.status)
        self.show("refused", refused=refused, **{"action": "", "fields": {}, **values})

    def write_error(self, status_code: int, **values: Any) -> None:
        """A form that is too old is told in our words."""
        error = values.get("exc_info", (None, None, None))[1]
        if self.request.method == "POST" and isinstance(error, web.HTTPError) and error.status_code == 403:
            self.refuse(refusals.too_old())
        else:
            super().write_error(status_code, **values)


class Door(StudyHandler):
    """Where people come in. GET shows who would be signed in, and signs nobody in: previews of links do nothing."""

    @abstractmethod
    def arrival(self) -> Arrival:
        """Who is at the door. Raises ``Refused``."""

    @abstractmethod
    def fields(self) -> dict[str, str]:
        """What the start page's form brings back."""

    async def get(self, *path: str) -> None:
        """The start page, or why there is none."""
        try:
            arrival = self.arrival()
            self._nobody_else(arrival)
            known, now = await self.study.admitted(self, arrival)
        except Refused as refused:
            self.refuse(refused)
        else:
            self._show_start(arrival, now, again=known is not None)

    async def post(self, *path: str) -> None:
        """Sign in. XSRF has been checked: only a page of this Hub, in this browser, gets here."""
        try:
            arrival = self.arrival()
            self._nobody_else(arrival)
            arrival = self._marked(arrival)
            async with self.study.turn(arrival.participant):
                user = await self.login_user(arrival)
        except Refused as refused:
            self.refuse(refused, action=self.request.path, fields=self.fields())
            return
        if user is None:
            self.refuse(refusals.no_link())
            return
        self._jupyterhub_user = user
        # Not the Hub's own way on: it would hand the link's token to the next address.
        self.redirect(self.monitor_url if user.groups else self.spawn_url)

    def browser(self) -> str:
        """The hash of this browser's cookie; empty without one."""
        cookie = self.get_signed_cookie(BROWSER, max_age_days=_BROWSER_DAYS)
        return browser_hash(cookie) if cookie else ""

    def platform(self) -> dict[str, str]:
        """What a recruiting platform added."""
        return platform_ids(lambda name: str(self.get_argument(name, "")))

    def _marked(self, arrival: Arrival) -> Arrival:
        """The same somebody, whose browser has a cookie from now on."""
        if arrival.browser:
            return arrival
        mark = secrets.token_hex(16)
        self._set_cookie(BROWSER, mark, path=self.hub.base_url, expires_days=_BROWSER_DAYS, samesite="Lax")
        return replace(arrival, browser=browser_hash(mark.encode()))

    def _nobody_else(self, arrival: Arrival) -> None:
        user = self.current_user
        if user is not None and user.name != arrival.participant:
            raise refusals.somebody_else(user.name, arrival.participant)

    def _show_start(self, arrival: Arrival, now: Remembered, *, again: bool) -> None:
        watches = self.study.role_of(arrival.participant, now) is not Role.PARTICIPANT
        config = self.study.settings
        asked = None if watches else config.written.questionnaires.start
        until = None if arrival.link is None else datetime.fromtimestamp(arrival.link.expires_at, UTC)
        self.show(
            "start",
            person=arrival.participant,
            watches=watches,
            again=again,
            consent=self.study.asks_consent,
            questionnaire=filled(asked, config.pseudonym(arrival.participant), now.platform),
            until=None if until is None else f"{until.day} {until:%B %Y}",
            action=self.request.path,
            fields=self.fields(),
        )


class LinkDoor(Door):
    """``/hub/link?token=…``."""

    def arrival(self) -> Arrival:
        """Whoever the link names."""
        token = self.get_argument("token", "")
        if not token:
            raise refusals.no_link()
        config = self.study.settings
        try:
            link = unseal(token, config.written.link_key, now=int(time.time()))
        except LinkRefused as error:
            raise refusals.bad_link(error.reason) from None
        return Arrival(link.participant, link.condition, link, self.platform(), self.browser())

    def fields(self) -> dict[str, str]:
        """The token travels in the form: nobody logs that."""
        return {"token": self.get_argument("token", ""), **self.platform()}


class OpenDoor(Door):
    """``/USER_ID/MODE``, as it has always been, where the study is marked open."""

    def arrival(self) -> Arrival:
        """Whoever the address names."""
        if not self.study.settings.written.open:
            raise refusals.closed()
        name, condition = (str(part) for part in self.path_args)
        try:
            participant = checked_participant(name.lower())
        except SettingInvalid as error:
            raise refusals.no_such_id(str(error)) from None
        if self.study.settings.role_of(participant, Role.PARTICIPANT) is not Role.PARTICIPANT:
            raise refusals.elsewhere("This name is a researcher's, who comes by a link alone.")
        return Arrival(participant, condition, None, self.platform(), self.browser())

    def fields(self) -> dict[str, str]:
        """The address says the rest."""
        return self.platform()


class SignInPage(StudyHandler):
    """``/hub/login``: where the Hub sends whoever is not signed in."""

    async def get(self) -> None:
        """What to do; whoever is signed in goes on."""
        user = self.current_user
        if user is None:
            self.refuse(refusals.no_link(status=200))
            return
        self.set_login_cookie(user)
        self.redirect(self.get_next_url(user), permanent=False)


class DonePage(StudyHandler):
    """``/hub/done``: the last page, with what a recruiting platform needs."""

    @web.authenticated
    async def get(self) -> None:
        """Thanks, the questionnaire at the end, the completion code, the way back."""
        user = self.current_user
        known = remembered(await user.get_auth_state())
        config, asked = self.study.settings, self.study.settings.written.questionnaires
        who, platform = config.pseudonym(user.name), known.platform if known else {}
        self.show(
            "done",
            questionnaire=filled(asked.end, who, platform),
            code=asked.code,
            back=filled(asked.back, who, platform),
        )


ADDRESSES = (
    (r"/link", LinkDoor),
    (r"/login", SignInPage),
    (r"/done", DonePage),
    (rf"/([^/]+)/({'|'.join(Condition)})", OpenDoor),
)
"""Behind the Hub's prefix. Whatever else comes to the Hub it sends behind its prefix by itself."""
