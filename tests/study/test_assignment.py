"""Who gets which condition, over random studies and arrivals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prompter.errors import SettingInvalid
from prompter.study import WITHOUT_STUDY, Assignment, Period, Study
from prompter.study.assignment import Assigned, assign, decided, freed, period_of, standing
from prompter.study.latin_square import williams
from prompter_events import ParticipantId
from prompter_events.catalogue.study import ParticipantAssigned

CONDITIONS = ("EXP_CTS", "EXP_END", "EXP_NONE")

seeds = st.integers(0, 2**53 - 1)
conditions = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=5).map(tuple)


def person(number: int) -> ParticipantId:
    return ParticipantId(UUID(int=number + 1))


def study_with(*periods: Period) -> Study:
    return replace(WITHOUT_STUDY, name="loans", periods=periods)


class Arriving:
    """A study to which people come, with all that was assigned so far."""

    def __init__(self, *periods: Period) -> None:
        self.study = study_with(*periods)
        self.history: list[Assigned] = []

    def come(self, number: int, period: int = 0, **traits: str) -> ParticipantAssigned:
        fact = assign(self.study, self.study.periods[period], self.history, person(number), traits)
        self.note(number, fact)
        return fact

    def note(self, number: int, fact: ParticipantAssigned) -> None:
        if fact != standing(self.study, period_of(self.study, fact.period), self.history, person(number)):
            self.history.append(Assigned(person(number), fact))

    def free(self, number: int) -> None:
        period = self.study.periods[0]
        self.note(number, freed(self.study, period, self.history, person(number), by="R", reason="left"))


@st.composite
def periods(draw: st.DrawFn, strata: Sequence[str] = ()) -> Period:
    names = draw(conditions)
    size = draw(st.integers(0, 4)) * len(names)
    return Period(name="p", conditions=names, assign=Assignment(size=size, seed=draw(seeds), strata=tuple(strata)))


@given(periods())
def test_every_block_holds_each_condition_equally_often(period: Period) -> None:
    size = period.assign.size or len(period.conditions)
    arriving = Arriving(period)
    got = [arriving.come(number).condition for number in range(3 * size)]
    each = {name: times * size // len(period.conditions) for name, times in Counter(period.conditions).items()}
    for block in range(3):
        assert Counter(got[block * size : (block + 1) * size]) == each


def test_the_balance_test_would_see_a_lottery() -> None:
    period = Period(name="p", conditions=CONDITIONS)
    lottery = [
        assign(study_with(period), replace(period, assign=Assignment(seed=s)), [], person(s), {}) for s in range(6)
    ]
    assert any(len({fact.condition for fact in lottery[block : block + 3]}) < 3 for block in (0, 3))


@given(periods(["site"]), st.lists(st.sampled_from("AB"), max_size=40))
def test_strata_are_filled_apart(period: Period, sites: list[str]) -> None:
    together = Arriving(period)
    got: dict[str, list[str]] = {"A": [], "B": []}
    for number, site in enumerate(sites):
        got[site].append(together.come(number, site=site).condition)
    for site in "AB":
        alone = Arriving(period)
        assert [alone.come(number, site=site).condition for number in range(len(got[site]))] == got[site]


@given(periods(["site"]), st.lists(st.integers(0, 8), max_size=40))
def test_a_participant_has_one_condition_for_ever_within_a_period(period: Period, arrivals: list[int]) -> None:
    arriving = Arriving(period)
    first: dict[int, ParticipantAssigned] = {}
    for turn, number in enumerate(arrivals):
        fact = arriving.come(number, site="AB"[turn % 2])  # even where another trait is claimed later
        assert first.setdefault(number, fact) == fact
    assert len(arriving.history) == len(first)


@given(periods(), st.integers(1, 12), st.integers(0, 11))
def test_the_same_inputs_give_the_same_answer(period: Period, people: int, newcomer: int) -> None:
    arriving = Arriving(period)
    for number in range(people):
        arriving.come(number)
    once, again = (assign(study_with(period), period, list(arriving.history), person(newcomer), {}) for _ in range(2))
    assert once == again


def test_the_drawn_order_never_changes() -> None:
    """A study goes on over new versions of this program and of Python: these conditions were given once."""
    arriving = Arriving(Period(name="session", conditions=CONDITIONS, assign=Assignment(size=6, seed=20260609)))
    short = {"EXP_CTS": "c", "EXP_END": "e", "EXP_NONE": "n"}
    assert "".join(short[arriving.come(number).condition] for number in range(12)) == "cenecncencen"


@given(periods(), st.integers(2, 20), st.data())
def test_the_place_of_who_dropped_out_is_given_to_the_next(period: Period, people: int, data: st.DataObject) -> None:
    arriving = Arriving(period)
    facts = [arriving.come(number) for number in range(people)]
    gone = data.draw(st.lists(st.integers(0, people - 1), unique=True, min_size=1))
    for number in gone:
        arriving.free(number)
    for number in gone:
        assert arriving.come(number).condition == facts[number].condition  # their own data stay what they were
    replaced = [arriving.come(100 + turn) for turn in range(len(gone))]
    assert [fact.place for fact in replaced] == sorted(facts[number].place for number in gone)
    assert Counter(f.condition for f in replaced) == Counter(facts[number].condition for number in gone)
    assert arriving.come(999).place == people + 1


def test_a_researcher_decides_with_a_reason_and_the_place_is_free() -> None:
    arriving = Arriving(Period(name="p", conditions=CONDITIONS))
    before = arriving.come(0)
    other = next(name for name in CONDITIONS if name != before.condition)
    period = arriving.study.periods[0]
    arriving.note(0, decided(arriving.study, period, other, by="R. Mora", reason="sees badly"))
    after = arriving.come(0)
    assert (after.condition, after.by, after.reason, after.place) == (other, "R. Mora", "sees badly", 0)
    assert (arriving.come(1).place, arriving.come(1).condition) == (before.place, before.condition)


def test_a_decision_needs_a_condition_of_the_period_a_reason_and_somebody() -> None:
    study = study_with(Period(name="p", conditions=("EXP_CTS",)))
    [period] = study.periods
    with pytest.raises(SettingInvalid, match="EXP_CTS"):
        decided(study, period, "EXP_END", by="R", reason="x")
    with pytest.raises(SettingInvalid, match="reason"):
        decided(study, period, "EXP_CTS", by="R", reason=" ")
    with pytest.raises(SettingInvalid, match="nothing was assigned"):
        freed(study, period, [], person(0), by="R", reason="x")
    with pytest.raises(SettingInvalid, match=r"'q' is no period.*p"):
        period_of(study, "q")


def test_another_study_and_another_period_do_not_count() -> None:
    one, two = (Period(name=name, conditions=CONDITIONS) for name in ("one", "two"))
    arriving = Arriving(one, two)
    assert [arriving.come(number).place for number in range(4)] == [1, 2, 3, 4]
    assert arriving.come(0, period=1).place == 1
    renamed = replace(arriving.study, name="loans again")
    assert assign(renamed, one, arriving.history, person(0), {}).place == 1


@pytest.mark.parametrize("n", range(1, 9))
def test_a_williams_square_balances_places_and_what_comes_before_what(n: int) -> None:
    rows = williams(n)
    assert len(rows) == (n if n % 2 == 0 or n == 1 else 2 * n)
    assert all(sorted(row) == list(range(n)) for row in rows)
    for place in range(n):
        assert set(Counter(row[place] for row in rows).values()) == {len(rows) // n}
    followed = Counter(pair for row in rows for pair in pairwise(row))
    assert len(followed) == n * (n - 1)
    assert len(set(followed.values())) <= 1


@given(seeds, st.integers(2, 3), st.integers(1, 2), st.integers(1, 3))
def test_counterbalancing_is_balanced_within_each_block_over_all_periods(
    seed: int, n: int, times: int, count: int
) -> None:
    orders = len(williams(n))
    rule = Assignment(by="counterbalance", size=orders * times, seed=seed)
    names = CONDITIONS[:n]
    arriving = Arriving(*(Period(name=f"p{k}", conditions=names, assign=rule) for k in range(min(count, n))))
    lasting = len(arriving.study.periods)
    # Everybody comes in every period, in another order each time.
    people = list(range(2 * rule.size))
    got: dict[int, list[str]] = {number: [] for number in people}
    for period in range(lasting):
        for number in people if period == 0 else reversed(people):
            got[number].append(arriving.come(number, period=period).condition)
    for block in (people[: rule.size], people[rule.size :]):
        for period in range(lasting):
            assert Counter(got[number][period] for number in block) == dict.fromkeys(names, rule.size // n)
        pairs = Counter(pair for number in block for pair in pairwise(got[number]))
        assert len(set(pairs.values())) <= 1
    assert all(len(set(row)) == lasting for row in got.values())


def test_who_comes_late_takes_the_place_that_nobody_holds() -> None:
    rule = Assignment(by="counterbalance", seed=3)
    arriving = Arriving(*(Period(name=name, conditions=CONDITIONS[:2], assign=rule) for name in ("one", "two")))
    first = arriving.come(0)
    late = arriving.come(1, period=1)
    assert (first.place, late.place) == (1, 2)
    assert (first.by, late.by) == ("counterbalance", "counterbalance")
    assert arriving.come(0, period=1).condition != first.condition
    assert arriving.come(0, period=1).condition != late.condition
