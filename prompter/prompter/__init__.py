"""Prompter: records how people work in notebooks and asks, at a good moment, what a cell is for."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where Jupyter finds the page's part in a development installation."""
    return [{"src": "labextension", "dest": "jupyterlab-prompter"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter finds the server's part. Imported late: the commands need no server."""
    from .extension import Prompter  # noqa: PLC0415

    return [{"module": "prompter", "app": Prompter}]
