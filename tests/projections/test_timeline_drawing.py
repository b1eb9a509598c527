"""Timelines as SVG, PNG and HTML files."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from prompter_events import Event
from prompter_events.catalogue import notebook as n
from prompter_projections.timeline import build, render
from prompter_projections.timeline.markup import clean, element, label
from support.lifelike import Desk, lifelike

SVG = "{http://www.w3.org/2000/svg}"

HOSTILE = [
    "<script>window.ran = true</script>",
    "</svg></script><script>window.ran = true</script>",
    "]]><!-- <![CDATA[",
    '" onload="window.ran = true" x="',
    "<img src=x onerror='window.ran = true'>",
    "<svg onload=window.ran=true>",
    "javascript:window.ran=true",
    "&lt;script&gt; &amp; &#x3c;",
    "\x00\x01\x1b[31mred\x7f\x9f\x0c",
    "wide " + "x" * 100_000,
    "\u202egnp.exe\u2066",
    "שלום עולם مرحبا",
    "👩‍👩‍👧‍👦 family 😀" * 20,
    "a" + "\u0301" * 500,
    "\ufffe\uffff\ufdd0",
    "\u2028line\u2029paragraph",
]


def hostile_session() -> list[Event]:
    """A session in which every text that a participant can type is an attack."""
    desk = Desk(seed=5)
    desk.open(*((f"cell-{i}", "code", text) for i, text in enumerate(HOSTILE)), path=HOSTILE[1] + ".ipynb")
    for number, text in enumerate(HOSTILE):
        cell = f"cell-{number}"
        heading = desk.add("markdown", f"# {text}")
        run = desk.run(
            cell, "error" if number % 2 else "ok", 1, output=text[:5_000], error=f"{text[:200]}: {text[:99]}"
        )
        prompt = desk.ask(cell, run, f"Why {text[:1_000]}?", text[:100])
        desk.answer(prompt, text[:50_000], text[:100])
        if number % 3 == 0:
            desk.remove(heading)
            desk.remove(cell)
    desk.emit(n.SessionClosed(reason=HOSTILE[0]))
    return desk.events


def test_the_drawing_is_xml_with_every_cell_and_fate() -> None:
    root = ElementTree.fromstring(render([build(lifelike())], ".svg"))
    assert root.tag == f"{SVG}svg"
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    for fate in ("answered", "dismissed", "expired", "withdrawn", "open", "held back"):
        assert any(f"prompt {fate}" in title for title in titles), fate
    for outcome in ("ok", "error", "aborted", "lost"):
        assert any(f": {outcome}," in title for title in titles), outcome
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert {"Load and look", "Clean", "Models", "Removed cells", "4:15"} <= set(texts)


def test_what_was_typed_is_text_in_the_drawing() -> None:
    drawn = render([build(hostile_session())], ".svg")
    root = ElementTree.fromstring(drawn)
    allowed = {"svg", "g", "defs", "clipPath", "pattern", "rect", "line", "path", "circle", "text", "tspan", "title"}
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= allowed
    for node in root.iter():
        assert not [name for name in node.attrib if name.lower().startswith("on") or "href" in name.lower()]
        assert not [value for value in node.attrib.values() if "javascript:" in value]
    assert "<script>window.ran" in "".join(root.itertext()), "shown as it was typed"
    assert len(drawn) < 300_000, "long lines are cut"


def test_the_page_holds_no_markup_that_was_typed_and_names_no_other_place() -> None:
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    page = render([build(hostile_session())], ".html").decode()
    Reader().feed(page)
    assert [tag for tag, _ in seen].count("script") == 2
    assert not {"img", "iframe", "link", "object", "embed", "a", "foreignobject"} & {tag for tag, _ in seen}
    for tag, attributes in seen:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "href", "style"}], tag
    assert "unsafe-inline" not in page
    assert "default-src 'none'" in str([attributes for tag, attributes in seen if tag == "meta"])
    assert len(re.findall(r"https?://", page.replace("http://www.w3.org/2000/svg", ""))) == 0


def test_control_characters_get_pictures_and_turned_directions_are_dropped() -> None:
    assert clean("a\x00b\x1b\x7f\x85\u202e\ud83d") == "a␀b␛␡\ufffd\ufffd\ufffd"
    assert clean("tab\tline\nמ😀") == "tab\tline\nמ😀"
    ElementTree.fromstring(element("a", clean("\x0b\ufffe"), b=HOSTILE[3], data_c=HOSTILE[8]))


def test_labels_are_cut_by_columns_and_never_within_a_character() -> None:
    assert label("x" * 23, 23) == "x" * 23
    assert label("x" * 24, 23) == "x" * 22 + "…" or len(label("x" * 24, 23)) <= 24
    assert label("漢" * 20, 10) in {"漢" * 5 + "…", "漢" * 4 + "…"}
    assert label("a" + "\u0301" * 50, 5) == "a\u0301\u0301"
    assert not label("👩‍👩‍👧‍👦" * 9, 6).rstrip("…").endswith("\u200d")


def test_several_sessions_stand_one_below_the_other() -> None:
    both = [build(lifelike(1)), build(lifelike(2))]
    one, two = (ElementTree.fromstring(render(some, ".svg")) for some in (both[:1], both))
    assert float(two.attrib["height"]) > 1.7 * float(one.attrib["height"])
    ids = [node.attrib["id"] for node in two.iter() if "id" in node.attrib]
    assert len(ids) == len(set(ids))
    assert render(both, ".html").count(b'<section class="session"') == 2


def test_a_png_has_twice_the_pixels() -> None:
    made = render([build(lifelike())], ".png")
    assert made.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(made[16:20]) == 2_560


def test_hostile_sessions_become_pictures_too() -> None:
    assert render([build(hostile_session())], ".png").startswith(b"\x89PNG")


@pytest.mark.parametrize("suffix", [".pdf", "html", ""])
def test_an_unknown_suffix_names_those_that_are_known(suffix: str) -> None:
    with pytest.raises(ValueError, match=r"\.html, \.svg, \.png"):
        render([build(lifelike())], suffix)


def test_the_same_timeline_gives_the_same_bytes() -> None:
    for suffix in (".svg", ".html"):
        assert render([build(lifelike())], suffix) == render([build(lifelike())], suffix)


def test_a_session_of_one_event_can_be_drawn() -> None:
    desk = Desk()
    desk.open()
    for suffix in (".svg", ".html", ".png"):
        assert render([build(desk.events[:1])], suffix)


def many_events(count: int) -> list[Event]:
    """A long day's work: typing and running in forty cells."""
    desk = Desk(seed=9)
    rng = random.Random(9)
    source = "\n".join(f"value_{i} = frame['column_{i}'].rolling({i}).mean()" for i in range(25))
    desk.open(*((f"cell-{i}", "code", source) for i in range(40)))
    while len(desk.events) < count:
        cell = f"cell-{rng.randrange(40)}"
        for _ in range(rng.randint(5, 40)):
            desk.wait(0.5)
            stands = desk.cells[desk.index(cell)]
            offset = rng.randrange(len(stands[2]))
            stands[2] = stands[2][:offset] + "x" + stands[2][offset:]
            desk.emit(n.CellEdited(cell_id=cell, changes=[(0, [offset, "x"])], cause="user"))
        desk.run(cell, rng.choice(["ok", "ok", "error"]), rng.random(), "0.5", "")
        desk.wait(rng.choice([1, 1, 5, 30, 200]))
    return desk.events[:count]


@pytest.mark.parametrize("suffix", [".svg", ".html"])
def test_fifty_thousand_events_are_drawn_with_marks_bounded_by_pixels(suffix: str) -> None:
    events = many_events(50_000)
    made = build(events)
    drawn = render([made], suffix)
    runs = sum(len(lane.runs) for lane in made.lanes)
    marks = drawn.count(b"<title>") if suffix == ".svg" else drawn.count(b'class="mark run"')
    lanes = len(made.lanes)
    assert runs > 1_500
    # At most one run of each of three outcomes on a pixel of a lane.
    assert marks <= lanes * 1_040 * 3
    assert drawn.count(b"h2.3v") <= lanes * 1_040 / 3


def test_large_cells_that_run_often_do_not_make_a_page_of_their_product() -> None:
    long_line, many_lines = "x" * 450_000, "\n".join(f"row_{i} = load({i})" for i in range(18_000))
    desk = Desk(seed=4)
    desk.open(("a", "code", long_line), ("b", "code", many_lines))
    for number in range(20):
        for cell in desk.cells:
            cell[2] = f"{cell[2]}\n# {number}"
            desk.emit(n.CellEdited(cell_id=cell[0], changes=[(0, [len(cell[2]) - 3, f"# {number}"])], cause="user"))
            desk.run(cell[0], output="\x00" * 4_000)
    made = build(desk.events)
    page = render([made], ".html")
    assert len(page) < 6_000_000, "each line is told once, long ones in part"
    assert b"more characters in the log" in page
    assert len(render([made], ".svg")) < 100_000
