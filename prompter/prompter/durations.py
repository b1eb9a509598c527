"""Durations and sizes as people write them in ``study.yaml``: ``500 ms``, ``2 s``, ``5 min``, ``1 h``; ``2 KiB``."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")


def milliseconds(text: str) -> int:
    """``"2 s"`` → 2000. Raises ``ValueError`` that names the known units."""
    return round(_quantity(text, _SECONDS, "a duration such as 500 ms, 2 s or 5 min") * 1000)


def byte_count(text: str) -> int:
    """``"2 KiB"`` → 2048. Raises ``ValueError`` that names the known units."""
    return round(_quantity(text, _BYTES, "a size such as 512 B, 2 KiB or 1 MiB"))


def _quantity(text: str, units: dict[str, float] | dict[str, int], wanted: str) -> float:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or match[2] not in units:
        raise ValueError(f"{text!r} is not {wanted} (units: {', '.join(units)})")
    return float(match[1]) * units[match[2]]
