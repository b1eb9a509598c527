"""The server's clock."""

from __future__ import annotations

import time


def now_micros() -> int:
    """µs since the epoch, UTC."""
    return time.time_ns() // 1000
