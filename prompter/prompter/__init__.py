"""Prompter: records how people work in notebooks and asks, at a good moment, what a cell is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .research import Study

__version__ = "0.1.0"

__all__ = ["Study", "__version__"]


def __getattr__(name: str) -> Any:
    """``Study`` is imported when it is asked for: neither the server nor the commands need it."""
    if name == "Study":
        from .research import Study  # noqa: PLC0415

        return Study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where Jupyter finds the page's part in a development installation."""
    return [{"src": "labextension", "dest": "jupyterlab-prompter"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter finds the server's part. Imported late: the commands need no server."""
    from .extension import Prompter  # noqa: PLC0415

    return [{"module": "prompter", "app": Prompter}]
