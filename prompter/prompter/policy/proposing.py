"""What the rules propose at a moment, and which of several proposals for a cell stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace

from prompter_events import Event
from prompter_events.catalogue import Body
from prompter_events.catalogue.runs import KernelFacts
from prompter_projections.similarity import language_of, similarity

from ..study import Rule, Study, Task
from .memory import (
    CellMemory,
    HeldBack,
    Outline,
    ParticipantMemory,
    Place,
    Proposal,
    RunMemory,
    SessionMemory,
    cell_of,
    source_digest,
    with_cell,
)
from .outline import follows, tasks_of
from .requests import RESEARCHER
from .rules import RULES, Moment, RuleFunction
from .steps import FrameStep, Value

#: A study's priorities are whole numbers below.
_BEFORE_EVERY_RULE = 2**53

#: How many facts of a rule of another package are kept, and how much of each text, in characters.
_MOST_FACTS, _LONGEST_FACT = 20, 200


@dataclass(frozen=True)
class Terms:
    """What a study says, prepared for reading events."""

    study: Study
    functions: Mapping[str, RuleFunction]
    """Of each rule."""
    foreign: tuple[Rule, ...]
    """The rules of other packages: they see each event that is about a cell."""
    tasks: Mapping[str, tuple[Task, ...]]
    """Those that rules name, by period; all of them under the empty name."""
    outlined: bool
    """Whether the order of cells must be known."""

    @classmethod
    def of(cls, study: Study, functions: Mapping[str, RuleFunction]) -> Terms:
        """The terms of a study."""
        named = {name for rule in study.rules for name in rule.within}
        tasks = {period.name: tuple(task for task in period.tasks if task.name in named) for period in study.periods}
        every = tuple(task for some in tasks.values() for task in some)
        foreign = tuple(rule for rule in study.rules if rule.use not in RULES)
        return cls(study, functions, foreign, {**tasks, "": every}, follows(every))


@dataclass(frozen=True)
class Happening:
    """An event as the rules see it."""

    event: Event
    body: Body
    session: SessionMemory
    place: Place
    run: RunMemory | None = None
    """The run that ended well, where there is one to ask about."""
    run_id: UUID | None = None
    facts: KernelFacts | None = None
    step: FrameStep | None = None
    paused: int = 0
    """µs."""


@dataclass(frozen=True)
class _Wish:
    rule: Rule
    facts: dict[str, Value]
    failed: str = ""
    """Why nothing can come of it: the rule's own code raised."""


def moment_of(event: Event, session: SessionMemory) -> int:
    """When an event happened, by the server's clock.

    One that waited in an offline page counts for the moment when it happened, not for now.
    """
    return min(event.recorded_at, event.occurred_at + session.clock_offset)


def propose(
    memory: ParticipantMemory, happening: Happening, rules: tuple[Rule, ...], terms: Terms
) -> ParticipantMemory:
    """The memory with what the rules propose now: at most one proposal for each cell, the others held back."""
    place, run = happening.place, happening.run
    cell = cell_of(memory, place)
    version = run.version if run is not None else cell.runs
    if version < cell.proposed_version:  # an older run that ended late: a newer one was looked at
        return memory
    earlier = cell.proposed if version == cell.proposed_version else ()
    outline = memory.outlines.get(happening.event.session_id)
    wishes = []
    for rule in rules:
        if rule.use not in earlier and _holds(rule, outline, happening, terms):
            wish = _wish(rule, cell, happening, terms.functions[rule.use])
            if wish is not None:
                wishes.append(wish)
    if not wishes or (version != cell.asked_version and run is not None and _covered(cell, run, happening.session)):
        return memory
    proposed = (*earlier, *(wish.rule.use for wish in wishes))
    cells = with_cell(memory, place, replace(cell, proposed_version=version, proposed=proposed))
    made = [(wish, _proposal(wish, happening, version)) for wish in wishes]
    return _weighed(replace(memory, cells=cells), made, cell, terms)


def _weighed(
    memory: ParticipantMemory, made: list[tuple[_Wish, Proposal]], cell: CellMemory, terms: Terms
) -> ParticipantMemory:
    """The memory with the best of several proposals for one cell."""
    place, version = made[0][1].place, made[0][1].version
    held: list[HeldBack] = []
    standing: list[Proposal] = []
    for proposal in memory.proposals:
        if proposal.place == place:
            if proposal.version == version:
                standing.append(proposal)
            else:
                held.append(HeldBack(proposal, "superseded"))
    for wish, proposal in made:
        if wish.failed:
            held.append(HeldBack(proposal, wish.failed))
        elif place.notebook_id in memory.ended:
            held.append(HeldBack(proposal, "study ended"))
        elif version and version == cell.asked_version:
            held.append(HeldBack(proposal, "asked already"))
        else:
            standing.append(proposal)
    best = max(standing, key=lambda proposal: priority(terms.study, proposal.rule), default=None)
    held.extend(HeldBack(proposal, "another rule") for proposal in standing if proposal is not best)
    others = tuple(proposal for proposal in memory.proposals if proposal.place != place)
    return replace(
        memory,
        proposals=others if best is None else (*others, best),
        held_back=(*memory.held_back, *held),
    )


def priority(study: Study, name: str) -> int:
    """The priority of a rule; of one that is no longer in the study, 0. Researchers come before every rule."""
    if name == RESEARCHER:
        return _BEFORE_EVERY_RULE
    return next((rule.priority for rule in study.rules if rule.use == name), 0)


def _wish(rule: Rule, cell: CellMemory, happening: Happening, function: RuleFunction) -> _Wish | None:
    moment = Moment(
        rule=rule,
        cell=cell,
        body=happening.body,
        run=happening.run,
        facts=happening.facts,
        step=happening.step,
        kernel=happening.session.kernel,
        paused=happening.paused,
    )
    try:
        told = function(moment)
        return None if told is None else _Wish(rule, _facts(told))
    except Exception as error:
        if rule.use in RULES:
            raise
        # Its class alone: a message may hold an address, and the same log must give the same decisions.
        return _Wish(rule, {}, f"rule failed: {type(error).__name__}"[:512])


def _facts(told: Mapping[str, Value]) -> dict[str, Value]:
    """A rule's facts, bounded. Raises whatever a mapping that is none raises."""
    kept: dict[str, Value] = {}
    for name, value in list(told.items())[:_MOST_FACTS]:
        plain = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53
        kept[str(name)[:_LONGEST_FACT]] = value if plain else str(value)[:_LONGEST_FACT]
    return kept


def _holds(rule: Rule, outline: Outline | None, happening: Happening, terms: Terms) -> bool:
    """Whether a rule holds where the cell stands, by the tasks of the session's period.

    Without an outline, tasks by cell id alone can be told.
    """
    if not rule.within:
        return True
    # A period that the study no longer has tells nothing.
    tasks = terms.tasks.get(happening.session.period, terms.tasks[""])
    return not tasks_of(outline or Outline(), happening.place.cell_id, tasks).isdisjoint(rule.within)


def _covered(cell: CellMemory, run: RunMemory, session: SessionMemory) -> bool:
    """Whether what ran says the same as what was asked about: one answer is enough."""
    asked = cell.asked_source
    if asked is None:
        return cell.asked_digest != b"" and cell.asked_digest == source_digest(run.source)
    if asked == run.source:
        return True
    return similarity(asked, run.source, language_of(session.kernel)) == 1


def _proposal(wish: _Wish, happening: Happening, version: int) -> Proposal:
    return Proposal(
        place=happening.place,
        session_id=happening.event.session_id,
        run_id=happening.run_id,
        version=version,
        source=happening.run.source if happening.run is not None else "",
        rule=wish.rule.use,
        trigger=happening.event.position,
        proposed_at=moment_of(happening.event, happening.session),
        facts=wish.facts,
    )
