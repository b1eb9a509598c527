"""The lock files of the image hold what pyproject.toml asks for today, by hash, and from nowhere in particular."""

from __future__ import annotations

import re

import pytest

from support.locks import LOCKS, NAMES, PROJECT, PYTHONS, asked_for, locked, read_lock, unmet


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", NAMES)
def test_a_lock_satisfies_what_was_asked_for(name: str, python: str) -> None:
    wanted = asked_for(name)
    assert wanted
    missing = unmet(wanted, locked(read_lock(name), python))
    assert missing == [], "run scripts/lock.sh, which makes the lock files anew"


def test_a_lock_that_lags_behind_is_found() -> None:
    versions = locked(read_lock("single-user"), "3.12.9")
    assert unmet(["msgpack>=99"], versions) == ["msgpack>=99"]
    assert unmet(["prompter-never-heard-of"], versions) == ["prompter-never-heard-of"]
    with pytest.raises(ValueError, match="no hash"):
        locked(re.sub(r"(?m)^    --hash.*\n", "", read_lock("build")), "3.12.9")


def test_hub_and_single_users_have_the_same_versions_of_what_both_have() -> None:
    hub, single_user = (locked(read_lock(name), "3.12.9") for name in ("hub", "single-user"))
    assert "jupyterhub" in hub.keys() & single_user.keys()
    assert {name for name in hub.keys() & single_user.keys() if hub[name] != single_user[name]} == set()


def test_the_build_has_the_tools_that_the_scripts_would_fetch() -> None:
    scripts = "".join(path.read_text("utf-8") for path in sorted((LOCKS.parent / "scripts").glob("*.sh")))
    fetched = re.findall(r"pip install '([^']+)'", scripts)
    assert len(fetched) == 2
    assert set(fetched + PROJECT["build-system"]["requires"]) == set(asked_for("build"))


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_names_no_index_and_no_machine(name: str) -> None:
    assert re.findall(r"://|--(?:extra-)?index|--find-links|(?:^|\s)/\S+", read_lock(name), re.MULTILINE) == []
