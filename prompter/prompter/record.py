"""The study record: which version of ``study.yaml`` was in force when, each of them whole, and why it was changed.

It is made of the log's ``study.loaded`` and of nothing else. A version holds until the next one of the same study.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from prompter_events import NO_PARTICIPANT, NO_SESSION, Log, Position, ProducerId, draft
from prompter_events.catalogue.study import StudyLoaded
from prompter_events.clock import now_micros
from prompter_projections.fold import body_of

from .errors import SettingInvalid
from .study import Study
from .study.file import was_limited
from .study.recorded import digest_of

_LOADING = UUID("d1b8a0c2-98b7-5b0f-8f0a-5f6a1c0e7b35")
"""Namespace of the producers that tell of studies: one for each study's name, which numbers its versions."""


class StudyChangeUnexplained(SettingInvalid):
    """The study was changed in its main phase, and nobody said why. Nothing is recorded until somebody does."""


@dataclass(frozen=True)
class InForce:
    """A version of a study that came into force."""

    position: Position
    at: int
    """When, in µs since the epoch, by the log's clock."""
    loaded: StudyLoaded

    @property
    def is_intact(self) -> bool | None:
        """Whether the text has the digest that was told of it; none if no text was kept."""
        text = self.loaded.text
        return None if text is None else digest_of(text) == self.loaded.digest


async def study_record(log: Log) -> list[InForce]:
    """Every version of every study that the log saw, in the order in which they came into force."""
    record = []
    async for event in log.read(session=NO_SESSION, types=["study.loaded"]):
        if isinstance(body := body_of(event), StudyLoaded):
            record.append(InForce(event.position, event.recorded_at, body))
    return record


def versions_of(study: Study, record: Iterable[InForce]) -> list[InForce]:
    """What the record has of one study. An entry of an early version, which names none, belongs to its own file."""
    return [
        entry
        for entry in record
        if entry.loaded.name == study.name or (not entry.loaded.name and entry.loaded.digest == study.digest)
    ]


def to_tell(study: Study, record: Sequence[InForce]) -> StudyLoaded | None:
    """What the log must be told before anything is recorded under a study; none if this very version is in force.

    Raises ``StudyChangeUnexplained`` if it was changed in the main phase without a reason of its own.
    """
    if study.digest is None:
        return None
    before = versions_of(study, record)
    loaded = StudyLoaded(
        digest=study.digest,
        version=study.digest.hex()[:16],
        phase=study.phase,
        name=study.name,
        text=study.text or None,
        texts=study.texts,
        reason=study.changed,
    )
    if not before:
        return loaded
    last = before[-1].loaded
    is_same_file = last.digest == loaded.digest
    if last.text is None and is_same_file:  # told by an early version, which kept the digest alone
        return loaded if loaded.text is not None else None
    if is_same_file and last.texts == loaded.texts:
        return None
    if last.phase == "main":
        _check_reason(study, before, "its consent text" if is_same_file else "its file")
    return loaded


def _check_reason(study: Study, before: Sequence[InForce], what: str) -> None:
    last = before[-1].loaded
    given = next((entry.loaded for entry in reversed(before) if entry.loaded.reason == study.changed), None)
    if study.changed and given is None:
        return
    lacks = (
        f"its `changed` gives the reason of version {given.version} once more"
        if study.changed and given
        else "no reason"
    )
    raise StudyChangeUnexplained(
        f"the study {study.name} is in its main phase and {what} was changed since version {last.version}, with "
        f"{lacks}: write `changed: why` into it, or get the old one back by `prompter record {last.version} "
        "-o study.yaml`, then start again"
    )


async def tell_study(log: Log, study: Study, *, clock: Callable[[], int] = now_micros) -> list[InForce]:
    """Append ``study.loaded`` if this version is not in force yet; the record afterwards.

    However many servers start at once, each change is told once. ``clock``: µs since the epoch, UTC. Raises
    ``StudyChangeUnexplained``, and whatever the log raises.
    """
    producer_id = ProducerId(uuid5(_LOADING, f"study/{study.name}"))
    while True:
        # Asked before the record is read: who tells something meanwhile takes the number, and ours is a duplicate.
        last_seq = await log.last_seq(producer_id)
        record = await study_record(log)
        body = to_tell(study, record)
        if body is None:
            return record
        loaded = draft(
            body,
            session_id=NO_SESSION,
            producer_id=producer_id,
            producer_seq=last_seq + 1,
            participant_id=NO_PARTICIPANT,
            occurred_at=clock(),
        )
        await log.append(producer_id, [loaded])


def limited_since(study: Study, record: Sequence[InForce]) -> Position | None:
    """Since which position every version of the study set time limits; none if the one in force sets none.

    What was recorded before was under no limit, and must not come under one in hindsight.
    """
    since = None
    if study.is_limited:
        for entry in reversed(versions_of(study, record)):
            if entry.loaded.text is None or not was_limited(entry.loaded.text):
                break
            since = entry.position
    return since
