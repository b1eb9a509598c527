"""One kernel for the tests of a module; each test uses names of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.kernels import Notebook, kernel


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A kernel ``prompter`` in which pandas, polars and numpy are imported."""
    with kernel(tmp_path_factory.mktemp("kernel")) as started:
        assert started.run("import gc, weakref\nimport numpy as np\nimport pandas as pd\nimport polars as pl").facts
        yield started
