"""Asks the collector for a participant's place in the study. What the place is, it never tells."""

from __future__ import annotations

import json
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

_TIMEOUT = 20.0
"""Seconds: a person waits before the page. The log itself waits for its database no longer."""


class PlaceRefused(Exception):
    """The study has another place for this participant, or none. As text it is one line."""


class PlaceUnknown(Exception):
    """The collector or its log cannot be reached now. As text it is one line."""


async def assign(address: str, key: str, participant: str, condition: str | None) -> None:
    """Give a participant their place, or find that they have it: asking again changes nothing.

    ``address`` is the collector's. Raises ``PlaceRefused`` if they have another condition than the one that their link
    names, ``PlaceUnknown`` for whatever will mend by itself.
    """
    body: dict[str, Any] = {"participant": participant, "condition": condition}
    client = AsyncHTTPClient()
    try:
        await client.fetch(
            f"{address}assignments",
            method="POST",
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            body=json.dumps(body),
            request_timeout=_TIMEOUT,
            follow_redirects=False,
        )
    except HTTPClientError as error:
        line = _message(error.response.body if error.response else b"")
        if error.code == 409:
            raise PlaceRefused(line or "this link contradicts the participant's place in the study") from None
        # 599 is tornado's own, where no answer came in time.
        told = "the collector does not answer" if error.code == 599 else f"the collector answered {error.code}"
        raise PlaceUnknown(line or told) from None
    except OSError as error:
        raise PlaceUnknown(f"the collector does not answer ({error})") from None


def _message(body: bytes) -> str:
    try:
        told: Any = json.loads(body)
    except ValueError:
        return ""
    message = told.get("message") if isinstance(told, dict) else None
    return message if isinstance(message, str) else ""
