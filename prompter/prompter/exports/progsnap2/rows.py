"""The events of one session as rows of a ProgSnap2 main table, with the code states and resources that they point to.

Pure: events go in, in order, and rows come out. Every event of a session makes at least one row, so that nothing is
left out in silence; what ProgSnap2 has no event for becomes an event whose type begins with ``X-``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from prompter_events.catalogue import Body
from prompter_events.event import Event
from prompter_projections.notebook import NotebookState

from ..stream import ReleasedSession
from . import of_cells, of_prompts, of_runs, of_study
from .maker import Made, Maker, Question
from .states import CodeStates


class SessionRows:
    """Makes the rows of one session.

    ``states`` are its own, with numbers that go on through the export; ``questions`` are those of its notebook.
    """

    def __init__(self, session: ReleasedSession, states: CodeStates, questions: MutableMapping[str, Question]) -> None:
        self._maker = Maker(session, states, questions)

    def take(self, event: Event, body: Body) -> Iterator[Made]:
        """What an event makes; what a row points to comes before it."""
        maker = self._maker
        before, after = maker.cells.take(event, body)
        maker.count = 0
        step = _STEPS.get(event.type)
        if step is None:
            yield maker.other(event, body)
        else:
            yield from step(maker, event, body, before, after)


# One step for each type that has columns of its own; a step gets the body of its own type.
_STEPS: dict[str, Callable[[Maker, Event, Any, NotebookState, NotebookState], Iterator[Made]]] = {
    "session.opened": of_cells.opened,
    "session.closed": of_cells.closed,
    "notebook.saved": of_cells.saved,
    "notebook.renamed": of_cells.renamed,
    "notebook.reloaded": of_cells.replaced,
    "recording.resumed": of_cells.replaced,
    "cell.added": of_cells.added,
    "cell.removed": of_cells.removed,
    "cell.edited": of_cells.edited,
    "focus.changed": of_cells.focused,
    "run.scheduled": of_runs.scheduled,
    "run.started": of_runs.started,
    "run.finished": of_runs.finished,
    "prompt.issued": of_prompts.issued,
    "prompt.shown": of_prompts.shown,
    "prompt.focused": of_prompts.followed,
    "prompt.answered": of_prompts.followed,
    "prompt.amended": of_prompts.followed,
    "prompt.dismissed": of_prompts.followed,
    "prompt.snoozed": of_prompts.followed,
    "prompt.expired": of_prompts.followed,
    "prompt.withdrawn": of_prompts.followed,
    "task.began": of_study.task_began,
    "task.ended": of_study.task_ended,
    "capture.lost": of_study.lost,
    "capture.invalid": of_study.invalid,
}
