"""Notebooks to work in, and how tests ask for a server that opens them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.lab import Lab

StartLab = Callable[..., Lab]
"""``start(application, environment, *, plugin=True, collaboration=False)``: a server with a directory of its own."""


def write_notebook(path: Path, *sources: str, heading: str = "") -> None:
    """A notebook of code cells ``cell-0``, ``cell-1`` …, as JupyterLab itself writes it."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{index}",
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for index, source in enumerate(sources)
    ]
    if heading:
        cells.insert(0, {"cell_type": "markdown", "id": "heading", "metadata": {}, "source": [f"# {heading}"]})
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
