"""Running the tests' own programs beside a test."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent


async def python(module: str, *arguments: object, stdin: int | None = None) -> asyncio.subprocess.Process:
    """Start ``python -m module arguments…`` with the packages and ``support`` on its path; its output is piped.

    Its input is the test's own, or a pipe if ``stdin`` says so.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *map(str, arguments),
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *map(os.path.abspath, sys.path)])},
    )
