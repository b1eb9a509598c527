"""What can go wrong with a study besides what goes wrong with its log. One line each, that says what to do."""

from __future__ import annotations

from prompter_events.errors import PrompterError


class StudyClosed(PrompterError):
    """The study was closed, or belongs to another process."""


class LibraryMissing(PrompterError, ImportError):
    """A library that only researchers need is not installed. The extra has all of them but polars."""

    def __init__(self, library: str, purpose: str) -> None:
        wanted = library if library == "polars" else "'jupyterlab-prompter[research]'"
        super().__init__(f"{purpose} needs {library}: pip install {wanted}")
        self.library = library
