"""Whether a link opens the study in this browser: pure decisions about what the Hub remembers of a participant.

The first use of a link binds its participant to that browser. A link that was issued later binds them to another one,
so that whoever lost their browser gets a new link, and whoever found the old link has nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from ..links import StudyLink
from ..roles import Role


class Remembered(msgspec.Struct, frozen=True):
    """What the Hub keeps of somebody who signed in, encrypted in its database (``auth_state``)."""

    role: Role
    """What the newest of their links says; the configuration may say more, or less, and counts from the Hub's next
    start on."""
    link_id: str = ""
    """Hexadecimal; empty for somebody who came by an open address."""
    issued_at: int = 0
    """When that link was issued, seconds since the epoch."""
    browser: str = ""
    """SHA-256 of the browser's random cookie, hexadecimal."""
    platform: dict[str, str] = {}
    """What a recruiting platform added to the address."""


class Elsewhere(Exception):
    """The participant belongs to another browser. As text it is a line for people."""


def browser_hash(cookie: bytes) -> str:
    """What is kept of a browser's cookie."""
    return sha256(cookie).hexdigest()


def remembered(state: Mapping[str, Any] | None) -> Remembered | None:
    """What the Hub's database held; none for somebody new, or if it can no longer be read."""
    if not state:
        return None
    try:
        return msgspec.convert(dict(state), Remembered)
    except msgspec.ValidationError:
        return None


def admit_link(link: StudyLink, known: Remembered | None, browser: str) -> Remembered:
    """What to remember of somebody who opens this link in the browser with that hash (empty: it has no cookie yet).

    Raises ``Elsewhere`` if the link, or a newer one, was first used in another browser.
    """
    fresh = Remembered(link.role, link.link_id.hex, link.issued_at, browser)
    if known is None or not known.link_id or link.issued_at > known.issued_at:
        return fresh
    if known.browser == browser:
        return known
    if link.link_id.hex == known.link_id:
        raise Elsewhere("This link was first opened in another browser, and works only there.")
    raise Elsewhere("This link was replaced by a newer one, which is in use in another browser.")


def admit_open(known: Remembered | None, browser: str) -> Remembered:
    """The same for the open address of a participant: it never takes over from a link, and makes no researcher."""
    if known is not None and (known.role is not Role.PARTICIPANT or (known.link_id and known.browser != browser)):
        raise Elsewhere("This participant has a link of their own, and takes part by that one alone.")
    return known or Remembered(Role.PARTICIPANT)


def takes_over(known: Remembered | None, now: Remembered) -> bool:
    """Whether whoever is signed in from before must be signed out: the participant has moved to another browser."""
    return known is not None and bool(now.link_id) and known.browser != now.browser
