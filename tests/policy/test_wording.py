"""What a question says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from prompter.policy.steps import Value
from prompter.policy.wording import worded
from prompter.study import DEFAULT_QUESTIONS, DEFAULT_RULES, WITHOUT_STUDY, Pace, Question, Rule
from support.desk import MINUTE, Desk, frame, seen

DROPPED = Question(
    now={
        "en": "`{frame}` went from {rows_before} × {columns_before} to {rows_after} × {columns_after}. What for?",
        "de": "`{frame}` hat {rows_lost} Zeilen verloren. Wozu?",
    },
    end={"en": "`{frame}` had lost {rows_lost} rows. What for?"},
    choices={"en": ("a", "b"), "de": ("c", "d")},
)
RULE = Rule(use="data_step", ask="dropped", facts=True)
STUDY = replace(
    WITHOUT_STUDY, languages=("en", "de"), questions={**DEFAULT_QUESTIONS, "dropped": DROPPED}, rules=(RULE,)
)
FACTS: dict[str, Value] = {
    "frame": "loans",
    "rows_before": 1000,
    "rows_after": 880,
    "rows_lost": 120,
    "columns_before": 8,
    "columns_after": 8,
}
DEFAULT = DEFAULT_QUESTIONS["data"].now["en"]


def test_facts_are_named_where_the_study_says_so() -> None:
    asked = worded(STUDY, RULE, "", FACTS, at_end=False)
    assert (asked.text, asked.choices) == ("`loans` went from 1,000 × 8 to 880 × 8. What for?", ["a", "b"])
    assert worded(STUDY, replace(RULE, facts=False), "", FACTS, at_end=False).text == DEFAULT


@pytest.mark.parametrize("missing", ["frame", "rows_before", "columns_after"])
def test_a_wording_whose_facts_are_missing_asks_the_built_in_question_with_its_choices(missing: str) -> None:
    facts = {name: value for name, value in FACTS.items() if name != missing}
    asked = worded(STUDY, RULE, "de", facts, at_end=False)
    assert worded(STUDY, RULE, "en", facts, at_end=False).text == DEFAULT
    assert asked.text == ("`loans` hat 120 Zeilen verloren. Wozu?" if missing != "frame" else DEFAULT)


@pytest.mark.parametrize(
    ("language", "chosen"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE", "de"),
        ("de_CH", "de"),
        ("fr", "en"),
        ("", "en"),
        ("en-GB", "en"),
        ("d", "en"),
    ],
)
def test_the_question_speaks_the_sessions_language_or_the_studys_first(language: str, chosen: str) -> None:
    asked = worded(STUDY, RULE, language, FACTS, at_end=False)
    assert (asked.language, asked.choices) == (chosen, list(DROPPED.choices[chosen]))


def test_the_review_has_words_of_its_own_or_those_of_now() -> None:
    assert worded(STUDY, RULE, "en", FACTS, at_end=True).text == "`loans` had lost 120 rows. What for?"
    assert worded(STUDY, RULE, "de", FACTS, at_end=True).text == "`loans` hat 120 Zeilen verloren. Wozu?"


@pytest.mark.parametrize(
    ("value", "english", "others"),
    [
        (1234567, "1,234,567", "1\u202f234\u202f567"),
        (880, "880", "880"),
        (0.8125, "0.812", "0.812"),
        (0.9, "0.9", "0.9"),
        (1.0, "1", "1"),
        (12345.678, "12,345.678", "12\u202f345.678"),
        ("a,b", "a,b", "a,b"),
    ],
)
def test_numbers_stand_in_groups_of_thousands(value: Value, english: str, others: str) -> None:
    question = Question(now={"en": "{value}", "de": "{value}"})
    study = replace(STUDY, questions={"q": question})
    rule = Rule(use="model_step", ask="q", facts=True)
    assert worded(study, rule, "en-US", {"value": value}, at_end=False).text == english
    assert worded(study, rule, "de", {"value": value}, at_end=False).text == others


def test_braces_that_name_no_fact_stay() -> None:
    study = replace(STUDY, questions={"q": Question(now={"en": "What is in {} and {Frame} and {1}?"})})
    asked = worded(study, Rule(use="first_run", ask="q"), "", {}, at_end=False)
    assert asked.text == "What is in {} and {Frame} and {1}?"


def test_what_people_named_is_text_and_never_filled_again() -> None:
    asked = worded(STUDY, RULE, "de", {**FACTS, "frame": "{rows_before}"}, at_end=False)
    assert asked.text == "`{rows_before}` hat 120 Zeilen verloren. Wozu?"


def test_each_built_in_question_is_short_and_offers_a_few_choices_of_one_to_three_words() -> None:
    for rule in DEFAULT_RULES:
        question = DEFAULT_QUESTIONS[rule.ask]
        for wording in (*question.now.values(), *question.end.values()):
            assert len(wording) <= 80
        for choices in question.choices.values():
            assert 3 <= len(choices) <= 4
            assert all(len(choice.split()) <= 3 and len(choice) <= 20 for choice in choices)


def test_the_kernels_facts_lead_to_a_question_that_names_the_frame_and_what_changed() -> None:
    desk = Desk(replace(STUDY, pace=Pace()), language="en-GB")
    desk.add("new", "loans = loans.dropna()")
    run_id = desk.run("new")
    columns = "abcdefgh"
    desk.say(seen(run_id, frame("loans", (1000, columns), (880, columns)), read=["loans"], bound=["loans"]))
    desk.wait(MINUTE)
    [prompt] = desk.issued
    assert prompt.question == "`loans` went from 1,000 × 8 to 880 × 8. What for?"
    assert (prompt.language, prompt.choices) == ("en", ["a", "b"])


def test_the_error_that_was_repaired_can_be_named() -> None:
    question = Question(now={"en": "`{error}` is gone. What was wrong?"})
    rules = (Rule(use="error_repaired", ask="q", facts=True),)
    desk = Desk(replace(STUDY, questions={"q": question}, rules=rules))
    desk.run("given", "error")
    desk.run("given")
    desk.wait(MINUTE)
    assert [prompt.question for prompt in desk.issued] == ["`ValueError` is gone. What was wrong?"]
