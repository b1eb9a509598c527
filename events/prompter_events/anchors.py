"""Anchors: head hashes that are kept where nobody who can change the log can change them.

Whoever recomputes the whole chain, or cuts its end off, leaves a log that agrees with itself and not with its anchors.
A file of them has one line for each, which reads as well on paper or in a letter::

    position 4711  hash 9f86d0…  at 2026-06-09T13:02:11Z  epoch 3f0c9a5e-…

Empty lines and those that begin with # are passed over: that is how an anchor is given up that a restore made void.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from .errors import PrompterError
from .event import Position
from .log import Log

_LINE = re.compile(
    r"position (?P<position>[1-9][0-9]{0,15})\s+hash (?P<hash>[0-9a-f]{64})"
    r"\s+at (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)"
    r"\s+epoch (?P<epoch>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)

_GIVE_UP = "if the log was restored from a backup in between, put # before the line that is void"


class AnchorsInvalid(PrompterError):
    """A file of anchors cannot be used with this log."""


@dataclass(frozen=True)
class Anchor:
    """The end of a log as it once was."""

    position: Position
    hash: bytes
    at: int
    """µs since the epoch, UTC, whole seconds: when it was looked at."""
    epoch: UUID
    """The log's epoch then; it has another one once it was restored from a backup."""

    def __str__(self) -> str:
        return f"position {self.position}  hash {self.hash.hex()}  at {self.time}  epoch {self.epoch}"

    @property
    def time(self) -> str:
        """``2026-06-09T13:02:11Z``."""
        return datetime.fromtimestamp(self.at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_anchors(text: str) -> list[Anchor]:
    """The anchors of a file's text. Raises ``AnchorsInvalid``, which does not name the file."""
    anchors = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        anchor = _parse(line.strip())
        if anchor is None:
            raise AnchorsInvalid(f"line {number} is no anchor; one reads `position 1  hash …  at …  epoch …`")
        anchors.append(anchor)
    hashes(anchors)
    return anchors


def hashes(anchors: Iterable[Anchor]) -> dict[Position, bytes]:
    """The anchors as ``verify`` takes them. Raises ``AnchorsInvalid`` if two contradict each other."""
    found: dict[Position, bytes] = {}
    for anchor in anchors:
        if found.setdefault(anchor.position, anchor.hash) != anchor.hash:
            raise AnchorsInvalid(f"position {anchor.position} is anchored with two hashes: {_GIVE_UP}")
    return found


def read_anchors(path: Path, *, must_exist: bool = True) -> list[Anchor]:
    """The anchors in a file. Raises ``AnchorsInvalid`` and ``OSError``.

    Without ``must_exist`` a file that is not there, or has no anchors yet, has none; else that is an error.
    """
    try:
        anchors = parse_anchors(path.read_text("utf-8")) if must_exist or path.exists() else []
    except FileNotFoundError:
        raise AnchorsInvalid(f"{path} is not there: `prompter verify --save-anchor` writes one") from None
    except UnicodeDecodeError:
        raise AnchorsInvalid(f"{path} is no text: this is no file of anchors") from None
    except AnchorsInvalid as error:
        raise AnchorsInvalid(f"{path}: {error}") from None
    if must_exist and not anchors:
        raise AnchorsInvalid(f"{path} holds no anchor: `prompter verify --save-anchor` writes one")
    return anchors


def append_anchor(path: Path, anchor: Anchor) -> None:
    """Add a line to a file of anchors, made if need be; on disk when this returns. Raises ``OSError``."""
    torn = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" * torn + f"{anchor}\n")
        file.flush()
        os.fsync(file.fileno())


async def check_belonging(log: Log, anchors: Sequence[Anchor], path: Path) -> None:
    """Raise ``AnchorsInvalid`` if none of the anchors is of this log, neither by its epoch nor by its hash."""
    if not anchors or any(anchor.epoch == log.epoch for anchor in anchors):
        return
    for anchor in anchors:
        if await _stands(log, anchor):
            return
    raise AnchorsInvalid(
        f"{path} belongs to another log: none of its anchors has this log's epoch or a hash that stands in it. "
        "If it is this log's, the log was written anew, or restored from a backup older than all of them"
    )


async def check_earlier(log: Log, anchors: Iterable[Anchor], path: Path) -> None:
    """Compare a log whose chain was verified with its anchors of other epochs: of before a restore.

    Raises ``AnchorsInvalid`` with the first that the restored backup did not reach.
    """
    for anchor in sorted(anchors, key=lambda one: one.position):
        if anchor.epoch != log.epoch and not await _stands(log, anchor):
            raise AnchorsInvalid(
                f"the log lacks what was at position {anchor.position} on {anchor.time}: "
                f"it was restored from an older backup since. If that is known, put # before the line in {path}"
            )


async def _stands(log: Log, anchor: Anchor) -> bool:
    async for event in log.read(after=Position(anchor.position - 1), limit=1):
        return event.hash == anchor.hash
    return False


def _parse(line: str) -> Anchor | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        at = datetime.strptime(match["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Anchor(
        Position(int(match["position"])),
        bytes.fromhex(match["hash"]),
        int(at.timestamp()) * 1_000_000,
        UUID(match["epoch"]),
    )
