"""Where the Hub tells of whoever signs in by a study link, so that the log knows their condition before they work."""

from __future__ import annotations

from hmac import compare_digest
from typing import Annotated

import msgspec
from msgspec import Meta
from tornado.web import HTTPError, RequestHandler

from prompter_events import LogError

from ..conditions import assign_by_link
from ..errors import SettingInvalid
from ..links import checked_participant
from ..service import Service

_BEARER = "Bearer "

Word = Annotated[str, Meta(max_length=200)]


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the Hub sends."""

    participant: Word
    condition: Word | None = None


class AssignmentsHandler(RequestHandler):
    """``POST assignments``: for the Hub alone. It never tells a condition."""

    def initialize(self, service: Service, key: str) -> None:
        """``key``: what the Hub must show; without one nobody may ask."""
        self._service = service
        self._key = key

    def check_xsrf_cookie(self) -> None:
        """No cookie opens this."""

    def prepare(self) -> None:
        """403 for whoever does not show the key."""
        shown = self.request.headers.get("Authorization", "")
        expected = _BEARER + self._key
        if not self._key or not compare_digest(shown.encode(), expected.encode()):
            raise HTTPError(403)

    async def post(self) -> None:
        """JSON: 200 if the participant may begin, 409 with a line for them if their link contradicts what holds.

        Where a study asks for consent, what it assigns by itself it assigns when they have agreed.
        """
        try:
            asked = msgspec.json.decode(self.request.body, type=_Asked)
            name = checked_participant(asked.participant)
        except (msgspec.MsgspecError, SettingInvalid) as error:
            self._say(400, str(error))
            return
        running = await self._service.ready()
        if running is None:
            self._say(503, self._service.told(self._service.reason))
            return
        settings = running.settings
        try:
            participant_id = await running.log.participant(name)
            agreed = running.follower.consents.agreed_at(participant_id) is not None
            if asked.condition is not None or settings.study.consent is None or agreed:
                await assign_by_link(running.log, settings, participant_id, asked.condition)
        except SettingInvalid as error:
            self._say(409, str(error))
        except LogError as error:
            self._service.refused(error)
            self._say(503, self._service.told(str(error)))
        else:
            self.finish({"participant": name})

    def _say(self, status: int, message: str) -> None:
        self.set_status(status)
        self.finish({"message": message})
