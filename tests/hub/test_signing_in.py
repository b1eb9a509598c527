"""Signing in by links, at a real Hub behind its real proxy."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from uuid import UUID

import pytest
from entering import link_of, places, start_hub

from prompter.roles import Role
from support.hub import Hub, Page, Visitor, path_of
from support.mariadb import MariaDB


def signed_in(visitor: Visitor) -> bool:
    """Whether the Hub knows who this is: nobody is sent from the last page to the sign-in page."""
    page = visitor.get("/hub/done")
    assert page.status in (200, 302)
    return page.status == 200


def refused(page: Page, title: str, status: int = 403) -> bool:
    """Whether a page says so, and what to do."""
    assert (page.status, page.title) == (status, title), page.text
    return "What to do" in page.text


def test_a_link_shows_who_takes_part_and_only_the_button_signs_in(hub: Hub) -> None:
    visitor = hub.visitor()
    link = link_of(hub, "button", "EXP_END")
    page = visitor.get(path_of(link))
    assert (page.status, page.title) == (200, "Welcome to the study")
    assert "How people explore loans" in page.text
    assert "<b>button</b>" in page.text
    assert not signed_in(visitor)
    entered = visitor.press(page)
    assert (entered.status, entered.location) == (302, "/hub/spawn")
    assert signed_in(visitor)


def test_no_page_and_no_cookie_tells_a_condition_or_hands_the_token_on(hub: Hub) -> None:
    visitor = hub.visitor()
    link = link_of(hub, "opaque", "EXP_END")
    start = visitor.get(path_of(link))
    entered = visitor.press(start)
    for page in (start, entered, visitor.get("/hub/done")):
        told = page.text + str(page.headers)
        assert not re.search(r"EXP_|NO_EXP", told)
    assert "token" not in entered.location
    token = link.partition("token=")[2]
    assert token not in visitor.get("/hub/done").text
    assert not re.search(r"EXP_|NO_EXP", "".join(str(cookie.value) for cookie in visitor.cookies))
    assert start.headers["Referrer-Policy"] == "no-referrer"
    assert start.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in start.headers["Content-Security-Policy"]
    assert token not in hub.said()


def test_a_form_from_elsewhere_signs_nobody_in(hub: Hub) -> None:
    link = link_of(hub, "forged-form")
    token = link.partition("token=")[2]
    visitor = hub.visitor()
    page = visitor.post("/hub/link", {"token": token})
    assert refused(page, "This page was open for too long")
    other = hub.visitor("another browser")
    action, fields = other.get(path_of(link)).form()
    assert refused(visitor.post(action, fields), "This page was open for too long")
    assert not signed_in(visitor)


def test_the_password_form_does_not_exist(hub: Hub) -> None:
    visitor = hub.visitor()
    page = visitor.get("/hub/login")
    assert (page.status, page.title) == (200, "Open your study link")
    assert "<form" not in page.text
    visitor.get(path_of(link_of(hub, "form")))  # for its XSRF cookie
    xsrf = next(cookie.value for cookie in visitor.cookies if cookie.name == "_xsrf")
    tried = visitor.post("/hub/login", {"username": "form", "password": "x", "_xsrf": str(xsrf)})
    assert tried.status == 405
    assert not signed_in(visitor)


def test_expired_forged_and_missing_links_are_refused_in_words(hub: Hub) -> None:
    now = int(time.time())
    old = link_of(hub, "late", issued_at=now - 7200, expires_at=now - 1)
    assert refused(hub.visitor().get(path_of(old)), "This link has expired")
    good = link_of(hub, "late")
    junk = good.partition("token=")[0] + "token=junk"
    for spoilt in (
        good[:-1],
        good[:-2] + ("BB" if good.endswith("AA") else "AA"),
        good.replace("token=", "token=x"),
        junk,
    ):
        assert refused(hub.visitor().get(path_of(spoilt)), "This link is not valid")
    assert refused(hub.visitor().get("/hub/link"), "Open your study link")


def test_a_link_that_expires_while_its_page_is_open_signs_nobody_in(hub: Hub) -> None:
    visitor = hub.visitor()
    page = visitor.get(path_of(link_of(hub, "slow")))
    now = int(time.time())
    old = link_of(hub, "slow", issued_at=now - 7200, expires_at=now - 1)
    assert refused(visitor.press(page, token=old.partition("token=")[2]), "This link has expired")
    assert not signed_in(visitor)


def test_a_link_works_in_the_browser_of_its_first_use_alone(hub: Hub) -> None:
    link = link_of(hub, "mine")
    first, second = hub.visitor(), hub.visitor()
    waiting = second.get(path_of(link))  # before anybody used it
    assert first.enter(link).location == "/hub/spawn"
    assert refused(second.get(path_of(link)), "This link belongs to another browser")
    assert refused(second.press(waiting), "This link belongs to another browser")
    assert not signed_in(second)
    assert first.enter(link).location == "/hub/spawn"


def test_who_signed_out_comes_back_by_the_same_link(hub: Hub) -> None:
    link = link_of(hub, "back")
    visitor = hub.visitor()
    visitor.enter(link)
    visitor.get("/hub/logout")
    assert not signed_in(visitor)
    page = visitor.get(path_of(link))
    assert "Go on working" in page.text
    visitor.press(page)
    assert signed_in(visitor)


def test_a_newer_link_moves_a_participant_and_signs_the_other_browser_out(hub: Hub) -> None:
    now = int(time.time())
    old, new = link_of(hub, "moved", issued_at=now - 60), link_of(hub, "moved")
    thief, owner = hub.visitor(), hub.visitor()
    thief.enter(old)
    assert signed_in(thief)
    owner.enter(new)
    assert signed_in(owner)
    assert not signed_in(thief)
    assert refused(thief.get(path_of(old)), "This link belongs to another browser")
    assert refused(thief.get(path_of(new)), "This link belongs to another browser")
    assert owner.enter(old).location == "/hub/spawn"


def test_an_older_link_gives_no_role_back_that_a_newer_one_took(hub: Hub, mariadb_server: MariaDB) -> None:
    now = int(time.time())
    old = link_of(hub, "dora", role=Role.RESEARCHER, issued_at=now - 60)
    visitor = hub.visitor()
    visitor.enter(old)
    visitor.enter(link_of(hub, "dora", role=Role.BLINDED, issued_at=now - 30))
    assert visitor.enter(old).location == "/services/prompter/monitor"
    assert groups(visitor) == ["prompter-blinded"]
    visitor.enter(link_of(hub, "dora", issued_at=now))
    page = visitor.get(path_of(old))
    assert page.title == "Welcome to the study"
    assert visitor.press(page).location == "/hub/spawn"
    assert groups(visitor) == []
    assert "dora" in places(hub, mariadb_server)


def test_nobody_is_switched_to_another_participant_without_a_word(hub: Hub) -> None:
    visitor = hub.visitor()
    visitor.enter(link_of(hub, "heron"))
    page = visitor.get(path_of(link_of(hub, "egret")))
    assert refused(page, "You are signed in as heron", 409)
    assert "egret" in page.text
    assert "/hub/logout" in page.text
    assert signed_in(visitor)
    visitor.get("/hub/logout")
    assert visitor.enter(link_of(hub, "egret")).location == "/hub/spawn"


def test_a_link_that_contradicts_the_assignment_is_refused_and_changes_nothing(hub: Hub) -> None:
    visitor = hub.visitor()
    now = int(time.time())
    visitor.enter(link_of(hub, "fixed", "EXP_CTS", issued_at=now - 60))
    visitor.get("/hub/logout")
    page = visitor.enter(link_of(hub, "fixed", "EXP_END"))
    assert refused(page, "This link does not fit your place in the study")
    assert "EXP_" not in page.text
    assert not signed_in(visitor)
    assert visitor.enter(link_of(hub, "fixed")).location == "/hub/spawn"


@pytest.mark.parametrize("way", ["link", "open address"])
def test_while_the_log_is_away_people_are_told_and_may_try_again(hub: Hub, mariadb_server: MariaDB, way: str) -> None:
    visitor = hub.visitor()
    start = visitor.get(path_of(link_of(hub, "later")) if way == "link" else "/hub/latest/EXP_CTS")
    mariadb_server.stop()
    try:
        page = visitor.press(start)
    finally:
        mariadb_server.start()
    assert refused(page, "The study cannot begin right now", 503)
    assert not signed_in(visitor)
    assert visitor.press(page).location == "/hub/spawn"


def test_a_researcher_goes_to_the_monitor_and_gets_no_place(hub: Hub, mariadb_server: MariaDB) -> None:
    for name, role, group in (
        ("ana", Role.PARTICIPANT, "prompter-researchers"),  # as config.yml has it
        ("carl", Role.RESEARCHER, "prompter-researchers"),
        ("ben", Role.BLINDED, "prompter-blinded"),
    ):
        visitor = hub.visitor()
        page = visitor.get(path_of(link_of(hub, name, role=role)))
        assert page.title == "The study’s monitor"
        assert visitor.press(page).location == "/services/prompter/monitor"
        assert groups(visitor) == [group]
        assert name not in places(hub, mariadb_server)
    visitor = hub.visitor()
    visitor.enter(link_of(hub, "nobody-special"))
    assert groups(visitor) == []


def groups(visitor: Visitor) -> list[str]:
    """The groups of whoever is signed in, as the Hub tells them."""
    xsrf = next(str(cookie.value) for cookie in visitor.cookies if cookie.name == "_xsrf")
    page = visitor.get(f"/hub/api/user?_xsrf={xsrf}")
    assert page.status == 200, page.text
    told: list[str] = json.loads(page.text)["groups"]
    return told


@pytest.mark.parametrize("mode", ["EXP_CTS", "EXP_END", "EXP_NONE"])
def test_an_open_study_is_entered_by_its_old_addresses(hub: Hub, mariadb_server: MariaDB, mode: str) -> None:
    name = f"Old-{mode[-3:]}"
    visitor = hub.visitor()
    page = visitor.follow(visitor.get(f"/{name}/{mode}"))
    assert page.title == "Welcome to the study"
    assert f"<b>{name.lower()}</b>" in page.text
    assert not signed_in(visitor)
    assert visitor.press(page).location == "/hub/spawn"
    assert places(hub, mariadb_server)[name.lower()] == mode


def test_a_mode_that_the_study_does_not_have_is_refused_without_naming_those_it_has(hub: Hub) -> None:
    visitor = hub.visitor()
    page = visitor.press(visitor.get("/hub/modeless/NO_EXP"))
    assert refused(page, "This link does not fit your place in the study")
    assert not re.search(r"EXP_(CTS|END|NONE)", page.text)


def test_an_open_address_takes_nobody_over_who_has_a_link(hub: Hub) -> None:
    hub.visitor().enter(link_of(hub, "linked"))
    visitor = hub.visitor()
    assert refused(visitor.get("/hub/linked/EXP_CTS"), "This link belongs to another browser")
    assert refused(visitor.get("/hub/ana/EXP_CTS"), "This link belongs to another browser")
    assert refused(visitor.get("/hub/p%20x/EXP_CTS"), "There is no such participant", 400)
    assert not signed_in(visitor)


def test_questionnaires_know_a_pseudonym_and_what_the_platform_said(hub: Hub) -> None:
    visitor = hub.visitor()
    link = link_of(hub, "asked")
    page = visitor.get(path_of(link) + "&PROLIFIC_PID=5f1a&SESSION_ID=s9&STUDY_ID=%3Cscript%3E")
    who = hub.config.pseudonym("asked")
    assert f"before?id={who}&amp;pid=5f1a" in page.text
    assert "script" not in page.text
    visitor.press(page)
    done = visitor.get("/hub/done")
    assert (done.status, done.title) == (200, "Thank you")
    assert f"after?id={who}" in done.text
    assert "asked" not in done.text.replace(who, "")
    assert ">C1A2B3C4<" in done.text
    assert "complete?cc=C1A2B3C4&amp;session=s9" in done.text


def test_what_the_platform_said_once_outlives_a_link_without_it(hub: Hub) -> None:
    visitor = hub.visitor()
    now = int(time.time())
    visitor.press(visitor.get(path_of(link_of(hub, "paid", issued_at=now - 60)) + "&PROLIFIC_PID=5f1b&SESSION_ID=s7"))
    page = visitor.get(path_of(link_of(hub, "paid")) + "&SESSION_ID=s8")
    assert "pid=5f1b" in page.text
    visitor.press(page)
    assert "session=s8" in visitor.get("/hub/done").text
    assert "pid=5f1b" in visitor.get(path_of(link_of(hub, "paid", issued_at=now - 60))).text


def test_a_closed_study_knows_no_old_addresses_and_a_restart_forgets_nothing(
    tmp_path: Path, mariadb_server: MariaDB
) -> None:
    hub = start_hub(tmp_path, mariadb_server)
    try:
        visitor = hub.visitor()
        link = link_of(hub, "stays", "EXP_END", link_id=UUID(int=1))
        assert refused(visitor.follow(visitor.get("/P01/EXP_CTS")), "This study is entered by links")
        visitor.enter(link)
        hub.stop()
        hub.start()
        assert signed_in(visitor)
        assert refused(hub.visitor().get(path_of(link)), "This link belongs to another browser")
        visitor.get("/hub/logout")
        assert visitor.enter(link).location == "/hub/spawn"
    finally:
        hub.stop()
