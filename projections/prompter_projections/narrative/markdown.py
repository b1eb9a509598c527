"""A narrative as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from ..timeline.scale import clock
from . import markup
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
)
from .words import how_known, told_positions


class Writer:
    """Writes the parts of a narrative; ``timeline`` is the address to which positions link, empty for none."""

    def __init__(self, timeline: str = "") -> None:
        # What quote leaves has no meaning in Markdown between angle brackets.
        self._timeline = quote(timeline, safe="/:%")

    def whole(self, narrative: Narrative) -> str:
        """The narrative as one document."""
        parts = [self.head(narrative), *(self.chapter(chapter) for chapter in narrative.chapters)]
        parts.append(self.end(narrative))
        return "\n\n".join(parts) + "\n"

    def head(self, narrative: Narrative) -> str:
        """Title and overview."""
        figures = " · ".join(f"**{markup.text(strong)}** {markup.text(rest)}" for strong, rest in narrative.figures)
        under = [markup.text(narrative.circumstances), figures]
        chapters = [f"{each.number} {self._parts(each.title)} ({_clock(each.at)})" for each in narrative.chapters]
        if len(chapters) > 1:
            under.append(f"**Chapters:** {' · '.join(chapters)}")
        blocks = [f"# {self._parts(narrative.title)}", "  \n".join(line for line in under if line)]
        for section in narrative.overview:
            blocks += self._section(section, "##")
        return "\n\n".join(block for block in blocks if block)

    def chapter(self, chapter: Chapter) -> str:
        """One chapter."""
        title = f"## {chapter.number}. {self._parts(chapter.title)}"
        span = f"{_clock(chapter.at)} to {_clock(chapter.until)}"
        why = f"*{span}. {self._parts(chapter.why)}*{self._positions(chapter.positions)}"
        blocks = [title, why]
        for section in chapter.sections:
            blocks += self._section(section, "###")
        return "\n\n".join(blocks)

    def end(self, narrative: Narrative) -> str:
        """Open points, and what wrote the document."""
        blocks = list(self._section(narrative.open_points, "##"))
        narrator = f"*Narrator: {markup.text(narrative.narrator)}. The same log gives the same bytes.*"
        return "\n\n".join([*blocks, "---", narrator])

    def _section(self, section: Section, level: str) -> Iterator[str]:
        blocks = self._blocks(section.blocks)
        if section.folded:
            summary = markup.text(section.heading)
            yield f"<details>\n<summary>{summary}</summary>"
            yield from blocks
            yield "</details>"
            return
        if section.heading:
            yield f"{level} {markup.text(section.heading)}"
        yield from blocks

    def _blocks(self, blocks: Sequence[Block]) -> list[str]:
        """Several paragraphs that have no time are points of a list."""
        points = [block for block in blocks if isinstance(block, Paragraph) and block.at is None]
        if len(points) == len(blocks) > 1:
            return ["\n".join(f"- {self._sentences(point.sentences)}" for point in points)]
        return [self._block(block) for block in blocks]

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph():
                return self._timed(block.at, self._sentences(block.sentences))
            case Quote():
                return self._quote(block)
            case Attempts():
                return self._attempts(block)
            case Failure():
                return self._failure(block)
            case Table():
                return self._table(block)

    def _quote(self, block: Quote) -> str:
        said = [f"> {line}  " if line else ">" for line in markup.lines(block.text.strip("\n"))]
        why = f" *({markup.text(how_known(block.inferred))})*" if block.inferred else ""
        caption = f"— {self._parts(block.caption)}{why}{self._positions(block.positions)}"
        return "\n".join([*said, f"> {self._timed(block.at, caption)}"])

    def _attempts(self, block: Attempts) -> str:
        why = f" *({markup.text(how_known(block.inferred))})*" if block.inferred else ""
        blocks = [self._timed(block.at, f"{self._parts(block.title)}{why}")]
        for index, variant in enumerate(block.variants):
            if index and block.left_out and index == len(block.variants) - 1:
                blocks.append(f"*{block.left_out:,} more between these.*")
            kept = " **kept**" if variant.kept else ""
            positions = self._positions(variant.positions)
            blocks.append(f"**{markup.text(variant.name)}**{kept}: {self._parts(variant.outcome)}{positions}")
            blocks.append(self._difference(variant.difference))
        return "\n\n".join(block for block in blocks if block)

    def _failure(self, block: Failure) -> str:
        blocks = [self._timed(block.at, f"✗ {markup.code(block.error)}"), self._difference(block.difference)]
        blocks.append(self._sentences(block.sentences))
        return "\n\n".join(each for each in blocks if each)

    @staticmethod
    def _difference(difference: Difference) -> str:
        if not difference.lines:
            return ""
        more = f"\n  … {difference.left_out:,} more changed lines" if difference.left_out else ""
        # Each line stays one line, whatever ends of lines it holds.
        lines = [" ".join(markup.one_kind_of_line(line).split("\n")) for line in difference.lines]
        return markup.fenced("\n".join(lines) + more, "diff")

    def _table(self, block: Table) -> str:
        notes = [f"{len(block.rows):,} of {len(block.rows) + block.left_out:,}"] if block.left_out else []
        notes += [markup.text(how_known(block.inferred))] if block.inferred else []
        headings = [markup.text(heading) for heading in block.headings]
        headings[0] += f" *({'; '.join(notes)})*" if notes else ""
        return "\n".join([_row(headings), _row("---" for _ in headings), *(self._table_row(row) for row in block.rows)])

    def _table_row(self, row: Row) -> str:
        cells = [self._parts(cell) for cell in row.cells]
        why = f" *({markup.text(how_known(row.inferred))})*" if row.inferred else ""
        marked = f" **{markup.text(row.marked)}**" if row.marked else ""
        cells[0] += marked
        cells[-1] += why + self._positions(row.positions)
        return _row(cells)

    def _sentences(self, sentences: Sequence[Sentence]) -> str:
        # From what is said once where sentence after sentence is known from the same.
        before = ["", *(each.inferred for each in sentences)]
        return " ".join(self._sentence(each, before[index]) for index, each in enumerate(sentences))

    def _sentence(self, sentence: Sentence, before: str) -> str:
        how = "inferred" if sentence.inferred == before else markup.text(how_known(sentence.inferred))
        known = f"*({how})* " if sentence.inferred else ""
        return known + self._parts(sentence.parts) + self._positions(sentence.positions)

    @staticmethod
    def _parts(parts: Parts) -> str:
        told = "".join(markup.code(part.text) if isinstance(part, Code) else markup.text(part) for part in parts)
        # Four blanks at a line's beginning would make it code.
        return told.strip(" ")

    def _positions(self, positions: Sequence[int]) -> str:
        if not positions:
            return ""
        shown = [
            f"[{told}](<{self._timeline}#position={position}>)" if self._timeline and position is not None else told
            for told, position in told_positions(positions)
        ]
        return f" <sub>{' '.join(shown)}</sub>"

    @staticmethod
    def _timed(at: int | None, line: str) -> str:
        return line if at is None else f"**{_clock(at)}** {line}"


def _row(cells: Iterator[str] | Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _clock(micros: int) -> str:
    return clock(micros / 1e6)


def markdown(narrative: Narrative, timeline: str = "") -> str:
    """The document. Positions link to ``timeline``, the address of a page that ``prompter timeline`` wrote."""
    return Writer(timeline).whole(narrative)
