"""Names and whose they are: participants, notebooks, sessions."""

from __future__ import annotations

from itertools import count
from uuid import UUID

from prompter_events import Log, open_log
from support.events import ALICE, BOB, events, new_producer, new_session


async def test_a_participant_keeps_their_id(log: Log) -> None:
    names = ["Zoë", "zoë", "Zoë ", "Zoe", "x" * 400]
    ids = [await log.participant(name) for name in names]
    assert len(set(ids)) == len(names)
    assert [await log.participant(name) for name in names] == ids
    assert await log.participant_names() == dict(zip(ids, names, strict=True))


async def test_ids_come_from_where_they_are_told_to(log_url: str) -> None:
    numbers = count(1)
    async with open_log(log_url, new_id=lambda: UUID(int=next(numbers))) as log:
        ann = await log.participant("Ann")
        notebook = await log.notebook(ann, "loans", "a.ipynb")
        assert (ann, notebook) == (UUID(int=1), UUID(int=2))
        assert (await log.participant("Ann"), await log.notebook(ann, "loans", "a.ipynb")) == (ann, notebook)


async def test_a_notebook_keeps_its_id_when_it_is_renamed(log: Log) -> None:
    first = await log.notebook(ALICE, "loans", "a.ipynb")
    assert await log.notebook(ALICE, "loans", "a.ipynb") == first
    others = [
        await log.notebook(BOB, "loans", "a.ipynb"),
        await log.notebook(ALICE, "other", "a.ipynb"),
        await log.notebook(ALICE, "loans", "A.ipynb"),
        await log.notebook(ALICE, "loans", "a.ipynb "),
    ]
    assert len({first, *others}) == 5
    await log.rename_notebook(first, "b.ipynb")
    assert await log.notebook(ALICE, "loans", "b.ipynb") == first
    assert await log.notebook(ALICE, "loans", "a.ipynb") not in {first, *others}


async def test_a_notebook_takes_over_the_path_of_another(log: Log) -> None:
    old = await log.notebook(ALICE, "loans", "b.ipynb")
    renamed = await log.notebook(ALICE, "loans", "a.ipynb")
    await log.rename_notebook(renamed, "b.ipynb")
    await log.rename_notebook(renamed, "b.ipynb")
    assert await log.notebook(ALICE, "loans", "b.ipynb") == renamed
    assert await log.notebook(ALICE, "loans", "a.ipynb") not in (old, renamed)


async def test_a_session_belongs_to_the_participant_of_its_first_event(log: Log) -> None:
    session, producer = new_session(), new_producer()
    assert await log.session_owner(session) is None
    await log.append(producer, events(producer, 1, 2, participant_id=BOB, session_id=session))
    assert await log.session_owner(session) == BOB
