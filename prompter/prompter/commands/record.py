"""``prompter record``: which study was in force when, and the file of one of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer

from prompter_events.catalogue.study import StudyLoaded

from ..errors import SettingInvalid
from ..record import InForce, study_record
from ..storage import open_study_log
from .options import JsonOption, LogOption, log_url, run
from .output import iso_time, local_time, print_json, print_table, stdout


def show_record(
    version: Annotated[
        str, typer.Argument(metavar="[VERSION]", help="A version, or the beginning of it.", show_default=False)
    ] = "",
    *,
    position: Annotated[
        int | None,
        typer.Option(
            "--position",
            metavar="N",
            help="Where it came into force, if it did with several texts.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where its file goes, with its texts beside it."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that say something else.")] = False,
    log: LogOption = "",
    json: JsonOption = False,
) -> None:
    """Say which versions of the study were in force when, and why they changed; or get one of them back.

    Examples: [bold]prompter record[/bold] · [bold]prompter record 4f9a -o study.yaml[/bold]
    """
    record = run(_record(log_url(log)))
    if not version:
        if output is not None or force or position is not None:
            raise SettingInvalid("which version? `prompter record` lists them")
        _list(record, json=json)
        return
    found = _found(record, version, position)
    if output is None:
        if json:
            print_json([_row(found, _ends(record)[record.index(found)])])
        else:
            sys.stdout.write(found.loaded.text or "")
        return
    written = _written(found.loaded, output, force=force)
    if json:
        print_json([{"file": str(path)} for path in written])
    else:
        stdout.print(f"{', '.join(map(str, written))}: as it came into force", markup=False, soft_wrap=True)


async def _record(url: str) -> list[InForce]:
    async with open_study_log(url) as log:
        return await study_record(log)


def _list(record: Sequence[InForce], *, json: bool) -> None:
    ends = _ends(record)
    if json:
        print_json([_row(entry, end) for entry, end in zip(record, ends, strict=True)])
    elif not record:
        stdout.print("No study was in force yet: set PROMPTER_STUDY, and start Jupyter.")
    else:
        headings = ["study", "version", "phase", "from", "until", "reason"]
        rows = [_cells(entry, end) for entry, end in zip(record, ends, strict=True)]
        print_table(headings, rows, folding=frozenset({"study", "reason"}))


def _ends(record: Sequence[InForce]) -> list[int | None]:
    """When each version ended, in µs: where the next one of its study came into force."""
    ends: list[int | None] = []
    later: dict[str, int] = {}
    for entry in reversed(record):
        ends.append(later.get(entry.loaded.name))
        later[entry.loaded.name] = entry.at
    return ends[::-1]


def _row(entry: InForce, end: int | None) -> dict[str, Any]:
    loaded = entry.loaded
    return {
        "study": loaded.name,
        "version": loaded.version,
        "phase": loaded.phase,
        "from": iso_time(entry.at),
        "until": None if end is None else iso_time(end),
        "reason": loaded.reason,
        "position": entry.position,
        "digest": loaded.digest.hex(),
        "text": loaded.text,
        "texts": loaded.texts,
    }


def _cells(entry: InForce, end: int | None) -> list[str]:
    loaded = entry.loaded
    return [
        loaded.name,
        loaded.version,
        loaded.phase,
        local_time(entry.at),
        "now" if end is None else local_time(end),
        loaded.reason,
    ]


def _found(record: Sequence[InForce], version: str, position: int | None) -> InForce:
    """The version that begins so; the latest time it came into force. Raises ``SettingInvalid``.

    ``position`` tells apart the times at which one file came into force with different texts.
    """
    begun = [entry for entry in record if entry.loaded.digest.hex().startswith(version.lower())]
    if not begun:
        raise SettingInvalid(f"no study of version {version} was in force here; `prompter record` lists them")
    found = {entry.loaded.digest: entry for entry in begun}
    if len(found) > 1:
        names = ", ".join(entry.loaded.version for entry in found.values())
        raise SettingInvalid(f"{version} begins several versions: {names}")
    [entry] = found.values()
    if position is not None:
        chosen = [entry for entry in begun if entry.position == position]
        if not chosen:
            raise SettingInvalid(f"version {entry.loaded.version} did not come into force at position {position}")
        [entry] = chosen
    elif any(other.loaded.texts != entry.loaded.texts for other in begun if other.loaded.text is not None):
        times = ", ".join(f"{other.position} ({local_time(other.at)})" for other in begun)
        raise SettingInvalid(
            f"version {entry.loaded.version} was in force with several consent texts: say --position, of {times}"
        )
    if entry.is_intact is None:
        raise SettingInvalid(f"of version {entry.loaded.version} the log keeps the digest alone, not its text")
    if not entry.is_intact:
        raise SettingInvalid(
            f"the text of version {entry.loaded.version} does not have the digest that was told of it: "
            "run `prompter verify`"
        )
    return entry


def _written(loaded: StudyLoaded, output: Path, *, force: bool) -> list[Path]:
    """Write the file, and the texts where it looks for them; what was written. Raises ``SettingInvalid``."""
    files = {output: loaded.text or ""}
    for name, text in loaded.texts.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
            raise SettingInvalid(
                f"its text {name} lies outside its folder, and is not written there: "
                f"`prompter record {loaded.version} --json` has it"
            )
        files[output.parent / name] = text
    for path, text in files.items():
        if not force and path.exists() and path.read_bytes() != text.encode():
            raise SettingInvalid(f"{path} says something else already: name another file, or replace it with --force")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return list(files)
