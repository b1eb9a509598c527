"""Settings and studies: what is read, what is refused and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompter.errors import SettingInvalid
from prompter.settings import Condition, read_settings
from prompter.study import WITHOUT_STUDY, load_study

README = Path(__file__).parents[2] / "README.md"

MINIMAL = "study: loans\ncapture: {outputs: none}\n"


def study_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_settings_one_records_for_oneself() -> None:
    settings = read_settings({})
    assert settings.log_url.startswith("sqlite:////")
    assert settings.study == WITHOUT_STUDY
    assert settings.condition is Condition.NO_EXP
    assert settings.participant is None


def test_the_images_host_names_a_mysql_log() -> None:
    assert read_settings({"DOCKER_HOST_IP": "172.17.0.1"}).log_url == "mysql://prompter_user@172.17.0.1:3306/prompter"


def test_jupyters_configuration_wins_over_the_environment() -> None:
    environment = {"PROMPTER_LOG": "memory://", "MODE": "EXP_CTS", "JP_PLUGIN_USER": "wren"}
    settings = read_settings(environment, log_url="sqlite:///a.db", condition="EXP_NONE", participant="heron")
    assert settings.log_url == "sqlite:///a.db"
    assert settings.condition is Condition.EXP_NONE
    assert settings.participant == "heron"


def test_a_study_of_two_lines_is_a_study(tmp_path: Path) -> None:
    study = load_study(study_of(tmp_path, MINIMAL))
    assert (study.name, study.output_bytes, study.adaptive) == ("loans", 0, False)
    assert study.pace == WITHOUT_STUDY.pace
    assert study.digest is not None


def test_a_study_says_everything_it_wants_otherwise(tmp_path: Path) -> None:
    study = load_study(
        study_of(
            tmp_path,
            """\
study: loans
languages: [de, en]
capture: {outputs: {text: 4 KiB}}
pace:
  quiet: {typing: 500 ms, run: 0 s}
  caps: {hour: 2, day: 3, apart: 10 min}
  snooze: 1 h
rules:
  - {use: substantial_change, ask: why, similarity: 0.5, priority: 3}
questions:
  why: {now: {de: "Was war der Anlass?", en: "What made you change this?"}, choices: [a, b]}
""",
        )
    )
    assert study.output_bytes == 4096
    assert (study.pace.quiet_typing, study.pace.quiet_run, study.pace.snooze) == (500, 0, 3_600_000)
    assert (study.pace.hour, study.pace.day, study.pace.apart) == (2, 3, 600_000)
    assert study.language == "de"
    assert [(rule.use, rule.similarity) for rule in study.rules] == [("substantial_change", 0.5)]


WRONG = {
    "no outputs chosen": ("study: loans\n", "capture"),
    "an unknown key": (MINIMAL + "pace: {cap: 3}\n", "known here: quiet, caps, snooze, expires, waits"),
    "an unknown rule": (MINIMAL + "rules: [{use: third_run, ask: aim}]\n", "first_run, substantial_change"),
    "an unknown question": (MINIMAL + "rules: [{use: first_run, ask: who}]\n", "aim, change"),
    "no such unit": (MINIMAL + "pace: {snooze: 10 minutes}\n", "ms, s, min, h, d"),
    "no such option": ("study: loans\ncapture: {outputs: some}\n", "none, full"),
    "a language without wording": (MINIMAL + "languages: [fr]\n", "'fr'"),
    "a rule used twice": (MINIMAL + "rules: [{use: first_run, ask: aim}, {use: first_run, ask: aim}]\n", "twice"),
    "a question without end": (MINIMAL + f"questions: {{aim: {{now: {{en: {'why ' * 600}}}}}}}\n", "2000"),
    "a date that is none": ("study: 2024-02-30\n", "not YAML"),
    "not YAML": ("study: [\n", "line 2"),
    "a list": ("- a\n", "object"),
    "a tag that would run code": ("study: !!python/object/apply:os.getcwd []\n", "not YAML"),
}


@pytest.mark.parametrize(("text", "named"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_study_is_refused_in_one_line_that_says_what_is_allowed(tmp_path: Path, text: str, named: str) -> None:
    path = study_of(tmp_path, text)
    with pytest.raises(SettingInvalid) as refused:
        load_study(path)
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    assert named in line


def test_every_setting_stands_in_the_readme() -> None:
    readme = README.read_text("utf-8")
    for setting in (
        *("PROMPTER_LOG", "PROMPTER_STUDY", "JP_PLUGIN_USER", "MODE", "DOCKER_HOST_IP", "TOKEN", "PLUGIN_PORT"),
        *("PROMPTER_DB_PASSWORD", "PROMPTER_DB_PASSWORD_FILE", "PROMPTER_DB_ADMIN", "PROMPTER_DB_ADMIN_PASSWORD"),
        *("c.Prompter.log_url", "c.Prompter.study", "c.Prompter.participant", "c.Prompter.mode"),
    ):
        assert f"`{setting}`" in readme
