"""What people do at random, for tests of what must hold whatever they do."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from hypothesis import strategies as st

from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import IdleBegan, IdleEnded, NotebookRenamed, SessionClosed
from prompter_events.catalogue.prompts import PromptAnswered, PromptDismissed, PromptQuiet, PromptSnoozed
from prompter_events.catalogue.runs import EstimatorFact, RunFinished
from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn, StudyEnded
from support.desk import DAY, HOUR, MINUTE, SECOND, Desk, frame, seen

Action = tuple[str, str, int]
"""What is done, to which cell, and a number: which of several, or how long in µs."""

CELLS = "abcd"
PAUSES = (SECOND // 2, SECOND, 3 * SECOND, 40 * SECOND, 4 * MINUTE, 6 * MINUTE, 20 * MINUTE, 2 * HOUR)
SOURCES = (
    "loans = pd.read_csv('loans.csv')",
    "loans = loans.dropna()",
    "# without gaps\nloans = loans.dropna( )",
    "model = LogisticRegression()\nmodel.fit(X, y)",
    "model = RandomForestClassifier()\nmodel.fit(X, y)",
    "%%bash\nls",
    "",
)


def actions(
    *, answers: bool = True, end: bool = False, most: int = 80, asks: bool = False
) -> st.SearchStrategy[list[Action]]:
    """Streams of actions; time passes in every third of them. ``asks``: researchers ask too."""
    kinds = [
        *IN_CELL,
        *PAGES,
        *(ANSWERS if answers else ()),
        *(["end"] if end else []),
        *([*LEAVES] if asks else []),
    ]
    often = st.sampled_from(
        ("write", "write", "run", "type", "add", "finish", "focus", *(("schedule", *ASKS) if asks else ()))
    )
    kind = st.one_of(st.just("wait"), st.sampled_from(kinds), often)
    return st.lists(st.tuples(kind, st.sampled_from(CELLS), st.sampled_from(PAUSES)), min_size=20, max_size=most)


def act(desk: Desk, action: Action) -> None:
    """Do one thing, if it can be done."""
    kind, cell, number = action
    if kind == "add" and cell not in desk.sources:
        desk.add(cell, _source(cell, number))
    elif kind == "end":
        desk.say(StudyEnded(by="participant"))
    elif kind in ASKS:
        question = f"Why at {len(desk.events)}?"  # another one each time, by which it is known again
        desk.ask(question, page=PAUSES.index(number) % len(desk.sessions), **ASKS[kind])
    elif kind in LEAVES:
        desk.say(LEAVES[kind])
    elif kind in PAGES:
        PAGES[kind](desk, number)
    elif kind in ANSWERS and (prompts := desk.issued):
        desk.say(ANSWERS[kind](prompts[-1 - number % len(prompts)].prompt_id, number))
    elif kind in IN_CELL and cell in desk.sources:
        IN_CELL[kind](desk, cell, number)


def _source(cell: str, number: int) -> str:
    return SOURCES[(PAUSES.index(number) + CELLS.index(cell)) % len(SOURCES)]


def _reload(desk: Desk, number: int) -> None:
    desk.running.clear()  # the page is gone; nobody says how its runs ended
    desk.open()


def _reload_unsaved(desk: Desk, number: int) -> None:
    desk.running.clear()
    desk.reload_unsaved(*sorted(desk.sources)[: 1 + PAUSES.index(number) % 2])


def _turn(desk: Desk, number: int) -> None:
    desk.page = number % len(desk.sessions)


def _run_all(desk: Desk, number: int) -> None:
    for run_id in [desk.schedule(cell) for cell in sorted(desk.sources)]:
        desk.wait(SECOND // 4)
        desk.finish(run_id)


def _run(desk: Desk, cell: str, number: int) -> None:
    run_id = desk.schedule(cell)
    desk.wait(SECOND // 10)
    desk.finish(run_id)


def _write(desk: Desk, cell: str, number: int) -> None:
    """What people do most: they change a cell, run it and look."""
    desk.type(cell, _source(cell, number))
    desk.wait(SECOND)
    _run(desk, cell, number)
    desk.wait(3 * SECOND)


def _fail(desk: Desk, cell: str, number: int) -> None:
    desk.finish(desk.schedule(cell), "error")


def _finish(desk: Desk, cell: str, number: int) -> None:
    for run_id, other in list(desk.running.items()):
        if other == cell:
            desk.finish(run_id)


def _offline(desk: Desk, cell: str, number: int) -> None:
    """The run is told late: the page had no connection."""
    run_id = desk.schedule(cell)
    del desk.running[run_id]
    finished = RunFinished(run_id=run_id, status="ok", execution_count=1, duration_ms=5)
    desk.say(finished, occurred_at=desk.now - number)


def _data(desk: Desk, cell: str, number: int) -> None:
    run_id = desk.run(cell)
    desk.wait(SECOND // 100 if number < 4 * MINUTE else 4 * SECOND)  # some facts are late
    desk.say(seen(run_id, frame("loans", (1000, "ab"), (number // SECOND, "ab")), read=["loans"]))


def _model(desk: Desk, cell: str, number: int) -> None:
    run_id = desk.schedule(cell)
    desk.say(seen(run_id, estimators=[EstimatorFact(name="m", kind="Ridge", did="fitted")]))
    desk.finish(run_id)


PAGES: dict[str, Callable[[Desk, int], None]] = {
    "wait": lambda desk, number: desk.wait(number),
    "night": lambda desk, number: desk.wait(DAY),
    "reload": _reload,
    "reload unsaved": _reload_unsaved,
    "close": lambda desk, number: desk.say(SessionClosed(reason="closed")),
    "open": lambda desk, number: desk.open(),
    "turn": _turn,
    "run all": _run_all,
    "idle": lambda desk, number: desk.say(IdleBegan(after_ms=60_000)),
    "awake": lambda desk, number: desk.say(IdleEnded()),
    "rename": lambda desk, number: desk.say(NotebookRenamed(path="b.ipynb")),
    "quiet": lambda desk, number: desk.say(PromptQuiet(for_ms=number // 1000)),
}

LEAVES: dict[str, Body] = {
    "withdraw": ConsentWithdrawn(version="v1"),
    "agree": ConsentGiven(version="v1"),
}

ANSWERS: dict[str, Callable[[UUID, int], Body]] = {
    "answer": lambda id_, number: PromptAnswered(prompt_id=id_, text="to see", choice=None, drafting_ms=900),
    "skip": lambda id_, number: PromptDismissed(prompt_id=id_, reason="skip"),
    "never": lambda id_, number: PromptDismissed(prompt_id=id_, reason="never"),
    "later": lambda id_, number: PromptSnoozed(prompt_id=id_, until=number),
}

IN_CELL: dict[str, Callable[[Desk, str, int], object]] = {
    "add": lambda desk, cell, number: None,  # it is there
    "type": lambda desk, cell, number: desk.type(cell, _source(cell, number)),
    "focus": lambda desk, cell, number: desk.focus(cell),
    "remove": lambda desk, cell, number: desk.remove(cell),
    "schedule": lambda desk, cell, number: desk.schedule(cell),
    "finish": _finish,
    "run": _run,
    "fail": _fail,
    "write": _write,
    "offline": _offline,
    "data": _data,
    "model": _model,
}

ASKS: dict[str, dict[str, bool]] = {
    "ask": {},
    "ask at once": {"urgent": True},
    "ask all the same": {"override": True},
    "ask at once all the same": {"urgent": True, "override": True},
}
"""What a researcher wants, about whichever page of the participant."""
