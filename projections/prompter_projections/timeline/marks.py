"""What stands at a moment: marks of the strip, runs, prompts, and the places that answer to the pointer.

Marks carry their times as ``data-`` attributes, in seconds since the begin, so that the page can place them anew. Their
number is bounded by pixels, not by events: runs and held-back prompts on the same pixel are one mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from . import facts, glyphs
from .layout import STRIP, Layout, Row, stretches
from .markup import element, escaped
from .model import Run
from .scale import clock

M = TypeVar("M")


def strip(plan: Layout, interactive: bool) -> Iterable[str]:
    """What concerns the whole session, on a line of its own above the lanes."""
    for index, mark in enumerate(plan.timeline.strip):
        key, words = f"s:{index}", f"{mark.text}, {clock(plan.seconds(mark.begin))}"
        span = times(plan, mark.begin, mark.end)
        if mark.kind in {"offline", "lost"}:
            begin = plan.x(mark.begin)
            # A hole in the record is never so short that it cannot be seen.
            end = max(plan.x(mark.end), begin + 12)
            colour = "err" if mark.kind == "lost" else "ink2"
            line = element(
                "path", cls="zigzag", d=glyphs.zigzag(0, end - begin, 0), fill="none", stroke=colour, stroke_width="1.3"
            )
            ground = element("rect", cls="zigzag-ground", x=0, y=-5, width=end - begin, height=10, fill="paper")
            drawn = ground + line
            if mark.kind == "lost":
                drawn += glyphs.CROSSED
        elif mark.kind == "paused":
            drawn = element(
                "rect", cls="bar", x=0, y=-8, width=max(3.0, plan.x(mark.end) - plan.x(mark.begin)), height=16,
                fill="transparent",
            )  # fmt: skip
        else:
            drawn = glyphs.strip(mark.kind) + element("rect", x=-7, y=-8, width=14, height=16, fill="transparent")
            if mark.kind in {"restart", "died"}:
                through = plan.height - STRIP
                drawn = element("path", d=f"M0 7V{through:g}", stroke="ink2", stroke_dasharray="2 3") + drawn
        yield hot(interactive, key, words, drawn, cls=f"strip {mark.kind}", at=(plan.x(mark.begin), STRIP), **span)


def runs_and_prompts(plan: Layout, interactive: bool) -> Iterable[str]:
    """Runs, then prompts, so that nothing covers the participant's voice."""
    length = plan.timeline.session.end - plan.timeline.session.begin
    if interactive:
        for row in plan.rows:
            for index, part in enumerate(stretches(row.lane, length)):
                yield stretched(
                    plan, part.begin, part.end, cls="stretch", y=row.base - row.reach, height=row.reach,
                    fill="transparent", data_key=f"e:{row.index}:{index}",
                )  # fmt: skip
    for row in plan.rows:
        # Outcomes by themselves, so that no error hides behind runs that went well.
        for outcome in ("ok", "unfinished", "lost", "aborted", "error"):
            runs = [run for run in row.lane.runs if run.outcome == outcome]
            for run, more in _apart(runs, lambda run: plan.x(run.begin), 1.0):
                yield _run(plan, row, run, more, interactive)
    for held in (True, False):
        for row in plan.rows:
            prompts = [(i, prompt) for i, prompt in enumerate(row.lane.prompts) if (prompt.fate == "held back") is held]
            # Only what was never seen is ever drawn as one.
            for (index, _), more in _apart(prompts, lambda one: plan.x(one[1].issued), 3.0 if held else 0.0):
                yield _prompt(plan, row, index, more, interactive)


def _run(plan: Layout, row: Row, run: Run, more: int, interactive: bool) -> str:
    begin = plan.x(run.begin)
    width = max(3.0, plan.x(run.end) - begin)
    words = f"{facts.name(row.lane)}, run {run.number}: {run.outcome}, {clock(plan.seconds(run.begin))}"
    hit = element("rect", cls="hit", x="-1.5", y=2, width=width + 3, height=15, rx=2, fill="transparent")
    return hot(
        interactive,
        f"r:{row.index}:{run.number - 1}",
        _and_more(words, more),
        hit + glyphs.run(run.outcome, width),
        cls="run",
        at=(begin, row.base),
        opacity=opacity(row),
        data_more=more or None,
        **times(plan, run.begin, run.end),
    )


def _prompt(plan: Layout, row: Row, index: int, more: int, interactive: bool) -> str:
    prompt = row.lane.prompts[index]
    # A prompt stands where the participant saw it, else where it was issued.
    at = prompt.shown if prompt.shown is not None else prompt.issued
    x = plan.x(at)
    held = prompt.fate == "held back"
    fate = "prompt held back" if held else f"prompt {prompt.fate}"
    words = f"{facts.name(row.lane)}: {fate}, {clock(plan.seconds(at))}"
    parts = [element("rect", cls="hit", x=-9, y=-9, width=18, height=18, rx=2, fill="transparent")]
    span = times(plan, at, at)
    if prompt.ended is not None and prompt.fate in {"answered", "dismissed"}:
        span = times(plan, at, prompt.ended)
        reach = plan.x(prompt.ended) - x
        whisker = f"M0 0H{reach:.1f}m0 -3v6" if reach > 7 else ""
        parts.append(element("path", cls="whisker", d=whisker, fill="none", stroke="askline", stroke_width="1.1"))
    # A ground of the band's colour lifts the diamond off the bars behind it.
    ground = "paper" if row.lane.number is None else "band"
    size = 7.5 if held else 9
    parts.append(element("path", d=f"M0 -{size:g}L{size:g} 0L0 {size:g}L-{size:g} 0Z", fill=ground))
    parts.append(glyphs.diamond(prompt.fate, 5.4 if held else 6.6))
    return hot(
        interactive,
        f"p:{row.index}:{index}",
        _and_more(words, more),
        "".join(parts),
        cls="prompt",
        at=(x, row.base - 9),
        opacity=0.8 if row.lane.number is None else None,
        data_more=more or None,
        **span,
    )


def _apart(marks: Iterable[M], x: Callable[[M], float], pixels: float) -> Iterable[tuple[M, int]]:
    """Marks at least so many pixels apart, each with the number of those that it stands for as well."""
    first: M | None = None
    left, more = 0.0, 0
    for mark in marks:
        if first is not None and abs(x(mark) - left) < pixels:
            more += 1
            continue
        if first is not None:
            yield first, more
        first, left, more = mark, x(mark), 0
    if first is not None:
        yield first, more


def hot(
    interactive: bool,
    key: str,
    words: str,
    drawn: str,
    *,
    cls: str,
    at: tuple[float, float] | None = None,
    **attributes: Any,
) -> str:
    """A mark that says what it is: to pointer and keyboard in a page, as a title in a plain file."""
    place = f"translate({at[0]:.1f} {at[1]:g})" if at else None
    if not interactive:
        title = element("title", escaped(words))
        return element("g", title, drawn, transform=place, opacity=attributes.get("opacity"))
    return element(
        "g", drawn, cls=f"mark {cls}", transform=place, tabindex=-1, role="button", aria_label=words, data_key=key,
        **attributes,
    )  # fmt: skip


def placed(plan: Layout, at: int, y: float, drawn: str) -> str:
    """A drawing at a moment."""
    return element("g", drawn, cls="at", transform=f"translate({plan.x(at):.1f} {y:g})", **times(plan, at, at))


def stretched(plan: Layout, begin: int, end: int, *, cls: str = "", **attributes: Any) -> str:
    """A rectangle from one moment to another."""
    x = plan.x(begin)
    return element(
        "rect", cls=f"stretched {cls}".strip(), x=x, width=max(3.0, plan.x(end) - x + 2), **attributes,
        **times(plan, begin, end),
    )  # fmt: skip


def times(plan: Layout, begin: int, end: int) -> dict[str, str]:
    """A mark's moments for the page, in seconds since the begin."""
    moments = {"data_at": f"{plan.seconds(begin):.3f}"}
    if end != begin:
        moments["data_to"] = f"{plan.seconds(end):.3f}"
    return moments


def opacity(row: Row) -> float | None:
    """Removed cells are pale."""
    return 0.6 if row.lane.number is None else None


def _and_more(words: str, more: int) -> str:
    return f"{words}, and {more} more here" if more else words
