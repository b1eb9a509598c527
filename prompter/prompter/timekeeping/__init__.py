"""Time limits as pure functions over (state, event, clock): it opens nothing, sleeps on nothing, reads no clock."""

from .timekeeping import Timekeeping

__all__ = ["Timekeeping"]
