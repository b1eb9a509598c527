"""What an event is and where it is kept."""

from .append import Batch, Head, Receipt
from .catalogue import CATALOGUE, MAX_EVENT_BYTES, Body
from .chain import notebook_digest
from .codec import pack, unpack
from .erasure import NO_PARTICIPANT
from .errors import (
    BatchRefused,
    CheckpointMoved,
    ErasedParticipant,
    EventInvalid,
    ForeignProducer,
    LogCorrupt,
    LogError,
    LogNotMigrated,
    LogReadOnly,
    LogRestored,
    LogTooNew,
    LogUnavailable,
    LogUrlInvalid,
    PrompterError,
)
from .event import (
    NO_SESSION,
    START,
    Event,
    NotebookId,
    ParticipantId,
    Position,
    ProducerId,
    SessionId,
    draft,
)
from .log import Log
from .migrate import create_database, migrate
from .mysql.tables import ERASER, Admin
from .numbered import Directory
from .open import open_log
from .transaction import Checkpoint, Relation, Row, Transaction, Value
from .verify import verify

__all__ = [
    "CATALOGUE",
    "ERASER",
    "MAX_EVENT_BYTES",
    "NO_PARTICIPANT",
    "NO_SESSION",
    "START",
    "Admin",
    "Batch",
    "BatchRefused",
    "Body",
    "Checkpoint",
    "CheckpointMoved",
    "Directory",
    "ErasedParticipant",
    "Event",
    "EventInvalid",
    "ForeignProducer",
    "Head",
    "Log",
    "LogCorrupt",
    "LogError",
    "LogNotMigrated",
    "LogReadOnly",
    "LogRestored",
    "LogTooNew",
    "LogUnavailable",
    "LogUrlInvalid",
    "NotebookId",
    "ParticipantId",
    "Position",
    "ProducerId",
    "PrompterError",
    "Receipt",
    "Relation",
    "Row",
    "SessionId",
    "Transaction",
    "Value",
    "create_database",
    "draft",
    "migrate",
    "notebook_digest",
    "open_log",
    "pack",
    "unpack",
    "verify",
]
