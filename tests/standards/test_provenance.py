"""The export to W3C PROV: read by the package's own readers, held against PROV's constraints, asked what fed what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import stories
from prov.constants import PROV_ATTR_ACTIVITY, PROV_ATTR_ENTITY
from prov.graph import prov_to_graph
from prov.identifier import QualifiedName
from prov.model import (
    ProvActivity,
    ProvAgent,
    ProvAssociation,
    ProvAttribution,
    ProvDerivation,
    ProvDocument,
    ProvElement,
    ProvGeneration,
    ProvRecord,
    ProvRelation,
    ProvUsage,
)
from releasing import same_bytes, written

from prompter.exports.provenance import Prov
from prompter_events.catalogue.notebook import CellAdded
from support.lifelike import Desk, lifelike
from support.loans import TRUTH, loans

ALL = (stories.hostile(), stories.empty(), stories.unaccepted(), *stories.two_sessions(), stories.parsing())


def documents(directory: Path) -> dict[str, ProvDocument]:
    """PROV-JSON by session."""
    return {
        path.stem: ProvDocument.deserialize(source=str(path), format="json")
        for path in sorted((directory / "sessions").glob("*.json"))
    }


def terms(record: ProvRecord) -> dict[str, object]:
    """Our own attributes, by name."""
    return {name.localpart: value for name, value in record.attributes if name.namespace.prefix == "prompter"}


def kind(record: ProvRecord) -> set[str]:
    """The types of a record."""
    return {value.localpart for value in record.get_asserted_types() if isinstance(value, QualifiedName)}


def of_kind(document: ProvDocument, name: str) -> list[ProvElement]:
    """All records of a type."""
    return [record for record in document.get_records(ProvElement) if name in kind(record)]


def problems(document: ProvDocument, *, whole: bool = True) -> Iterator[str]:
    """Where a document breaks a constraint of PROV that its reader does not check."""
    elements = Counter(record.identifier for record in document.get_records(ProvElement))
    yield from (f"{name} is declared {count} times" for name, count in elements.items() if count > 1)
    for relation in document.get_records(ProvRelation):
        for name, value in relation.formal_attributes:
            if isinstance(value, QualifiedName) and value not in elements and whole:
                yield f"{name} of a relation is {value}, which is not declared"
    made = Counter(dict(record.formal_attributes)[PROV_ATTR_ENTITY] for record in document.get_records(ProvGeneration))
    yield from (f"{name} was generated {count} times" for name, count in made.items() if count > 1)
    for activity in document.get_records(ProvActivity):
        began, ended = activity.get_startTime(), activity.get_endTime()
        if began is not None and ended is not None and ended < began:
            yield f"{activity.identifier} ended before it began"
    yield from _circles(document)


def _circles(document: ProvDocument) -> Iterator[str]:
    """Nothing may come of itself."""
    parents = sources(document)
    done: set[QualifiedName] = set()
    for start in parents:
        path: list[tuple[QualifiedName, Iterator[QualifiedName]]] = [(start, iter(parents[start]))]
        on_path = {start}
        while path:
            name, rest = path[-1]
            following = next((one for one in rest if one not in done), None)
            if following is None:
                done.add(name)
                on_path.discard(name)
                path.pop()
            elif following in on_path:
                yield f"{following} comes of itself"
                return
            else:
                on_path.add(following)
                path.append((following, iter(parents.get(following, ()))))


def sources(document: ProvDocument) -> dict[QualifiedName, list[QualifiedName]]:
    """What each entity and activity came of: by derivation, generation and usage."""
    found: dict[QualifiedName, list[QualifiedName]] = {}
    for record in document.get_records((ProvDerivation, ProvGeneration, ProvUsage)):
        first, second, *_ = [value for _, value in record.formal_attributes]
        if second is not None:
            found.setdefault(first, []).append(second)
    return found


def behind(document: ProvDocument, name: QualifiedName) -> set[QualifiedName]:
    """Everything that something came of."""
    parents, found, todo = sources(document), set[QualifiedName](), [name]
    while todo:
        for one in parents.get(todo.pop(), ()):
            if one not in found:
                found.add(one)
                todo.append(one)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def living(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ProvDocument]:
    """The documents of two people at work."""
    directory = tmp_path_factory.mktemp("living")
    await written(Prov(), directory, lifelike(), loans().events)
    return documents(directory)


async def test_documents_keep_the_constraints(living: dict[str, ProvDocument]) -> None:
    assert len(living) == 2
    for document in living.values():
        assert list(problems(document)) == []
        assert len(prov_to_graph(document)) > 200


async def test_whatever_was_typed_both_readers_read_the_same(tmp_path: Path) -> None:
    await written(Prov(), tmp_path, *ALL, lifelike())
    for session, document in documents(tmp_path).items():
        source = str(tmp_path / "sessions" / f"{session}.provn")
        assert ProvDocument.deserialize(source=source, format="provn") == document
        # What one session asked, the next one's answer refers to.
        assert list(problems(document, whole=session != str(stories.two_sessions()[1][0].session_id))) == []


def test_the_constraints_find_what_is_wrong() -> None:
    """The negative control."""
    document = ProvDocument()
    document.add_namespace("x", "urn:x:")
    document.entity("x:a")
    document.entity("x:b")
    document.wasDerivedFrom("x:a", "x:b")
    document.wasDerivedFrom("x:b", "x:a")
    document.wasGeneratedBy("x:a", "x:nothing")
    document.wasGeneratedBy("x:a", "x:nothing")
    found = " ".join(problems(document))
    assert "comes of itself" in found
    assert "not declared" in found
    assert "generated 2 times" in found


async def test_a_score_leads_back_to_the_data(living: dict[str, ProvDocument]) -> None:
    document = living[str(loans().events[0].session_id)]
    scores = of_kind(document, "Score")
    told = {(terms(score)["metric"], terms(score)["value"]) for score in scores}
    assert {("roc_auc_score", value) for model in TRUTH.models for _, value in model.scores} <= told
    last = behind(document, scores[-1].identifier)
    [loaded] = [record for record in of_kind(document, "File") if str(terms(record)["path"]).endswith("loans.csv")]
    assert loaded.identifier in last
    versions = [str(terms(one)["source"]) for one in of_kind(document, "CellVersion") if one.identifier in last]
    assert any("read_csv" in source for source in versions)
    assert not any(".hist(" in source for source in versions), "a picture feeds no score"


async def test_an_answer_is_the_participants_and_comes_of_the_question(living: dict[str, ProvDocument]) -> None:
    for events in (lifelike(), loans().events):
        document = living[str(events[0].session_id)]
        [participant] = [agent for agent in document.get_records(ProvAgent) if "Person" in kind(agent)]
        given = [event.body for event in events if event.type == "prompt.answered"]
        asked = {event.body.prompt_id: event.body.question for event in events if event.type == "prompt.issued"}
        answers = of_kind(document, "Answer")
        assert [terms(answer)["text"] for answer in answers] == [body.text for body in given]
        by = {tuple(value for _, value in record.formal_attributes) for record in document.get_records(ProvAttribution)}
        for answer, body in zip(answers, given, strict=True):
            assert (answer.identifier, participant.identifier) in by
            came_of = behind(document, answer.identifier)
            [question] = [one for one in of_kind(document, "Question") if one.identifier in came_of]
            assert terms(question)["text"] == asked[body.prompt_id]
            assert any(name.localpart.startswith("cell-") for name in came_of)


async def test_runs_used_what_earlier_runs_left(living: dict[str, ProvDocument]) -> None:
    for events in (lifelike(), loans().events):
        document = living[str(events[0].session_id)]
        runs = of_kind(document, "Run")
        assert len(runs) == sum(event.type == "run.scheduled" for event in events)
        executed = {
            dict(record.formal_attributes)[PROV_ATTR_ACTIVITY]
            for record in document.get_records(ProvAssociation)
            if any(getattr(value, "localpart", "") == "executor" for _, value in record.extra_attributes)
        }
        for run in runs:
            assert (run.identifier in executed) == (terms(run)["status"] not in {"aborted"})
        assert {terms(run)["names_told_by"] for run in runs} <= {"kernel", "syntax", "none"}


async def test_versions_are_what_was_run_and_what_stood_at_the_end(living: dict[str, ProvDocument]) -> None:
    for events in (lifelike(), loans().events):
        document = living[str(events[0].session_id)]
        sources = {terms(version)["source"] for version in of_kind(document, "CellVersion")}
        assert {event.body.source for event in events if event.type == "run.scheduled"} <= sources
        for version in of_kind(document, "CellVersion"):
            assert terms(version).get("given") or any(
                record.args[0] == version.identifier for record in document.get_records(ProvAttribution)
            )


async def test_an_answer_after_a_reload_knows_its_question(tmp_path: Path) -> None:
    first, second = stories.two_sessions()
    await written(Prov(), tmp_path, first, second)
    found = documents(tmp_path)
    asked, answered = found[str(first[0].session_id)], found[str(second[0].session_id)]
    assert [terms(one)["text"] for one in of_kind(asked, "Question")] == ["What are you trying to do?"]
    assert [terms(one)["text"] for one in of_kind(answered, "Question")] == ["What are you trying to do?"]
    assert [terms(one)["text"] for one in of_kind(answered, "Answer")] == ["I count.", "I count twice."]
    both = ProvDocument()
    both.update(asked)
    both.update(answered)
    assert list(problems(both.unified())) == []


async def test_a_merged_cell_comes_of_all_its_parents(tmp_path: Path) -> None:
    desk = Desk(11)
    desk.open(("c1", "code", "a = 1"), ("c2", "code", "b = 2"))
    desk.emit(
        CellAdded(cell_id="c3", index=0, cell_type="code", source="a = 1\nb = 2", cause="merge", parents=["c1", "c2"])
    )
    await written(Prov(), tmp_path, desk.events)
    [document] = documents(tmp_path).values()
    [merged] = [one for one in of_kind(document, "CellVersion") if "\n" in str(terms(one)["source"])]
    came_of = behind(document, merged.identifier)
    texts = {terms(one)["source"] for one in of_kind(document, "CellVersion") if one.identifier in came_of}
    assert texts == {"a = 1", "b = 2"}


async def test_a_colleague_is_another_agent_than_the_participant(tmp_path: Path) -> None:
    await written(Prov(), tmp_path, stories.parsing())
    [document] = documents(tmp_path).values()
    [version] = [one for one in of_kind(document, "CellVersion") if terms(one)["source"] == "x = (1)"]
    attributions = [record.args for record in document.get_records(ProvAttribution)]
    authors = {agent for entity, agent in attributions if entity == version.identifier}
    assert len(authors) == 1
    [author] = authors
    assert author.localpart.startswith("author-")


async def test_a_blind_document_holds_no_condition(tmp_path: Path) -> None:
    await written(Prov(), tmp_path / "open", lifelike())
    await written(Prov(), tmp_path / "blind", lifelike(), blind=True)

    def found(name: str) -> bool:
        return any(b"EXP_CTS" in path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file())

    assert found("open")
    assert not found("blind")


async def test_the_same_log_gives_the_same_bytes(tmp_path: Path) -> None:
    await same_bytes(Prov(), tmp_path, lifelike(), *ALL)


async def test_an_empty_log_is_an_empty_index(tmp_path: Path) -> None:
    assert await written(Prov(), tmp_path) == {"index.json": 0}
    assert json.loads((tmp_path / "index.json").read_text()) == []


async def test_the_index_lists_every_document(tmp_path: Path) -> None:
    await written(Prov(), tmp_path, *ALL)
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    listed = {name for row in index for name in row["files"]}
    assert listed == {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "sessions").iterdir()}
    found = documents(tmp_path)
    assert {row["session"]: row["records"] for row in index} == {name: len(one.records) for name, one in found.items()}
