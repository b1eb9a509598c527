"""The plot of a simulation: whole, harmless, and with a mark for each verdict."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from living import MINUTE, SECOND, Clock, Life
from msgspec.structs import replace

from prompter.simulation import FORMATS, Record, Simulated, plot
from prompter.simulation.glyphs import WORDS, glyph
from prompter.study import WITHOUT_STUDY, Pace
from prompter_events.memory import MemoryLog

SVG = "{http://www.w3.org/2000/svg}"
STUDY = replace(WITHOUT_STUDY, name="loans", digest=bytes(range(32)), pace=Pace(apart=60_000))
SPARING = replace(STUDY, digest=bytes(32), pace=Pace(hour=1))
HOSTILE = "<script>window.ran = true</script>\x1b]]>\" onload='window.ran = true' \u202e"


async def simulated(*sources: str) -> Simulated:
    """Two people who write and run these cells, under two policies."""
    clock = Clock()
    life = Life(MemoryLog(clock=clock), clock, STUDY, ["EXP_CTS", "EXP_NONE"])
    await life.begin()
    for number, source in enumerate(sources):
        for person in life.people:
            await person.write(f"cell-{number}", source)
            await person.run(f"cell-{number}")
        clock.now += 3 * SECOND
        await life.turn()
        await life.people[0].react("answer")
        clock.now += (2 if number % 2 else 7) * MINUTE
    await life.finish()
    events = await life.events()
    record = Record()
    for event in events:
        record.take(event)
    both = Simulated([("study.yaml", STUDY), ("<sparing>.yaml", SPARING)], record)
    both.take(events)
    both.end()
    return both


async def test_the_drawing_has_a_mark_for_each_verdict_that_tells_it() -> None:
    both = await simulated("look(loans)", "clean(loans)", "model.fit(X, y)")
    root = ElementTree.fromstring(plot(both, ".svg"))
    titles = [node.text or "" for node in root.iter(f"{SVG}title")]
    assert len(titles) == sum(len(policy.verdicts) for policy in both.policies) == 12
    assert sum("asked, answered" in title for title in titles) == 4
    assert sum("held back: hourly cap" in title and "model.fit(X, y)" in title for title in titles) == 2
    assert sum("asked, silent" in title for title in titles) == 4


async def test_marks_stand_within_the_drawing_and_in_the_order_of_time() -> None:
    both = await simulated("look(loans)", "clean(loans)", "model.fit(X, y)", "plot(model)")
    root = ElementTree.fromstring(plot(both, ".svg"))
    width = float(root.attrib["width"])
    places = [
        float(match[1])
        for node in root.iter(f"{SVG}g")
        if node.get("class") == "verdict" and (match := re.match(r"translate\(([\d.]+)", node.attrib["transform"]))
    ]
    assert len(places) == 16
    assert all(0 < place < width for place in places)
    first_lane = places[:4]
    assert first_lane == sorted(first_lane)


def test_every_fate_has_a_shape_of_its_own_without_its_colours() -> None:
    shapes = {re.sub(r' (fill|stroke|class)="[^"]*"', "", glyph(fate)) for fate in (None, *WORDS)}
    fills = {fate: glyph(fate) for fate in (None, *WORDS)}
    # Answered and withdrawn share an outline; a filled one and an empty one differ without any colour.
    assert len(set(fills.values())) == len(fills)
    assert len(shapes) >= len(fills) - 1


@pytest.mark.parametrize("suffix", FORMATS)
async def test_what_was_typed_is_shown_and_not_run(suffix: str) -> None:
    made = plot(await simulated(HOSTILE, "x = 1"), suffix)
    if suffix == ".png":
        assert made.startswith(b"\x89PNG")
        return
    text = made.decode()
    assert "<script" not in text
    assert "&lt;script&gt;window.ran" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


async def test_the_page_is_whole_without_the_network_and_its_table_tells_what_the_drawing_shows() -> None:
    both = await simulated("look(loans)", "clean(loans)")
    text = plot(both, ".html").decode()
    attributes: list[tuple[str, str | None]] = []
    rows = 0

    class Reading(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            nonlocal rows
            assert tag not in {"script", "link", "img", "iframe"}
            rows += tag == "tr"
            attributes.extend(attrs)

    Reading().feed(text)
    assert any("default-src 'none'" in (value or "") for name, value in attributes if name == "content")
    assert not [name for name, _ in attributes if name.startswith("on") or name in {"src", "href"}]
    assert rows == 2 + sum(len(policy.verdicts) for policy in both.policies)
    assert "A study.yaml" in text
    assert "B &lt;sparing&gt;.yaml" in text


def test_another_ending_is_refused_and_an_empty_log_is_drawn() -> None:
    nothing = Simulated([("study.yaml", STUDY)], Record())
    nothing.end()
    for suffix in FORMATS:
        assert plot(nothing, suffix)
    with pytest.raises(ValueError, match=r"not as '\.gif'"):
        plot(nothing, ".gif")
