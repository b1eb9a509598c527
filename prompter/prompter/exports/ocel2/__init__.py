"""The export to OCEL 2.0, the exchange format for object-centric event logs."""

from .export import Ocel2

__all__ = ["Ocel2"]
