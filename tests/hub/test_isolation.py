"""What a participant can get at from a kernel of their own, on a machine that they share with everybody else.

A real Hub starts real servers under separate user ids; what is tried is tried in real kernels, by somebody hostile.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from entering import link_of, start_hub

from prompter.hub.own_account import FIRST_ID, OwnAccountSpawner
from prompter.storage import open_study_log
from support.hub import Hub, Visitor
from support.kernelling import Server, run_in_kernel
from support.mariadb import MariaDB
from support.outdoors import open_to_others

TRY = """
import json, os, pathlib, subprocess, urllib.request, urllib.error
def tried(what):
    try:
        return what()
    except Exception as error:
        return type(error).__name__
"""
"""``tried(f)``: what ``f`` gives, or the name of the exception."""


@pytest.fixture(scope="module")
def homes() -> Iterator[Path]:
    """A folder that every account can enter, as an operator would make it."""
    folder = Path(tempfile.mkdtemp(prefix="prompter-homes-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, mariadb_server: MariaDB, homes: Path) -> Iterator[Hub]:
    assert os.geteuid() == 0, "only root starts servers of other accounts: run these tests as root"
    command = ["-m", "jupyterhub", "-f", "jupyterhub_config.py"]
    script = f"{open_to_others(Path(sys.executable))} exec {shlex.join([sys.executable, *command])}"
    started = start_hub(
        tmp_path_factory.mktemp("isolated"),
        mariadb_server,
        command=("unshare", "--mount", "--propagation", "private", "bash", "-euc", script),
        spawner="accounts",
        homes=str(homes),
    )
    yield started
    started.stop()


@pytest.fixture(scope="module")
def heron(hub: Hub) -> Server:
    return server_of(hub, "heron")


@pytest.fixture(scope="module")
def wren(hub: Hub) -> Server:
    return server_of(hub, "wren")


def server_of(hub: Hub, name: str) -> Server:
    visitor = hub.visitor(name)
    assert visitor.enter(link_of(hub, name, "EXP_CTS")).location == "/hub/spawn"
    return Server.of(visitor, name)


def secrets_of(hub: Hub, server: MariaDB) -> list[str]:
    """Whatever nobody but the operator may know."""
    config = hub.config
    purposes = ("assignments", "proxy", "auth state", "cookies")
    derived = [secret for purpose in purposes for secret in (config.secret_text(purpose), config.secret(purpose).hex())]
    return [server.password, config.written.SECRET_KEY, config.written.link_key, *derived]


def asked(server: Server, code: str) -> Any:
    """What a cell of that participant's prints as JSON; ``found`` is what it must set."""
    return json.loads(run_in_kernel(server, f"{TRY}\n{code}\nprint(json.dumps(found))"))


def test_each_server_has_a_user_id_of_its_own(heron: Server, wren: Server) -> None:
    ids = [asked(server, "found = [os.getuid(), os.getgid(), os.getgroups()]") for server in (heron, wren)]
    assert ids[0] != ids[1]
    for user, group, groups in ids:
        assert user == group != 0
        assert groups in ([], [group])


def test_a_home_that_is_still_copied_takes_no_id_and_is_given_none(tmp_path: Path) -> None:
    (tmp_path / ".wren.part").mkdir()
    os.chown(tmp_path / ".wren.part", FIRST_ID + 7, -1)
    spawner = OwnAccountSpawner(homes=str(tmp_path))
    assert [spawner.made_home(name).stat().st_uid for name in ("heron", "wren")] == [FIRST_ID, FIRST_ID + 1]
    assert sorted(home.name for home in tmp_path.iterdir()) == ["heron", "wren"]


def test_no_secret_is_in_what_a_kernel_can_read_of_its_own(hub: Hub, heron: Server, mariadb_server: MariaDB) -> None:
    told = asked(
        heron,
        """
found = [dict(os.environ)]
for place in pathlib.Path('/proc').glob('[0-9]*'):
    for name in ('environ', 'cmdline'):
        found.append(tried(lambda: (place / name).read_bytes().decode(errors='replace')))
for folder, _, names in os.walk(os.path.expanduser('~')):
    for name in names:
        found.append(tried(lambda: open(os.path.join(folder, name), errors='replace').read(1_000_000)))
""",
    )
    everything = json.dumps(told)
    assert "PROMPTER_COLLECTOR" in everything
    for secret in secrets_of(hub, mariadb_server):
        assert secret not in everything
    for word in ("EXP_CTS", "EXP_END", "EXP_NONE", "PROMPTER_DB", "PROMPTER_ASSIGN_KEY"):
        assert word not in everything


def test_processes_of_the_study_tell_a_kernel_nothing(hub: Hub, heron: Server) -> None:
    others = [hub.pid, *(one.pid for one in psutil.Process(hub.pid).children(recursive=True) if one.uids().real == 0)]
    assert any("collector" in psutil.Process(pid).cmdline() for pid in others)
    found = asked(
        heron,
        f"""
found = [tried(lambda: len((pathlib.Path('/proc') / str(pid) / name).read_bytes()))
         for pid in {others} for name in ('environ', 'mem', 'maps')]
""",
    )
    assert set(found) == {"PermissionError"}


def test_files_of_the_study_are_closed_to_a_kernel(hub: Hub, heron: Server) -> None:
    files = [str(one) for one in (hub.config.path, *hub.config.data.rglob("*")) if one.is_file()]
    assert any(one.endswith("jupyterhub.sqlite") for one in files)
    assert any(one.endswith("config.yml") for one in files)
    files.append(str(hub.folder / "db_password"))
    found = asked(heron, f"found = [tried(lambda: len(open(name, 'rb').read())) for name in {files}]")
    assert set(found) == {"PermissionError"}


def test_another_participants_notebooks_cannot_be_reached(hub: Hub, homes: Path, heron: Server, wren: Server) -> None:
    run_in_kernel(wren, "open('secret.ipynb', 'w').write('{}')")
    assert (homes / "wren" / "secret.ipynb").is_file()
    found = asked(
        heron,
        f"""
home = {str(homes / "wren")!r}
found = [
    tried(lambda: os.listdir(home)),
    tried(lambda: open(home + '/secret.ipynb').read()),
    tried(lambda: open(home + '/new', 'w')),
    tried(lambda: os.listdir({str(homes)!r})),
    tried(lambda: os.rename(home, home + '2')),
]
""",
    )
    assert set(found) == {"PermissionError"}


TOKENS = """
token = os.environ['JUPYTERHUB_API_TOKEN']
hub = os.environ['JUPYTERHUB_API_URL']
def call(address, method='GET', body=None):
    request = urllib.request.Request(address, method=method, data=body, headers={'Authorization': 'token ' + token})
    try:
        return urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code
"""


def test_a_servers_own_token_opens_nothing_of_the_hubs_or_the_studys(hub: Hub, heron: Server, wren: Server) -> None:
    collector = f"{hub.address}/services/prompter/"
    found = asked(
        heron,
        TOKENS
        + f"""
found = [
    call(hub + '/users'),
    call(hub + '/users/wren'),
    call(hub + '/users/wren/server', 'POST', b''),
    call(hub + '/users/wren/tokens', 'POST', b'{{}}'),
    call(hub + '/users/heron/tokens', 'POST', b'{{}}'),
    call(hub + '/services'),
    call(hub + '/groups'),
    call({hub.address!r} + '/user/wren/api/contents'),
    call({collector!r} + 'status'),
    call({collector!r} + 'answers?notebook_id=x'),
    call({collector!r} + 'assignments', 'POST', b'{{"participant": "heron"}}'),
    call({f"http://127.0.0.1:{hub.config.written.inside.proxy}/api/routes"!r}),
]
""",
    )
    assert set(found) <= {401, 403, 404}


def test_a_kernel_cannot_write_events_as_somebody_else(hub: Hub, heron: Server, mariadb_server: MariaDB) -> None:
    before = asyncio.run(_types(hub, mariadb_server))
    found = asked(
        heron,
        f"""
import asyncio, msgpack, time, uuid
from tornado.websocket import websocket_connect
async def says(address, token):
    socket = await websocket_connect(address, subprotocols=['prompter.v1'])
    hello = dict(type='hello', protocol=1, producer_id=uuid.uuid4().bytes, sessions=[], participant='wren',
                 sent_at=int(time.time() * 1e6), token=token)
    await socket.write_message(msgpack.packb(hello), binary=True)
    while await socket.read_message() is not None:
        pass
    return socket.close_code
address = 'ws' + {hub.address!r}.removeprefix('http') + '/services/prompter/stream'
tokens = [os.environ['JUPYTERHUB_API_TOKEN'], 'guessed', None, '']
found = [await says(address, token) for token in tokens]
""",
    )
    assert set(found) == {4401}
    assert asyncio.run(_types(hub, mariadb_server)) == before


def test_the_database_lets_no_kernel_in(hub: Hub, heron: Server) -> None:
    assert hub.config.written.SQL is not None
    found = asked(
        heron,
        f"""
import pymysql
from urllib.parse import urlsplit
where = urlsplit({hub.config.written.SQL.url!r})
def enter(user, password):
    try:
        pymysql.connect(host=where.hostname, port=where.port, user=user, password=password)
    except pymysql.OperationalError as error:
        return error.args[0]
    return 'let in'
found = [enter(user, password) for user in ('prompter_user', 'prompter_eraser', 'root', 'mysql')
         for password in ('', 'prompter', user)]
""",
    )
    # The server was asked and said no: to that password, to a login without one, to an account that is locked.
    assert set(found) <= {1045, 1698, 4151}


async def _types(hub: Hub, server: MariaDB) -> list[str]:
    assert hub.config.written.SQL is not None
    async with open_study_log(hub.config.written.SQL.url, password=server.password) as log:
        return [event.type async for event in log.read()]


def test_a_participant_reaches_neither_the_server_nor_the_events_of_another(
    hub: Hub, heron: Server, wren: Server
) -> None:
    # With heron's own cookies and page token, as a browser has them.
    assert heron.visitor.get("/user/wren/lab").status in (302, 403, 404)
    assert heron.visitor.follow(heron.visitor.get("/user/wren/api/contents")).status in (403, 404)
    visitor = Visitor(hub.port)
    assert visitor.get(f"/user/wren/api/contents?token={heron.token}").status in (302, 403, 404)
