"""The drawing of a session: what the SVG file, the PNG and the page all show."""

from __future__ import annotations

from collections.abc import Iterable

from . import facts, glyphs, marks
from .layout import AXIS, BIN, LABEL_COLUMNS, LEFT, STRIP, TOP, Layout, Row, binned
from .markup import element, escaped, label
from .model import first_line
from .scale import rough, tick

SANS = 'Inter, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", sans-serif'
MONO = '"SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace'


def figure(plan: Layout, name: str, *, interactive: bool) -> str:
    """One session as a ``<g>``; ``name`` is unique in the document. ``interactive``: marks can take the focus."""
    width, height = plan.right - LEFT + 12, plan.height
    definitions = element(
        "defs",
        glyphs.hatching(f"hatch-{name}"),
        element(
            "clipPath", element("rect", cls="plot", x=LEFT - 6, y=0, width=width, height=height), id=f"plot-{name}"
        ),
        element("clipPath", element("rect", cls="names", x=0, y=0, width=LEFT - 5, height=height), id=f"names-{name}"),
    )
    plot = "".join(
        [
            *(_line_of(plan, row) for row in plan.rows),
            *_pauses(plan, f"hatch-{name}"),
            *_gaps(plan, f"hatch-{name}", interactive),
            *_edits(plan),
            *marks.strip(plan, interactive),
            *marks.runs_and_prompts(plan, interactive),
        ]
    )
    return element(
        "g",
        definitions,
        "".join(_ground(plan)),
        element("g", "".join(_names(plan)), clip_path=f"url(#names-{name})"),
        element("g", plot, cls="plotted", clip_path=f"url(#plot-{name})"),
    )


def _ground(plan: Layout) -> Iterable[str]:
    """Bands, grid, axis, the strip's line."""
    for top, height in plan.bands:
        yield element("rect", cls="across", x=0, y=top, width=plan.right, height=height, rx=3, fill="band")
    if plan.removed_top is not None:
        y = plan.removed_top
        yield element("line", cls="across", x1=0, y1=y, x2=plan.right, y2=y, stroke="hair")
    ticks = []
    for moment in plan.scale.ticks():
        x = plan.scale(moment)
        ticks.append(element("line", x1=x, y1=TOP - 4, x2=x, y2=plan.height, stroke="hair"))
        text = element("text", tick(moment), x=x, y=AXIS, text_anchor="middle", font_size=11, fill="ink3")
        ticks.append(text)
    yield element("g", "".join(ticks), cls="ticks")
    yield element("line", cls="across strip-line", x1=LEFT, y1=STRIP, x2=plan.right, y2=STRIP, stroke="rule")


def _names(plan: Layout) -> Iterable[str]:
    yield element("text", "Session", x=8, y=STRIP + 4, fill="ink3", font_size=11)
    if plan.removed_top is not None:
        unplaced = any(lane.removed_at is None for lane in plan.timeline.removed)
        words = "Removed or without a place" if unplaced else "Removed cells"
        yield element("text", words, x=8, y=plan.removed_top - 6, fill="ink3", font_size=11)
    for row in plan.rows:
        lane = row.lane
        y = row.base + (-1 if lane.heading else 2)
        if lane.number is not None:
            yield element("text", str(lane.number), x=20, y=y, text_anchor="end", fill="ink3", font_size=11)
        if lane.heading:
            words = escaped(label(lane.heading, LABEL_COLUMNS))
            yield element("text", words, x=26, y=y, fill="ink", font_size=12, font_weight=700)
            continue
        words = label(first_line(lane.source), LABEL_COLUMNS)
        italic = lane.number is None or not words
        yield element(
            "text",
            escaped(words or "(empty)"),
            x=26,
            y=y,
            fill="ink3" if italic else "ink2",
            font_size=11,
            font_style="italic" if italic else None,
            font_family=SANS if lane.cell_type == "markdown" or not words else MONO,
        )


def _line_of(plan: Layout, row: Row) -> str:
    """A lane's line, with a tick where the cell came and two where it went."""
    parts = []
    y = row.base
    for span in row.lane.spans:
        end = plan.timeline.session.end if span.end is None else span.end
        parts.append(
            element(
                "line",
                cls="span",
                x1=plan.x(span.begin),
                y1=y + 0.5,
                x2=plan.x(end),
                y2=y + 0.5,
                stroke="rule",
                **marks.times(plan, span.begin, end),
            )
        )
        if not span.given:
            parts.append(marks.placed(plan, span.begin, y, element("path", d="M0 -5V5", stroke="ink3")))
        if span.end is not None:
            gone = element("path", d="M0 -7V9m3 -16v16", stroke="ink2", stroke_width="1.2", fill="none")
            parts.append(marks.placed(plan, span.end, y, gone))
    return element("g", "".join(parts), opacity=marks.opacity(row)) if parts else ""


def _pauses(plan: Layout, hatch: str) -> Iterable[str]:
    for mark in plan.timeline.strip:
        if mark.kind == "paused":
            yield marks.stretched(
                plan, mark.begin, mark.end, y=STRIP - 9, height=plan.height - STRIP + 9,
                fill=f"url(#{hatch})", fill_opacity="0.3",
            )  # fmt: skip


def _hatched(begin: float, end: float, height: float, hatch: str) -> str:
    top = STRIP - 9
    return element(
        "rect", cls="hatched", x=begin, y=top, width=end - begin, height=height - top,
        fill=f"url(#{hatch})", fill_opacity="0.3",
    )  # fmt: skip


def _gaps(plan: Layout, hatch: str, interactive: bool) -> Iterable[str]:
    """Folded quiet times: a break through everything, the length written in."""
    top = STRIP - 9
    break_line = element(
        "path", d=glyphs.wave(top, plan.height), fill="none", stroke="ink3", stroke_width="0.8", stroke_opacity="0.6"
    )
    for index, (gap, fold) in enumerate(zip(plan.gaps, plan.scale.folds, strict=True)):
        begin, end = plan.scale(fold.begin), plan.scale(fold.end)
        length = fold.end - fold.begin
        middle = (begin + end) / 2
        parts = [
            element(
                "rect",
                cls="cover",
                x=begin,
                y=top,
                width=end - begin,
                height=plan.height - top,
                fill="paper",
                fill_opacity="0.96",
            ),
            _hatched(begin, end, plan.height, hatch) if gap.paused else "",
            element("g", break_line, cls="edge", transform=f"translate({begin:.1f} 0)"),
            element("g", break_line, cls="edge", transform=f"translate({end:.1f} 0)"),
        ]
        if end - begin > 30:
            parts.append(element("rect", cls="chip", x=middle - 15, y=STRIP - 8, width=30, height=15, fill="paper"))
            parts.append(
                element(
                    "text",
                    rough(length),
                    x=middle,
                    y=STRIP + 4,
                    text_anchor="middle",
                    font_size="10.5",
                    font_style="italic",
                    fill="ink3",
                )
            )
        words = f"{'pause' if gap.paused else 'nothing happened for'} {facts.lasting(length)}, folded"
        yield marks.hot(interactive, f"g:{index}", words, "".join(parts), cls="gap", data_at=f"{fold.begin:.3f}")


def _edits(plan: Layout) -> Iterable[str]:
    """Bars up from the lines, height by the square root of characters, one scale for all lanes."""
    drawn = [
        (row, remote, binned(plan, row.lane.edits, remote=remote)) for row in plan.rows for remote in (False, True)
    ]
    sums = sorted(total for _, _, bins in drawn for total in bins.values())
    # Above the 96th percentile bars are capped, so that one large paste does not flatten all the rest.
    tall = sums[int(len(sums) * 0.96)] if sums else 1
    for row, remote, bins in drawn:
        data = []
        for place, total in sorted(bins.items()):
            height = min(row.reach, 1.5 + (row.reach - 1.5) * (total / tall) ** 0.5)
            data.append(f"M{LEFT + place * BIN + 0.3:.1f} {row.base:g}v-{height:.1f}h2.3v{height:.1f}z")
        opacity = (marks.opacity(row) or 1) * (0.45 if remote else 1)
        if data:
            yield element(
                "path",
                cls="edits",
                d="".join(data),
                fill="edit",
                fill_opacity=None if opacity == 1 else f"{opacity:.2f}",
                data_lane=row.index,
                data_remote="1" if remote else None,
            )


def moved(x: float, y: float, drawn: str) -> str:
    """A drawing at another place."""
    return element("g", drawn, transform=f"translate({x:g} {y:g})")
