"""What the kernel ``prompter`` tells of a run comes into the log, joined to the run; tags and language come with it."""

from __future__ import annotations

import json
from pathlib import Path

from prompter.storage import open_study_log
from prompter_events.catalogue.notebook import CellEdited, FocusChanged, SessionOpened
from prompter_events.catalogue.runs import KernelFacts, RunFinished, RunScheduled
from support.awaiting import awaited
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import Person

LOAD = """\
import pandas as pd
loans = pd.DataFrame({f"column_{number}": range(1000) for number in range(8)}, dtype=float)
loans.iloc[:120, 0] = None"""
CLEAN = "loans = loans.dropna()"
FAIL = "loans['column_1'] = 1 / 0"

RETICENT = """\
study: reticent
capture: {outputs: full, keystrokes: false, focus: false}
"""


def write(lab: Lab, *sources: str) -> None:
    """A notebook of the kernel ``prompter``, whose last cell has a tag."""
    path = lab.root / "loans.ipynb"
    write_notebook(path, *sources)
    notebook = json.loads(path.read_text("utf-8"))
    notebook["metadata"]["kernelspec"] = {
        "display_name": "Python 3 (prompter)",
        "language": "python",
        "name": "prompter",
    }
    notebook["cells"][-1]["metadata"]["tags"] = ["section-clean"]
    path.write_text(json.dumps(notebook, indent=1) + "\n", "utf-8")


def test_a_run_is_told_with_the_frame_before_and_after(start_lab: StartLab, person: Person, tmp_path: Path) -> None:
    lab = start_lab("lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"})
    write(lab, LOAD, CLEAN, FAIL)
    person.open(lab.page("loans.ipynb"))
    for index in range(3):
        person.run(index)
    person.sent()
    bodies = awaited(bodies_in(tmp_path))
    [opened] = [body for body in bodies if isinstance(body, SessionOpened)]
    assert opened.client.language == "en"
    assert [cell.tags for cell in opened.cells] == [[], [], ["section-clean"]]
    runs = [body.run_id for body in bodies if isinstance(body, RunScheduled)]
    facts = [body for body in bodies if isinstance(body, KernelFacts)]
    assert [each.run_id for each in facts] == runs
    [loans] = facts[1].frames
    assert (loans.name, loans.kind) == ("loans", "pandas.DataFrame")
    assert loans.before is not None
    assert loans.after is not None
    assert (loans.before.rows, loans.before.columns, loans.before.missing) == (1000, 8, 120)
    assert (loans.after.rows, loans.after.columns, loans.after.missing) == (880, 8, 0)
    assert (facts[2].read, facts[2].frames) == (["loans"], [])
    assert [body.status for body in bodies if isinstance(body, RunFinished)] == ["ok", "ok", "error"]


def test_a_study_that_wants_less_gets_no_pace_and_no_places(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    study = tmp_path / "reticent.yaml"
    study.write_text(RETICENT, "utf-8")
    lab = start_lab("lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "PROMPTER_STUDY": str(study)})
    write(lab, "a", "b")
    person.open(lab.page("loans.ipynb"))
    person.edit(0)
    person.type("xyzzy")
    person.select(1)
    # What is typed last is open for half a second more, or until something follows it.
    person.save()
    person.sent()
    bodies = awaited(bodies_in(tmp_path))
    edits = [body for body in bodies if isinstance(body, CellEdited)]
    assert "".join(op for edit in edits for _, ops in edit.changes for op in ops if isinstance(op, str)) == "xyzzy"
    assert all(len(edit.changes) == 1 and edit.changes[0][0] == 0 for edit in edits)
    assert not [body for body in bodies if isinstance(body, FocusChanged)]


async def bodies_in(directory: Path) -> list[object]:
    async with open_study_log(f"sqlite:///{directory}/log.db") as log:
        return [event.body async for event in log.read()]
