"""Notebooks as files, quickly: of a row of notebooks that differ little, only what changed is written anew."""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from prompter_events.event import START, SessionId

from .notebook import Cell, NotebookState
from .replay import Notebook

# What nbformat writes before the cells (keys are sorted, and this one is the first), and behind them.
_HEAD = b'{\n "cells": ['
_END = b"\n ]"

_NO_SESSION = SessionId(UUID(int=0))


class IpynbWriter:
    """Writes notebooks byte for byte as ``nbformat.writes(notebook.to_ipynb())`` does, with a line end behind.

    That is the form in which JupyterLab saves, so a small change is a small difference. Cells that are the same objects
    as in the notebook before are not looked at again.
    """

    def __init__(self) -> None:
        self._written: dict[str, tuple[Cell, bytes]] = {}
        self._tails: dict[str, bytes] = {}

    def pieces(self, state: NotebookState) -> list[bytes]:
        """The file of a notebook, UTF-8, in pieces: each cell is one, the same object while it is unchanged."""
        tail = self._tail(state)
        if not state.order:
            return [_HEAD, b"]", tail, b"\n"]
        self._written = {cell.cell_id: (cell, self._cell(cell, tail, state)) for cell in state.cells}
        pieces = [_HEAD]
        for _, text in self._written.values():
            pieces += (text, b",")
        pieces[-1] = _END
        return [*pieces, tail, b"\n"]

    def _cell(self, cell: Cell, tail: bytes, state: NotebookState) -> bytes:
        known = self._written.get(cell.cell_id)
        if known is not None and known[0] is cell:
            return known[1]
        alone = replace(state, order=(cell.cell_id,), table={cell.cell_id: cell})
        return _nbformat(alone)[len(_HEAD) :].removesuffix(_END + tail)

    def _tail(self, state: NotebookState) -> bytes:
        """What stands behind the cells; it depends on the kernel's name alone."""
        tail = self._tails.get(state.kernel_name)
        if tail is None:
            tail = _nbformat(replace(state, order=(), table={})).removeprefix(_HEAD + b"]")
            self._tails[state.kernel_name] = tail
        return tail


def _nbformat(state: NotebookState) -> bytes:
    # It takes seconds to import; only those who write notebooks need it. This one does not validate each time.
    from nbformat.v4 import writes  # noqa: PLC0415

    text: str = writes(Notebook(_NO_SESSION, START, state).to_ipynb())  # type: ignore[no-untyped-call]  # no types here
    return text.encode()
