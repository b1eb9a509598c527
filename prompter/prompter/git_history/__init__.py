"""A session's history as a git repository."""

from .repository import check_directory, write_repository

__all__ = ["check_directory", "write_repository"]
