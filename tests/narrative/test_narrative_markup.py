"""Text as Markdown: whatever was typed comes out as the text it was."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import mistune
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from prompter_projections.narrative import markup
from prompter_projections.timeline.markup import clean

HOSTILE = [
    "<script>window.ran = true</script>",
    "[link](javascript:alert(1)) and <http://example.com> and http://example.com/a_b_c",
    "![picture](http://example.com/x.png) www.example.com someone@example.com",
    "# no heading",
    "1. no list",
    "12) no list",
    "- no list",
    "+ no list",
    "> no quote",
    "---",
    "===",
    "    no code",
    "`` ` ``` no code",
    "**no bold** __no bold__ *a* _b_ ~~gone~~",
    "$x^2$ and $$\\frac{1}{2}$$ \\(y\\)",
    "a | b | c",
    "| a | b |",
    "&lt;b&gt; &amp; &#35; &copy;",
    "line\u2028line\u2029line\x85line\x0bline",
    "\x00\x1b[31m\x7f",
    "\ud800 half an emoji 😀",
    "\\",
    "ends with a backslash\\",
    "[x]: http://example.com 'title'",
    ":smile: {{ template }} %s {0}",
    "~~~",
    "```",
    "<!-- -->",
    "<details><summary>",
]


class Reader(HTMLParser):
    """The text of a rendered document, and its tags with their attributes."""

    def __init__(self, rendered: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(rendered)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def commonmark(text: str) -> Reader:
    """As CommonMark with GitHub's tables and strike-through has it, HTML let through."""
    made: str = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    return Reader(made)


def mistuned(text: str) -> Reader:
    """As nbconvert's renderer has it, with formulas."""
    plugins = ["strikethrough", "table", "url", "math"]
    made = mistune.create_markdown(escape=False, plugins=plugins)(text)
    assert isinstance(made, str)
    return Reader(made)


def one_line(text: str) -> str:
    """What is expected to be seen of a text on one line."""
    return " ".join(clean(markup.one_kind_of_line(text)).split())


@pytest.mark.parametrize("render", [commonmark, mistuned])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_was_typed(text: str, render: type[Reader]) -> None:
    for before in ("", "and ", "**0:12** "):
        shown = render(before + markup.text(text).lstrip(" "))
        assert " ".join(shown.text.split()) == (one_line(before.replace("*", "") + text))
        assert shown.tags <= {"p", "strong", "span"}
        assert shown.links == []


@pytest.mark.parametrize("render", [commonmark, mistuned])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_code_is_shown_as_it_was_typed_also_in_tables(text: str, render: type[Reader]) -> None:
    shown = render(markup.code(text))
    assert " ".join(shown.text.split()) == one_line(text)
    assert shown.tags <= {"p", "code", "span"}
    table = render(f"| a | b |\n| --- | --- |\n| {markup.code(text)} | {markup.text(text)} |")
    assert table.tags - {"span"} == {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert " ".join(table.text.split()) == f"a b {one_line(text)} {one_line(text)}"
    assert shown.links + table.links == []


@pytest.mark.parametrize("text", HOSTILE)
def test_the_broken_variants_would_be_caught(text: str) -> None:
    """The control: unescaped, the same text is markup, or at least another text, in one of the places."""
    places = [text, f"| a | b |\n| --- | --- |\n| {text} | b |", f"> {text}\nnext", f"<code>{text}</code>"]
    plain = ["p", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "code"]
    odd = [
        render(place)
        for place in places
        for render in (commonmark, mistuned)
        if one_line(text) not in " ".join(render(place).text.split()) or render(place).tags - set(plain)
    ]
    harmless = {
        ":smile: {{ template }} %s {0}",
        "===",
        "ends with a backslash\\",
        "\\",
        "`` ` ``` no code",
        HOSTILE[18],
    }
    assert odd or text in harmless


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("`~*_[]()<>!|\\#-+=1.)&;$ \tab\n:/w@x^{}\"'%"), max_size=40))
@example("``\n```\n``")
def test_any_text_keeps_its_signs(text: str) -> None:
    shown = commonmark("x" + markup.text(text) + "x")
    assert " ".join(shown.text.split()) == " ".join(f"x{' '.join(text.split(chr(10)))}x".split())
    assert shown.tags <= {"p", "span"}


def test_no_formula_is_left_within_one_element() -> None:
    """MathJax looks for formulas in the text of each element by itself."""
    shown = commonmark(markup.text("$x$ $$y$$ \\(z\\) \\[w\\] \\begin{a}b\\end{a}"))
    assert [text for text in shown.texts if re.search(r"\$.*\$|\\.", text)] == []
    assert commonmark("$x$").texts == ["$x$", "\n"]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("`~ \nab#>-"), max_size=60))
def test_a_fence_holds_whatever_stands_in_it(text: str) -> None:
    shown = commonmark(f"before\n\n{markup.fenced(text, 'diff')}\n\nafter")
    assert shown.tags == {"p", "pre", "code"}
    assert shown.text == f"before\n{text}\n\nafter\n" if text else "before\n\n\nafter\n"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_lines_of_a_quote_stay_in_it(text: str) -> None:
    said = "\n".join(f"> {line}  " if line else ">" for line in markup.lines(text))
    shown = commonmark(f"{said}\n>\n> caption")
    assert shown.tags <= {"blockquote", "p", "br", "span"}
    expected = re.sub(r"\s+", " ", clean(markup.one_kind_of_line(text)) + " caption").strip()
    assert re.sub(r"\s+", " ", shown.text).strip() == expected
