"""The export to ProgSnap2 1.0, the exchange format for data of programming processes."""

from .export import ProgSnap2

__all__ = ["ProgSnap2"]
