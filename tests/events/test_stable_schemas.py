"""What is made of a JSON Schema does not depend on the msgspec that made the schema."""

from __future__ import annotations

import pytest

from prompter_events.catalogue.schemas import bare, stable

NULL = {"type": "null"}
RUN = {"$ref": "#/$defs/RunError"}


@pytest.mark.parametrize("written", ["One line.\n\n    More of it.", "One line.\n\nMore of it."], ids=["0.22", "0.23"])
def test_a_description_has_no_indentation(written: str) -> None:
    document = {"$defs": {"Opened": {"type": "object", "description": written}}}
    assert stable(document) == {"$defs": {"Opened": {"type": "object", "description": "One line.\n\nMore of it."}}}


@pytest.mark.parametrize("written", [[NULL, RUN], [RUN, NULL]], ids=["0.20", "0.22"])
def test_null_is_the_last_alternative(written: list[dict[str, str]]) -> None:
    assert stable({"anyOf": list(written), "default": None}) == {"anyOf": [RUN, NULL], "default": None}


def test_other_alternatives_keep_their_order_and_nothing_is_changed_in_place() -> None:
    written = {"anyOf": [NULL, {"type": "string"}, {"type": "integer"}]}
    assert stable(written)["anyOf"] == [{"type": "string"}, {"type": "integer"}, NULL]
    assert written["anyOf"][0] == NULL


def test_fields_may_be_named_like_words_of_a_schema() -> None:
    document = {"properties": {"description": {"type": "string", "title": "Words"}, "anyOf": {"type": "array"}}}
    assert stable(document) == document
    assert bare(document) == {"properties": {"description": {"type": "string"}, "anyOf": {"type": "array"}}}
