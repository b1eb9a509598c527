"""A study file: what is read from it, and how mistakes are said."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from prompter.study import WITHOUT_STUDY, StudyInvalid, load_study
from prompter.study.names import KNOWN, known_rules

MINIMAL = "study: loans\ncapture: {outputs: none}\n"

SKETCH = """\
study: loans-2026
title: How people clean and model loan data
phase: pilot
languages: [en, de]
participants:
  pseudonyms: birds
  consent: consent.md
periods:
  - name: session
    minutes: 70
    conditions: [EXP_CTS, EXP_END, EXP_NONE]
    assign: {by: blocks, size: 6, seed: 20260609, strata: [experience]}
    tasks:
      - {name: load,  at: "# Load and look"}
      - {name: clean, at: tag:clean}
      - {name: model, at: "cell:4f9a, 77b0"}
capture:
  outputs: {text: 2 KiB}
  keystrokes: false
  focus: false
pace:
  quiet: {typing: 500 ms, run: 0 s}
  caps: {hour: 2, day: 3, apart: 10 min}
  snooze: 1 h
  expires: 1 d
  waits: 90 s
rules:
  - {use: first_run, ask: aim}
  - {use: many_runs, ask: aim, runs: 7}
  - {use: returning, ask: aim, away: 1 h}
  - {use: long_pause, ask: aim, pause: 2 min}
  - use: data_step
    in: [clean]
    ask: dropped
    priority: 2
    facts: true
questions:
  aim:
    now: {en: "What for?", de: "Wozu?"}
    end: {en: "What was it for?"}
    choices: [look, clean]
    multiple: true
    text: none
  dropped:
    now: You dropped {rows_lost} rows from `{frame}`. What were you after?
finish:
  review: {at_most: 9}
  then: https://survey.example.org/end?id={participant}
"""


def study_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "consent.md").write_text("Do you agree?\n", encoding="utf-8")
    (tmp_path / "empty.md").write_text("", encoding="utf-8")
    return path


def mistakes_in(path: Path, rules: tuple[str, ...] | None = None) -> list[str]:
    with pytest.raises(StudyInvalid) as refused:
        load_study(path, rules)
    return refused.value.lines


def test_a_study_of_two_lines_is_a_study(tmp_path: Path) -> None:
    study = load_study(study_of(tmp_path, MINIMAL))
    assert (study.name, study.output_bytes, study.adaptive) == ("loans", 0, False)
    for same in ("pace", "rules", "questions", "review_at_most", "keystrokes", "focus", "periods", "phase", "then"):
        assert getattr(study, same) == getattr(WITHOUT_STUDY, same)
    assert study.digest is not None


def test_everything_that_a_study_says_is_read(tmp_path: Path) -> None:
    study = load_study(study_of(tmp_path, SKETCH))
    assert (study.title, study.phase, study.languages) == (
        "How people clean and model loan data",
        "pilot",
        ("en", "de"),
    )
    assert (study.output_bytes, study.keystrokes, study.focus) == (2048, False, False)
    assert (study.pace.quiet_typing, study.pace.quiet_run, study.pace.snooze) == (500, 0, 3_600_000)
    assert (study.pace.hour, study.pace.day, study.pace.apart) == (2, 3, 600_000)
    assert (study.pace.expires, study.pace.waits) == (86_400_000, 90_000)
    rules = {rule.use: rule for rule in study.rules}
    assert (rules["many_runs"].runs, rules["returning"].away, rules["long_pause"].pause) == (7, 3_600_000, 120_000)
    assert (rules["data_step"].within, rules["data_step"].facts, rules["data_step"].priority) == (("clean",), True, 2)
    aim = study.questions["aim"]
    assert (aim.now["de"], aim.end, aim.multiple, aim.text) == ("Wozu?", {"en": "What was it for?"}, True, "none")
    assert aim.choices == {"en": ("look", "clean"), "de": ("look", "clean")}
    assert list(study.questions["dropped"].now) == ["en"]
    assert (study.review_at_most, study.then) == (9, "https://survey.example.org/end?id={participant}")
    assert study.then_for(UUID(int=7)) == "https://survey.example.org/end?id=00000000-0000-0000-0000-000000000007"


def test_periods_have_conditions_and_tasks_by_heading_tag_and_cell(tmp_path: Path) -> None:
    [period] = load_study(study_of(tmp_path, SKETCH)).periods
    assert (period.name, period.minutes, period.conditions) == ("session", 70, ("EXP_CTS", "EXP_END", "EXP_NONE"))
    assert (period.assign.size, period.assign.seed, period.assign.strata) == (6, 20260609, ("experience",))
    load, clean, model = period.tasks
    assert (load.heading, clean.tag, model.cells) == ("# Load and look", "clean", ("4f9a", "77b0"))


def test_the_consent_text_is_read_and_its_version_follows_its_words(tmp_path: Path) -> None:
    path = study_of(tmp_path, SKETCH)
    before = load_study(path).consent
    assert before is not None
    assert before.text == {"en": "Do you agree?\n"}
    (tmp_path / "consent.md").write_text("Do you agree to this?\n", encoding="utf-8")
    after = load_study(path).consent
    assert after is not None
    assert len(after.version) == 16
    assert after.version != before.version


def test_words_that_older_yaml_takes_for_truth_values_are_words(tmp_path: Path) -> None:
    text = MINIMAL + 'languages: [no]\nquestions: {ok: {now: "Ok?", choices: [yes, no, on]}}\nrules: []\n'
    study = load_study(study_of(tmp_path, text))
    assert study.languages == ("no",)
    assert study.questions["ok"].choices == {"no": ("yes", "no", "on")}


def test_a_rule_of_another_package_may_be_used_and_reads_its_options(tmp_path: Path) -> None:
    text = MINIMAL + "rules: [{use: plot_drawn, ask: aim, options: {at_least: 2, exact: true, name: x, share: 0.5}}]\n"
    [rule] = load_study(study_of(tmp_path, text), rules=(*KNOWN, "plot_drawn")).rules
    assert rule.options == {"at_least": 2, "exact": True, "name": "x", "share": 0.5}
    [line] = mistakes_in(study_of(tmp_path, text))
    assert "unknown rule 'plot_drawn'" in line
    assert all(name in known_rules() for name in KNOWN)


PERIOD = MINIMAL + "periods:\n  - name: a\n    conditions: [EXP_CTS, EXP_END]\n"
ASK = MINIMAL + "rules:\n  - {use: first_run, ask: aim"

# What is written, on which line the mistake stands, and words that its line must have.
WRONG: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "no outputs chosen": ("# one\nstudy: loans\n", 2, ("capture is missing",)),
    "outputs not said": ("study: loans\ncapture: {}\n", 2, ("outputs is missing in capture", "none")),
    "an unknown key": (MINIMAL + "pacing: {cap: 3}\n", 3, ("'pacing' (did you mean pace?)", "known here: study,")),
    "an unknown key below": (MINIMAL + "pace:\n  cap: 3\n", 4, ("did you mean caps?", "quiet, caps, snooze, expires")),
    "a key twice": (MINIMAL + "title: a\nstudy: b\n", 4, ("'study' stands here twice", "line 1")),
    "a question twice": (MINIMAL + "questions:\n  a: {now: x}\n  a: {now: y}\n", 5, ("'a' stands here twice",)),
    "a key that is a list": (MINIMAL + "? [a, b]\n: c\n", 3, ("a key is a list",)),
    "a wrong type": (MINIMAL + "pace:\n  caps:\n    hour: six\n", 5, ("hour is 'six'", "a whole number, 0 or more")),
    "too small": (MINIMAL + "pace: {caps: {hour: -1}}\n", 3, ("hour is -1", "0 or more")),
    "too large": (MINIMAL + "rules:\n  - {use: substantial_change, ask: aim, similarity: 80}\n", 4, ("from 0 to 1",)),
    "a number for a text": (MINIMAL + "title: 2026\n", 3, ("title is 2026", "in quotes")),
    "nothing": (MINIMAL + "pace:\n", 3, ("nothing is written for pace", "{quiet: …, caps: …")),
    "text for a list": (MINIMAL + "languages: en\n", 3, ("languages is 'en'", "a list of")),
    "a list for a text": (MINIMAL + "title: [a]\n", 3, ("title is a list", "a text")),
    "an empty list": (MINIMAL + "languages: []\n", 3, ("languages is empty",)),
    "not a truth value": (MINIMAL + "adaptive: yes\n", 3, ("adaptive is 'yes'", "true or false")),
    "no such option": ("study: a\ncapture: {outputs: some}\n", 2, ("'some'", "full, none or {text: …}")),
    "no such unit": (MINIMAL + "pace: {snooze: 10 minutes}\n", 3, ("snooze is '10 minutes'", "ms, s, min, h, d")),
    "too much text": ("study: a\ncapture: {outputs: {text: 2 MiB}}\n", 2, ("at most 1 MiB",)),
    "a phase that is none": (MINIMAL + "phase: pilott\n", 3, ("did you mean pilot?", "main, pilot")),
    "a language that is none": (MINIMAL + "languages: [english!]\n", 3, ("a language tag",)),
    "a language twice": (MINIMAL + "languages: [en, en]\n", 3, ("language 'en' stands here twice",)),
    "a language without wording": (MINIMAL + "languages: [fr]\n", 3, ("'fr'", "write it under questions")),
    "a wording without the first language": (
        MINIMAL + "languages: [en, de]\nquestions:\n  why:\n    now:\n      de: Warum?\n",
        6,
        ("the wording now of why has nothing in 'en'",),
    ),
    "a wording of another language": (
        MINIMAL + "questions:\n  why:\n    now: {en: why}\n    end: {en: why, fr: quoi}\n",
        6,
        ("'fr' is none of the study's languages", "allowed are en"),
    ),
    "a wording without end": (MINIMAL + f"questions: {{aim: {{now: {{en: {'why ' * 600}}}}}}}\n", 3, ("at most 2000",)),
    "an empty wording": (MINIMAL + 'questions: {aim: {now: ""}}\n', 3, ("now is empty",)),
    "no wording": (MINIMAL + "questions:\n  why: {choices: [a]}\n", 4, ("now is missing in why",)),
    "unlike choices": (
        MINIMAL + "languages: [en, de]\nquestions:\n  why:\n    now: x\n    choices: {en: [a, b], de: [c]}\n",
        7,
        ("en: 2, de: 1 choices",),
    ),
    "a choice twice": (MINIMAL + "questions: {why: {now: x, choices: [a, a]}}\n", 3, ("choice 'a' stands here twice",)),
    "no way to answer": (MINIMAL + "questions: {why: {now: x, text: none}}\n", 3, ("nobody can answer",)),
    "several of nothing": (MINIMAL + "questions: {why: {now: x, multiple: true}}\n", 3, ("has no choices",)),
    "an unknown rule": (
        MINIMAL + "rules: [{use: first_runs, ask: aim}]\n",
        3,
        ("did you mean first_run?", "long_pause"),
    ),
    "a rule used twice": (ASK + "}\n  - {use: first_run, ask: change}\n", 5, ("used twice",)),
    "an unknown question": (ASK.replace("aim", "aims") + "}\n", 4, ("did you mean aim?", "there are aim, ")),
    "another rule's threshold": (ASK + ", runs: 3}\n", 4, ("first_run does not read runs; only many_runs does",)),
    "options of another package": (ASK + ", options: {a: 1}}\n", 4, ("reads no options",)),
    "an unknown task": (ASK + ", in: [clean]}\n", 4, ("unknown task 'clean'", "name them under tasks")),
    "facts unsaid": (
        MINIMAL + "rules:\n  - {use: data_step, ask: why}\nquestions:\n  why:\n    now: x\n    end: Lost {rows_lost}\n",
        8,
        ("{rows_lost}", "data_step", "facts: true"),
    ),
    "a fact that the rule does not tell": (
        MINIMAL + "rules:\n  - {use: data_step, ask: why, facts: true}\nquestions:\n  why: {now: 'Lost {row_lost}'}\n",
        6,
        ("data_step tells no {row_lost} (did you mean rows_lost?)", "it tells frame, rows_before"),
    ),
    "facts of a rule that tells none": (
        MINIMAL + "rules:\n  - {use: first_run, ask: why, facts: true}\nquestions:\n  why: {now: 'Lost {rows_lost}'}\n",
        6,
        ("first_run tells no {rows_lost}; it tells nothing",),
    ),
    "an unknown condition": (PERIOD.replace("EXP_END", "EXP_ENDE"), 5, ("did you mean EXP_END?", "EXP_NONE")),
    "no condition": (PERIOD.replace("EXP_CTS, EXP_END", ""), 5, ("conditions is empty",)),
    "a block that does not fit": (PERIOD + "    assign: {size: 3}\n", 6, ("a multiple of the 2 conditions: 2, 4, 6",)),
    "a block that does not fit the orders": (
        MINIMAL
        + "periods:\n  - {name: a, conditions: [EXP_CTS, EXP_END, EXP_NONE], assign: {by: counterbalance, size: 3}}\n",
        4,
        ("multiple of the 6 orders",),
    ),
    "more periods than conditions": (
        MINIMAL
        + "periods:\n"
        + "".join(
            f"  - {{name: {n}, conditions: [EXP_CTS, EXP_END], assign: {{by: counterbalance}}}}\n" for n in "abc"
        ),
        6,
        ("at most 2 such periods",),
    ),
    "counterbalanced periods that differ": (
        MINIMAL
        + "periods:\n"
        + "".join(
            f"  - {{name: p{n}, conditions: [EXP_CTS, EXP_END], assign: {{by: counterbalance, seed: {n}}}}}\n"
            for n in "12"
        ),
        5,
        ("p1 and p2 differ",),
    ),
    "a condition twice in a square": (
        PERIOD.replace("EXP_END", "EXP_CTS") + "    assign: {by: counterbalance}\n",
        5,
        ("takes each once",),
    ),
    "a period twice": (PERIOD + "  - name: a\n    conditions: [EXP_CTS]\n", 6, ("period 'a' stands here twice",)),
    "a stratum twice": (PERIOD + "    assign: {strata: [x, x]}\n", 6, ("stratum 'x' stands here twice",)),
    "a task twice": (
        PERIOD + "    tasks: [{name: t, at: tag:x}, {name: t, at: tag:y}]\n",
        6,
        ("task 't' stands here twice",),
    ),
    "a task elsewhere": (
        PERIOD
        + "    tasks: [{name: t, at: tag:x}]\n"
        + "  - name: b\n    conditions: [EXP_CTS]\n    tasks: [{name: t, at: tag:y}]\n",
        9,
        ("task 't' lies elsewhere",),
    ),
    "a task nowhere": (PERIOD + "    tasks: [{name: t, at: Clean}]\n", 6, ('a heading ("# Clean")', "tag:clean")),
    "a heading without quotes": (
        PERIOD + "    tasks:\n      - name: t\n        at: # Clean\n",
        8,
        ("nothing is written",),
    ),
    "a consent that is not there": (
        MINIMAL + "participants:\n  consent: agree.md\n",
        4,
        ("agree.md", "cannot be read"),
    ),
    "an empty consent": (MINIMAL + "participants: {consent: empty.md}\n", 3, ("is empty",)),
    "a consent without the first language": (
        MINIMAL + "languages: [en, de]\nparticipants:\n  consent: {de: consent.md}\n",
        5,
        ("consent has nothing in 'en'",),
    ),
    "numbers for names": (MINIMAL + 'participants: {pseudonyms: "P{n:02}"}\n', 3, ("pseudonyms", "birds")),
    "an address that is none": (MINIMAL + "finish: {then: survey.example.org}\n", 3, ("https://",)),
    "an unknown placeholder": (MINIMAL + 'finish: {then: "https://x.org/{name}"}\n', 3, ("{name}", "{participant}")),
    "not YAML": ("study: a\ncapture: [\n", 3, ("not YAML", "write `key: value`")),
    "a tab": ("study: a\n\tcapture: b\n", 2, ("not YAML",)),
    "two documents": (MINIMAL + "---\nstudy: b\n", 3, ("not YAML",)),
    "nothing at all": ("# later\n", 1, ("the file is empty",)),
    "a list": ("- a\n", 1, ("the file is a list", "{study: …")),
    "a word": ("loans\n", 1, ("the file is 'loans'",)),
    "a tag that would run code": (
        "capture: {outputs: none}\nstudy: !!python/object/apply:os.getcwd []\n",
        2,
        ("os.getcwd means nothing here",),
    ),
    "an alias of nothing": (MINIMAL + "title: *x\n", 3, ("undefined alias",)),
    "a value that holds itself": (MINIMAL + "pace: &x {caps: *x}\n", 3, ("unknown key 'caps'",)),
    "a control character": (MINIMAL + 'title: "\x07"\n', 3, ("not YAML",)),
}


@pytest.mark.parametrize(("text", "number", "named"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_said_with_its_line_and_what_is_allowed(
    tmp_path: Path, text: str, number: int, named: tuple[str, ...]
) -> None:
    path = study_of(tmp_path, text)
    lines = mistakes_in(path)
    assert lines[0].startswith(f"{path}:{number}: ")
    for words in named:
        assert words in lines[0]
    assert all("\n" not in line for line in lines)


def test_all_mistakes_are_said_in_the_order_of_their_lines(tmp_path: Path) -> None:
    path = study_of(tmp_path, "study: ''\ncapture: {outputs: nothing}\ntitel: a\nadaptive: 1\n")
    with pytest.raises(StudyInvalid) as refused:
        load_study(path)
    assert [mistake.line for mistake in refused.value.mistakes] == [1, 2, 3, 4]
    assert str(refused.value).count("\n") == 0
    assert "and 3 more: `prompter check`" in str(refused.value)


def test_a_study_that_is_not_utf_8_is_refused_on_its_line(tmp_path: Path) -> None:
    path = study_of(tmp_path, MINIMAL)
    path.write_bytes(b"study: loans\ntitle: caf\xe9\n")
    [line] = mistakes_in(path)
    assert line.startswith(f"{path}:2: ")
    assert "UTF-8" in line


def test_a_study_nested_without_end_is_refused(tmp_path: Path) -> None:
    [line] = mistakes_in(study_of(tmp_path, MINIMAL + "title: " + "[" * 5000 + "\n"))
    assert line.startswith(str(tmp_path))
