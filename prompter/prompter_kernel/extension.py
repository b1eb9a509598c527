"""The IPython extension: after each run it publishes a message ``prompter_facts``, parented to the run's request."""

from __future__ import annotations

import threading
from typing import Any

from .budget import Budget, Clock
from .observer import Observer, Run

MESSAGE = "prompter_facts"

_FIGURES = ("image/", "application/vnd.plotly", "application/vnd.vega", "application/vnd.bokehjs_exec")


class FactsExtension:
    """Connected to one shell. Nothing that goes wrong in it reaches the person's code, or is printed."""

    def __init__(self, shell: Any, clock: Clock | None = None) -> None:
        self._shell = shell
        self._clock = clock
        self._observer = Observer(frozenset(shell.user_ns_hidden) | {"get_ipython", "In", "Out"})
        # Subshells run in threads of their own, and hooks of displays belong to a thread.
        self._thread = threading.local()
        self._turn = threading.Lock()

    def load(self) -> None:
        """Begin, taking the namespace as it is."""
        self._shell.events.register("pre_run_cell", self.before)
        self._shell.events.register("post_run_cell", self.after)
        with self._turn:
            self._observer.begin(self._shell.user_ns, self._budget())

    def unload(self) -> None:
        """Leave the shell as it was."""
        self._shell.events.unregister("pre_run_cell", self.before)
        self._shell.events.unregister("post_run_cell", self.after)
        for publisher in getattr(self._thread, "hooked", ()):
            publisher.unregister_hook(self._count)

    def before(self, info: object) -> None:
        """A run begins; or, within it, one that a magic such as ``%%capture`` makes."""
        try:
            running = self._running()
            running.append(info)
            if len(running) == 1:
                self._thread.figures = 0
                self._hook()
        except BaseException:
            return

    def after(self, result: Any) -> None:
        """A run is over, well or not. Whatever happens here, the person's next cell comes."""
        try:
            running = self._running()
            info = getattr(result, "info", None)
            if running and (info is None or running[-1] is info):
                info = running.pop()
            if not running and info is not None and not info.silent and info.raw_cell.strip():
                self._publish(self._run(info, result))
        except BaseException:
            return

    def _run(self, info: Any, result: Any) -> Run:
        if getattr(result, "error_before_exec", None) is not None:
            return Run("")  # it is no Python, so nothing ran
        source = getattr(info, "transformed_cell", None)
        if source is None:  # older IPython
            source = self._shell.transform_cell(info.raw_cell)
        error = getattr(result, "error_in_exec", None)
        return Run(
            source=source,
            value=getattr(result, "result", None),
            ended_at=None if error is None else _line_of(error, self._shell.user_ns),
            figures=getattr(self._thread, "figures", 0),
        )

    def _publish(self, run: Run) -> None:
        kernel = getattr(self._shell, "kernel", None)
        if kernel is None:
            return  # IPython in a terminal has nobody to tell
        budget = self._budget()
        with self._turn:
            content = self._observer.observe(run, self._shell.user_ns, budget)
        kernel.session.send(
            kernel.iopub_socket,
            MESSAGE,
            content,
            parent=kernel.get_parent("shell"),
            ident=f"kernel.{kernel.ident}.{MESSAGE}".encode(),
        )

    def _budget(self) -> Budget:
        return Budget() if self._clock is None else Budget(self._clock)

    def _running(self) -> list[object]:
        """The runs of this thread that are not over, the inner ones last."""
        if not hasattr(self._thread, "running"):
            self._thread.running = []
        running: list[object] = self._thread.running
        return running

    def _hook(self) -> None:
        """See what this thread displays."""
        if hasattr(self._thread, "hooked"):
            return
        publishers = (self._shell.display_pub, self._shell.displayhook)
        self._thread.hooked = [each for each in publishers if hasattr(each, "register_hook")]
        for publisher in self._thread.hooked:
            publisher.register_hook(self._count)

    def _count(self, message: Any) -> Any:
        """Count a message if it shows a figure, and pass it on. One that redraws another is none more."""
        try:
            shows = message["header"]["msg_type"] in ("display_data", "execute_result")
            if shows and any(mime.startswith(_FIGURES) for mime in message["content"]["data"]):
                self._thread.figures += 1
        finally:
            return message  # noqa: B012


def _line_of(error: BaseException, namespace: object) -> int | None:
    """The line of the cell's statement that raised, counted from 1."""
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_globals is namespace:
            return at.tb_lineno
        at = at.tb_next
    return None
