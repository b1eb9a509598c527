"""Sessions to be told, and what a reader of the Markdown sees."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

from prompter_events import Event
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from support.lifelike import Desk

HOSTILE = [
    "<script>window.ran = true</script>",
    "</code></pre></script><script>window.ran = true</script>",
    "<img src=x onerror='window.ran = true'>",
    '" onload="window.ran = true" x="',
    "[a](javascript:window.ran=true) ![b](http://example.com/x.png)",
    "```\n## Aim, in their words\n> stolen\n```",
    "# <b>heading</b>\n\n| a | b |\n| --- | --- |",
    "</details></section><h2>Result</h2>",
    "$\\href{javascript:window.ran=true}{x}$ \\(y\\) @@0@@",
    "&lt;script&gt; &amp; &#x3c;",
    "{{ 7 * 7 }} %s {0} =cmd|' /C calc'!A0",
    "\x00\x01\x1b[31mred\x7f\x9f\x0c\r\nnext\rline",
    "\u202egnp.exe\u2066 שלום 👩‍👩‍👧‍👦",
    "\u2028line\u2029paragraph\x85next",
    "wide " + "x" * 100_000,
]


def hostile_session() -> list[Event]:
    """A session in which every text that a participant can type is an attack."""
    desk = Desk(seed=5)
    desk.open(*((f"given-{i}", "code", text) for i, text in enumerate(HOSTILE)), path=HOSTILE[1] + ".ipynb")
    for number, text in enumerate(HOSTILE):
        cell = f"given-{number}"
        words = desk.add("markdown", f"# {text}\n\n{text}")
        run = desk.run(
            cell, "error" if number % 2 else "ok", 1, output=text[:5_000], error=f"{text[:200]}: {text[:99]}"
        )
        told = r.EstimatorFact(
            name=text[:99], kind=text[:99], did="scored", parameters={text[:50]: text[:50]}, metric=text[:50], value=0.5
        )
        size = r.FrameShape(rows=3, columns=1, names=[text[:99]])
        frame = r.FrameFact(name=text[:99], kind=text[:99], before=None, after=size)
        bound = [text[:99]]
        desk.emit(r.KernelFacts(run_id=run, read=bound, bound=bound, frames=[frame], estimators=[told]))
        _type(desk, cell, f"{text[:300]}\nprint({number})")
        desk.run(cell, "ok", 1, output=text[:5_000])
        prompt = desk.ask(cell, run, f"Why {text[:1_000]}?", text[:100])
        if number % 4 == 3:
            desk.emit(p.PromptDismissed(prompt_id=prompt, reason="skip"))
        else:
            desk.answer(prompt, text[:50_000], text[:100])
        if number % 3 == 0:
            desk.remove(words)
            desk.remove(cell)
    desk.emit(n.SessionClosed(reason=HOSTILE[0]))
    return desk.events


def cut_emoji(desk: Desk) -> str:
    """A cell in which an edit left half an emoji."""
    cell = desk.add("code", "x = '😀'")
    desk.emit(n.CellEdited(cell_id=cell, changes=[(0, [5, -1])], cause="user"))
    return cell


def long_session(events: int = 20_000) -> list[Event]:
    """Days of work in one notebook: many cells, errors, pauses, restarts and questions."""
    desk = Desk(seed=9)
    desk.open(("title", "markdown", "# Long\n\n" + "Many words. " * 400))
    cells: list[str] = []
    number = 0
    while len(desk.events) < events:
        if number % 17 == 0:
            if number % 51 == 0:
                desk.add("markdown", f"## Part {number // 51}\n\nWhat part {number // 51} is about.")
            cells.append(desk.add())
        cell = cells[-1 - number * 7 % min(4, len(cells))]
        name = f"frame_{number % 40}"
        source = f"import pandas as pd\n{name} = pd.read_csv('data/{number % 9}.csv')\nmodel_{number % 5}.fit({name})\n"
        _type(desk, cell, source + f"{name}[{name}['x'] > {number}].shape")
        failed = number % 9 == 4
        error = f"KeyError: 'x{number}'" if failed else ""
        run = desk.run(cell, "error" if failed else "ok", 0.2, "" if failed else f"({number}, 3)", error)
        if number % 40 == 7:
            prompt = desk.ask(cell, run, "What are you trying to do or find out in this cell?", "new-cell")
            desk.answer(prompt, f"Answer {number}. " * 60)
        if number % 90 == 89:
            desk.wait(400)
        if number % 400 == 399:
            desk.emit(r.KernelRestarted(kernel_id="k1", name="python3"))
        number += 1
    return desk.events


def _type(desk: Desk, cell_id: str, source: str) -> None:
    cell = desk.cells[desk.index(cell_id)]
    for start in range(0, len(source), 8):
        ops: list[int | str] = [start, source[start : start + 8]] if start else [-len(cell[2]), source[:8]]
        desk.emit(n.CellEdited(cell_id=cell_id, changes=[(0, [op for op in ops if op != 0])], cause="user"))
        desk.wait(1)
    cell[2] = source


class Document(HTMLParser):
    """What is seen of a rendered document: its text by headings of the second level, its tags and links."""

    def __init__(self, rendered: str) -> None:
        super().__init__()
        self.sections: dict[str, str] = {"": ""}
        self.quotes: dict[str, list[str]] = {"": []}
        self.rows: dict[str, list[list[str]]] = {"": []}
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self._open: list[str] = []
        self._heading = ""
        self.feed(rendered)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag in {"br", "hr", "img", "input", "meta", "link"}:
            self._said("\n")
            return
        self._open.append(tag)
        if tag == "h2":
            self._heading = ""
        elif tag == "blockquote":
            self.quotes[self._heading].append("")
        elif tag == "tr":
            self.rows[self._heading].append([])
        elif tag in {"td", "th"}:
            self.rows[self._heading][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "h2":
            self._heading = self._heading.strip()
            for known in (self.sections, self.quotes, self.rows):
                assert self._heading not in known, f"two sections {self._heading!r}"
            self.sections[self._heading], self.quotes[self._heading], self.rows[self._heading] = "", [], []
        elif tag in {"p", "li", "tr", "td", "th", "summary", "pre"}:
            self._said("\n" if tag != "td" else " ")

    def handle_data(self, data: str) -> None:
        if "h2" in self._open:
            self._heading += data
            return
        self._said(data)
        if "blockquote" in self._open:
            self.quotes[self._heading][-1] += data
        if "td" in self._open or "th" in self._open:
            self.rows[self._heading][-1][-1] += data

    def _said(self, data: str) -> None:
        if self._heading in self.sections:
            self.sections[self._heading] += data


def read(markdown: str) -> Document:
    """A Markdown document as its readers see it."""
    made: str = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return Document(made)


def plain(text: str) -> str:
    """Text without thousands' commas and with single blanks."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", " ".join(text.split()))
