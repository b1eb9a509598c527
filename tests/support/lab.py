"""A real Jupyter server with its own directories, as a participant would start it, and as a fault would end it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event as Signal
from typing import Any

from .ports import free_port
from .starting import answer, figures, inherited, started

TOKEN = "browser-test-token"

#: Projections that have not caught up after this many seconds will not.
_LONGEST = 60


_OWN_TOKEN = f"--IdentityProvider.token={TOKEN}"
_TESTS = Path(__file__).parents[1]
_MODULES = {"lab": "jupyterlab", "notebook": "notebook", "server": "jupyter_server"}


class Lab:
    """JupyterLab (``lab``), Notebook 7 (``notebook``) or the bare server (``server``) in a process of its own.

    It can be killed and started again at the same address. Real-time collaboration is off, as in most installations;
    where it is on, or with ``people``, those of ``support.people`` may sign in.
    """

    def __init__(
        self,
        home: Path,
        application: str,
        environment: Mapping[str, str],
        *,
        collaboration: bool = False,
        people: bool = False,
    ) -> None:
        self.root = home / "work"
        self.root.mkdir(parents=True)
        self._home = home
        self.application = application
        self._environment = dict(environment)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._disabled: dict[str, bool] = {}
        self._people = collaboration or people
        if not collaboration:
            self._without_collaboration()

    @property
    def url(self) -> str:
        """The server's address, with a slash at the end."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def pid(self) -> int:
        """The running server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def stream(self) -> str:
        """The address of the pages' socket."""
        return f"ws://127.0.0.1:{self._port}/prompter/stream"

    @property
    def output(self) -> str:
        """What the server printed so far."""
        return (self._home / "server.log").read_text("utf-8", errors="replace")

    def page(self, notebook: str, token: str = TOKEN) -> str:
        """The address of a notebook's page."""
        place = f"lab/tree/{notebook}?reset&" if self.application == "lab" else f"notebooks/{notebook}?"
        return f"{self.url}{place}token={token}"

    def without_plugin(self) -> None:
        """Have JupyterLab load everything but the plugin of this project."""
        self._disable("jupyterlab-prompter")

    def trust(self, other: Lab) -> None:
        """Know whoever signed in at another server, as servers behind one address do. Before the start."""
        kept = self._home / "runtime" / "jupyter_cookie_secret"
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes((other._home / "runtime" / "jupyter_cookie_secret").read_bytes())
        kept.chmod(0o600)

    def _without_collaboration(self) -> None:
        self._disable("@jupyter/collaboration-extension", "@jupyter/docprovider-extension")
        config = {"ServerApp": {"jpserver_extensions": {"jupyter_server_ydoc": False}}}
        (self._home / "config" / "jupyter_server_config.json").write_text(json.dumps(config), encoding="utf-8")

    def _disable(self, *names: str) -> None:
        self._disabled.update(dict.fromkeys(names, True))
        labconfig = self._home / "config" / "labconfig"
        labconfig.mkdir(parents=True, exist_ok=True)
        config = {"disabledExtensions": self._disabled}
        (labconfig / "page_config.json").write_text(json.dumps(config), encoding="utf-8")

    def start(self) -> None:
        """Start, and return when the server answers."""
        command = [
            *(sys.executable, "-m", _MODULES[self.application]),
            *("--no-browser", "--allow-root", "--ip=127.0.0.1"),
            *(f"--port={self._port}", "--ServerApp.port_retries=0"),
            f"--ServerApp.root_dir={self.root}",
            *(["--ServerApp.identity_provider_class=support.people.People"] if self._people else [_OWN_TOKEN]),
            *(() if self.application == "server" else ("--expose-app-in-browser",)),
        ]
        directories = {f"JUPYTER_{name}_DIR": str(self._home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        tests = {"PYTHONPATH": os.pathsep.join(filter(None, (str(_TESTS), os.environ.get("PYTHONPATH"))))}
        workspaces = {"JUPYTERLAB_WORKSPACES_DIR": str(self._home / "workspaces")}
        environment = {**inherited(), **tests, **directories, **workspaces, **self._environment}
        self._process = started(command, environment, self._home / "server.log", self._answers, cwd=self.root)

    def kill(self) -> None:
        """End the server by SIGKILL, as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """End the server as its owner would."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def status(self) -> dict[str, Any]:
        """The answer of ``prompter/status``."""
        request = urllib.request.Request(f"{self.url}prompter/status", headers={"Authorization": f"token {TOKEN}"})
        with urllib.request.urlopen(request, timeout=60) as response:
            status: dict[str, Any] = json.load(response)
        return status

    def metrics(self) -> dict[str, float]:
        """The figures of ``prompter/metrics`` by name and labels, as Prometheus reads them."""
        return figures(f"{self.url}prompter/metrics", TOKEN)

    def catch_up(self) -> None:
        """Return when the projections have come to the end of the log."""
        tick = Signal()
        for _ in range(_LONGEST * 20):
            if self.status()["lag"] == 0:
                return
            tick.wait(0.05)
        raise RuntimeError(f"the projections do not catch up:\n{self.output[-4000:]}")

    def cookie(self) -> str:
        """The login cookies of a browser that opened a page with the token."""
        answer = self._request(f"/login?token={TOKEN}", {})
        return "; ".join(value.partition(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie")

    def handshake(self, headers: Mapping[str, str]) -> int:
        """The status that a browser's attempt to open the socket is answered with: 101 when it is open."""
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Protocol": "prompter.v1",
        }
        return self._request("/prompter/stream", {**upgrade, **headers}).status

    def _request(self, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("GET", path, headers=dict(headers))
            return connection.getresponse()
        finally:
            connection.close()

    def _answers(self) -> bool:
        return answer(f"{self.url}api/status", {"Authorization": f"token {TOKEN}"}) is not None


@contextmanager
def servers_of_one_log(home: Path, applications: Sequence[str], environment: Mapping[str, str]) -> Iterator[list[Lab]]:
    """Several servers, each with a directory of its own; whoever signed in at the first is known to all."""
    started: list[Lab] = []
    try:
        for number, application in enumerate(applications):
            own = home / f"server-{number}"
            own.mkdir()
            lab = Lab(own, application, environment)
            if started:
                lab.trust(started[0])
            started.append(lab)
            lab.start()
        yield started
    finally:
        for lab in started:
            lab.stop()


@contextmanager
def servers_of_two_people(home: Path, environment: Mapping[str, str]) -> Iterator[tuple[Lab, Lab]]:
    """Those of heron and of wren, on one log beside them."""
    with ExitStack() as stack:

        def serving(person: str) -> Lab:
            (home / person).mkdir()
            own = {"PROMPTER_LOG": f"sqlite:///{home}/log.db", **environment, "JP_PLUGIN_USER": person}
            lab = Lab(home / person, "server", own)
            stack.callback(lab.stop)
            lab.start()
            return lab

        yield serving("heron"), serving("wren")
