"""Study links: who may take part, in a text that only the study's servers can read.

A link's token is sealed by Fernet (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec) under a key that is
derived from the operator's own text, so that nothing can be read from a link, a condition least of all, and nobody can
make or change one without the key.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta

from .errors import SettingInvalid
from .roles import Role
from .study.names import Condition

_PURPOSE = b"prompter study links, version 1"
"""Other keys may be derived from the same text for other purposes; none of them opens a link."""

MIN_KEY = 32
"""Characters of the operator's text: what ``prompter study init`` draws has 43, of 256 random bits."""

_LENGTH = 128
"""Bytes that every link is filled up to before it is sealed: else a longer token told of a longer condition's name.
The longest link has 123; the token is 268 characters, without an equals sign at its end."""

MAX_TOKEN = 2000
"""Characters of a token: more is no link of ours, and no browser's address bar takes it."""

PARTICIPANT = r"[a-z0-9][a-z0-9._-]{0,62}"
"""The pattern of a participant's id."""


class LinkRefused(Exception):
    """A token opens nothing."""

    def __init__(self, reason: str) -> None:
        """``reason``: ``expired`` or ``forged``."""
        self.reason = reason
        super().__init__(f"this study link is {reason}")


@dataclass(frozen=True)
class StudyLink:
    """What a link says."""

    link_id: UUID
    """By which the use of one link is told from that of another."""
    participant: str
    """Lower case, as a Hub writes names: else ``P01`` and ``p01`` were one person with two names."""
    condition: str | None
    """The one that the study's people chose; none: the study assigns it."""
    role: Role
    issued_at: int
    """Seconds since the epoch, UTC."""
    expires_at: int
    """Seconds since the epoch, UTC."""


class _Sealed(msgspec.Struct, array_like=True, frozen=True):
    """What is inside a token, in the order in which it is written."""

    link_id: UUID
    participant: Annotated[str, Meta(max_length=63)]
    condition: Condition | None
    role: Role
    issued_at: int
    expires_at: int


_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_decoder = msgspec.msgpack.Decoder(_Sealed)


def checked_participant(name: str) -> str:
    """A participant's id, if it can be one. Raises ``SettingInvalid`` that says what can."""
    if not re.fullmatch(PARTICIPANT, name):
        raise SettingInvalid(
            f"participant {name!r}: an id has 1 to 63 characters, lower-case letters, digits, '.', '_' and '-', "
            "and begins with a letter or digit"
        )
    return name


def seal(link: StudyLink, key: str) -> str:
    """The token of a link. Raises ``SettingInvalid`` for an id or condition that cannot be, or too short a key."""
    checked_participant(link.participant)
    try:
        condition = None if link.condition is None else Condition(link.condition)
    except ValueError:
        raise SettingInvalid(
            f"condition {link.condition!r}: there is none of that name; known are {', '.join(Condition)}"
        ) from None
    sealed = _Sealed(link.link_id, link.participant, condition, link.role, link.issued_at, link.expires_at)
    packed = _encoder.encode(sealed)
    return _fernet(key).encrypt(bytes([len(packed)]) + packed.ljust(_LENGTH - 1, b"\0")).decode()


def unseal(token: str, key: str, *, now: int) -> StudyLink:
    """The link of a token, at ``now`` (seconds since the epoch).

    Raises ``LinkRefused`` for whatever this key did not seal, and for a link whose time is over.
    """
    if len(token) > MAX_TOKEN:
        raise LinkRefused("forged")
    try:
        length, *_ = opened = _fernet(key).decrypt(token.encode())
        sealed = _decoder.decode(opened[1 : 1 + length])
    except (InvalidToken, msgspec.MsgspecError, UnicodeEncodeError, ValueError):
        raise LinkRefused("forged") from None
    if now >= sealed.expires_at:
        raise LinkRefused("expired")
    return StudyLink(
        sealed.link_id,
        sealed.participant,
        None if sealed.condition is None else sealed.condition.value,
        sealed.role,
        sealed.issued_at,
        sealed.expires_at,
    )


def derived_key(text: str, purpose: bytes) -> bytes:
    """32 bytes for one purpose, by HKDF-SHA256 (RFC 5869) from the operator's text.

    Raises ``SettingInvalid`` for a text that could be guessed.
    """
    if len(text) < MIN_KEY:
        raise SettingInvalid(
            f"the link key has {len(text)} characters and needs at least {MIN_KEY}: `prompter study init` draws one"
        )
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(text.encode())


def _fernet(key: str) -> Fernet:
    return Fernet(urlsafe_b64encode(derived_key(key, _PURPOSE)))
