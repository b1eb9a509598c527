"""What researchers watch while a study goes on: a fold over its events, and what of it a page is told."""

from .person import Link, Person
from .sitting import is_work
from .telling import Called, Reader, Seen, closeup, row, seen, totals
from .watch import Watch

__all__ = [
    "Called",
    "Link",
    "Person",
    "Reader",
    "Seen",
    "Watch",
    "closeup",
    "is_work",
    "row",
    "seen",
    "totals",
]
