"""Everything that can go wrong with events and logs, in one tree.

::

    PrompterError
    ├── EventInvalid          an event cannot be understood
    ├── BatchRefused          a producer's events are not taken
    │   ├── ForeignProducer   the producer or session belongs to another participant
    │   └── ErasedParticipant the participant was erased
    ├── CheckpointMoved       somebody else moved a projection's checkpoint
    └── LogError              the log cannot do what was asked
        ├── LogUnavailable    not now; trying again may help
        ├── LogRestored       the log is no longer the one that was opened; open it again
        ├── LogReadOnly       the log's file or server takes no writes
        ├── LogNotMigrated    tables are missing or older than the program
        ├── LogTooNew         tables are newer than the program
        ├── LogCorrupt        a hole or a broken chain
        └── LogUrlInvalid     the URL names no log

Drivers' own errors are translated in one place per log (``sqlite/errors.py``, ``mysql/errors.py``).
Each message is one line that says what to do.
"""

from __future__ import annotations

from uuid import UUID

__all__ = [
    "BatchRefused",
    "CheckpointMoved",
    "ErasedParticipant",
    "EventInvalid",
    "ForeignProducer",
    "LogCorrupt",
    "LogError",
    "LogNotMigrated",
    "LogReadOnly",
    "LogRestored",
    "LogTooNew",
    "LogUnavailable",
    "LogUrlInvalid",
    "PrompterError",
]


class PrompterError(Exception):
    """The root: everything that this project raises on purpose."""


class EventInvalid(PrompterError):
    """An event's type, version or payload cannot be understood. ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BatchRefused(PrompterError):
    """The events of one producer are not taken, now or ever; those of others are."""


class ForeignProducer(BatchRefused):
    """A producer or session was bound to another participant at first sight."""

    def __init__(self, owned: UUID) -> None:
        super().__init__(f"{owned} belongs to another participant")
        self.owned = owned


class ErasedParticipant(BatchRefused):
    """The participant's events were erased, so no more of theirs are taken."""

    def __init__(self, participant_id: UUID) -> None:
        super().__init__(f"participant {participant_id} was erased: nothing of theirs is recorded any more")
        self.participant_id = participant_id


class CheckpointMoved(PrompterError):
    """A worker is not where it thinks it is: another one moved the checkpoint, has the lease, or used its numbers."""

    def __init__(self, projection: str, expected: int, found: int) -> None:
        super().__init__(
            f"the checkpoint of {projection} is at {found}, not at {expected}: another worker moved it"
            if found != expected
            else f"another worker took over {projection} at {found}"
        )
        self.projection = projection
        self.expected = expected
        self.found = found


class LogError(PrompterError):
    """The log cannot do what was asked."""


class LogUnavailable(LogError):
    """The log cannot be reached now, or is too busy; trying again may help."""


class LogRestored(LogError):
    """Another copy of the log stands where the opened one was: positions and hashes read before are void."""


class LogReadOnly(LogError):
    """The log takes no writes: file rights, a full disk, or a read-only server."""


class LogNotMigrated(LogError):
    """The log has no tables yet, or older ones than this program needs."""


class LogTooNew(LogError):
    """The log was made by a newer program."""


class LogCorrupt(LogError):
    """The log contradicts itself. ``position`` is the first wrong one."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"the log is damaged at position {position}: {reason}")
        self.position = position
        self.reason = reason


class LogUrlInvalid(LogError):
    """The URL names no log that can be opened."""
