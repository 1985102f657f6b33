"""Carry out plans on the whole network, step by step: nobody is harmed, and what is said is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gridtwin
from brute import PHASES, designed_phases, flood
from examples import scale_examples
from exhaustive import feeders_with_ties, situation_of
from gridtwin.analysis.outage.blast import compute_blast
from gridtwin.analysis.plan.plan_options import PlanOptions
from gridtwin.analysis.plan.restoration_stages import group_by_stage
from gridtwin.analysis.plan.switching_plan import Plan, make_plans
from gridtwin.analysis.plan.timetable import SwitchingAction
from gridtwin.analysis.trace.isolation import find_section
from gridtwin.model.ids import Element
from gridtwin.model.phases import to_supply_phases
from gridtwin.topology.conduction import Conduction, PhasePolicy, SupplyRules
from networks import random_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.analysis.plan.plan_steps import SwitchingStep
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.network import Network

SEEDS = st.integers(0, 2**32 - 1)
NETWORKS = {
    "any": random_network,
    "radial": feeders_with_ties,
    "rings": lambda seed: feeders_with_ties(seed, rings=True),
}
# The first has meshes, loops and islands; the others run with the long tests (make test-long).
KINDS = ["any", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("radial", "rings"))]


def faults(network: Network) -> list[Element]:
    """Return one of every kind of thing that can fault, and all equipment and nodes."""
    data = network.data
    found = [Element("equipment", row) for row in range(len(data.equipment.mrid))]
    found += [Element("nodes", row) for row in range(len(data.nodes.mrid))]
    found += [Element("feeders", row) for row in range(len(data.feeders.mrid))]
    return [*found, Element("usage_points", 0), Element("sources", 0)]


class Field:
    """A network as it stands while a plan is carried out, flooded anew after every step."""

    def __init__(self, situation: Situation, plan: Plan) -> None:
        self.situation = situation
        self.mask = np.array(situation.open_mask)
        for row in plan.tripped.tolist():
            self.mask[row] = self._every(row)
        self.gone = set(plan.sources_lost.tolist())
        self.look()

    def _every(self, row: int) -> int:
        return int(self.situation.data.equipment.phases[row]) or 7

    def look(self) -> None:
        conduction = Conduction.from_state(self.situation.data, self.mask)
        self.reached, self.live = flood(conduction, sources=frozenset(self.gone))

    def do(self, step: SwitchingStep) -> None:
        if step.table == "sources":
            self.gone.discard(step.row)
        elif step.action is SwitchingAction.OPEN:
            self.mask[step.row] = self._every(step.row)
        elif step.action is SwitchingAction.CLOSE:
            stood_closed = self.situation.conducts[step.row]
            self.mask[step.row] = self.situation.open_mask[step.row] if stood_closed else 0
        self.look()

    def out(self) -> tuple[set[int], set[int]]:
        """Return the usage points that are out and those in part out, against before the fault."""
        points = self.situation.data.usage_points
        reached, live = flood(self.situation.index.conduction)
        designed = designed_phases(self.situation.network, self.situation.rules)
        out, partial = set(), set()
        rows = zip(points.node.tolist(), to_supply_phases(points.phases).tolist(), strict=True)
        for row, (node, own) in enumerate(rows):
            uses = {phase for phase in PHASES if own & phase}
            had, has = live.get(node, set()) & uses, self.live.get(node, set()) & uses
            at_fault = not self.situation.strict and not designed.get(node, set()) & uses
            cut_off = at_fault and node in reached and node not in self.reached
            if (had and not has) or cut_off:
                out.add(row)
            elif not had <= has:
                partial.add(row)
        return out, partial


def carried_out(
    seed: int, kind: str, options: PlanOptions, rules: SupplyRules | None = None
) -> Iterator[tuple[Field, Plan, set[int]]]:
    """Yield every plan for every fault of a network, with the nodes of its faulted section."""
    network = NETWORKS[kind](seed)
    situation = situation_of(network, rules)
    for fault in faults(network):
        place = fault
        if fault.table == "usage_points":
            place = Element("nodes", int(network.data.usage_points.node[fault.row]))
        section = set(find_section(situation, [place]).nodes.tolist())
        for plan in make_plans(situation, [fault], options):
            yield Field(situation, plan), plan, section


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_no_step_energizes_the_faulted_section(kind: str, seed: int) -> None:
    for field, plan, section in carried_out(seed, kind, PlanOptions(alternatives=2)):
        for step in plan.steps:
            before = field.reached
            field.do(step)
            assert not (field.reached - before) & section
        assert not field.reached & section


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_no_step_closes_a_loop_or_energizes_what_was_dead_before(kind: str, seed: int) -> None:
    for field, plan, _ in carried_out(seed, kind, PlanOptions(alternatives=2)):
        before, _ = flood(field.situation.index.conduction)
        for step in plan.steps:
            if step.action is SwitchingAction.CLOSE and step.table == "equipment":
                assert not set(field.situation.find_ends(step.row)) <= field.reached
                assert not step.closes_loop
            field.do(step)
            assert field.reached <= before


@pytest.mark.parametrize("policy", ["advisory", "strict"])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
@example(seed=1_599)  # a mesh that keeps some of its phases through the fault
def test_every_step_brings_back_whom_it_says(kind: str, policy: PhasePolicy, seed: int) -> None:
    rules = SupplyRules(phase_policy=policy)
    for field, plan, _ in carried_out(seed, kind, PlanOptions(alternatives=1), rules):
        customers = field.situation.data.usage_points.customers
        was, _ = field.out()
        assert set(plan.out_at_start.tolist()) == was
        for step in plan.steps:
            field.do(step)
            now, _ = field.out()
            assert set(step.restored.tolist()) == was - now
            assert step.customers == sum(int(customers[row]) for row in was - now)
            assert step.customers_out == sum(int(customers[row]) for row in now)
            was = now
        out, partial = field.out()
        assert set(plan.out.tolist()) == out
        assert set(plan.partial.tolist()) == partial


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS, crews=st.integers(1, 3), first=st.booleans())
def test_steps_wait_for_what_they_must_and_nobody_does_two_at_once(
    kind: str, seed: int, crews: int, first: bool
) -> None:
    options = PlanOptions(crews=crews, isolate_first=first, alternatives=1)
    for _, plan, _ in carried_out(seed, kind, options):
        free: dict[int, float] = {}
        for number, step in enumerate(plan.steps):
            assert all(other < number for other in step.after)
            work = step.start_min + step.travel_min
            assert all(plan.steps[other].done_min <= work + 1e-9 for other in step.after)
            assert step.start_min >= free.get(step.crew, 0.0) - 1e-9
            assert step.crew < crews
            assert (step.crew < 0) == step.remote
            free[step.crew] = step.done_min
            if first and step.action is SwitchingAction.CLOSE:
                later = {after.action for after in plan.steps[number:]}
                assert SwitchingAction.VERIFY not in later


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_scope_backfed_is_what_the_plan_leaves_out(kind: str, seed: int) -> None:
    network = NETWORKS[kind](seed)
    situation = situation_of(network)
    twin = gridtwin.open(network)
    for fault in faults(network):
        if fault.table in {"usage_points", "sources"}:
            continue
        mrid = getattr(network.data, fault.table).mrid[fault.row].decode()
        plan = twin.restore(mrid, alternatives=0)
        found = compute_blast(situation, twin.find(mrid), "backfed")
        assert found.out.tolist() == plan.rows.out.tolist()
        assert found.partial.tolist() == plan.rows.partial.tolist()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_the_end_of_a_plan_kept_as_an_overlay_is_the_end_of_its_steps(kind: str, seed: int) -> None:
    network = NETWORKS[kind](seed)
    twin = gridtwin.open(network)
    for fault in faults(network)[::3]:
        mrid = getattr(network.data, fault.table).mrid[fault.row].decode()
        plan = twin.restore(mrid, alternatives=0)
        twin.overlay("end", plan.switches)
        field = Field(plan.situation, plan.rows)
        for step in plan.rows.steps:
            field.do(step)
        mask = twin.situation("end").open_mask
        switches = np.flatnonzero(plan.situation.is_switch)
        assert mask[switches].tolist() == field.mask[switches].tolist()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_loops_that_are_asked_for_stood_closed_before_and_are_marked(kind: str, seed: int) -> None:
    for field, plan, section in carried_out(
        seed, kind, PlanOptions(allow_loops=True, alternatives=0)
    ):
        for step in plan.steps:
            before = field.reached
            if step.action is SwitchingAction.CLOSE and step.table == "equipment":
                loop = set(field.situation.find_ends(step.row)) <= before
                assert step.closes_loop == loop
                assert not loop or field.situation.conducts[step.row]
            field.do(step)
            assert not (field.reached - before) & section


@pytest.mark.parametrize("kind", ["radial", "rings"])
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_remote_only_operates_nothing_on_site_and_energizes_no_fault(kind: str, seed: int) -> None:
    network = NETWORKS[kind](seed)
    situation = situation_of(network)
    control = network.data.equipment.control
    for fault in faults(network):
        (plan,) = make_plans(situation, [fault], PlanOptions(remote_only=True, alternatives=0))
        field, ends = Field(situation, plan), set[int]()
        for row in plan.section.tolist():
            ends |= set(situation.find_ends(row))
        for step in plan.steps:
            if step.table == "equipment" and step.action is not SwitchingAction.VERIFY:
                assert control[step.row] == 2
            before = field.reached
            field.do(step)
            assert not (field.reached - before) & ends


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_every_usage_point_that_is_out_is_in_one_stage(kind: str, seed: int) -> None:
    network = NETWORKS[kind](seed)
    situation = situation_of(network)
    for fault in faults(network)[::2]:
        (plan,) = make_plans(situation, [fault], PlanOptions(alternatives=0))
        stages = group_by_stage(plan)
        points = [point for stage in stages for point in stage.points.tolist()]
        assert len(points) == len(set(points))
        assert set(plan.out_at_start.tolist()) <= set(points)
        assert [s.minutes for s in stages[:-1]] == sorted(s.minutes for s in stages[:-1])
        repair = {point for s in stages if s.stage == "repair" for point in s.points.tolist()}
        assert repair == set(plan.out.tolist())
