"""Measurements of the log, each beside its limit in the same run. ``python -m benchmarks`` lists them.

They use the tests' support: the made-up session, and a MariaDB server of their own.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
