"""Study links: opaque, signed, of limited time."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompter.errors import SettingInvalid
from prompter.links import MAX_TOKEN, LinkRefused, StudyLink, seal, unseal
from prompter.roles import Role, role_of
from prompter.study.names import Condition

KEY, OTHER = "k" * 43, "o" * 43
NOW = 1_780_000_000
LINK = StudyLink(UUID(int=7), "p01", "EXP_CTS", Role.PARTICIPANT, NOW, NOW + 3600)


@pytest.mark.parametrize("link", [LINK, replace(LINK, condition=None), replace(LINK, role=Role.BLINDED)])
def test_a_link_says_what_was_sealed(link: StudyLink) -> None:
    assert unseal(seal(link, KEY), KEY, now=NOW) == link


def test_nothing_can_be_read_from_a_link() -> None:
    token = seal(LINK, KEY)
    assert len(token) < 300
    for told in (token.encode(), urlsafe_b64decode(token)):
        assert b"EXP" not in told
        assert b"p01" not in told
    # Two links of one content differ, so nobody learns of a condition by comparing.
    assert seal(LINK, KEY) != token


def test_all_links_are_of_one_length() -> None:
    # A longer one would tell of a condition, of its name's length, or of a researcher.
    links = (
        replace(LINK, participant=name, condition=condition, role=role)
        for name in ("a", "p" * 63)
        for condition in (None, *Condition)
        for role in Role
    )
    assert len({len(seal(link, KEY)) for link in links}) == 1


def test_a_link_ends_with_its_time() -> None:
    token = seal(LINK, KEY)
    assert unseal(token, KEY, now=LINK.expires_at - 1) == LINK
    with pytest.raises(LinkRefused, match="expired"):
        unseal(token, KEY, now=LINK.expires_at)


def test_a_link_of_another_key_is_forged() -> None:
    with pytest.raises(LinkRefused, match="forged"):
        unseal(seal(LINK, OTHER), KEY, now=NOW)


@given(at=st.integers(min_value=0, max_value=200), bit=st.integers(min_value=0, max_value=7))
def test_whatever_is_changed_in_a_link_it_is_forged(at: int, bit: int) -> None:
    token = bytearray(urlsafe_b64decode(seal(LINK, KEY)))
    token[at % len(token)] ^= 1 << bit
    with pytest.raises(LinkRefused, match="forged"):
        unseal(urlsafe_b64encode(token).decode(), KEY, now=NOW)


@given(token=st.text(max_size=MAX_TOKEN + 10))
def test_junk_is_refused_and_nothing_else_happens(token: str) -> None:
    with pytest.raises(LinkRefused, match="forged"):
        unseal(token, KEY, now=NOW)


@pytest.mark.parametrize("name", ["P01", "", "p 01", "-p", "pä", "p" * 64, "p01\n"])
def test_ids_are_such_as_a_hub_keeps(name: str) -> None:
    with pytest.raises(SettingInvalid, match="lower-case"):
        seal(replace(LINK, participant=name), KEY)


def test_an_unknown_condition_is_named() -> None:
    with pytest.raises(SettingInvalid, match=r"EXP_CTX.*EXP_CTS"):
        seal(replace(LINK, condition="EXP_CTX"), KEY)


def test_a_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="6 characters"):
        seal(LINK, "secret")


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        ([], Role.PARTICIPANT),
        (["students"], Role.PARTICIPANT),
        (["prompter-researchers"], Role.RESEARCHER),
        (["prompter-blinded"], Role.BLINDED),
        (["prompter-researchers", "prompter-blinded"], Role.BLINDED),
    ],
)
def test_a_group_that_hides_is_not_undone_by_another(groups: list[str], role: Role) -> None:
    assert role_of(groups) is role
