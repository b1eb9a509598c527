"""The narrative alone, as its readers see it, against what really happened on the loans."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from telling_stories import Document, plain, read

from prompter_projections.narrative import Material, Narrative, material_from, narrate, render
from prompter_projections.narrative.model import (
    Attempts,
    Block,
    Failure,
    Paragraph,
    Quote,
    Row,
    Sentence,
    Table,
    Variant,
)
from support.loans import TRUTH, Abandoned, Model, Session, Step, loans
from support.loans import Failure as TrueFailure

FIRST = 40


@pytest.fixture(scope="module")
def session() -> Session:
    return loans(FIRST)


@pytest.fixture(scope="module")
def material(session: Session) -> Material:
    return material_from(session.events)


@pytest.fixture(scope="module")
def narrative(material: Material) -> Narrative:
    return narrate(material)


@pytest.fixture(scope="module")
def document(material: Material, narrative: Narrative) -> Document:
    return read(render(narrative, ".md", material).decode())


def numbers(material: Material, session: Session) -> dict[str, str]:
    """What each cell of the story is called."""
    found = {}
    for label, cell_id in session.cells.items():
        number = material.lanes[cell_id].number
        found[label] = "the removed cell" if number is None else f"cell {number}"
    return found


def cells_in(text: str) -> set[int]:
    """The numbers of cells that ``cells 2, 5 to 7 and 9`` names."""
    found: set[int] = set()
    # Behind the cells stand positions, which are numbers too.
    listed = re.search(r"(?i)cells? (\d+(?:(?:,| to| and) \d+)*)", text)
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", listed[1] if listed else ""):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def sentences_about(document: Document, heading: str, *words: str) -> list[str]:
    """The paragraphs of a section that hold all these words."""
    told = [plain(line) for line in document.sections[heading].split("\n")]
    return [line for line in told if all(plain(word) in line for word in words)]


def test_the_aim_is_quoted_word_by_word_and_says_that_it_was_chosen(document: Document) -> None:
    [aim, first_words] = document.quotes["Aim, in their words"]
    assert aim.strip().startswith(TRUTH.aim)
    assert "inferred as the first answer about a new cell" in aim
    assert first_words.strip().startswith("The file data/loans.csv holds loans of five years. What makes a loan fail?")
    assert "stood there when the notebook was opened" in first_words


@pytest.mark.parametrize("step", TRUTH.steps, ids=lambda step: f"{step.did}-{step.run[0]}-{step.run[1]}")
def test_each_step_of_the_data_is_told(step: Step, document: Document, material: Material, session: Session) -> None:
    where = numbers(material, session)[step.run[0]].capitalize()
    rows = [plain(" ".join(row)) for row in document.rows["Data"][1:]]
    told = [row for row in rows if row.startswith(step.did) and where in row]
    assert any(all(plain(word) in row for word in step.words) for row in told), (step, rows)


def test_no_step_is_made_up(document: Document, material: Material, session: Session) -> None:
    where = numbers(material, session)
    for row in document.rows["Data"][1:]:
        assert row[1] in {where[label].capitalize() for label in ("load", "clean", "merge", "features", "split")}
        left = "leads to no result" in row[0]
        assert left == (row[1] == where["merge"].capitalize())


@pytest.mark.parametrize("model", TRUTH.models, ids=lambda model: model.kind)
def test_each_model_has_its_scores_in_order_and_its_end(model: Model, document: Document) -> None:
    [row] = [row for row in document.rows["Models"] if row[0].startswith(model.kind)]
    assert re.findall(r"0\.\d{3}", row[2]) == [f"{value:.3f}" for _, value in model.scores]
    assert row[0].endswith("best") == model.final
    dead = model.cell in {each.cell for each in TRUTH.abandoned}
    assert ("leads to no result" in row[3]) == dead
    if not dead:
        assert f"final score {model.scores[-1][1]}" in row[3]


def test_there_are_no_other_models(document: Document) -> None:
    assert len(document.rows["Models"]) == 1 + len(TRUTH.models)


@pytest.mark.parametrize("failed", TRUTH.failures, ids=lambda failure: failure.error)
def test_each_error_is_told_with_its_repair(
    failed: TrueFailure, document: Document, material: Material, session: Session
) -> None:
    [told] = sentences_about(document, "What failed", failed.error, failed.word)
    where = numbers(material, session)
    assert where[failed.runs[0][0]] in told
    if failed.repaired_by is None:
        assert "never repaired" in told
        return
    assert "repaired after" in told
    assert "never" not in told
    assert failed.cured_in is not None
    assert f"{where[failed.cured_in]} was" in told.rpartition("repaired after")[2]
    ended = session.positions(failed.repaired_by)[1]
    assert any(ended in sentence.positions for sentence in _sentences(narrate(material).overview[4].blocks))


def test_errors_are_counted(document: Document) -> None:
    runs = sum(len(failure.runs) for failure in TRUTH.failures)
    good = sum(failure.repaired_by is not None for failure in TRUTH.failures)
    bad = len(TRUTH.failures) - good
    count = f"{runs} runs failed, in {good + bad} errors: {good} repaired, {bad} not"
    assert count in document.sections["What failed"]


@pytest.mark.parametrize("end", TRUTH.abandoned, ids=lambda end: end.cell)
def test_what_was_abandoned_is_told_with_their_words(
    end: Abandoned, document: Document, material: Material, session: Session
) -> None:
    told = sentences_about(
        document, "What was abandoned", *end.words, numbers(material, session)[end.cell].capitalize()
    )
    assert len(told) == 1, document.sections["What was abandoned"]
    why = {"removed": "it was removed", "never used": "nothing that leads to a result reads"}
    assert why.get(end.why, "it was not run again after the kernel's last restart") in told[0]
    if end.reason is not None:
        assert f"The last answer about it: “{end.reason}”" in told[0]


def test_nothing_else_was_abandoned(document: Document) -> None:
    told = [line for line in document.sections["What was abandoned"].split("\n") if line.strip()]
    assert len(told) == len(TRUTH.abandoned)


def test_the_result_comes_with_the_conclusion_and_with_what_it_rests_on(
    document: Document, material: Material, session: Session
) -> None:
    where = numbers(material, session)
    first = document.rows["Result"][1]
    assert first[0] == f"{where[TRUTH.result[0]].capitalize()}, run {TRUTH.result[1]}"
    assert "0.721" in first[1]
    feeding = {int(where[label].split()[1]) for label, _ in TRUTH.feeding if label != TRUTH.result[0]}
    assert cells_in(first[3]) == feeding
    [conclusion] = document.quotes["Result"]
    assert conclusion.strip().startswith(TRUTH.conclusion)


def test_every_answer_is_quoted_whole_once_in_the_chapters(document: Document) -> None:
    chapters = [quotes for heading, quotes in document.quotes.items() if re.match(r"\d+\. ", heading)]
    quoted = [quote.strip().partition("\n")[0].strip() for quotes in chapters for quote in quotes]
    assert [quote for quote in quoted if quote in TRUTH.answers] == list(TRUTH.answers)
    assert set(quoted) - set(TRUTH.answers) == {TRUTH.conclusion}


def test_chapters_follow_headings_pauses_and_the_restart(document: Document) -> None:
    titles = [heading for heading in document.sections if re.match(r"\d+\. ", heading)]
    assert titles == [
        "1. Loans",
        "2. Clean",
        "3. Models",
        "4. After the restart",
        "5. Back to Models",
        "6. Models, continued",
        "7. Conclusion",
    ]
    whys = [document.sections[title].strip().partition("\n")[0] for title in titles]
    assert "Begins with the session; ends at the next heading." in whys[0]
    assert "Begins at the heading “Clean”" in whys[1]
    assert "Begins when the kernel was restarted, after a long pause of 13 min" in whys[3]
    assert "Begins after a long pause of 7 min" in whys[5]
    assert "ends with the session." in whys[6]


def test_what_was_done_is_told_in_the_order_of_time(narrative: Narrative) -> None:
    for chapter in narrative.chapters:
        times = [block.at for section in chapter.sections for block in section.blocks if isinstance(block, Paragraph)]
        told = [at for at in times if at is not None]
        assert told == sorted(told)
        assert all(chapter.at <= at for at in told)


def test_the_leak_stands_in_the_chapter_in_which_it_was_found(document: Document) -> None:
    assert any(quote.strip().startswith(TRUTH.leak) for quote in document.quotes["3. Models"])
    fell = "Since the trial before, cell 9 was changed, on which it rests."
    assert fell in plain(document.sections["3. Models"]).partition("roc_auc_score 0.694")[2]
    gone = '-features = ["loan_amnt", "annual_inc", "dti", "emp_years", "recovered", "grade"]'
    assert gone in document.sections["3. Models"]


def test_open_points_name_the_cells_without_a_characterization(
    document: Document, material: Material, session: Session
) -> None:
    [told] = sentences_about(document, "Open points", "without ever being characterized")
    where = numbers(material, session)
    placed = {int(where[label].split()[1]) for label in TRUTH.uncharacterized if where[label].startswith("cell")}
    assert cells_in(told.partition(", the removed")[0]) == placed
    gone = [label for label in TRUTH.uncharacterized if not where[label].startswith("cell")]
    assert told.count("the removed cell") == len(gone)
    assert sentences_about(document, "Open points", "about cell 14 was dismissed after 12 s")


def test_every_statement_names_positions_of_this_session(narrative: Narrative, session: Session) -> None:
    known = {event.position for event in session.events}
    stated = list(_statements(narrative))
    assert len(stated) > 100
    for statement in stated:
        assert statement.positions, statement
        assert set(statement.positions) <= known
        assert list(statement.positions) == sorted(statement.positions)


def test_positions_link_to_the_timeline(narrative: Narrative, material: Material) -> None:
    written = render(narrative, ".md", material, "my timelines/session (1).html").decode()
    links = read(written).links
    assert len(links) > 150
    assert all(re.fullmatch(r"my%20timelines/session%20%281%29\.html#position=\d+", link) for link in links)
    assert not read(render(narrative, ".md", material).decode()).links


def test_kernel_and_code_are_told_apart(document: Document, material: Material) -> None:
    rows = {row[0].partition(" ")[0]: " ".join(row) for row in document.rows["Models"][1:]}
    assert "by the kernel" in rows["DecisionTreeClassifier"]
    assert "inferred from the code and its output" in rows["HistGradientBoostingClassifier"]
    assert (
        "the kernel told of 20" in document.sections["Open points"]
        or "the kernel told of" in document.sections["Open points"]
    )


@pytest.mark.parametrize("suffix", [".md", ".html", ".ipynb"])
def test_the_same_log_gives_the_same_bytes(suffix: str, material: Material, narrative: Narrative) -> None:
    """Also in another process, where sets have another order."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from support.loans import loans\n"
        "from prompter_projections.narrative import material_from, narrate, render\n"
        f"made = material_from(loans({FIRST}).events)\n"
        f"sys.stdout.buffer.write(render(narrate(made), {suffix!r}, made, 'x.html'))"
    )
    tests = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", script, tests], env=environment, capture_output=True, check=True)
    assert done.stdout == render(narrative, suffix, material, "x.html")


def _statements(narrative: Narrative) -> list[Sentence | Quote | Row | Variant]:
    found: list[Sentence | Quote | Row | Variant] = []
    sections = [*narrative.overview, narrative.open_points, *(s for c in narrative.chapters for s in c.sections)]
    for block in (block for section in sections for block in section.blocks):
        match block:
            case Quote():
                found.append(block)
            case Table():
                found += block.rows
            case Attempts():
                found += block.variants
            case Paragraph() | Failure():
                found += block.sentences
    return found


def _sentences(blocks: tuple[Block, ...]) -> list[Sentence]:
    return [each for block in blocks if isinstance(block, Paragraph) for each in block.sentences]
