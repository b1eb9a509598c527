"""The session in one line: edits above, runs below, questions on top, chapters behind. Long quiet times are folded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..timeline.markup import element
from ..timeline.model import Timeline
from ..timeline.scale import Fold, Scale
from .model import Chapter

WIDTH, HEIGHT, LINE = 720, 84, 44
"""Pixels; ``LINE`` is where edits end and runs begin."""

BIN = 4
"""Edits are summed over so many pixels."""

_Pixel = Callable[[int], float]


def spark(timeline: Timeline, chapters: Sequence[Chapter]) -> str:
    """The drawing as an SVG element. Its chapters link to ``#chapter-N``."""
    session = timeline.session
    length = (session.end - session.begin) / 1e6
    folds = [Fold((gap.begin - session.begin) / 1e6, (gap.end - session.begin) / 1e6) for gap in timeline.quiet]
    scale = Scale(2, WIDTH - 2, length, folds)

    def x(micros: int) -> float:
        return scale(min(max(micros - session.begin, 0) / 1e6, length))

    ground = [*_ground(chapters, scale), *_folded(scale)]
    return element(
        "svg",
        *ground,
        *_edits(timeline, x),
        *_runs(timeline, x),
        *_asked(timeline, x),
        cls="spark",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="group",
        aria_label="The session in one line: edits above, runs below, questions on top, chapters numbered",
    )


def _ground(chapters: Sequence[Chapter], scale: Scale) -> Iterator[str]:
    for chapter in chapters:
        begin, end = scale(chapter.at / 1e6), scale(chapter.until / 1e6)
        width = max(1.0, end - begin - 2)
        band = element("rect", x=begin, y=0, width=width, height=HEIGHT, rx=3, fill="band")
        number = element(
            "text",
            str(chapter.number),
            x=begin + 5,
            y=HEIGHT - 7,
            fill="ink2",
            font_size=11,
            font_weight=650,
        )
        name = f"Chapter {chapter.number}"
        yield element("a", band, number if width > 12 else "", href=f"#chapter-{chapter.number}", aria_label=name)


def _folded(scale: Scale) -> Iterator[str]:
    for fold in scale.folds:
        middle = (scale(fold.begin) + scale(fold.end)) / 2
        yield element(
            "path", d=f"M{middle:.1f} 8V{HEIGHT - 8}", stroke="ink3", stroke_width="0.8", stroke_dasharray="2 3"
        )


def _edits(timeline: Timeline, x: _Pixel) -> Iterator[str]:
    bins: dict[int, int] = {}
    for lane in timeline.all_lanes:
        for edit in lane.edits:
            place = int(x(edit.at) // BIN)
            bins[place] = bins.get(place, 0) + edit.inserted + edit.deleted
    sums = sorted(bins.values())
    # Above the 96th percentile bars are capped, so that one large paste does not flatten all the rest.
    tall = max(1, sums[int(len(sums) * 0.96)]) if sums else 1
    bars = [
        f"M{place * BIN + 0.4:.1f} {LINE}v-{1.5 + 24 * min(1.0, (total / tall) ** 0.5):.1f}h3.2V{LINE}z"
        for place, total in sorted(bins.items())
    ]
    if bars:
        yield element("path", d="".join(bars), fill="edit")


def _runs(timeline: Timeline, x: _Pixel) -> Iterator[str]:
    good: set[int] = set()
    bad: set[int] = set()
    for lane in timeline.all_lanes:
        for run in lane.runs:
            (bad if run.outcome == "error" else good).add(round(x(run.begin)))
    if good:
        yield element("path", d="".join(f"M{place} {LINE + 3}h1.6v7h-1.6z" for place in sorted(good)), fill="ok")
    if bad:
        crosses = "".join(f"M{p - 2} {LINE + 12}l5 5m0 -5l-5 5M{p} {LINE + 3}v6" for p in sorted(bad))
        yield element("path", d=crosses, fill="none", stroke="err", stroke_width="1.6")


def _asked(timeline: Timeline, x: _Pixel) -> Iterator[str]:
    shown = sorted(
        (round(x(prompt.shown if prompt.shown is not None else prompt.issued)), prompt.fate == "answered")
        for lane in timeline.all_lanes
        for prompt in lane.prompts
        if prompt.fate != "held back"
    )
    for place, answered in dict.fromkeys(shown):
        fill = "ask" if answered else "card"
        yield element("path", d=f"M{place} 5l4.5 4.5l-4.5 4.5l-4.5 -4.5z", fill=fill, stroke="askline")
