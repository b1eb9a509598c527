"""The log on a MySQL or MariaDB server: for many participants."""

from .store import MysqlStore, open_store

__all__ = ["MysqlStore", "open_store"]
