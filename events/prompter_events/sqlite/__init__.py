"""The log in an SQLite file: the embedded default."""

from .filesystem import network_filesystem
from .store import SqliteStore

__all__ = ["SqliteStore", "network_filesystem"]
