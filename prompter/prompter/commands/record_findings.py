"""What ``prompter check`` tells of a study's record: which versions held, and whether this one may come into force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..record import InForce, StudyChangeUnexplained, to_tell, versions_of
from ..study import Study
from .finding import Finding
from .output import local_time

#: How many versions of the study are told: the latest ones.
_SHOWN = 5


def record_findings(study: Study, record: Sequence[InForce]) -> Iterator[Finding]:
    """What was in force so far under this study's name, and whether this version may come into force."""
    if study.digest is None:
        return
    versions = versions_of(study, record)
    if len(versions) > _SHOWN:
        yield Finding("record", True, f"{len(versions) - _SHOWN} earlier versions: `prompter record` lists them")
    for entry in versions[-_SHOWN:]:
        loaded = entry.loaded
        reason = f": {loaded.reason}" if loaded.reason else ""
        yield Finding("record", True, f"from {local_time(entry.at)} {loaded.phase}, version {loaded.version}{reason}")
    try:
        loaded_next = to_tell(study, record)
    except StudyChangeUnexplained as error:
        yield Finding("record", False, f"nothing will be recorded: {error}")
        return
    if loaded_next is not None:
        reason = f": {loaded_next.reason}" if loaded_next.reason else ""
        told = f"{loaded_next.phase}, version {loaded_next.version}{reason}"
        yield Finding("record", True, f"from the next start on {told}")
