"""What changed between two things that a page was told, so that only that is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

_BINS = "bins"
"""A row's field that is a map itself, of which a few entries change at a time."""


def difference(before: Mapping[str, Row], after: Mapping[str, Row]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Of each row what is new, and the rows that are gone. A new row is whole. What left a row's bins is not said:
    the page lets go what is old by itself.
    """
    changed: dict[str, dict[str, Any]] = {}
    for key, row in after.items():
        known = before.get(key)
        if known is None:
            changed[key] = dict(row)
        elif known is not row and (fields := _changed(known, row)):
            changed[key] = fields
    return changed, [key for key in before if key not in after]


def _changed(before: Row, after: Row) -> dict[str, Any]:
    fields = {name: value for name, value in after.items() if name != _BINS and before.get(name) != value}
    known, bins = before.get(_BINS, {}), after.get(_BINS, {})
    if new := {number: values for number, values in bins.items() if known.get(number) != values}:
        fields[_BINS] = new
    return fields
