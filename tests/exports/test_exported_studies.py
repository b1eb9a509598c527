"""Exports carry the studies that were in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from prompter.exports.studies import StudyDamaged
from prompter.study.recorded import digest_of
from prompter_events import NO_PARTICIPANT, Log
from prompter_events.catalogue.study import StudyLoaded
from support.released import Person, export, store, told

PLAIN = "study: loans\nperiods: [{name: session, conditions: [EXP_CTS, EXP_END], assign: {seed: 271828182845904}}]\n"
NAMING = PLAIN + "# as zsofia.kertesz wished\n"


def loaded(text: str, phase: str = "main", digest: bytes = b"", reason: str = "") -> StudyLoaded:
    digest = digest or digest_of(text)
    return StudyLoaded(
        digest=digest,
        version=digest.hex()[:16],
        phase=phase,  # type: ignore[arg-type]
        name="loans",
        text=text,
        texts={"../../consent.md": "You agree to EXP_END"},
        reason=reason,
    )


async def exported(log: Log, folder: Path, *studies: StudyLoaded, **options: object) -> list[dict[str, Any]]:
    """What the manifest tells of the studies with a text."""
    await told(log)
    server = Person(91, NO_PARTICIPANT)
    server.say(*studies, session=False)
    await store(log, server.events)
    await export(log, "csv", folder / "x", **options)
    manifest = json.loads((folder / "x" / "manifest.json").read_text())
    listed = {file["path"] for file in manifest["files"]}
    found = [study for study in manifest["studies"] if study["study"] == "loans"]
    assert {study["file"] for study in found if study["file"]} <= listed
    return found


async def test_each_version_is_a_file_with_its_texts(log: Log, tmp_path: Path) -> None:
    [told_of] = await exported(log, tmp_path, loaded(PLAIN, reason="a wrong word"))
    assert told_of["as_loaded"] is True
    assert (told_of["phase"], told_of["reason"], told_of["digest"]) == ("main", "a wrong word", digest_of(PLAIN).hex())
    file = tmp_path / "x" / told_of["file"]
    assert file.read_bytes() == PLAIN.encode()
    assert digest_of(file.read_text()) == digest_of(PLAIN)
    assert (file.parent / "consent.md").read_text() == "You agree to EXP_END"
    assert not (tmp_path / "consent.md").exists()


async def test_one_file_with_two_consent_texts_is_two_studies(log: Log, tmp_path: Path) -> None:
    texts = [{"consent.md": "You agree"}, {"consent.md": "You agree to more"}]
    told_of = await exported(log, tmp_path, *(replace(loaded(PLAIN), texts=text) for text in texts))
    files = [tmp_path / "x" / study["file"] for study in told_of]
    assert [file.read_text() for file in files] == [PLAIN, PLAIN]
    assert [(file.parent / "consent.md").read_text() for file in files] == ["You agree", "You agree to more"]


async def test_texts_lie_where_the_study_looks_for_them_and_none_replaces_another(log: Log, tmp_path: Path) -> None:
    texts = {
        "texts/en/consent.md": "en",
        "texts/de/consent.md": "de",
        "../consent.md": "above",
        "/consent.md": "at the root",
        "C:\\consent.md": "of Windows",
        "study.yaml": "not the study",
    }
    [told_of] = await exported(log, tmp_path, replace(loaded(PLAIN), texts=texts))
    file = tmp_path / "x" / told_of["file"]
    assert file.read_text() == PLAIN
    assert [(file.parent / "texts" / name / "consent.md").read_text() for name in ("en", "de")] == ["en", "de"]
    written = [path.read_text() for path in file.parent.rglob("*") if path.is_file()]
    assert sorted(written) == sorted([PLAIN, *texts.values()])
    assert not (tmp_path / "consent.md").exists()


async def test_names_in_a_study_are_replaced_and_that_is_said(log: Log, tmp_path: Path) -> None:
    [told_of] = await exported(log, tmp_path, loaded(NAMING))
    assert told_of["as_loaded"] is False
    assert b"kertesz" not in (tmp_path / "x" / told_of["file"]).read_bytes()


async def test_an_identified_export_has_the_file_as_it_was(log: Log, tmp_path: Path) -> None:
    [told_of] = await exported(log, tmp_path, loaded(NAMING), identified=True)
    assert told_of["as_loaded"] is True
    assert (tmp_path / "x" / told_of["file"]).read_bytes() == NAMING.encode()


async def test_a_blind_export_has_no_study_by_which_conditions_could_be_worked_out(log: Log, tmp_path: Path) -> None:
    [told_of] = await exported(log, tmp_path, loaded(PLAIN, reason="too many in EXP_END"), blind=True)
    assert (told_of["file"], told_of["reason"]) == (None, "")
    everything = b"".join(path.read_bytes() for path in (tmp_path / "x").rglob("*") if path.is_file())
    assert b"271828182845904" not in everything
    assert b"EXP_END" not in everything


async def test_a_pilots_study_stays_out_with_its_data(log: Log, tmp_path: Path) -> None:
    assert await exported(log, tmp_path, loaded(PLAIN, "pilot")) == []


async def test_a_pilots_study_comes_with_its_data(log: Log, tmp_path: Path) -> None:
    [told_of] = await exported(log, tmp_path, loaded(PLAIN, "pilot"), pilots=True)
    assert told_of["phase"] == "pilot"


async def test_a_text_without_its_digest_stops_the_export(log: Log, tmp_path: Path) -> None:
    with pytest.raises(StudyDamaged, match="prompter verify"):
        await exported(log, tmp_path, loaded(PLAIN, digest=b"\xab" * 32))
    assert not (tmp_path / "x").exists()
