"""Which browser a link opens the study in."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompter.hub.admission import Elsewhere, Remembered, admit_link, admit_open, remembered, takes_over
from prompter.links import StudyLink
from prompter.roles import Role


def link(number: int, issued_at: int, role: Role = Role.PARTICIPANT) -> StudyLink:
    """A link of one participant."""
    return StudyLink(UUID(int=number), "p01", None, role, issued_at, issued_at + 3600)


def enter(one: StudyLink, known: Remembered | None, browser: str) -> Remembered:
    """What is remembered after a try; nothing changes for who is refused."""
    try:
        return admit_link(one, known, browser)
    except Elsewhere:
        assert known is not None
        return known


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), max_size=20))
def test_a_participant_is_in_the_browser_of_the_newest_link_and_moves_only_to_a_newer(
    tries: list[tuple[int, str]],
) -> None:
    links = [link(number, issued_at=number) for number in range(4)]
    known: Remembered | None = None
    newest, home = -1, ""
    for number, browser in tries:
        known = enter(links[number], known, browser)
        if number > newest:
            newest, home = number, browser
        assert (known.browser, known.issued_at) == (home, newest)


@pytest.mark.parametrize(("number", "issued_at"), [(1, 5), (2, 5), (2, 4)])
def test_neither_the_same_link_nor_one_that_is_not_newer_opens_elsewhere(number: int, issued_at: int) -> None:
    known = admit_link(link(1, 5), None, "mine")
    with pytest.raises(Elsewhere, match="another browser"):
        admit_link(link(number, issued_at), known, "theirs")
    assert not takes_over(known, admit_link(link(number, issued_at), known, "mine"))
    assert takes_over(known, admit_link(link(3, 6), known, "theirs"))


def test_a_role_is_the_newest_links_whatever_older_link_is_opened_again() -> None:
    old, new = link(1, 5, Role.RESEARCHER), link(2, 6, Role.BLINDED)
    known = admit_link(new, admit_link(old, None, "mine"), "mine")
    assert known.role is Role.BLINDED
    assert admit_link(old, known, "mine") == known


def test_a_browser_without_a_cookie_is_not_the_one_of_a_link() -> None:
    known = admit_link(link(1, 5), None, "mine")
    with pytest.raises(Elsewhere):
        admit_link(link(1, 5), known, "")


def test_an_open_address_makes_no_researcher_and_takes_over_from_no_link() -> None:
    assert admit_open(None, "any") == Remembered(Role.PARTICIPANT)
    assert admit_open(Remembered(Role.PARTICIPANT), "other") == Remembered(Role.PARTICIPANT)
    linked = admit_link(link(1, 5), None, "mine")
    assert admit_open(linked, "mine") == linked
    for known in (linked, Remembered(Role.RESEARCHER), Remembered(Role.BLINDED)):
        with pytest.raises(Elsewhere, match="a link of their own"):
            admit_open(known, "theirs")
    assert not takes_over(None, Remembered(Role.PARTICIPANT))


@pytest.mark.parametrize("state", [None, {}, {"role": "emperor"}, {"link_id": "x"}, {"role": "participant", "x": 1}])
def test_what_the_database_held_is_read_or_forgotten(state: dict[str, object] | None) -> None:
    known = remembered(state)
    assert known is None or known == Remembered(Role.PARTICIPANT)
