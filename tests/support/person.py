"""A person at a notebook in a real browser: what they do and what they see. They wait for signals, never for time."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

#: How long anything may take before the test gives up, in ms. Nothing waits for it: it only bounds a failure.
PATIENCE = 30_000

#: JupyterLab says in a dialog that its server is away, and the dialog takes the keys of who types just then. Here it is
#: closed before the next key can come, and the focus is back where it was.
_CLOSE_SERVER_DIALOGS = """
addEventListener('DOMContentLoaded', () => {
    const close = () => {
        for (const dialog of document.querySelectorAll('.jp-Dialog')) {
            if (/connection to the Jupyter server|Server Connection Error|File Save Error/.test(dialog.textContent)) {
                dialog.querySelector('button')?.click();
            } else {
                filling.observe(dialog, { childList: true, subtree: true });  // its title comes a moment later
            }
        }
    };
    const filling = new MutationObserver(close);
    new MutationObserver(close).observe(document.body, { childList: true });
});
"""


class Person:
    """Works in one notebook page of JupyterLab or Notebook 7."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.add_init_script(_CLOSE_SERVER_DIALOGS)

    @property
    def status(self) -> Locator:
        """The indicator in the notebook's toolbar."""
        return self.page.locator(".jp-NotebookPanel-toolbar .jp-Prompter-status, .jp-Toolbar .jp-Prompter-status").first

    @property
    def prompt(self) -> Locator:
        """The inline prompts."""
        return self.page.locator(".jp-Prompter-prompt")

    @property
    def cells(self) -> Locator:
        """The cells on the page."""
        return self.page.locator(".jp-Notebook .jp-Cell")

    def open(self, address: str, *, recording: bool = True) -> None:
        """Open the notebook, and wait until its kernel is ready and the recording runs."""
        self.page.goto(address)
        self.wait_for_kernel()
        if recording:
            expect(self.status).to_have_attribute("data-state", "recording")

    def wait_for_kernel(self) -> None:
        """Until the kernel waits for work."""
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell.currentWidget;
                const context = panel?.sessionContext;
                return context?.isReady && context.session?.kernel?.status === 'idle'
                    && context.session.kernel.connectionStatus === 'connected';
            }"""
        )

    def edit(self, index: int) -> None:
        """Put the caret at the end of a cell's text."""
        self.cells.nth(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+End")

    def type(self, text: str) -> None:
        """Type, key by key; an emoji comes as from an input method."""
        self.page.keyboard.type(text, delay=5)

    def insist(self, index: int, text: str) -> None:
        """Type at the end of a cell, and again what did not arrive there since JupyterLab took the focus."""
        whole = self.source(index) + text
        while (held := self.source(index)) != whole:
            assert whole.startswith(held), f"the cell holds {held!r}"
            self.edit(index)
            self.type(whole.removeprefix(held))

    def source(self, index: int) -> str:
        """A cell's text."""
        source: str = self.page.evaluate(
            "index => window.jupyterapp.shell.currentWidget.content.widgets[index].model.sharedModel.getSource()", index
        )
        return source

    def command(self, name: str) -> None:
        """Run a command as the palette or a menu would; it may ask in a dialog, so its end is not waited for."""
        self.page.evaluate("name => { void window.jupyterapp.commands.execute(name); }", name)

    def run(self, index: int) -> None:
        """Run a cell, and wait until it has got a new count and is idle again."""
        before = self.count_of(index)
        self.select(index)
        self.command("notebook:run-cell")
        expect(self.cells.nth(index).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))
        self.page.wait_for_function(
            """([index, before]) => {
                const model = window.jupyterapp.shell.currentWidget.content.widgets[index].model;
                return model.executionCount !== null && model.executionCount !== before
                    && model.executionState === 'idle';
            }""",
            arg=[index, before],
        )

    def count_of(self, index: int) -> int | None:
        """A cell's execution count."""
        count: int | None = self.page.evaluate(
            "index => window.jupyterapp.shell.currentWidget.content.widgets[index].model.executionCount ?? null", index
        )
        return count

    def select(self, index: int) -> None:
        """Make a cell the active one, in command mode."""
        self.page.evaluate(
            """index => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                notebook.deselectAll();
                notebook.mode = 'command';
            }""",
            index,
        )

    def save(self) -> None:
        """Save, and wait until the file is written.

        The server of a shared notebook writes it too, a second after a change; where it did so just before, JupyterLab
        asks whether to write over that, and the answer is yes.
        """
        self.page.evaluate(
            """async () => {
                const { context } = window.jupyterapp.shell.currentWidget;
                const answer = new MutationObserver(() => document.querySelector('.jp-Dialog .jp-mod-warn')?.click());
                if (context.model.collaborative) {
                    answer.observe(document.body, { childList: true, subtree: true });
                }
                try {
                    await context.save();
                } finally {
                    answer.disconnect();
                }
            }"""
        )

    def dirty(self) -> bool:
        """Whether JupyterLab holds the notebook for changed since it was saved."""
        dirty: bool = self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.dirty")
        return dirty

    def sent(self) -> None:
        """Wait until everything that was recorded is in the log. Typing is recorded half a second after its first key.

        A page that does not record has nothing to send, so it is looked at before and after.
        """
        expect(self.status).to_have_attribute("data-state", "recording")
        expect(self.status).to_have_attribute("data-unsent", "0")
        expect(self.status).to_have_attribute("data-state", "recording")

    def answer(self, text: str) -> None:
        """Answer the open prompt by keyboard alone."""
        self.command("prompter:focus-prompt")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def choose_kernel(self, name: str = "python3") -> None:
        """Choose a kernel, as JupyterLab asks one to once it noticed that the old one is gone."""
        # It looks by itself, but seldom where it could not ask a few times.
        self.page.evaluate("() => window.jupyterapp.serviceManager.sessions.refreshRunning()")
        self.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.sessionContext.session === null")
        self.page.evaluate(
            """async name => {
                await window.jupyterapp.shell.currentWidget.sessionContext.changeKernel({ name });
            }""",
            name,
        )
        self.wait_for_kernel()
