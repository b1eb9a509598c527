"""The catalogue of events: written once, here; JSON Schema and the page's types are generated from it."""

# The imports fill the catalogue.
from . import notebook, prompts, runs, study
from .base import CATALOGUE, INTEGER_LIMIT, MAX_EVENT_BYTES, Body, EventType, type_of

__all__ = [
    "CATALOGUE",
    "INTEGER_LIMIT",
    "MAX_EVENT_BYTES",
    "Body",
    "EventType",
    "notebook",
    "prompts",
    "runs",
    "study",
    "type_of",
]
