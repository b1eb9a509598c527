"""What a collector is told by its environment, and what it says of mistakes there."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompter.collector.settings import PORT, PREFIX, read_collector_settings
from prompter.errors import SettingInvalid

KEY = "a link key that nobody guesses, of tests"


def test_a_link_key_is_enough_and_the_options_win(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    settings = read_collector_settings({"PROMPTER_LINK_KEY_FILE": str(tmp_path / "key")})
    assert (settings.ip, settings.port, settings.prefix) == ("127.0.0.1", PORT, PREFIX)
    assert (settings.link_key, settings.assign_key, settings.metrics_key) == (KEY, "", "")
    assert not settings.behind_hub
    chosen = read_collector_settings({"PROMPTER_LINK_KEY": KEY}, ip="0.0.0.0", port=1234)
    assert (chosen.ip, chosen.port) == ("0.0.0.0", 1234)


def test_a_hub_says_where_it_is_found() -> None:
    hub = {
        "JUPYTERHUB_API_TOKEN": "token",
        "JUPYTERHUB_SERVICE_URL": "http://127.0.0.2:9000",
        "JUPYTERHUB_SERVICE_PREFIX": "/study/services/prompter",
    }
    settings = read_collector_settings(hub)
    assert (settings.ip, settings.port, settings.prefix) == ("127.0.0.2", 9000, "/study/services/prompter/")
    assert settings.behind_hub


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "cannot tell who comes"),
        ({"PROMPTER_LINK_KEY_FILE": "/nowhere"}, "PROMPTER_LINK_KEY_FILE: /nowhere cannot be read"),
        ({"PROMPTER_ASSIGN_KEY_FILE": "/dev/null"}, "PROMPTER_ASSIGN_KEY_FILE: /dev/null is empty"),
        ({"PROMPTER_METRICS_KEY": "short"}, "PROMPTER_METRICS_KEY has 5 characters and needs at least 32"),
        ({"PROMPTER_ORIGINS": "("}, "PROMPTER_ORIGINS is no regular expression"),
    ],
)
def test_a_mistake_is_one_line_that_names_its_setting(told: dict[str, str], said: str) -> None:
    key = {"PROMPTER_LINK_KEY": KEY} if told and "PROMPTER_LINK_KEY_FILE" not in told else {}
    with pytest.raises(SettingInvalid, match=said) as refused:
        read_collector_settings({**key, **told})
    assert "\n" not in str(refused.value)
