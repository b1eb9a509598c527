"""What a study shows: notebooks, timelines and narratives that display themselves in a notebook.

Whatever a participant typed is data. A notebook is shown as escaped text and nothing else; pages with scripts of ours
stand in a sandboxed frame, where neither they nor what they show reaches the notebook around them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prompter_projections import Notebook
from prompter_projections.narrative import FORMATS as NARRATIVE_FORMATS
from prompter_projections.narrative import Material, Narrative
from prompter_projections.narrative import render as render_narrative
from prompter_projections.notebook import Cell, Note
from prompter_projections.text import well_formed
from prompter_projections.timeline import FORMATS, Align, SessionRow, Timeline, render, render_study, study_timeline
from prompter_projections.timeline import facts as timeline_facts
from prompter_projections.timeline.markup import escaped

from ..errors import SettingInvalid

if TYPE_CHECKING:
    import nbformat

MAX_SHOWN = 2_000
"""Characters of one source or output in a displayed notebook; ``save`` and ``to_ipynb`` keep all of it."""

MAX_SHOWN_EVENTS = 20_000
"""Events up to which a displayed study holds the sessions' own timelines: two megabytes of the notebook's file."""

FRAME_HEIGHT = 640
"""Pixels of the frame in which a page stands; its corner can be drawn."""


class View(ABC):
    """What every view has: a text for terminals, HTML for notebooks, and files."""

    suffixes: Sequence[str] = ()
    """What ``save`` writes, by the file's suffix."""

    @abstractmethod
    def summary(self) -> str:
        """One line that says what this is."""

    @abstractmethod
    def html(self) -> str:
        """The HTML that a notebook shows."""

    @abstractmethod
    def content(self, suffix: str) -> bytes:
        """The bytes of a file with one of ``suffixes``."""

    def save(self, path: str | Path) -> Path:
        """Write a file; its suffix says which format. Returns the path.

        Raises ``SettingInvalid`` for a suffix that is none of ``suffixes``, and ``OSError``.
        """
        file = Path(path)
        if file.suffix.lower() not in self.suffixes:
            raise SettingInvalid(f"{file} ends in {file.suffix or 'nothing'}; known: {', '.join(self.suffixes)}")
        file.write_bytes(self.content(file.suffix.lower()))
        return file

    def __repr__(self) -> str:
        return f"<{self.summary()}>"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """What IPython shows: HTML where a front end has it, else one line."""
        makers = {"text/plain": self.__repr__, "text/html": self.html}
        return {
            mime: make()
            for mime, make in makers.items()
            if (not include or mime in include) and not (exclude and mime in exclude)
        }

    def _repr_html_(self) -> str:
        return self.html()


class NotebookView(View):
    """A notebook as it stood. ``cells`` and ``notes`` are plain values; ``to_ipynb()`` gives an nbformat notebook."""

    suffixes = (".ipynb",)

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        """The notebook itself, see ``prompter_projections.Notebook``."""

    @property
    def session_id(self) -> UUID:
        """Whose session's."""
        return self.notebook.session_id

    @property
    def position(self) -> int:
        """The last event that it tells; 0 before the first."""
        return self.notebook.position

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells, first to last."""
        return self.notebook.cells

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the reader should know: where events contradict each other, what was passed over, holes."""
        return self.notebook.notes

    @property
    def partial(self) -> bool:
        """Whether a part of some cell's text is withheld."""
        return self.notebook.partial

    def to_ipynb(self) -> nbformat.NotebookNode:
        """The notebook in nbformat 4.5."""
        return self.notebook.to_ipynb()

    def content(self, suffix: str) -> bytes:
        """See ``View``: the notebook as JupyterLab writes it."""
        import nbformat  # noqa: PLC0415  # its JSON schema takes a moment to import

        text: str = nbformat.writes(self.to_ipynb())  # type: ignore[no-untyped-call]  # nbformat has no types here
        return f"{text}\n".encode()

    def summary(self) -> str:
        """See ``View``."""
        return f"notebook {self._path()} of session {self.session_id} at position {self.position}: {self._count()}"

    def html(self) -> str:
        """See ``View``. Sources and outputs stand there as text: nothing of it is rendered or run."""
        head = f"<b>{_text(self._path())}</b> at position {self.position:,} · {self._count()}"
        notes = "".join(
            f'<div style="{_NOTE}">position {note.position:,}: {_text(note.text)}</div>' for note in self.notes[:10]
        )
        if self.partial:
            notes += f'<div style="{_NOTE}">A part of the text was not recorded and is shown as ▒.</div>'
        cells = "".join(_cell(cell) for cell in self.cells)
        # Whoever has no mouse scrolls it by the keyboard.
        label = f'tabindex="0" role="region" aria-label="{escaped(self.summary())}"'
        return f'<div {label} style="{_BOX}"><div style="{_HEAD}">{head}</div>{notes}{cells}</div>'

    def _path(self) -> str:
        return " ".join(well_formed(self.notebook.state.path).split()) or "without a path"

    def _count(self) -> str:
        return f"{len(self.cells)} {'cell' if len(self.cells) == 1 else 'cells'}"


class TimelineView(View):
    """The timelines of one session, or small multiples of many. ``rows`` and ``timelines`` are their plain models."""

    suffixes = FORMATS

    def __init__(
        self, rows: Sequence[SessionRow], timelines: Sequence[Timeline], *, align: Align = "begin", title: str = ""
    ) -> None:
        """``timelines`` of all rows, or of none, if they are too many to be in one page."""
        self.rows = tuple(rows)
        """See ``prompter_projections.timeline.SessionRow``; one for each session."""
        self.timelines = tuple(timelines)
        """See ``prompter_projections.timeline.Timeline``; empty if there are too many."""
        self._align: Align = align
        self._title = title

    def content(self, suffix: str) -> bytes:
        """See ``View``: the page, or its picture."""
        return self._drawn(suffix, self.timelines)

    def _drawn(self, suffix: str, inside: Sequence[Timeline]) -> bytes:
        if len(self.rows) == 1:
            return render(self.timelines, suffix)
        study = study_timeline(self.rows, align=self._align)
        return render_study(study, self._title, suffix, timelines=inside)

    def summary(self) -> str:
        """See ``View``."""
        if len(self.rows) != 1:
            return f"timelines of {len(self.rows)} sessions: {self._title}"
        [timeline] = self.timelines
        return f"timeline of session {timeline.session.session_id}: {_figures(timeline)}"

    def html(self) -> str:
        """See ``View``: the page in a sandboxed frame. A large study's sessions are in ``save``'s page alone."""
        is_small = sum(row.session.events for row in self.rows) <= MAX_SHOWN_EVENTS
        return framed(self._drawn(".html", self.timelines if is_small else ()).decode(), self.summary())


class NarrativeView(View):
    """How somebody approached a notebook. ``narrative`` is the plain model, or the text of another narrator."""

    suffixes = NARRATIVE_FORMATS

    def __init__(self, narrative: Narrative | str, material: Material) -> None:
        self.narrative = narrative
        """See ``prompter_projections.narrative.Narrative``."""
        self._material = material

    @property
    def session_id(self) -> UUID:
        """Whose session's."""
        return self._material.timeline.session.session_id

    def to_markdown(self) -> str:
        """The narrative in Markdown."""
        return self.content(".md").decode()

    def to_ipynb(self) -> nbformat.NotebookNode:
        """The narrative as a notebook: the story, and the code that was left as code cells."""
        import nbformat  # noqa: PLC0415  # its JSON schema takes a moment to import

        return nbformat.reads(self.content(".ipynb").decode(), as_version=4)  # type: ignore[no-untyped-call,no-any-return]

    def content(self, suffix: str) -> bytes:
        """See ``View``."""
        return render_narrative(self.narrative, suffix, self._material)

    def summary(self) -> str:
        """See ``View``."""
        return f"narrative of session {self.session_id}: {_figures(self._material.timeline)}"

    def html(self) -> str:
        """See ``View``: the page in a sandboxed frame."""
        return framed(self.content(".html").decode(), self.summary())


def _figures(timeline: Timeline) -> str:
    return ", ".join(f"{figure} {words}".strip() for figure, words in timeline_facts.figures(timeline))


def framed(page: str, title: str) -> str:
    """A page in a frame of its own: its scripts run there, with no way to the notebook, its cookies or the server."""
    # Else links to places in the page would be places in the notebook around it. It stands before the page's policy.
    page = page.replace("<head>", '<head><base href="about:srcdoc">', 1)
    return (
        f'<iframe sandbox="allow-scripts" referrerpolicy="no-referrer" title="{escaped(title)}" '
        f'style="width:100%;height:{FRAME_HEIGHT}px;border:0;resize:vertical" '
        f'srcdoc="{escape(page)}">{escaped(title)}</iframe>'
    )


# JupyterLab's own colours where they are known; elsewhere the page's.
_BOX = (
    "font-family:var(--jp-ui-font-family,sans-serif);font-size:13px;color:var(--jp-ui-font-color1,inherit);"
    "border:1px solid var(--jp-border-color2,#8888);border-radius:3px;max-height:600px;overflow:auto"
)
_HEAD = "padding:6px 10px;border-bottom:1px solid var(--jp-border-color2,#8888)"
_NOTE = "padding:2px 10px;color:var(--jp-warn-color0,inherit)"
_ROW = "display:flex;gap:8px;padding:4px 10px"
_LABEL = (
    "flex:0 0 5.5em;text-align:right;font-family:var(--jp-code-font-family,monospace);"
    "color:var(--jp-ui-font-color2,inherit)"
)
_CODE = (
    "flex:1;min-width:0;margin:0;padding:4px 8px;white-space:pre-wrap;overflow-wrap:anywhere;text-align:left;"
    "font-family:var(--jp-code-font-family,monospace)"
)
_SOURCE = f"{_CODE};background:var(--jp-cell-editor-background,#8881)"


def _cell(cell: Cell) -> str:
    if cell.cell_type == "code":
        count = " " if cell.execution_count is None else str(cell.execution_count)
        rows = [_row(f"[{count}]:", cell.source, _SOURCE)]
    else:
        rows = [_row(cell.cell_type, cell.source, _CODE)]
    for output in cell.outputs:
        told = output.text if output.text is not None else f"{output.bytes:,} bytes, whose text was not recorded"
        rows.append(_row(output.mime, told, _CODE))
    if cell.error is not None:
        rows.append(_row("error", f"{cell.error.name}: {cell.error.message}", _CODE))
    return "".join(rows)


def _row(label: str, text: str, style: str) -> str:
    told = f'<pre style="{style}">{_text(text)}</pre>'
    return f'<div style="{_ROW}"><span style="{_LABEL}">{_text(label)}</span>{told}</div>'


def _text(text: str) -> str:
    """A text as data within HTML, and not longer than a screen or two."""
    if len(text) > MAX_SHOWN:
        text = f"{text[:MAX_SHOWN]}… ({len(text) - MAX_SHOWN:,} more characters)"
    return escaped(text)
