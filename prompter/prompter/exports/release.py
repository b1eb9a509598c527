"""What leaves the log, and under which names: the options of an export."""

from __future__ import annotations

from dataclasses import dataclass, field

from prompter_events import ParticipantId, SessionId

from ..errors import SettingInvalid

KEY_BYTES = 16
"""The shortest secret that nobody finds by trying."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """Which events are released, and what is hidden in them.

    Raises ``SettingInvalid`` for a release under pseudonyms without a key of at least 16 bytes: file and account names
    are short, and would be found by trying.
    """

    identified: bool = False
    """Names, paths and ids as the log has them."""
    blind: bool = False
    """Without conditions and how they were assigned, also in the events' payloads."""
    pilots: bool = False
    """With the sessions of a study's pilot phase."""
    sessions: frozenset[SessionId] = frozenset()
    """Only these; empty: all."""
    participants: frozenset[ParticipantId] = frozenset()
    """Only these; empty: all."""
    since: int | None = None
    """Only sessions that began then or later, µs since the epoch. Sessions stay whole."""
    until: int | None = None
    """Only sessions that began before that, µs since the epoch."""
    key: bytes = field(default=b"", repr=False)
    """The secret of the pseudonyms. The same key and study give the same names."""

    def __post_init__(self) -> None:
        if not self.identified and len(self.key) < KEY_BYTES:
            raise SettingInvalid(
                f"the key of the pseudonyms has {len(self.key)} bytes: give one of {KEY_BYTES} or more"
            )

    @property
    def is_selected(self) -> bool:
        """Whether some sessions are left out on purpose."""
        return bool(self.sessions or self.participants) or self.since is not None or self.until is not None

    def within(self, at: int) -> bool:
        """Whether a moment, µs since the epoch, lies in the time asked for."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)
