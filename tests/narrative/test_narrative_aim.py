"""Which answer stands for the aim, and what the narrative says of that choice."""

from __future__ import annotations

import pytest

from prompter_projections.narrative import material_from, narrate
from prompter_projections.narrative.model import Paragraph, Quote
from support.lifelike import Desk


def aim(*answers: tuple[str, str]) -> list[tuple[str, str]]:
    """(words, from what they were chosen) of the aim where (rule, answer) were asked and given in this order."""
    desk = Desk()
    desk.open(("a", "code", "loans = 1"))
    for rule, words in answers:
        run = desk.run("a")
        desk.answer(desk.ask("a", run, f"Asked by {rule}?", rule), words, "check")
    sections = {section.heading: section.blocks for section in narrate(material_from(desk.events)).overview}
    quotes = [block for block in sections["Aim, in their words"] if isinstance(block, Quote)]
    if not quotes:
        [nowhere] = sections["Aim, in their words"]
        assert isinstance(nowhere, Paragraph)
    return [(quote.text, quote.inferred) for quote in quotes]


@pytest.mark.parametrize("rule", ["first_run", "first-run", "new_cell"])
def test_an_answer_about_a_new_cell_is_preferred_however_late_it_comes(rule: str) -> None:
    [found] = aim(("data_step", "dropped rows"), ("error_repaired", "a typo"), (rule, "which loans fail"))
    assert found == ("which loans fail", "as the first answer about a new cell")


def test_without_one_the_first_answer_to_a_question_about_the_work_is_taken_and_it_says_so() -> None:
    [found] = aim(("error_repaired", "a typo"), ("data_step", "dropped rows"), ("model_step", "a score"))
    assert found == ("dropped rows", "as the first answer, though not about a new cell")


@pytest.mark.parametrize("rule", ["error_repaired", "error-repaired", "long_pause", "returning", "many_runs"])
def test_what_was_wrong_or_why_somebody_paused_is_no_aim(rule: str) -> None:
    assert aim((rule, "a typo")) == []
