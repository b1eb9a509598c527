"""Nothing that the plugin does changes a byte of a saved notebook, or makes one dirty."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from support.notebooks import StartLab, write_notebook
from support.person import Person

SOURCES = ("import math\nmath.pi", "print('one')\n1 / 0", "# given\nx = 2")


def session(browser: Browser, start_lab: StartLab, tmp_path: Path, *, plugin: bool) -> tuple[bytes, bytes, bool, bool]:
    """What is on disk after opening and after work, and whether the notebook was dirty then."""
    log = f"sqlite:///{tmp_path}/{plugin}.db"
    lab = start_lab("lab", {"PROMPTER_LOG": log}, plugin=plugin)
    write_notebook(lab.root / "bytes.ipynb", *SOURCES, heading="Bytes")
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        person = Person(context.new_page())
        person.open(lab.page("bytes.ipynb"), recording=plugin)
        expect(person.status).to_have_count(1 if plugin else 0)
        dirty_at_first = person.dirty()
        person.save()
        opened = (lab.root / "bytes.ipynb").read_bytes()
        for index in (1, 2, 3):
            person.edit(index)
            person.type(f"  # 😀 {index}")
            person.run(index)
        if plugin:  # the question is open, answered, dismissed while the file is written
            expect(person.prompt.first).to_be_visible()
            person.answer("to look at pi")
        person.save()
        return opened, (lab.root / "bytes.ipynb").read_bytes(), dirty_at_first, person.dirty()
    finally:
        context.close()


def test_the_saved_notebook_is_the_same_with_and_without_the_plugin(
    browser: Browser, start_lab: StartLab, tmp_path: Path
) -> None:
    without = session(browser, start_lab, tmp_path, plugin=False)
    with_ = session(browser, start_lab, tmp_path, plugin=True)
    assert with_ == without
    assert "😀" in with_[1].decode("utf-8")
