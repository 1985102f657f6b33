"""The best plan is the best of all positions of all switches, on small random networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from exhaustive import best_gain, case_of, feeders_with_ties, situation_of, trunk_with_ties
from gridtwin.analysis.plan.block_feed import BlockFeeds
from gridtwin.analysis.plan.branch_and_bound import Arrangement, ArrangementSearch
from gridtwin.analysis.plan.dark_blocks import find_blocks
from gridtwin.analysis.plan.energization import Energization
from gridtwin.analysis.plan.fault_area import Area, find_area
from gridtwin.analysis.plan.load_ledger import LoadLedger
from gridtwin.analysis.plan.plan_options import PlanOptions
from gridtwin.analysis.plan.search_by_parts import search_by_parts
from gridtwin.analysis.plan.switching_plan import make_plans
from gridtwin.analysis.plan.timetable import Timetable
from gridtwin.model.ids import Element

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.network import Network

MOST_CHOICES = 8  # switches that are tried in every position
SEEDS = st.integers(0, 2**32 - 1)


def faults(situation: Situation) -> list[Element]:
    """Return every closed piece of equipment as a fault."""
    rows = range(len(situation.data.equipment.mrid))
    return [Element("equipment", row) for row in rows if situation.conducts[row]]


@pytest.mark.parametrize("rings", [pytest.param(False, marks=pytest.mark.long), True])
@settings(max_examples=scale_examples(40), derandomize=True)
@given(seed=SEEDS)
def test_no_positions_of_the_switches_bring_back_more(rings: bool, seed: int) -> None:
    situation = situation_of(feeders_with_ties(seed, rings=rings))
    options = PlanOptions(alternatives=0)
    for fault in faults(situation):
        case = case_of(situation, fault)
        if len(case.choices) > MOST_CHOICES:
            continue
        (plan,) = make_plans(situation, [fault], options)
        best = best_gain(
            situation, case, margin_pct=options.margin_pct, weight=options.priority_weight
        )
        assert plan.restored_weight == pytest.approx(best), fault
        assert plan.optimal
        assert plan.bound == plan.restored_weight


@settings(max_examples=scale_examples(25), derandomize=True)
@given(seed=SEEDS)
def test_no_positions_bring_back_more_where_every_rating_is_tight(seed: int) -> None:
    situation = situation_of(trunk_with_ties(seed))
    fault = Element("nodes", 1)
    best = best_gain(situation, case_of(situation, fault), margin_pct=10, weight=10)
    (plan,) = make_plans(situation, [fault], PlanOptions(alternatives=0))
    assert plan.restored_weight == best
    assert arrangement(situation, fault, Unpruned).score[:2] == (
        -best,
        round(plan.customer_minutes, 6),
    )


class Unpruned(ArrangementSearch):
    """A search that looks at every arrangement there is."""

    def _is_hopeless(self, bound: float) -> bool:
        del bound
        return False


def grown(situation: Situation, area: Area) -> tuple[Energization, BlockFeeds, Timetable]:
    """Return what a search begins with."""
    options = PlanOptions()
    blocks = find_blocks(area, allow_loops=False, coarse=False)
    feeds = BlockFeeds(blocks, situation.sum_loads(), options.priority_weight)
    ledger = LoadLedger(blocks, situation.sum_loads(), options.margin_pct)
    growth = Energization(blocks, feeds, ledger, (options.remote_min, options.manual_min))
    return growth, feeds, Timetable(blocks, options)


def arrangement(
    situation: Situation, fault: Element, search: type[ArrangementSearch]
) -> Arrangement:
    """Return the best arrangement that one way of searching finds."""
    area = find_area(situation, [fault], remote_only=False)
    growth, feeds, timetable = grown(situation, area)
    return search(growth, feeds, timetable.weigh_arrangement, budget=5_000).run().best


class Watched(Unpruned):
    """A search that remembers what it thought could still be gained, and what was."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.thought: list[tuple[frozenset[int], frozenset[int], float]] = []
        self.gained: list[tuple[frozenset[int], frozenset[int], float]] = []

    def _decided(self) -> tuple[frozenset[int], frozenset[int]]:
        taken = frozenset(back.edge for back in self._growth.on.values())
        return taken, frozenset(self._shut)

    def _is_hopeless(self, bound: float) -> bool:
        self.thought.append((*self._decided(), bound))
        return super()._is_hopeless(bound)

    def _weigh_leaf(self, gain: float) -> None:
        self.gained.append((*self._decided(), gain))
        super()._weigh_leaf(gain)


@pytest.mark.parametrize("drawn", [trunk_with_ties, feeders_with_ties])
@settings(max_examples=scale_examples(40), derandomize=True)
@given(seed=SEEDS)
def test_no_arrangement_gains_more_than_was_thought_on_the_way_to_it(
    drawn: Callable[[int], Network], seed: int
) -> None:
    situation = situation_of(drawn(seed))
    for fault in [Element("nodes", 1), *faults(situation)[:3]]:
        growth, feeds, timetable = grown(
            situation, find_area(situation, [fault], remote_only=False)
        )
        search = Watched(growth, feeds, timetable.weigh_arrangement, budget=5_000)
        search.run()
        for taken, shut, bound in search.thought:
            for end, never, gain in search.gained:
                assert not (taken <= end and shut <= never) or gain <= bound + 1e-6


@pytest.mark.parametrize("rings", [pytest.param(False, marks=pytest.mark.long), True])
@settings(max_examples=scale_examples(40), derandomize=True)
@given(seed=SEEDS)
def test_leaving_hopeless_branches_changes_nothing(rings: bool, seed: int) -> None:
    """Not the customers, nor their minutes, nor operations on site, nor operations."""
    situation = situation_of(feeders_with_ties(seed, rings=rings))
    for fault in faults(situation):
        every = arrangement(situation, fault, Unpruned)
        assert arrangement(situation, fault, ArrangementSearch).score[:4] == every.score[:4], fault


@settings(max_examples=scale_examples(40), derandomize=True)
@given(seed=SEEDS)
def test_joining_laterals_first_changes_nothing(seed: int) -> None:
    situation = situation_of(feeders_with_ties(seed))
    for fault in faults(situation):
        (plan,) = make_plans(situation, [fault], PlanOptions(alternatives=0))
        fine = arrangement(situation, fault, ArrangementSearch)
        assert plan.restored_weight == pytest.approx(fine.gain), fault
        assert plan.customer_minutes == pytest.approx(fine.minutes), fault
        assert (plan.manual, len(plan.steps)) == (fine.manual, fine.operations), fault


@settings(max_examples=scale_examples(30), derandomize=True)
@given(seed=SEEDS)
def test_part_by_part_less_may_come_back_and_the_bound_holds(seed: int) -> None:
    situation = situation_of(feeders_with_ties(seed))
    for fault in faults(situation):
        area = find_area(situation, [fault], remote_only=False)
        growth, feeds, _ = grown(situation, area)
        found = search_by_parts(growth, feeds, budget=5_000, forbidden=frozenset())
        assert not growth.on
        best = arrangement(situation, fault, ArrangementSearch)
        assert found.best.gain <= best.gain + 1e-6 <= found.bound + 2e-6
        again, _, _ = grown(situation, area)
        assert all(again.energize_block(number, block) for number, block in found.best.taken)


@settings(max_examples=scale_examples(20), derandomize=True)
@given(seed=SEEDS)
def test_a_search_cut_short_says_so_and_its_bound_holds(seed: int) -> None:
    situation = situation_of(feeders_with_ties(seed))
    for fault in faults(situation):
        area = find_area(situation, [fault], remote_only=False)
        growth, feeds, timetable = grown(situation, area)
        search = ArrangementSearch(
            growth, feeds, timetable.weigh_arrangement, budget=2, exact_blocks=0
        )
        found = search.run()
        best = arrangement(situation, fault, ArrangementSearch)
        assert found.best.gain <= best.gain + 1e-6 <= found.bound + 2e-6
        assert not found.optimal or found.best.gain == pytest.approx(best.gain)
