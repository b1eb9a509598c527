"""The plot of a simulation: what was asked and held back, by session, rule and policy, along the time."""

from __future__ import annotations

from collections.abc import Iterable

import vl_convert

from prompter_projections.timeline import facts
from prompter_projections.timeline import glyphs as timeline_glyphs
from prompter_projections.timeline.layout import MARGIN
from prompter_projections.timeline.markup import element, escaped, label
from prompter_projections.timeline.png import SCALE
from prompter_projections.timeline.scale import rough, tick
from prompter_projections.timeline.svg import MONO, SANS, moved

from .glyphs import WORDS, glyph
from .plan import GAP, HEAD, LANE, LEFT, WORK, Block, Lane, planned
from .scene import MINUTE
from .simulated import Policy, Simulated
from .verdicts import Verdict

FORMATS = (".html", ".svg", ".png")

_PAGE_MARGIN = 28
_BAR_HEIGHT = 11


def plot(simulated: Simulated, suffix: str) -> bytes:
    """A file. ``suffix``: one of ``FORMATS``; raises ``ValueError`` for another."""
    match suffix.lower():
        case ".svg":
            return document(simulated).encode("utf-8")
        case ".png":
            made: bytes = vl_convert.svg_to_png(document(simulated), scale=SCALE)
            return made
        case ".html":
            from .page import html  # noqa: PLC0415 - the page draws with what stands here

            return html(simulated)
    raise ValueError(f"a plot can be written as {', '.join(FORMATS)}, not as {suffix!r}")


def document(simulated: Simulated, width: int = 1280) -> str:
    """A whole SVG file. ``width`` in pixels. It names participants by the beginning of their id."""
    inner = width - 2 * _PAGE_MARGIN
    head, y = _head(simulated, inner)
    parts = [moved(0, 24, head)]
    y += 24
    blocks = planned(simulated, inner - MARGIN)
    for number, block in enumerate(blocks):
        parts.append(moved(0, y, _block(block, number, len(simulated.policies) > 1, inner)))
        y += block.height + GAP
    if rest := len(simulated.scene.sessions) - len(blocks):
        line = f"{rest:,} {'session' if rest == 1 else 'sessions'} in which no rule wished to ask anything"
        parts.append(element("text", line, x=0, y=y + 4, fill="ink3", font_size=12))
        y += 24
    return element(
        "svg",
        element("rect", width=width, height=y, fill="paper"),
        moved(_PAGE_MARGIN, 0, "".join(parts)),
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=y,
        viewBox=f"0 0 {width} {y:g}",
        font_family=SANS,
        font_size="11.5",
    )


def letter(number: int) -> str:
    """How a policy is called in the lanes."""
    return chr(ord("A") + number)


def told(policy: Policy, worked: int) -> str:
    """One policy in a line."""
    figures = policy.figures(worked)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in figures.reasons.items())
    return (
        f"asks {figures.asked:,}, {figures.an_hour(figures.asked):.1f} an hour; "
        f"holds back {figures.held_back:,}{f': {reasons}' if reasons else ''}"
    )


def words(verdict: Verdict) -> str:
    """What a pointer that rests on a mark is told."""
    what = f"asked, {verdict.fate}" if verdict.asked else f"held back: {verdict.reason}"
    moment = f"{facts.moment(verdict.decided_at):%H:%M:%S} UTC"
    return f"{verdict.rule}, {moment}: {what}\n{verdict.cell}"


def _head(simulated: Simulated, width: float) -> tuple[str, float]:
    """Title, a line for each policy, the legend: (markup, height)."""
    several = len(simulated.policies) > 1
    title = " and ".join(policy.name for policy in simulated.policies)
    parts = [element("text", escaped(label(title, 90)), x=0, y=14, fill="ink", font_size=19, font_weight=700)]
    y = 36.0
    for number, policy in enumerate(simulated.policies):
        name = f"{letter(number)} {label(policy.name, 40)}: " if several else ""
        strong = element("tspan", escaped(name), fill="ink", font_weight=700) if name else ""
        line = escaped(label(told(policy, simulated.worked), 170 - len(name)))
        parts.append(element("text", strong + line, x=0, y=y, fill="ink2", font_size=12))
        y += 18
    x, y = 0.0, y - 4
    for mark, wide, text in _legend(simulated):
        # Estimated: texts are measured nowhere, and most fonts are narrower than this.
        needed = wide + 5 + 6.6 * len(text)
        if x + needed > width:
            x, y = 0.0, y + 20
        parts.append(moved(x, y, mark))
        parts.append(element("text", escaped(text), x=x + wide + 5, y=y + 11, fill="ink2", font_size=11))
        x += needed + 14
    return "".join(parts), y + 36


def _legend(simulated: Simulated) -> list[tuple[str, int, str]]:
    """(mark in a box of 14 px height, its width, its words), as far as they occur."""
    fates = {verdict.fate for policy in simulated.policies for verdict in policy.verdicts}
    bars = "".join(
        element("rect", x=i * 4 + 1, y=13 - height, width="2.4", height=height, fill="edit")
        for i, height in enumerate((3, 6, 11))
    )
    items = [(moved(7, 7.5, glyph(fate)), 14, text) for fate, text in WORDS.items() if fate in fates]
    if None in fates:
        items.append((moved(7, 7.5, glyph(None)), 14, "held back"))
    return [*items, (bars, 14, "edits and runs, by minute")]


def _block(block: Block, number: int, several: bool, width: float) -> str:
    session = block.session
    begin = facts.moment(session.began_at)
    title = f"{str(session.participant_id)[:8]} · {session.path or 'notebook without a path'}"
    rest = " · ".join(part for part in (session.condition, f"{begin:%a} {begin.day} {begin:%B %Y, %H:%M} UTC") if part)
    strong = element("tspan", escaped(label(title, 70)), fill="ink", font_weight=700)
    parts = [
        element("line", x1=0, y1=-8, x2=width, y2=-8, stroke="rule"),
        element("text", strong + escaped(f"  {label(rest, 70)}"), x=0, y=11, fill="ink2", font_size=12),
        *_ground(block),
        *_work(block),
    ]
    for place, lane in enumerate(block.lanes):
        first = not several or lane.policy == 0
        parts.append(moved(0, HEAD + WORK + place * LANE, _lane(block, lane, several, named=first)))
    return element("g", *parts, data_session=str(session.session_id), data_block=number)


def _ground(block: Block) -> Iterable[str]:
    """Axis, grid, folded pauses."""
    bottom = block.height - 4
    for moment in block.scale.ticks():
        x = block.scale(moment)
        yield element("line", x1=x, y1=HEAD + 12, x2=x, y2=bottom, stroke="hair")
        yield element("text", tick(moment), x=x, y=HEAD + 8, text_anchor="middle", font_size="10.5", fill="ink3")
    for fold in block.scale.folds:
        begin, end = block.scale(fold.begin), block.scale(fold.end)
        line = element(
            "path", d=timeline_glyphs.wave(HEAD + 14, bottom), fill="none", stroke="ink3", stroke_width="0.8",
            stroke_opacity="0.6",
        )  # fmt: skip
        yield moved(begin, 0, line) + moved(end, 0, line)
        if end - begin > 30:
            yield element(
                "text", rough(fold.end - fold.begin), x=(begin + end) / 2, y=HEAD + WORK - 2, text_anchor="middle",
                font_size="10.5", font_style="italic", fill="ink3",
            )  # fmt: skip


def _work(block: Block) -> Iterable[str]:
    """A bar for each minute in which something was edited or run, by the square root of how much."""
    base = HEAD + WORK
    begin, most = block.session.began_at, max(block.session.minutes.values(), default=1)
    yield element("line", x1=LEFT, y1=base, x2=block.x(block.end), y2=base, stroke="rule")
    for minute, count in sorted(block.session.minutes.items()):
        x = block.x(begin + minute * MINUTE)
        wide = max(1.0, min(6.0, block.scale.per_second * 60 - 1))
        height = 1.5 + (_BAR_HEIGHT - 1.5) * (count / most) ** 0.5
        yield element("rect", x=x, y=base - height, width=wide, height=height, fill="edit")


def _lane(block: Block, lane: Lane, several: bool, *, named: bool) -> str:
    y = LANE / 2 + 1
    parts = [element("line", x1=LEFT, y1=y, x2=block.x(block.end), y2=y, stroke="hair")]
    if named:
        text = escaped(label(lane.rule, 24))
        parts.append(element("text", text, x=8, y=y + 4, fill="ink2", font_size=11, font_family=MONO))
    if several:
        name = letter(lane.policy)
        parts.append(element("text", name, x=LEFT - 16, y=y + 4, fill="ink3", font_size=11, font_weight=700))
    # What was asked lies above what was held back.
    for verdict in sorted(lane.verdicts, key=lambda one: one.asked):
        drawn = element("title", escaped(words(verdict))) + glyph(verdict.fate)
        parts.append(
            element("g", drawn, cls="verdict", transform=f"translate({block.x(verdict.decided_at):.1f} {y:g})")
        )
    return "".join(parts)
