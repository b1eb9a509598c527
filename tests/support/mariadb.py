"""A MariaDB server of the tests' own: in a directory of its own, on a free port of the loopback interface."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO

from prompter_events import Admin, create_database, migrate
from prompter_events.mysql.connections import Account, goodbye, query
from prompter_events.numbered import Directory
from prompter_events.url import MysqlUrl, parse_url

from .ports import free_port

APP_USER = "prompter_user"


class MariaDB:
    """A server with the durability of a real one: binlog on and synced, redo log flushed at each commit.

    ``start`` returns when it takes connections. ``kill`` is a crash, ``stop`` an orderly end; the data stay until
    ``remove``.
    """

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="prompter-mariadb-"))
        self._data = self._directory / "data"
        self.socket = self._directory / "server.sock"
        self.port = free_port()
        self.password = secrets.token_hex(8)
        """Of the application's user."""
        self.admin = Admin("root", secrets.token_hex(8), str(self.socket))
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._install()

    def start(self, *options: str) -> None:
        """Start the server with further options, and wait until it is ready."""
        self._process = subprocess.Popen(
            [
                _program("mariadbd"),
                "--no-defaults",
                f"--datadir={self._data}",
                f"--socket={self.socket}",
                f"--port={self.port}",
                "--bind-address=127.0.0.1",
                f"--pid-file={self._directory / 'server.pid'}",
                "--log-bin=binlog",
                "--server-id=1",
                "--sync-binlog=1",
                "--innodb-flush-log-at-trx-commit=1",
                "--innodb-buffer-pool-size=64M",
                f"--init-file={self._directory / 'init.sql'}",
                *_as_user(),
                *options,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert self._process.stderr is not None
        said = []
        for line in self._process.stderr:
            said.append(line)
            if b"ready for connections" in line:
                break
        else:
            self._process.wait()
            self._process.stderr.close()
            raise RuntimeError(f"mariadbd did not start:\n{b''.join(said).decode(errors='replace')}")
        threading.Thread(target=_drain, args=(self._process.stderr,), daemon=True).start()

    def stop(self) -> None:
        """End the server in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Crash the server."""
        self._end(signal.SIGKILL)

    def restart(self, *options: str) -> None:
        """An orderly end, and a new beginning with other options."""
        self.stop()
        self.start(*options)

    def remove(self) -> None:
        """Stop the server and remove all its data."""
        self.stop()
        shutil.rmtree(self._directory)

    def url(self, database: str, user: str = APP_USER) -> str:
        """The URL of a log on this server."""
        return f"mysql://{user}@127.0.0.1:{self.port}/{database}"

    async def fresh_database(self, *directories: Directory, migrated: bool = True) -> str:
        """The URL of a new database, created and migrated as an operator would."""
        self._databases += 1
        url = self.url(f"log_{self._databases}")
        await create_database(url, self.admin, self.password)
        if migrated:
            await migrate(url, admin=self.admin, directories=directories)
        return url

    async def run(self, url: str, sql: str, *values: object, user: str = "root") -> list[tuple[object, ...]]:
        """Run one statement past the log, as the administrator or as the application's user. Driver errors as such."""
        target = parse_url(url)
        assert isinstance(target, MysqlUrl)
        if user == self.admin.user:
            account = Account(target, user, self.admin.password, self.admin.unix_socket)
        else:
            account = Account(target, user, self.password)
        connection = await account.connect()
        try:
            return await query(connection, sql, *values)
        finally:
            await goodbye(connection)

    def client(self, program: str, *arguments: str) -> list[str]:
        """The command line of a client program, signed in as the administrator."""
        return [
            _program(program),
            "--no-defaults",
            f"--socket={self.socket}",
            f"--user={self.admin.user}",
            f"--password={self.admin.password}",
            *arguments,
        ]

    def _install(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._directory, "mysql", "mysql")
        installed = subprocess.run(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={self._data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                *_as_user(),
            ],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if installed.returncode != 0:
            raise RuntimeError(f"mariadb-install-db failed:\n{installed.stdout}")
        init = self._directory / "init.sql"
        init.write_text(f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{self.admin.password}';\n")
        init.chmod(0o644)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


def _as_user() -> list[str]:
    # mariadbd refuses to run as root unless it is told to become somebody else.
    return ["--user=mysql"] if os.geteuid() == 0 and pwd.getpwnam("mysql") else []


def _program(name: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError(f"{name} is not installed; the tests of the MySQL log need a MariaDB server")
    return found


def _drain(stream: IO[bytes]) -> None:
    with stream:
        for _ in stream:
            pass
