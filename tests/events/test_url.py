"""The three forms of a log's URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompter_events import LogUrlInvalid, open_log
from prompter_events.url import MemoryUrl, MysqlUrl, SqliteUrl, parse_url


@pytest.mark.parametrize(
    ("url", "meaning"),
    [
        ("memory://", MemoryUrl()),
        ("sqlite:///study.db", SqliteUrl(Path("study.db"))),
        ("sqlite:////var/lib/a b%20ü?.db", SqliteUrl(Path("/var/lib/a b%20ü?.db"))),
        ("mysql://u@db/prompter", MysqlUrl("u", "db", 3306, "prompter")),
        ("mysql://a%40b@10.0.0.1:3307/p-1", MysqlUrl("a@b", "10.0.0.1", 3307, "p-1")),
        ("mysql://u@[::1]:3307/p", MysqlUrl("u", "::1", 3307, "p")),
    ],
)
def test_a_url_that_names_a_log(url: str, meaning: object) -> None:
    assert parse_url(url) == meaning


@pytest.mark.parametrize(
    "url",
    [
        "",
        "study.db",
        "/var/lib/study.db",
        "memory://x",
        "sqlite://",
        "sqlite:///",
        "sqlite://study.db",
        "sqlite:///:memory:",
        "postgresql://u@db/p",
        "mysql://db/p",
        "mysql://u@db",
        "mysql://u@/p",
        "mysql://u@db:port/p",
        "mysql://u@db:99999/p",
        "mysql://u@[::1/p",
        "mysql://u@db/p`q",
        "mysql://u@db/p/q",
        "mysql://u'@db/p",
        "mysql://u@db/p?ssl=1",
    ],
)
def test_a_url_that_names_none_is_answered_with_the_three_forms(url: str) -> None:
    with pytest.raises(LogUrlInvalid) as refusal:
        open_log(url)
    line = str(refusal.value)
    assert "\n" not in line
    assert all(form in line for form in ("memory://", "sqlite:///", "mysql://user@host:port/database"))


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(LogUrlInvalid, match="PROMPTER_DB_PASSWORD") as refusal:
        parse_url("mysql://u:s3cret@db/p")
    assert "s3cret" not in str(refusal.value)


def test_a_url_is_written_as_it_is_read() -> None:
    for url in ("mysql://u@[::1]:3307/p", "mysql://u@db:3306/p"):
        assert str(parse_url(url)) == url


async def test_a_log_can_be_awaited_or_entered() -> None:
    log = await open_log("memory://")
    await log.aclose()
    async with open_log("memory://") as log:
        assert (await log.head()).position == 0
