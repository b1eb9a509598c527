"""The studies that were in force, as files beside the data: what was asked can be read when nobody has the file.

Each time that one came into force has a folder of its own, ``studies/VERSION-POSITION/study.yaml``, with the texts that
people agreed to where the file names them: one file may have been in force with two wordings.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from prompter_events import Position
from prompter_events.catalogue.study import StudyLoaded
from prompter_events.errors import PrompterError
from prompter_projections.text import well_formed

from ..study.recorded import digest_of
from .stream import ReleasedLog
from .values import iso

FOLDER = "studies"


class StudyDamaged(PrompterError):
    """The log's text of a study does not have the digest that was told of it."""


@dataclass(frozen=True)
class WrittenStudy:
    """One time that a version came into force."""

    at: int
    """µs since the epoch."""
    loaded: StudyLoaded
    """As it is released."""
    file: str | None
    """None where no text is released."""

    @property
    def told(self) -> dict[str, Any]:
        """For the manifest. ``as_loaded``: the file has the digest, so no name was replaced in it."""
        loaded = self.loaded
        return {
            "study": well_formed(loaded.name),
            "version": loaded.version,
            "phase": loaded.phase,
            "from": iso(self.at),
            "reason": well_formed(loaded.reason),
            "file": self.file,
            "digest": loaded.digest.hex(),
            "as_loaded": loaded.text is not None and digest_of(loaded.text) == loaded.digest,
        }


async def write_studies(released: ReleasedLog, directory: Path) -> list[WrittenStudy]:
    """Write the released studies into a folder of an export. Raises ``StudyDamaged``."""
    if damaged := released.survey.damaged_studies:
        raise StudyDamaged(
            f"the text of the study's version {damaged[0]} does not have its digest: run `prompter verify`"
        )
    written = []
    async for event in released.events(types=["study.loaded"], what="studies"):
        loaded = event.released
        if isinstance(loaded, StudyLoaded):
            file = None if loaded.text is None else _write(event.position, loaded, directory)
            written.append(WrittenStudy(event.recorded_at, loaded, file))
    return written


def _write(position: Position, loaded: StudyLoaded, directory: Path) -> str:
    # Of the digest, not of what the event says the version is: nothing else can name a folder.
    folder = PurePosixPath(FOLDER, f"{loaded.digest.hex()[:16]}-{position}")
    files = {folder / "study.yaml": loaded.text or ""}
    for name, text in loaded.texts.items():
        files[_free(folder, _inside(name), files)] = text
    for file, text in files.items():
        path = directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "replace"))
    return str(folder / "study.yaml")


def _inside(name: str) -> PurePosixPath:
    """The path as the study has it, but for what would lead out of the folder."""
    path = PureWindowsPath(name)  # which takes both kinds of slashes
    return PurePosixPath(*(part for part in path.parts if part not in (path.anchor, "..")))


def _free(folder: PurePosixPath, path: PurePosixPath, taken: Collection[PurePosixPath]) -> PurePosixPath:
    """Where it lies; two that would lie at one place have a number before them."""
    places = (folder / path, *(folder / str(number) / path for number in range(2, len(taken) + 3)))
    return next(place for place in places if place not in taken)
