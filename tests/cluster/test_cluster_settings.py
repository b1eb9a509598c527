"""What the log does for clusters, where there is none. These tests need no cluster."""

from __future__ import annotations

import pymysql
import pytest

from prompter_events import LogUnavailable, open_log
from prompter_events.mysql import connections
from prompter_events.mysql.errors import may_pass, translate
from support.mariadb import MariaDB


async def test_a_server_that_knows_no_clusters_is_as_good(mysql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CLUSTER_SETTING", "SET SESSION wsrep_unknown_to_all = 1")
    async with open_log(mysql_url) as log:
        assert (await log.head()).position == 0


async def test_other_errors_of_the_setting_are_said(
    mysql_url: str, mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CLUSTER_SETTING", "SET GLOBAL max_connections = 1")
    with pytest.raises(Exception, match=rf"127\.0\.0\.1:{mariadb.port}.*SUPER"):
        await open_log(mysql_url)


def test_a_spoilt_trigger_is_named_with_its_remedy() -> None:
    error = pymysql.err.ProgrammingError(1064, "Trigger 'event_only_erasure' has an error in its body: 'You have …'")
    line = translate(error, "mysql://ann@db:3306/p", "ann")
    assert type(line) is LogUnavailable
    assert "FLUSH LOCAL TABLES event" in str(line)
    assert not may_pass(error)
