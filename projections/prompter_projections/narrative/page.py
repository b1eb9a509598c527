"""A narrative as one HTML file: opens offline, fetches nothing, and treats what a participant typed as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from ..timeline.markup import escaped
from ..timeline.paper import file, sheet
from ..timeline.scale import clock
from .model import (
    Attempts,
    Block,
    Chapter,
    Code,
    Difference,
    Failure,
    Narrative,
    Paragraph,
    Parts,
    Quote,
    Row,
    Section,
    Sentence,
    Table,
    Variant,
)
from .words import how_known, spoken, told_positions

SHORT = 14
"""Characters of a cell of a table that stay on one line."""

_LINES = {"+": "new", "-": "old"}


def html(narrative: Narrative, timeline: str = "", drawing: str = "") -> bytes:
    """The page in UTF-8.

    Positions link to ``timeline``, the address of a page that ``prompter timeline`` wrote. ``drawing`` is an SVG
    element, the session in one line; it links to the chapters as ``#chapter-N``.
    """
    return _page(_title(narrative), _Writer(timeline).whole(narrative, drawing))


def of_text(title: str, told: str) -> bytes:
    """The page of a text that another narrator wrote, shown as it is."""
    body = (
        f'<main class="page"><header><h1>{escaped(title)}</h1>{_THEME}</header>'
        f'<div class="overview"><pre>{escaped(told)}</pre></div></main>'
    )
    return _page(title, body)


_THEME = '<button class="theme" type="button" aria-label="Light or dark">◐</button>'


def _page(title: str, body: str) -> bytes:
    return file(title, f"\n{body}", _style(), _text("page.js"))


class _Writer:
    def __init__(self, timeline: str) -> None:
        self._timeline = quote(timeline, safe="/:%")

    def whole(self, narrative: Narrative, drawing: str) -> str:
        figures = "".join(f"<span><b>{escaped(figure)}</b> {escaped(of)}</span>" for figure, of in narrative.figures)
        overview = "".join(self._section(section, "h2") for section in narrative.overview)
        chapters = "\n".join(self._chapter(chapter) for chapter in narrative.chapters)
        last = narrative.open_points
        return f"""<div class="page">
<header><h1>{_parts(narrative.title)}</h1><span class="sub">{escaped(narrative.circumstances)}</span>{_THEME}</header>
{self._contents(narrative)}
<main>
<div class="overview">{overview}<h2>The session</h2>{drawing}<div class="figures">{figures}</div></div>
{chapters}
<section class="open" id="open"><div class="timed title"><span class="at"></span><h2>{escaped(last.heading)}</h2></div>
{"".join(self._block(block) for block in last.blocks)}</section>
</main>
<footer>Narrator: {escaped(narrative.narrator)}. The same log gives the same bytes.</footer>
</div>"""

    def _contents(self, narrative: Narrative) -> str:
        items = "".join(
            f'<li><a href="#chapter-{chapter.number}"><span>{chapter.number}</span>'
            f'<span class="name">{_parts(chapter.title)}</span>{_time(chapter.at)}</a></li>'
            for chapter in narrative.chapters
        )
        opens = "; opens the timeline there" if self._timeline else ""
        return f"""<nav aria-label="Chapters"><ol>{items}
<li><a href="#open"><span></span><span class="name">{escaped(narrative.open_points.heading)}</span></a></li></ol>
<div class="key"><p><span class="ref"><span>23,662</span></span> a position in the log{opens}</p>
<p><span class="how">inferred</span> not in the log as such; it says from what</p>
<p><span class="how">by the kernel</span> what the kernel saw</p></div></nav>"""

    def _chapter(self, chapter: Chapter) -> str:
        sections = "".join(self._section(section, "h3") for section in chapter.sections)
        return f"""<section id="chapter-{chapter.number}"><div class="timed title">{_time(chapter.at)}<div>
<h2><span class="number">{chapter.number}</span>{_parts(chapter.title)}</h2>
<p class="why">{_parts(chapter.why)}{self._positions(chapter.positions)}</p></div></div>
{sections}</section>"""

    def _section(self, section: Section, level: str) -> str:
        blocks = "".join(self._block(block) for block in section.blocks)
        within = "" if level == "h2" else ' class="under"'
        if section.folded:
            summary = f"<summary>{escaped(section.heading)}</summary>"
            return f"<div{within}><details>{summary}<div>{blocks}</div></details></div>"
        if not section.heading:
            return blocks
        heading = f"<{level}>{escaped(section.heading)}</{level}>"
        return f"{heading if level == 'h2' else f'<div{within}>{heading}</div>'}{blocks}"

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph():
                return _timed(block.at, f"<p>{self._sentences(block.sentences)}</p>")
            case Quote():
                return _timed(block.at, self._quote(block))
            case Attempts():
                return _timed(block.at, self._attempts(block))
            case Failure():
                return _timed(block.at, self._failure(block))
            case Table():
                return _timed(None, self._table(block))

    def _quote(self, block: Quote) -> str:
        why = _how(block.inferred) if block.inferred else ""
        caption = f"{why}{_parts(block.caption)}{self._positions(block.positions)}"
        return f"<figure><blockquote>“{escaped(block.text)}”</blockquote><figcaption>{caption}</figcaption></figure>"

    def _attempts(self, block: Attempts) -> str:
        why = _how(block.inferred) if block.inferred else ""
        rows = []
        for index, variant in enumerate(block.variants):
            if index and block.left_out and index == len(block.variants) - 1:
                rows.append(f'<div class="gap"><span>{block.left_out:,} more between these</span></div>')
            rows.append(self._variant(variant))
        return f'<div>{why}{_parts(block.title)}<div class="variants">{"".join(rows)}</div></div>'

    def _variant(self, variant: Variant) -> str:
        kept = "<em>kept</em>" if variant.kept else ""
        outcome = f'<span class="bad">{_parts(variant.outcome)}</span>' if variant.status == "error" else ""
        difference = _difference(variant.difference) or '<span class="same">the same source</span>'
        return (
            f"<div{' class=kept' if variant.kept else ''}><span>{escaped(variant.name)}{kept}</span>"
            f'<div>{difference}</div><span class="outcome">{outcome or _parts(variant.outcome)}'
            f"{self._positions(variant.positions)}</span></div>"
        )

    def _failure(self, block: Failure) -> str:
        told = self._sentences(block.sentences)
        error = f'<div class="error">{escaped(block.error)}</div>'
        return f'<div class="failure">{error}{_difference(block.difference)}<p>{told}</p></div>'

    def _table(self, block: Table) -> str:
        headings = "".join(f'<th scope="col">{escaped(heading)}</th>' for heading in block.headings)
        rows = "".join(self._row(row) for row in block.rows)
        more = f'<p class="more">{block.left_out:,} more.</p>' if block.left_out else ""
        how = f'<p class="more">{_how(block.inferred)}</p>' if block.inferred else ""
        # What scrolls must be reachable by keyboard.
        return (
            f'<div class="scroll" tabindex="0" role="group" aria-label="{escaped(block.headings[0])}">'
            f'<table><thead><tr>{headings}<th scope="col">Positions</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>{how}{more}</div>"
        )

    def _row(self, row: Row) -> str:
        cells = [_parts(cell) for cell in row.cells]
        if row.marked:
            cells[0] += f"<em>{escaped(row.marked)}</em>"
        if row.inferred:
            cells[0] += f" {_how(row.inferred)}"
        marked = f' class="{row.marked}"' if row.marked == "best" else ""
        short = [" class=short" if len(spoken(cell)) <= SHORT else "" for cell in row.cells]
        told = "".join(f"<td{how}>{cell}</td>" for how, cell in zip(short, cells, strict=True))
        return f'<tr{marked}>{told}<td class="refs">{self._positions(row.positions, 2)}</td></tr>'

    def _sentences(self, sentences: Sequence[Sentence]) -> str:
        # From what is said once where sentence after sentence is known from the same.
        before = ["", *(each.inferred for each in sentences)]
        return " ".join(self._sentence(each, before[index]) for index, each in enumerate(sentences))

    def _sentence(self, sentence: Sentence, before: str) -> str:
        told = _parts(sentence.parts)
        if sentence.inferred:
            how = _how(sentence.inferred) if sentence.inferred != before else '<span class="how">inferred</span> '
            told = f'{how}<span class="inferred">{told}</span>'
        return f'<span class="s">{told}{self._positions(sentence.positions)}</span>'

    def _positions(self, positions: Sequence[int], most: int = 4) -> str:
        return f'<span class="ref">{" ".join(self._references(positions, most))}</span>' if positions else ""

    def _references(self, positions: Sequence[int], most: int) -> Iterator[str]:
        for told, position in told_positions(positions, most):
            if self._timeline and position is not None:
                yield f'<a href="{escaped(self._timeline)}#position={position}">{told}</a>'
            else:
                yield f"<span>{told}</span>"


def _parts(parts: Parts) -> str:
    return "".join(f"<code>{escaped(p.text)}</code>" if isinstance(p, Code) else escaped(p) for p in parts)


def _how(inferred: str) -> str:
    return f'<span class="how">{escaped(how_known(inferred))}</span> '


def _timed(at: int | None, inner: str) -> str:
    return f'<div class="timed">{_time(at)}{inner}</div>\n'


def _time(at: int | None) -> str:
    return f'<span class="at">{"" if at is None else clock(at / 1e6)}</span>'


def _difference(difference: Difference) -> str:
    lines = [
        f'<div class="{_LINES.get(line[:1], "")}"><b>{escaped(line[:1])}</b><span>{escaped(line[1:])}</span></div>'
        for line in difference.lines
    ]
    if difference.left_out:
        lines.append(f'<div><b></b><span class="same">… {difference.left_out:,} more changed lines</span></div>')
    return f'<div class="diff">{"".join(lines)}</div>' if lines else ""


def _title(narrative: Narrative) -> str:
    return f"Narrative · {spoken(narrative.title)}"


@cache
def _style() -> str:
    return sheet(_text("page.css"))


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
