"""A MariaDB for trials: in the Hub's data folder, on the loopback interface, and gone with the Hub."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from prompter_events import Admin, create_database, migrate

from ..errors import SettingInvalid
from ..storage import DIRECTORIES

_READY_SECONDS = 60.0
"""A first start, or one after a crash, replays the redo log before it answers."""


@dataclass(frozen=True)
class PrivateDatabase:
    """A server that runs, with the log's tables."""

    url: str
    password_file: Path


@asynccontextmanager
async def private_database(folder: Path) -> AsyncIterator[PrivateDatabase]:
    """Start the server whose data are in ``folder``, made at the first start; end it in order afterwards.

    Raises ``SettingInvalid`` if MariaDB is not installed or does not start.
    """
    data, said = folder / "data", folder / "server.log"
    await asyncio.to_thread(_install, folder, data, said)
    password_file = folder / "password"
    password = _kept(password_file, secrets.token_urlsafe(24))
    port = _port(folder / "port")
    admin_password = secrets.token_urlsafe(24)
    # A path to a socket may have a hundred characters; the folder's own may be longer.
    with tempfile.TemporaryDirectory(prefix="prompter-") as place:
        admin = Admin("root", admin_password, str(Path(place) / "server.sock"))
        _write(folder / "init.sql", f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{admin_password}';\n")
        server = _start(folder, data, said, port, str(admin.unix_socket))
        try:
            await _wait(server, said, port)
            url = f"mysql://prompter_user@127.0.0.1:{port}/prompter"
            await create_database(url, admin, password)
            await migrate(url, admin=admin, directories=DIRECTORIES)
            yield PrivateDatabase(url, password_file)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


def _install(folder: Path, data: Path, said: Path) -> None:
    """At the first start."""
    (folder / "nothing").mkdir(mode=0o700, parents=True, exist_ok=True)
    if (data / "mysql").is_dir():
        return
    with said.open("ab") as output:
        done = subprocess.run(  # noqa: S603 - a program of the machine's own
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                *_as_user(),
            ],
            check=False,
            stdout=output,
            stderr=output,
            # Ctrl-C does not leave half of it behind: it is waited for.
            start_new_session=True,
        )
    if done.returncode != 0:
        raise SettingInvalid(f"MariaDB's first start failed: {said} says why")


def _start(folder: Path, data: Path, said: Path, port: int, unix_socket: str) -> subprocess.Popen[bytes]:
    with said.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - likewise
            [
                _program("mariadbd"),
                "--no-defaults",
                f"--datadir={data}",
                f"--socket={unix_socket}",
                f"--port={port}",
                "--bind-address=127.0.0.1",
                f"--pid-file={folder / 'server.pid'}",
                f"--init-file={folder / 'init.sql'}",
                "--skip-name-resolve",
                # What was acknowledged to a page outlives a crash of the machine.
                "--innodb-flush-log-at-trx-commit=1",
                # No statement may read or write files.
                f"--secure-file-priv={folder / 'nothing'}",
                *_as_user(),
            ],
            stdout=output,
            stderr=output,
            # Ctrl-C in a terminal is for the Hub; the database ends after it.
            start_new_session=True,
        )


async def _wait(server: subprocess.Popen[bytes], said: Path, port: int) -> None:
    """Until it takes connections, or has ended."""
    until = time.monotonic() + _READY_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        await asyncio.sleep(0.1)
    raise SettingInvalid(f"MariaDB does not start: {said} says why")


def _port(path: Path) -> int:
    """The same port at each start, as long as nobody else has it: people write its address down."""
    if path.exists():
        port = int(path.read_text("utf-8"))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                pass
            else:
                return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    _write(path, f"{port}\n")
    return port


def _kept(path: Path, text: str) -> str:
    if not path.exists():
        _write(path, text)
    return path.read_text("utf-8").strip()


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _as_user() -> list[str]:
    # The server refuses to run as root unless it is told so. Another account could not reach this folder.
    return ["--user=root"] if os.geteuid() == 0 else []


def _program(name: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SettingInvalid(
            f"{name} is not installed: install a MariaDB server (Debian's mariadb-server-core and "
            "mariadb-client-core), or name one as SQL in config.yml"
        )
    return found
