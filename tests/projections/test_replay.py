"""A notebook as it stood at a position or an instant, and its file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import nbformat
import pytest
from making import BEGIN, SECOND, Page, edited, opened, output, run

from prompter_events import SessionId, open_log
from prompter_events.catalogue.runs import RunError
from prompter_projections import UnknownSession, notebook_at


async def test_each_position_tells_the_notebook_as_it_stood_then() -> None:
    page, other = Page(), Page()
    async with open_log("memory://") as log:
        await page.say(log, opened(("a", "")), edited("a", ["x"]))
        await other.say(log, opened(("a", "other")))
        await page.say(log, edited("a", [1, "y"]))
        found = [(await notebook_at(log, page.session_id, position=n)).cells for n in range(5)]
        assert [cells[0].source if cells else None for cells in found] == [None, "", "x", "x", "xy"]
        last = await notebook_at(log, page.session_id)
        assert (last.cells[0].source, last.position) == ("xy", 4)


async def test_of_a_burst_only_the_keystrokes_up_to_the_instant_count() -> None:
    page = Page()
    async with open_log("memory://") as log:
        # The burst begins two seconds after BEGIN; its keystrokes are 100 ms apart.
        await page.say(log, opened(("a", "")), edited("a", ["x"], [1, "y"], [2, "z"]))
        burst = BEGIN + 2 * SECOND
        instants = [burst - 1, burst, burst + 99_999, burst + 100_000, burst + 10 * SECOND]
        found = [(await notebook_at(log, page.session_id, at=at)).cells[0].source for at in instants]
        assert found == ["", "x", "x", "xy", "xyz"]
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=burst + 100_000)
        assert (await notebook_at(log, page.session_id, at=moment)).cells[0].source == "xy"


async def test_wrong_questions_are_refused() -> None:
    async with open_log("memory://") as log:
        with pytest.raises(UnknownSession, match="knows no session"):
            await notebook_at(log, SessionId(uuid4()))
        with pytest.raises(ValueError, match="not both"):
            await notebook_at(log, SessionId(uuid4()), position=1, at=1)
        with pytest.raises(ValueError, match="no time zone"):
            await notebook_at(log, SessionId(uuid4()), at=datetime(2026, 1, 1))  # noqa: DTZ001


async def test_the_file_is_a_valid_notebook_with_the_same_cells() -> None:
    page = Page()
    error = RunError(name="ValueError", message="no", traceback="Traceback\nValueError: no")
    outputs = [
        output("hello\n"),
        output("<b>x</b>", "text/html"),
        output('{"a": 1}', "application/json"),
        output("{broken", "application/json"),
        output("cut in the middle", cut=5),
    ]
    async with open_log("memory://") as log:
        await page.say(
            log,
            opened(("a", "print()"), ("m", "# 😀", "markdown"), ("an id: not nbformat's", "", "raw"), ("r", "1/0")),
            *run("a", "print()", 3, outputs=outputs),
            *run("r", "1/0", 4, status="error", error=error),
        )
        made = (await notebook_at(log, page.session_id)).to_ipynb()
    nbformat.validate(made)
    assert nbformat.reads(nbformat.writes(made), as_version=4) == made
    assert made.metadata.kernelspec.name == "python3"
    code, markdown, raw, failed = made.cells
    assert (code.id, code.cell_type, code.source, code.execution_count) == ("a", "code", "print()", 3)
    assert [o.get("data", o.get("text")) for o in code.outputs] == [
        "hello\n",
        {"text/html": "<b>x</b>"},
        {"application/json": {"a": 1}},
    ]
    assert (markdown.id, markdown.cell_type) == ("m", "markdown")
    assert raw.metadata.prompter.cell_id == "an id: not nbformat's"
    assert failed.outputs[0].ename == "ValueError"
    assert failed.outputs[0].traceback == ["Traceback", "ValueError: no"]


async def test_half_an_emoji_does_not_spoil_the_file() -> None:
    page = Page()
    async with open_log("memory://") as log:
        await page.say(log, opened(("a", "😀")), edited("a", [1, -1]))
        notebook = await notebook_at(log, page.session_id)
    assert notebook.cells[0].source == "\ud83d"
    assert "�" in nbformat.writes(notebook.to_ipynb())


async def test_json_that_no_file_can_hold_is_mended_or_left_out() -> None:
    page = Page()
    texts = ['{"\\ud83d": "half \\ud83d"}', "[" * 400 + "]" * 400, "[NaN]", "[" * 100_000]
    outputs = [output(text, "application/json") for text in texts]
    async with open_log("memory://") as log:
        await page.say(log, opened(("a", "")), *run("a", "", outputs=outputs))
        [kept] = (await notebook_at(log, page.session_id)).to_ipynb().cells[0].outputs
        assert kept.data == {"application/json": {"\ufffd": "half \ufffd"}}
