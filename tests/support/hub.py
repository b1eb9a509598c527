"""A real JupyterHub with its proxy, in a folder of its own, on free ports of the loopback interface."""

from __future__ import annotations

import html
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request

import yaml

from prompter.hub.config import HubConfig, read_config
from prompter.hub.server_files import write_config

from .ports import free_port
from .starting import inherited, started

TOP = Path(__file__).parents[2]
SERVER = TOP / "notebook-server"

_START_SECONDS = 180
"""On a machine that does much else at once."""
_STOP_SECONDS = 120


class Hub:
    """A study's Hub, as ``notebook-server/`` configures it; ``settings`` go into its ``config.yml``."""

    def __init__(self, folder: Path, settings: Mapping[str, Any], *command: str) -> None:
        """``command`` starts it, with PROMPTER_HUB_CONFIG set; by default JupyterHub's own."""
        self.folder = folder
        self.log_file = folder / "hub.log"
        self._command = command or (sys.executable, "-m", "jupyterhub", "-f", str(folder / "jupyterhub_config.py"))
        path = write_config(folder)
        hub, proxy, collector, public = (free_port() for _ in range(4))
        written = {
            **yaml.safe_load(path.read_text("utf-8")),
            "port": public,
            "HOSTNAME": "127.0.0.1",
            "inside": {"hub": hub, "proxy": proxy, "collector": collector},
            "idle": {"minutes": 0},
            **settings,
        }
        path.write_text(yaml.safe_dump(written), "utf-8")
        (folder / "node_modules").symlink_to(SERVER / "node_modules")
        self.config: HubConfig = read_config(path)
        self.port = public
        self.address = self.config.address
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; back when the Hub answers through the proxy."""
        environment = {**inherited(), "PROMPTER_HUB_CONFIG": str(self.config.path)}
        self._process = started(
            self._command,
            environment,
            self.log_file,
            self._healthy,
            cwd=self.folder,
            leads_a_group=True,
            seconds=_START_SECONDS,
        )

    @property
    def pid(self) -> int:
        """Of the program that was started."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """End it in order, with the servers that it started; back when nothing of it is left."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
                raise
        self._process = None

    def said(self) -> str:
        """What it logged."""
        return self.log_file.read_text("utf-8", errors="replace")

    def visitor(self, agent: str = "visitor") -> Visitor:
        """Somebody with a browser of their own."""
        return Visitor(self.port, agent)

    def _healthy(self) -> bool:
        try:
            return Visitor(self.port).get("/hub/health").status == 200
        except OSError:
            return False


@dataclass
class Page:
    """What came back."""

    status: int
    headers: Message
    text: str

    @property
    def title(self) -> str:
        """Its heading."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)
        return html.unescape(found[1]).strip() if found else ""

    @property
    def location(self) -> str:
        """Where it sends people."""
        return str(self.headers.get("Location", ""))

    def form(self) -> tuple[str, dict[str, str]]:
        """The address and the hidden fields of its only form."""
        [action] = re.findall(r'<form method="post" action="([^"]*)">', self.text)
        fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', self.text)
        return html.unescape(action), {html.unescape(name): html.unescape(value) for name, value in fields}


class Visitor:
    """A browser without scripts: it keeps cookies, says that it navigates, and follows no redirect by itself."""

    def __init__(self, port: int, agent: str = "visitor") -> None:
        self.port = port
        self._agent = agent
        self.cookies = CookieJar()

    def get(self, path: str) -> Page:
        """Open an address."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Page:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields), headers)

    def press(self, page: Page, **changed: str) -> Page:
        """Press the button of a page."""
        action, fields = page.form()
        return self.post(action, {**fields, **changed})

    def enter(self, link: str) -> Page:
        """Open a link, and press the button of its start page."""
        return self.press(self.get(path_of(link)))

    def follow(self, page: Page, times: int = 10) -> Page:
        """Go where a page sends people, until one stays."""
        while page.location and times:
            page, times = self.get(path_of(page.location)), times - 1
        return page

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Page:
        url = f"http://127.0.0.1:{self.port}{path}"
        request = Request(url, method=method)
        self.cookies.add_cookie_header(request)
        sent = {"User-Agent": self._agent, "Sec-Fetch-Mode": "navigate", **dict(request.header_items()), **headers}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", errors="replace")
            self.cookies.extract_cookies(answer, request)  # it asks for info() alone
            return Page(answer.status, answer.headers, text)
        finally:
            connection.close()


def path_of(address: str) -> str:
    """The path and parameters of an address."""
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
