"""Whatever events a session holds, in whatever order, each standard's rules are kept."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from uuid import UUID

import test_ocel2
import test_provenance
from hypothesis import given, settings
from hypothesis import strategies as st
from progsnap2_rules import problems as progsnap2_problems
from prov.model import ProvDocument
from releasing import released

from prompter.exports import FORMATS
from prompter_events import Event
from prompter_events.catalogue import Body
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from support.lifelike import Desk

CELLS = st.sampled_from(["a", "b", "=c", "a\0"])
RUNS = st.sampled_from([UUID(int=n) for n in range(1, 4)])
PROMPTS = st.sampled_from([UUID(int=n) for n in range(7, 9)])
TEXTS = st.sampled_from(["", "x = 1", "y = x + 1\nx", "=1", "'", "😀\n", "def f(", "df = pd.read_csv('d.csv')"])
CAUSES = st.sampled_from(["user", "paste", "undo", "split", "merge", "restore", "tool", "remote"])
PLACES = st.integers(0, 3)
OPS = st.lists(st.one_of(st.integers(-2, 4), TEXTS), max_size=3)
CODE = st.just("code")
SNAPSHOTS = st.lists(st.builds(n.CellSnapshot, cell_id=CELLS, cell_type=CODE, source=TEXTS), max_size=3)
ERRORS = st.builds(r.RunError, name=st.sampled_from(["SyntaxError", "KeyError"]), message=TEXTS, traceback=TEXTS)
OUTPUTS = st.lists(st.builds(r.RunOutput, mime=TEXTS, bytes=PLACES, digest=st.just(bytes(32)), text=TEXTS), max_size=2)
NAMES = st.lists(st.sampled_from(["x", "y", "df", ""]), max_size=2)
MOMENTS = st.just(0)

BODIES: st.SearchStrategy[Body] = st.one_of(
    st.builds(
        n.SessionOpened,
        notebook_path=TEXTS,
        kernel_name=TEXTS,
        client=st.just(n.Client(lab="", extension="", browser="")),
        cells=SNAPSHOTS,
    ),
    st.builds(n.NotebookReloaded, cells=SNAPSHOTS),
    st.builds(s.RecordingResumed, cells=SNAPSHOTS),
    st.builds(n.NotebookRenamed, path=TEXTS),
    st.builds(n.NotebookSaved, digest=st.just(bytes(32))),
    st.builds(
        n.CellAdded,
        cell_id=CELLS,
        index=PLACES,
        cell_type=CODE,
        source=TEXTS,
        cause=CAUSES,
        parents=st.lists(CELLS, max_size=2),
    ),
    st.builds(n.CellRemoved, cell_id=CELLS, index=PLACES, cause=CAUSES),
    st.builds(n.CellMoved, cell_id=CELLS, from_=PLACES, to=PLACES),
    st.builds(n.CellTypeChanged, cell_id=CELLS, cell_type=st.sampled_from(["markdown", "raw"])),
    st.builds(n.CellEdited, cell_id=CELLS, changes=st.lists(st.tuples(MOMENTS, OPS), max_size=2), cause=CAUSES),
    st.builds(n.FocusChanged, cell_id=st.one_of(st.none(), CELLS), visible=st.booleans()),
    st.builds(r.RunScheduled, run_id=RUNS, cell_id=CELLS, source=TEXTS),
    st.builds(r.RunStarted, run_id=RUNS),
    st.builds(
        r.RunFinished,
        run_id=RUNS,
        status=st.sampled_from(["ok", "error", "aborted", "lost"]),
        execution_count=st.one_of(st.none(), PLACES),
        duration_ms=st.none(),
        error=st.one_of(st.none(), ERRORS),
        outputs=OUTPUTS,
    ),
    st.builds(r.KernelFacts, run_id=st.one_of(st.none(), RUNS), read=NAMES, bound=NAMES),
    st.builds(r.KernelRestarted, kernel_id=TEXTS, name=TEXTS),
    st.builds(
        p.PromptIssued,
        prompt_id=PROMPTS,
        notebook_id=RUNS,
        cell_id=CELLS,
        run_id=st.one_of(st.none(), RUNS),
        cell_version=PLACES,
        question=TEXTS,
        choices=st.lists(TEXTS, max_size=2),
        language=TEXTS,
        author=st.sampled_from(["rule", "", "somebody"]),
        rule=TEXTS,
        trigger=PLACES,
        deliver=st.just("now"),
        decided_at=MOMENTS,
        after=PLACES,
    ),
    st.builds(p.PromptShown, prompt_id=PROMPTS),
    st.builds(p.PromptAnswered, prompt_id=PROMPTS, text=TEXTS, choice=st.one_of(st.none(), TEXTS), drafting_ms=PLACES),
    st.builds(p.PromptAmended, prompt_id=PROMPTS, text=TEXTS, choice=st.none()),
    st.builds(p.PromptWithdrawn, prompt_id=PROMPTS, decided_at=MOMENTS, after=PLACES),
    st.builds(s.TaskBegan, name=TEXTS),
    st.builds(s.TaskEnded, name=TEXTS),
    st.builds(n.SessionClosed, reason=TEXTS),
)


async def _written(directory: Path, events: list[Event]) -> None:
    async with released(events) as log:
        for name in ("progsnap2", "ocel2", "prov"):
            (directory / name).mkdir()
            await FORMATS[name].write(log, directory / name)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(BODIES, st.sampled_from([0.0, 1.0, -3.0])), min_size=1, max_size=25))
def test_whatever_happens_the_rules_are_kept(bodies: list[tuple[Body, float]]) -> None:
    desk = Desk()
    for body, seconds in bodies:
        desk.wait(seconds)
        desk.emit(body)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        asyncio.run(_written(directory, desk.events))
        assert progsnap2_problems(directory / "progsnap2") == []
        assert list(test_ocel2.problems(test_ocel2.read(directory / "ocel2"))) == []
        for session, document in test_provenance.documents(directory / "prov").items():
            assert list(test_provenance.problems(document)) == []
            source = str(directory / "prov" / "sessions" / f"{session}.provn")
            assert ProvDocument.deserialize(source=source, format="provn") == document
