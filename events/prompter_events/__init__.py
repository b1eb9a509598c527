"""What an event is and where it is kept."""

from .append import Batch, Head, Receipt
from .catalogue import CATALOGUE, MAX_EVENT_BYTES, Body
from .chain import notebook_digest
from .codec import pack, unpack
from .errors import (
    CheckpointMoved,
    EventInvalid,
    ForeignProducer,
    LogCorrupt,
    LogError,
    LogNotMigrated,
    LogReadOnly,
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
from .log import Checkpoint, Log, Relation, Row, Transaction, Value
from .migrate import create_database, migrate
from .mysql.tables import Admin
from .numbered import Directory
from .open import open_log
from .verify import verify

__all__ = [
    "CATALOGUE",
    "MAX_EVENT_BYTES",
    "NO_SESSION",
    "START",
    "Admin",
    "Batch",
    "Body",
    "Checkpoint",
    "CheckpointMoved",
    "Directory",
    "Event",
    "EventInvalid",
    "ForeignProducer",
    "Head",
    "Log",
    "LogCorrupt",
    "LogError",
    "LogNotMigrated",
    "LogReadOnly",
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
