"""A narrative as a notebook: the story in Markdown, and the code that was left as code.

It holds no outputs but plain text, so that nothing in it runs when it is opened.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from ..text import well_formed
from ..timeline.markup import clean
from .markdown import Writer
from .model import FinalCell, Narrative


def ipynb(narrative: Narrative, timeline: str = "") -> str:
    """The file's text, nbformat 4.5. Each code cell stands in the chapter in which it was last worked on."""
    writer = Writer(timeline)
    left = {cell.cell_id: cell for cell in narrative.final}
    cells = [_story(writer.head(narrative))]
    for chapter in narrative.chapters:
        cells.append(_story(writer.chapter(chapter)))
        cells += [_code(left.pop(cell_id)) for cell_id in chapter.cells if cell_id in left]
    if left:
        cells.append(_story("## Code that nobody worked on in this session"))
        cells += [_code(cell) for cell in left.values()]
    cells.append(_story(writer.end(narrative)))
    return _file(cells, narrative.kernel_name)


def of_markdown(text: str) -> str:
    """A notebook of one Markdown cell."""
    return _file([_story(text)], "")


def _story(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": well_formed(text)}


def _code(cell: FinalCell) -> dict[str, Any]:
    outputs = []
    if cell.output:
        outputs.append({"output_type": "stream", "name": "stdout", "text": clean(cell.output)})
    return {
        "cell_type": "code",
        "execution_count": cell.execution_count,
        "metadata": {},
        "outputs": outputs,
        "source": well_formed(cell.source),
    }


def _file(cells: list[dict[str, Any]], kernel: str) -> str:
    for index, cell in enumerate(cells):
        # Ids must be there and differ; these are the same for the same narrative.
        content = f"{index} {cell['cell_type']} {cell['source']}".encode()
        cell["id"] = blake2b(content, digest_size=8).hexdigest()
    name = well_formed(kernel)
    metadata = {"kernelspec": {"name": name, "display_name": name}} if name else {}
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
