"""What the catalogue is, in 32 characters, so that no change of it goes unnoticed by a program of before.

A log's tables are numbered, and a program refuses tables newer than its own. The catalogue has no number of its own:
each change of a type, a version or a field comes with a migration of this package, one without statements if no table
changes, whose header line ``-- catalogue: …`` bears this digest. A test compares it and prints the new one.
"""

from __future__ import annotations

import json
from hashlib import blake2b

import msgspec

from .base import CATALOGUE
from .schemas import bare


def catalogue_digest() -> str:
    """Hexadecimal digest over the names, versions and fields of all event types, in whatever order they stand."""
    entries = sorted(CATALOGUE.values(), key=lambda entry: entry.name)
    schemas, components = msgspec.json.schema_components([entry.body for entry in entries])
    rows = [[entry.name, entry.version, bare(schema)] for entry, schema in zip(entries, schemas, strict=True)]
    document = [rows, {name: bare(schema) for name, schema in components.items()}]
    return blake2b(json.dumps(document, sort_keys=True).encode(), digest_size=16).hexdigest()
