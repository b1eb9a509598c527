"""What a docstring or a help text says is shown as it is written, and is never markup."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from prompter.reference.markdown import code, table, text

#: Raw HTML is on, as in the site: it must be the escaping that keeps it out.
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

_OURS = re.compile(r"</?(?:p|table|thead|tbody|tr|th|td|code)>")


def shown(markdown: str) -> str:
    """The text that a reader sees. Tags that are none of a plain paragraph or table stay in it."""
    return " ".join(unescape(_OURS.sub(" ", _MARKDOWN.render(markdown))).split())


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "![picture](https://elsewhere.example/x.png)",
        "a | b || c",
        "*strong* _weak_ ~~gone~~ **both**",
        "# no heading",
        "- no list",
        "1. no list either",
        "> no quote",
        "AT&amp;T & co.",
        "{include} x {doc}",
        "back\\slash \\| and \\`",
        "=IMPORT(A1)",
        "---",
    ],
)
def test_text_is_shown_as_it_is_written(hostile: str) -> None:
    assert shown(text(hostile)) == hostile
    assert shown(table(["x"], [[text(hostile)]])) == f"x {hostile}"


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_characters="`", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co"))))
def test_any_text_is_shown_as_it_is_written(anything: str) -> None:
    assert shown(table(["x"], [[text(anything)]])) == f"x {anything}".strip()


@pytest.mark.parametrize("hostile", ["<b>", "a|b", "``", "a`b``c", "`x", "\\", "{role}"])
def test_code_holds_whatever_it_is_given(hostile: str) -> None:
    assert unescape(_MARKDOWN.renderInline(code(hostile))) == f"<code>{hostile}</code>"
    assert f"<td><code>{hostile}</code></td>" in unescape(_MARKDOWN.render(table(["x"], [[code(hostile)]])))


def test_what_no_page_can_hold_is_replaced() -> None:
    assert text("a\x00b\ud800c") == "a\ufffdb\ufffdc"
    assert code("\x1b[31m") == "`\ufffd[31m`"
    assert len(text("<" * 1_000_000)) == 4_000_000
