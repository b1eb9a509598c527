"""``prompter record``, and what ``prompter check`` tells of the record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from test_commands import prompter

from prompter.record import study_record, tell_study
from prompter.storage import DIRECTORIES, open_study_log
from prompter.study import load_study
from prompter_events import NO_PARTICIPANT, NO_SESSION, draft, migrate
from support.events import new_producer

PILOT = "study: loans\nphase: pilot\ncapture: {outputs: none}\n"
MAIN = "study: loans # über\ncapture: {outputs: none}\nparticipants: {consent: texts/consent.md}\n"
CHANGED = MAIN + "changed: the wording of [aim] was unclear\n"
CONSENT = "I agree.\n"


@pytest.fixture
async def told(tmp_path: Path) -> str:
    """The URL of a log that saw a pilot, the main phase and one change of it."""
    url = f"sqlite:///{tmp_path}/log.db"
    await migrate(url, directories=DIRECTORIES)
    async with open_study_log(url) as log:
        for text in (PILOT, MAIN, CHANGED):
            await tell_study(log, load_study(study_file(tmp_path, text)))
    return url


def study_file(folder: Path, text: str) -> Path:
    (folder / "texts").mkdir(exist_ok=True)
    (folder / "texts" / "consent.md").write_text(CONSENT, encoding="utf-8")
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


async def test_the_record_lists_versions_phases_times_and_reasons(told: str) -> None:
    done = prompter("record", "--log", told)
    assert done.returncode == 0, done.stderr
    _, *lines = done.stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["pilot", "main", "main"]
    assert "the wording of [aim] was unclear" in lines[2]
    rows = json.loads(prompter("record", "--log", told, "--json").stdout)
    assert [row["until"] for row in rows] == [rows[1]["from"], rows[2]["from"], None]
    assert [row["text"] for row in rows] == [PILOT, MAIN, CHANGED]


async def test_a_recorded_study_comes_back_byte_by_byte_with_its_texts(told: str, tmp_path: Path) -> None:
    version = load_study(study_file(tmp_path, MAIN)).digest or b""
    assert prompter("record", version.hex()[:6], "--log", told).stdout == MAIN
    output = tmp_path / "old" / "study.yaml"
    done = prompter("record", version.hex()[:16], "--log", told, "-o", str(output))
    assert done.returncode == 0, done.stderr
    assert output.read_bytes() == MAIN.encode()
    assert (output.parent / "texts" / "consent.md").read_text() == CONSENT
    assert load_study(output).digest == version


async def test_one_file_with_two_consent_texts_is_not_given_out_as_either(told: str, tmp_path: Path) -> None:
    async with open_study_log(told) as log:
        changed = load_study(study_file(tmp_path, CHANGED))
        again = replace(changed, name="again", phase="pilot")
        await tell_study(log, again)
        await tell_study(log, replace(again, texts={"texts/consent.md": "I agree to more.\n"}))
        record = await study_record(log)
    assert changed.digest is not None
    version = changed.digest.hex()
    refused = prompter("record", version, "--log", told)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    for number, text in ((-2, CONSENT), (-1, "I agree to more.\n")):
        position = str(record[number].position)
        assert position in refused.stderr
        output = tmp_path / position / "study.yaml"
        done = prompter("record", version, "--position", position, "--log", told, "-o", str(output))
        assert done.returncode == 0, done.stderr
        assert (output.parent / "texts" / "consent.md").read_text() == text
    assert "did not come" in prompter("record", version, "--position", "999", "--log", told).stderr


async def test_what_is_there_is_replaced_only_if_asked(told: str, tmp_path: Path) -> None:
    version = (load_study(study_file(tmp_path, PILOT)).digest or b"").hex()
    output = tmp_path / "mine.yaml"
    output.write_text("my notes", encoding="utf-8")
    refused = prompter("record", version, "--log", told, "-o", str(output))
    assert (refused.returncode, output.read_text()) == (1, "my notes")
    assert "--force" in refused.stderr
    assert prompter("record", version, "--log", told, "-o", str(output), "--force").returncode == 0
    assert output.read_text() == PILOT
    assert prompter("record", version, "--log", told, "-o", str(output)).returncode == 0


@pytest.mark.parametrize("name", ["../consent.md", "/tmp/consent.md", "a/../../consent.md", "..\\consent.md"])
async def test_a_text_is_never_written_outside_the_folder(told: str, tmp_path: Path, name: str) -> None:
    async with open_study_log(told) as log:
        sneaky = replace(load_study(study_file(tmp_path, PILOT + "#\n")), name="other", texts={name: "gotcha"})
        await tell_study(log, sneaky)
    output = tmp_path / "deep" / "down" / "study.yaml"
    assert sneaky.digest is not None
    done = prompter("record", sneaky.digest.hex(), "--log", told, "-o", str(output))
    assert done.returncode == 1
    assert "lies outside its folder" in done.stderr
    assert not output.parent.exists()


async def test_a_text_without_its_digest_is_not_given_out(told: str, tmp_path: Path) -> None:
    async with open_study_log(told) as log:
        loaded = (await study_record(log))[-1].loaded
        forged = replace(loaded, digest=b"\xab" * 32)
        producer_id = new_producer()
        event = draft(
            forged,
            session_id=NO_SESSION,
            producer_id=producer_id,
            producer_seq=1,
            participant_id=NO_PARTICIPANT,
            occurred_at=1,
        )
        await log.append(producer_id, [event])
    done = prompter("record", "abab", "--log", told)
    assert (done.returncode, done.stdout) == (1, "")
    assert "prompter verify" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [(["ffff"], "no study of version ffff"), (["-o", "x.yaml"], "which version"), ([""], "")],
)
async def test_mistakes_are_one_line(told: str, arguments: list[str], line: str) -> None:
    done = prompter("record", *arguments, "--log", told)
    assert line in done.stderr
    assert (done.returncode, len(done.stderr.splitlines())) == ((1, 1) if line else (0, 0))


async def test_check_tells_the_record_and_refuses_an_unexplained_change(told: str, tmp_path: Path) -> None:
    done = prompter("check", "--log", told, PROMPTER_STUDY=str(study_file(tmp_path, CHANGED)))
    assert done.returncode == 0, done.stdout
    record = [line for line in done.stdout.splitlines() if "  record  " in line]
    assert [line.split("record")[1].split()[3].rstrip(",") for line in record] == ["pilot", "main", "main"]
    assert record[2].endswith("the wording of [aim] was unclear")
    again = study_file(tmp_path, CHANGED + "adaptive: true\n")
    done = prompter("check", "--log", told, PROMPTER_STUDY=str(again))
    assert done.returncode == 1
    assert "nothing will be recorded: the study loans is in its main phase" in " ".join(done.stdout.split())
    explained = study_file(tmp_path, MAIN + "adaptive: true\nchanged: asked too often\n")
    done = prompter("check", "--log", told, PROMPTER_STUDY=str(explained))
    assert done.returncode == 0, done.stdout
    assert "from the next start on main, version " in done.stdout
    assert ": asked too often" in done.stdout
