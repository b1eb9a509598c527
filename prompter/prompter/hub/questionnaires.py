"""Addresses of questionnaires and recruiting platforms, filled in for one person."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from .config import PLATFORM

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def platform_ids(argument: Callable[[str], str]) -> dict[str, str]:
    """What a recruiting platform added to an address; whatever is no id is left out.

    ``argument`` gives the address's parameter of a name, or an empty text.
    """
    found = {name: argument(name) for name in PLATFORM}
    return {name: value for name, value in found.items() if _ID.fullmatch(value)}


def filled(address: str | None, pseudonym: str, platform: Mapping[str, str]) -> str | None:
    """The address for one person. What the platform did not tell becomes nothing."""
    if address is None:
        return None
    for name, value in {**dict.fromkeys(PLATFORM, ""), **platform, "participant": pseudonym}.items():
        address = address.replace(f"{{{name}}}", quote(value, safe=""))
    return address
