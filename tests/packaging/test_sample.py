"""The sample study runs as it is shipped."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

SAMPLE = Path(__file__).resolve().parents[2] / "sample"

#: The whole notebook takes seconds; a cell that takes this long hangs. Seconds.
CELL_SECONDS = 60


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    """The sample as it is shipped, checked against the format."""
    read = nbformat.read(SAMPLE / "loans.ipynb", as_version=nbformat.NO_CONVERT)
    nbformat.validate(read)
    return read


def test_the_sample_is_small_and_nobody_has_run_it_yet(notebook: nbformat.NotebookNode) -> None:
    assert (SAMPLE / "loans.csv").stat().st_size <= 40 * 1024
    assert notebook.metadata.kernelspec.name == "prompter"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    headings = [cell.source.split("\n")[0] for cell in notebook.cells if cell.cell_type == "markdown"]
    assert headings == ["# Load and look", "# Clean", "# Models"]


def test_the_sample_runs_on_its_kernel_without_a_warning(notebook: nbformat.NotebookNode, tmp_path: Path) -> None:
    shutil.copy(SAMPLE / "loans.csv", tmp_path)
    NotebookClient(notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert any(output.get("text", "").startswith("AUC 0.") for output in outputs)
    imported = "\n".join(cell.source for cell in notebook.cells)
    assert all(name in imported for name in ("numpy", "pandas", "scipy", "sklearn"))
