"""A page in a real browser, watched for everything that a file of ours must not do."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Dialog, Page, Request


class Watched:
    """A page, and everything that it should not do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        self.wrong.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if request.url.partition("#")[0] != self.page.url.partition("#")[0] and not request.is_navigation_request():
            self.wrong.append(f"request: {request.url}")
