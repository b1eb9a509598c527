"""The marks, each drawn around its own origin. Every fate and outcome differs by shape; colour comes second."""

from __future__ import annotations

from collections.abc import Sequence

from .markup import element
from .model import Fate, Outcome, StripKind, Timeline

CROSSED = element("path", d="M-3 -9l5 5m0 -5l-5 5", stroke="err", stroke_width="1.5", fill="none")
"""What tells a hole in the record from a time without a connection."""


def diamond(fate: Fate, radius: float) -> str:
    """A prompt, centred on the origin."""
    r = radius
    shape = f"M0 {-r:g}L{r:g} 0L0 {r:g}L{-r:g} 0Z"
    width = max(1.0, r / 5)
    held = fate == "held back"
    parts = [
        element(
            "path",
            d=shape,
            fill="ask" if fate in {"answered", "dismissed"} else "card",
            stroke="askline",
            stroke_width=width,
            stroke_dasharray="2 1.6" if held else None,
            stroke_opacity="0.75" if held else None,
        )
    ]
    if fate == "dismissed":
        parts.append(element("path", d=f"M{-r * 0.95:g} 0H{r * 0.95:g}", stroke="paper", stroke_width=r / 1.7))
        parts.append(element("path", d=f"M{-r:g} 0H{r:g}", stroke="askline", stroke_width=r / 4))
    elif fate == "expired":
        parts.append(element("path", d=f"M{-r:g} 0L0 {r:g}L{r:g} 0Z", fill="ask", stroke="askline", stroke_width=width))
    elif fate == "withdrawn":
        parts.append(
            element(
                "path", d=f"M{-r * 0.9:g} {r * 0.9:g}L{r * 0.9:g} {-r * 0.9:g}", stroke="askline", stroke_width=width
            )
        )
    elif fate == "open":
        parts.append(element("circle", r=r / 3, fill="askline"))
    return "".join(parts)


def run(outcome: Outcome, width: float) -> str:
    """A run below its lane's line; the origin is its begin on that line."""
    if outcome == "ok":
        return element("rect", cls="bar", x=0, y=3, width=width, height=9, fill="ok")
    if outcome == "error":
        return element("rect", cls="bar", x=0, y=3, width=width, height=5, fill="err") + element(
            "path",
            d="M-1.5 9.5L4.5 15.5M-1.5 15.5L4.5 9.5",
            fill="none",
            stroke="err",
            stroke_width="1.9",
            stroke_linecap="round",
        )
    if outcome == "aborted":
        return element("path", d="M-1 3.5h5v8h-5ZM-1 11.5l5 -8", fill="paper", stroke="abort", stroke_width="1.1")
    return element(
        "rect",
        cls="bar wide",
        x=-1,
        y="3.5",
        width=max(5.0, width),
        height=8,
        fill="paper",
        stroke="abort",
        stroke_width="1.1",
        stroke_dasharray="2 1.5",
    )


def strip(kind: StripKind) -> str:
    """A mark of the session's strip that has no length, centred on the origin."""
    if kind == "save":
        return element("path", d="M-3.5 -3H3.5L0 3.5Z", fill="ink3")
    if kind == "restart":
        return element("circle", r=6, fill="paper") + element(
            "path",
            d="M3.6 -2.2A4.3 4.3 0 1 0 4.3 0.6M4.6 -4.6L4 -1.4L0.9 -2",
            fill="none",
            stroke="ink",
            stroke_width="1.4",
        )
    if kind == "died":
        return element("circle", r="4.6", fill="paper", stroke="err", stroke_width="1.4") + element(
            "path", d="M-2 -2L2 2M-2 2L2 -2", stroke="err", stroke_width="1.4"
        )
    if kind == "interrupt":
        return element("rect", x=-3, y=-3, width=6, height=6, fill="ink2")
    if kind == "reload":
        return element("path", d="M-3.5 3H3.5L0 -3.5Z", fill="paper", stroke="ink2", stroke_width="1.2")
    if kind == "closed":
        return element("path", d="M-1 -5V5M2 -5V5", stroke="ink2", stroke_width="1.4")
    raise ValueError(f"{kind} has a length")


def zigzag(begin: float, end: float, y: float) -> str:
    """The path data of a broken connection."""
    data, up, x = [f"M{begin:.1f} {y:g}"], 1, begin + 3
    while x <= end:
        data.append(f"L{x:.1f} {y - 3 * up:g}")
        x += 3
        up = -up
    return "".join(data)


def wave(top: float, bottom: float) -> str:
    """The path data of a break line through all lanes, around x = 0."""
    data, side, y = [f"M0 {top:g}"], 1, top
    while y < bottom:
        data.append(f"L{2.2 * side:g} {y + 3:g}")
        y += 6
        side = -side
    return "".join(data)


def hatching(name: str) -> str:
    """The definition of the hatch that stands for a pause; ``name`` is unique in the document."""
    return element(
        "pattern",
        element("rect", width="1.4", height=5, fill="ink3"),
        id=name,
        width=5,
        height=5,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )


def legend(hatch: str, timelines: Sequence[Timeline]) -> list[tuple[str, int, str]]:
    """The legend: (mark in a box of 14 px height, its width, its words). Rare marks are told where they occur."""
    bars = "".join(
        element("rect", x=i * 4 + 1, y=13 - height, width="2.4", height=height, fill="edit")
        for i, height in enumerate((3, 6, 11))
    )
    length = element("rect", x=0, y=3, width=4, height=9, fill="ok") + element(
        "rect", x=7, y=3, width=13, height=9, fill="ok"
    )
    broken = element("path", d=zigzag(0, 18, 7.5), fill="none", stroke="ink2", stroke_width="1.3")
    hole = element("path", d=zigzag(0, 15, 9), fill="none", stroke="err", stroke_width="1.3") + _at(4, 8, CROSSED)
    faint = element("g", bars, opacity="0.45")
    kinds = _kinds(timelines)
    items: list[tuple[str | None, str, int, str]] = [
        (None, bars, 14, "edits, by size"),
        ("remote", faint, 14, "edits of others"),
        (None, length, 22, "run, by length"),
        (None, _at(3, -2, run("error", 3)), 10, "error"),
        (None, _at(3, 0, run("aborted", 3)), 9, "aborted"),
        ("lost run", _at(2, 0, run("lost", 3)), 9, "run without an end"),
        (None, _at(7, 7.5, diamond("answered", 5.5)), 14, "answered"),
        (None, _at(7, 7.5, diamond("dismissed", 5.5)), 14, "dismissed"),
        (None, _at(7, 7.5, diamond("expired", 5.5)), 14, "expired"),
        ("withdrawn", _at(7, 7.5, diamond("withdrawn", 5.5)), 14, "withdrawn"),
        ("open", _at(7, 7.5, diamond("open", 5.5)), 14, "open"),
        (None, _at(7, 7.5, diamond("held back", 5.5)), 14, "held back"),
        (None, _at(5, 7.5, strip("save")), 10, "save"),
        (None, _at(6, 7.5, strip("restart")), 13, "restart"),
        ("died", _at(6, 7.5, strip("died")), 12, "kernel died"),
        ("interrupt", _at(5, 7.5, strip("interrupt")), 10, "interrupt"),
        ("reload", _at(5, 7.5, strip("reload")), 10, "reload"),
        ("paused", element("rect", x=0, y=3, width=16, height=9, fill=f"url(#{hatch})"), 17, "paused"),
        ("offline", broken, 19, "no connection"),
        ("lost", hole, 16, "events lost"),
        ("removed", element("path", d="M4 1v12m3 -12v12", stroke="ink2", stroke_width="1.2"), 10, "cell removed"),
    ]
    return [(mark, width, words) for kind, mark, width, words in items if kind is None or kind in kinds]


def _kinds(timelines: Sequence[Timeline]) -> set[str]:
    kinds: set[str] = set()
    for timeline in timelines:
        kinds.update(mark.kind for mark in timeline.strip)
        if timeline.removed:
            kinds.add("removed")
        for lane in timeline.all_lanes:
            kinds.update(prompt.fate for prompt in lane.prompts)
            if any(one.outcome in {"lost", "unfinished"} for one in lane.runs):
                kinds.add("lost run")
            if any(edit.remote for edit in lane.edits):
                kinds.add("remote")
    return kinds


def _at(x: float, y: float, mark: str) -> str:
    return element("g", mark, transform=f"translate({x:g} {y:g})")
