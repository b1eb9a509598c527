"""Settings: what is read, what is refused and how it is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prompter.errors import SettingInvalid
from prompter.extension import Prompter
from prompter.settings import Condition, read_settings
from prompter.study import WITHOUT_STUDY

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
    assert settings.condition is None
    assert settings.participant is None


@pytest.mark.parametrize("collector", ["/services/prompter/", "no address", ""])
def test_kernels_inherit_no_links_token_whatever_the_collectors_address_is(
    monkeypatch: pytest.MonkeyPatch, collector: str
) -> None:
    monkeypatch.setenv("PROMPTER_COLLECTOR", collector)
    monkeypatch.setenv("PROMPTER_LINK", "of a participant")
    Prompter().initialize_settings()
    assert "PROMPTER_LINK" not in os.environ


def test_the_images_host_names_a_mysql_log() -> None:
    assert read_settings({"DOCKER_HOST_IP": "172.17.0.1"}).log_url == "mysql://prompter_user@172.17.0.1:3306/prompter"


def test_jupyters_configuration_wins_over_the_environment() -> None:
    environment = {"PROMPTER_LOG": "memory://", "MODE": "EXP_CTS", "JP_PLUGIN_USER": "wren"}
    settings = read_settings(environment, log_url="sqlite:///a.db", condition="EXP_NONE", participant="heron")
    assert settings.log_url == "sqlite:///a.db"
    assert settings.condition is Condition.EXP_NONE
    assert settings.participant == "heron"


PERIODS = MINIMAL + "periods: [{name: one, conditions: [EXP_CTS]}, {name: two, conditions: [EXP_END]}]\n"


def test_every_condition_may_be_set() -> None:
    for condition in Condition:
        assert read_settings({"MODE": condition}).condition is condition


def test_the_period_in_force_is_named_from_outside_and_checked(tmp_path: Path) -> None:
    study = str(study_of(tmp_path, PERIODS))
    assert read_settings({"PROMPTER_STUDY": study}).period == ""
    assert read_settings({"PROMPTER_STUDY": study, "PROMPTER_PERIOD": "two"}).period == "two"
    assert read_settings({"PROMPTER_STUDY": study, "PROMPTER_PERIOD": "two"}, period="one").period == "one"


def test_traits_are_read_by_name() -> None:
    assert read_settings({}).traits == {}
    assert read_settings({"PROMPTER_TRAITS": "experience=novice, site=A,"}).traits == {
        "experience": "novice",
        "site": "A",
    }
    assert read_settings({"PROMPTER_TRAITS": "site=A"}, traits="site=").traits == {"site": ""}


WRONG = {
    "an unknown condition": ({"MODE": "EXP_SOMETIMES"}, "MODE", "EXP_CTS, EXP_END, EXP_NONE, NO_EXP"),
    "an unknown period": ({"PROMPTER_PERIOD": "three", "PROMPTER_STUDY": "STUDY"}, "PROMPTER_PERIOD", "one, two"),
    "a period without a study": ({"PROMPTER_PERIOD": "one"}, "PROMPTER_PERIOD", "no study with periods"),
    "traits without names": ({"PROMPTER_TRAITS": "novice"}, "PROMPTER_TRAITS", "experience=novice"),
    "a study that is not there": ({"PROMPTER_STUDY": "/nowhere/study.yaml"}, "PROMPTER_STUDY", "/nowhere/study.yaml"),
    "a study at nobody's home": ({"PROMPTER_STUDY": "~nobody-here/study.yaml"}, "PROMPTER_STUDY", "whole path"),
}


@pytest.mark.parametrize(("environment", "setting", "known"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_setting_is_refused_in_one_line_that_names_it_and_what_is_known(
    tmp_path: Path, environment: dict[str, str], setting: str, known: str
) -> None:
    study = str(study_of(tmp_path, PERIODS))
    with pytest.raises(SettingInvalid) as refused:
        read_settings({name: study if value == "STUDY" else value for name, value in environment.items()})
    line = str(refused.value)
    assert "\n" not in line
    assert setting in line
    assert known in line


def test_every_setting_stands_in_the_readme() -> None:
    readme = README.read_text("utf-8")
    for setting in (
        *("PROMPTER_LOG", "PROMPTER_STUDY", "JP_PLUGIN_USER", "MODE", "DOCKER_HOST_IP", "TOKEN", "PLUGIN_PORT"),
        *("PROMPTER_PERIOD", "PROMPTER_TRAITS", "c.Prompter.period", "c.Prompter.participant_traits"),
        *("PROMPTER_DB_PASSWORD", "PROMPTER_DB_PASSWORD_FILE", "PROMPTER_DB_ADMIN", "PROMPTER_DB_ADMIN_PASSWORD"),
        *("c.Prompter.log_url", "c.Prompter.study", "c.Prompter.participant", "c.Prompter.mode"),
    ):
        assert f"`{setting}`" in readme


def test_pages_lead_to_the_hubs_last_page_unless_the_study_says_another(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("study: loans\ncapture: {outputs: none}\n", encoding="utf-8")
    environment = {"PROMPTER_STUDY": str(study), "PROMPTER_THEN": "https://study.example.org/hub/done"}
    assert read_settings(environment).study.then == "https://study.example.org/hub/done"
    study.write_text(study.read_text("utf-8") + "finish: {then: https://other.example.org}\n", encoding="utf-8")
    assert read_settings(environment).study.then == "https://other.example.org"
    assert read_settings({}).study.then is None
