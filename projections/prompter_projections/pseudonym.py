"""How participants are called where their names must not appear."""

from __future__ import annotations

from hashlib import blake2b

from prompter_events.event import ParticipantId


def pseudonym(participant_id: ParticipantId, study: str) -> str:
    """``participant-`` and eight hexadecimal digits: always the same in one study, another one in the next.

    The digits are of BLAKE2b over the id, keyed by the study's name (``""`` without a study). An id is 122 random bits,
    so nobody finds it, or the person, by trying; whoever holds the log can tell which is whose. Among a thousand
    participants two are called alike once in about 9,000 studies.
    """
    # A key has at most 64 bytes, and a name may be longer.
    key = blake2b(study.encode("utf-8", "surrogatepass"), digest_size=32).digest()
    return f"participant-{blake2b(participant_id.bytes, digest_size=4, key=key).hexdigest()}"


def address(name: str) -> str:
    """An e-mail address for a pseudonym, which no mail can ever reach (RFC 2606)."""
    return f"{name}@participants.invalid"
