"""How participants are called where their names must not appear: the one way for histories, narratives and exports."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

from prompter_events.event import ParticipantId

_PREFIX_DIGITS = 8

_BIRDS = [
    "avocet",
    "bittern",
    "blackbird",
    "brambling",
    "bunting",
    "buzzard",
    "chaffinch",
    "chough",
    "coot",
    "cormorant",
    "crane",
    "crow",
    "cuckoo",
    "curlew",
    "dipper",
    "dotterel",
    "dunlin",
    "dunnock",
    "egret",
    "eider",
    "falcon",
    "fieldfare",
    "finch",
    "gannet",
    "godwit",
    "goldcrest",
    "goshawk",
    "grebe",
    "gull",
    "harrier",
    "heron",
    "hobby",
    "hoopoe",
    "ibis",
    "jackdaw",
    "jay",
    "kestrel",
    "kingfisher",
    "kite",
    "knot",
    "lapwing",
    "linnet",
    "magpie",
    "martin",
    "merlin",
    "moorhen",
    "nightjar",
    "nuthatch",
    "oriole",
    "osprey",
    "owl",
    "petrel",
    "pipit",
    "plover",
    "puffin",
    "quail",
    "rail",
    "raven",
    "redstart",
    "robin",
    "rook",
    "ruff",
    "siskin",
    "skylark",
]
"""Sixty-four words that people tell apart; the digits alone tell who is meant. A number in the order of coming would
say more than a pseudonym may: who came when."""


def pseudonym(participant_id: ParticipantId, study: str, key: bytes = b"") -> str:
    """A bird and eight hexadecimal digits, ``heron-3f9a12cc``: always the same in one study, another in the next.

    The digits are of BLAKE2b over the id, keyed by the study's name (``""`` without a study). An id is 122 random bits,
    so nobody finds it, or the person, by trying; whoever holds the log can tell which is whose. With a secret ``key``
    nobody can without the key, not even who knows the id. Among a thousand participants two are called alike once in
    about 9,000 studies.
    """
    return _name(_digits(participant_id, study, key))


def pseudonymous_id(participant_id: ParticipantId, study: str, key: bytes = b"") -> ParticipantId:
    """An id in place of a participant's; it begins with the digits of the pseudonym (RFC 9562, version 8)."""
    rest = blake2b(participant_id.bytes, digest_size=12, key=study_key(study, key)).digest()
    return ParticipantId(_version_8(bytes.fromhex(_digits(participant_id, study, key)) + rest))


def keyed_id(known: UUID, study: str, key: bytes) -> UUID:
    """An id in place of one that was made of a participant's by a rule that anybody can follow (version 8)."""
    return _version_8(blake2b(known.bytes, digest_size=16, key=study_key(study, key)).digest())


def _version_8(data: bytes) -> UUID:
    number = int.from_bytes(data) & ~(0xF << 76) | 8 << 76  # the version
    return UUID(int=number & ~(0x3 << 62) | 2 << 62)  # the variant


def name_of(participant_id: ParticipantId) -> str:
    """The pseudonym that goes with an id of ``pseudonymous_id``."""
    return _name(participant_id.hex[:_PREFIX_DIGITS])


def study_key(study: str, key: bytes = b"") -> bytes:
    """What keys the digests of one study: 32 bytes of BLAKE2b over the study's name, keyed by the secret."""
    # A key has at most 64 bytes, and a name may be longer.
    secret = key if len(key) <= blake2b.MAX_KEY_SIZE else blake2b(key).digest()
    return blake2b(study.encode("utf-8", "surrogatepass"), digest_size=32, key=secret).digest()


def address(name: str) -> str:
    """An e-mail address for a pseudonym, which no mail can ever reach (RFC 2606)."""
    return f"{name}@participants.invalid"


def _name(digits: str) -> str:
    return f"{_BIRDS[int(digits, 16) % len(_BIRDS)]}-{digits}"


def _digits(participant_id: ParticipantId, study: str, key: bytes) -> str:
    return blake2b(participant_id.bytes, digest_size=_PREFIX_DIGITS // 2, key=study_key(study, key)).hexdigest()
