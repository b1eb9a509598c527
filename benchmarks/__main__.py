"""Lists the benchmarks."""

from __future__ import annotations

import ast
from pathlib import Path

for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
    text = path.read_text(encoding="utf-8")
    if "def main()" in text:
        said = ast.get_docstring(ast.parse(text)) or ""
        print(f"python -m benchmarks.{path.stem:<12}  {said.splitlines()[0]}")
