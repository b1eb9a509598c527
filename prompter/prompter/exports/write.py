"""Writing an export: into a directory beside the one asked for, which takes its place when all is written."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b, sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prompter_events.errors import PrompterError
from prompter_projections.text import well_formed

from ..errors import SettingInvalid
from .formats import FORMATS, Format
from .leaks import Remaining, scan, write_report
from .stream import ReleasedLog
from .studies import WrittenStudy, write_studies
from .values import iso

MANIFEST = "manifest.json"
"""What, from which log, with which options. By it a directory is known as an export."""


class ExportFailed(PrompterError):
    """The files cannot be written; nothing is left behind."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was written."""

    directory: Path
    format: str
    identified: bool
    participants: int
    sessions: int
    files: dict[str, int]
    """Rows or records by file."""
    withheld_cells: int
    pilot_sessions: int
    """Left out."""
    erased_events: int
    """Left out."""
    withdrawn: int
    """Participants in it who withdrew their consent."""
    remaining: list[Remaining]


def format_named(name: str) -> Format:
    """A format that can be written here. Raises ``SettingInvalid``."""
    if name not in FORMATS:
        raise SettingInvalid(f"--format is {name!r}, which is none: it is one of {', '.join(FORMATS)}")
    chosen = FORMATS[name]
    missing = [module for module in chosen.needs if find_spec(module) is None]
    if missing:
        raise SettingInvalid(
            f"--format {name} needs {' and '.join(missing)}: pip install 'jupyterlab-prompter[research]'"
        )
    return chosen


def check_target(directory: Path, *, force: bool) -> None:
    """Raise ``SettingInvalid`` where an export would destroy something: nothing but an export may be replaced."""
    if not directory.exists() and not directory.is_symlink():
        return
    if not directory.is_dir() or directory.is_symlink():
        raise SettingInvalid(f"{directory} is there and is no directory: name another one")
    if not any(directory.iterdir()):
        return
    if not (directory / MANIFEST).is_file():
        raise SettingInvalid(f"{directory} holds something else than an export: name a new or empty directory")
    if not force:
        raise SettingInvalid(f"{directory} holds an export already: name another directory, or replace it with --force")


async def write_export(
    released: ReleasedLog,
    chosen: Format,
    directory: Path,
    *,
    force: bool = False,
    scanning: Callable[[], None] = lambda: None,
) -> Export:
    """Write a release in one format, scan it for names, and say in a manifest what it is.

    ``scanning`` is called before the scan. Raises ``SettingInvalid`` as ``check_target`` does, and ``ExportFailed``.
    """
    check_target(directory, force=force)
    with _taking_the_place_of(directory) as made:
        files = dict(await chosen.write(released, made))
        studies = await write_studies(released, made)
        remaining: list[Remaining] = []
        if not released.release.identified:
            scanning()
            remaining = scan(made, released.names(), released.stand_ins())
            write_report(made, remaining)
        manifest = json.dumps(_manifest(released, chosen, made, files, studies), ensure_ascii=False, indent=2) + "\n"
        (made / MANIFEST).write_text(manifest, encoding="utf-8")
    return Export(
        directory=directory,
        format=chosen.name,
        identified=released.release.identified,
        participants=len(released.participants),
        sessions=len(released.sessions),
        files=files,
        withheld_cells=released.withheld_cells,
        pilot_sessions=released.pilot_sessions,
        erased_events=released.survey.erased_events,
        withdrawn=released.withdrawn,
        remaining=remaining,
    )


@contextmanager
def _taking_the_place_of(directory: Path) -> Iterator[Path]:
    """A new directory beside; at the end it has the other's name, or is gone."""
    parent, name = directory.absolute().parent, directory.absolute().name
    made = parent / f".{name}.{secrets.token_hex(4)}.part"
    old = made.with_suffix(".old")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        made.mkdir()
        yield made
        if directory.exists():
            directory.rename(old)
        try:
            made.rename(directory)
        except OSError:
            if old.exists():
                old.rename(directory)
            raise
    except OSError as error:
        reason = error.strerror or (os.strerror(error.errno) if error.errno else str(error))
        raise ExportFailed(f"{directory} cannot be written: {reason}; nothing was left behind") from None
    finally:
        for left in (made, old):
            shutil.rmtree(left, ignore_errors=True)


def _manifest(
    released: ReleasedLog,
    chosen: Format,
    directory: Path,
    files: dict[str, int],
    studies: Sequence[WrittenStudy],
) -> dict[str, Any]:
    release = released.release
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    return {
        "format": chosen.name,
        "program": {"name": "jupyterlab-prompter", "version": version("jupyterlab-prompter")},
        "log": {
            "epoch": str(released.epoch),
            "position": released.head.position,
            "hash": released.head.hash.hex(),
        },
        "options": {
            "identified": release.identified,
            "blind": release.blind,
            "pilots": release.pilots,
            "sessions": sorted(map(str, release.sessions)),
            "participants": [well_formed(name) for name in released.participants] if release.participants else [],
            "since": None if release.since is None else iso(release.since),
            "until": None if release.until is None else iso(release.until),
            "key_fingerprint": None if release.identified else blake2b(release.key, digest_size=4).hexdigest(),
        },
        "participants": len(released.participants),
        "sessions": len(released.sessions),
        "left_out": {"pilot_sessions": released.pilot_sessions, "erased_events": released.survey.erased_events},
        "cells_with_withheld_typing": released.withheld_cells,
        "studies": [study.told for study in studies],
        "files": [_file(path, directory, files) for path in paths],
    }


def _file(path: Path, directory: Path, files: dict[str, int]) -> dict[str, Any]:
    name = path.relative_to(directory).as_posix()
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1024 * 1024):
            digest.update(block)
    return {"path": name, "rows": files.get(name), "bytes": path.stat().st_size, "sha256": digest.hexdigest()}
