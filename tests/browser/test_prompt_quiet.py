"""A prompt leaves people alone: none comes up within the quiet time, and the caret never moves for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import EAGER, study_file

QUIET_MS = 1500

PATIENT = f"""\
study: browser-test
capture: {{outputs: full}}
pace:
  quiet: {{typing: {QUIET_MS} ms, run: 500 ms}}
  caps: {{hour: 1000, day: 1000, apart: 0 s}}
"""

WATCH_KEYS = """() => {
    window.seen = { key: 0, shown: 0 };
    addEventListener('keydown', () => { if (!window.seen.shown) window.seen.key = performance.now(); }, true);
    new MutationObserver((_, observer) => {
        if (document.querySelector('.jp-Prompter-prompt')) {
            window.seen.shown = performance.now();
            observer.disconnect();
        }
    }).observe(document.body, { childList: true, subtree: true });
}"""

FOLLOW_CARET = """() => {
    const scroller = document.querySelector('.jp-WindowedPanel-outer') ?? document.querySelector('.jp-Notebook');
    const top = () => {
        const caret = document.querySelector('.jp-Notebook .cm-editor.cm-focused .cm-content');
        return caret === null ? null : caret.getBoundingClientRect().top;
    };
    window.caret = { tops: [], top };
    const look = () => {
        const now = top();
        if (now !== null) window.caret.tops.push(now);
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


def test_no_prompt_comes_up_within_the_quiet_time(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    log = {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}
    lab = start_lab("lab", {**log, **study_file(tmp_path, PATIENT)})
    write_notebook(lab.root / "quiet.ipynb", "first = 1", "second = ", "third = 3")
    person.open(lab.page("quiet.ipynb"))
    person.edit(1)
    person.type("2")
    page.evaluate(WATCH_KEYS)
    person.run(1)
    person.edit(2)
    # Longer than the quiet time in all, and never that long without a key.
    page.keyboard.type(" + 4 + 5 + 6", delay=QUIET_MS / 4)
    expect(person.prompt).to_be_visible()
    seen = page.evaluate("() => window.seen")
    assert seen["shown"] - seen["key"] >= QUIET_MS


@pytest.mark.parametrize("mode", ["contentVisibility", "full", "defer", "none"])
def test_the_caret_stays_while_a_prompt_above_it_comes_grows_and_goes(
    mode: str, start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    log = {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}
    lab = start_lab("lab", {**log, **study_file(tmp_path, EAGER)})
    settings = lab.root.parent / "config" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": mode}), encoding="utf-8")
    write_notebook(lab.root / "caret.ipynb", *(f"a{n} = {n}\nb{n} = {n}" for n in range(30)))
    person.open(lab.page("caret.ipynb"))
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.notebookConfig.windowingMode") == mode
    page.evaluate(
        """async () => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.activeCellIndex = 15;
            await content.scrollToItem(15, 'center');
        }"""
    )
    asking, typing = (page.locator(f'.jp-Cell:has-text("a{n} = {n}")').first for n in (14, 15))
    asking.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    person.type("0")
    page.keyboard.press("Control+Enter")
    typing.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.evaluate(FOLLOW_CARET)

    person.type("1")
    expect(person.prompt).to_have_attribute("data-state", "resting")
    page.wait_for_function("() => window.caret.tops.length > 10")
    box, at = person.prompt.bounding_box(), typing.bounding_box()
    assert box is not None
    assert at is not None
    assert box["y"] < at["y"], "the prompt stands above the caret"
    assert spread(page) <= 1

    # It grows under the hand; then the caret is where it was.
    [before] = page.evaluate("() => [window.caret.top()]")
    person.command("prompter:focus-prompt")
    expect(person.prompt).to_have_attribute("data-state", "drafting")
    for line in ("one", "two", "three"):
        page.keyboard.type(line)
        page.keyboard.press("Shift+Enter")
    page.evaluate("() => { window.caret.tops = []; }")
    page.keyboard.press("Enter")
    expect(person.prompt).to_have_attribute("data-state", "sent")
    page.wait_for_function("() => window.caret.tops.length > 5")
    assert abs(page.evaluate("() => window.caret.tops[0]") - before) <= 1

    # Its line goes by itself, with the caret back in the cell.
    expect(person.prompt).to_have_count(0)
    page.wait_for_function("n => window.caret.tops.length > n", arg=page.evaluate("() => window.caret.tops.length + 5"))
    assert spread(page) <= 1


def spread(page: Page) -> float:
    """By how many pixels the caret's place differed over all frames that were drawn."""
    tops: list[float] = page.evaluate("() => window.caret.tops")
    return max(tops) - min(tops)
