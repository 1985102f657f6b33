"""Who waits for what: equal to opening, repairing and flooding again, one event after the other."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridtwin
from brute import usage_points_out
from examples import scale_examples
from gridtwin.analysis.outage.blast import compute_blast
from gridtwin.analysis.state.situation import Situation
from gridtwin.analysis.storm.repair_plan import REMOTE, STAGES, RepairPlan, plan_repairs
from gridtwin.analysis.storm.response import Response
from gridtwin.analysis.storm.storm_simulation import simulate_storm
from gridtwin.analysis.storm.storm_situation import StormSituation
from gridtwin.errors import InputError
from gridtwin.model.ids import Element
from gridtwin.model.network import Network
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.topology_index import build_index
from networks import network, random_network, two_feeders_with_a_tie

if TYPE_CHECKING:
    from collections.abc import Callable

DRAWS = 3


def situation_of(grid: Network) -> Situation:
    data, rules = grid.data, SupplyRules()
    index = build_index(data, data.equipment.normal_open, rules)
    return Situation(grid, data.equipment.normal_open, index, rules)


def sections(situation: Situation, job: int, control: tuple[int, ...]) -> frozenset[int]:
    """Return the nodes around a damaged device, as far as switches of these controls bound them."""
    equipment = situation.data.equipment
    reached = set(situation.find_ends(job))
    while True:
        before = len(reached)
        for row in range(len(equipment.mrid)):
            shut = situation.is_switch[row] and equipment.control[row] in control
            shut |= bool(situation.is_open[row])
            if row == job and not situation.is_switch[row]:
                shut = False
            ends = set(situation.find_ends(row))
            if equipment.in_service[row] and not shut and ends & reached:
                reached |= ends
        if len(reached) == before:
            return frozenset(reached)


def returns(situation: Situation, held: list[frozenset[int]], done: np.ndarray) -> dict[int, float]:
    """Return when usage points have supply, flooding again after each moment of `done`."""
    times: dict[int, float] = {}
    mask = situation.open_mask
    for moment in [0.0, *sorted(set(done.tolist()))]:
        parts = [part for job, part in enumerate(held) if done[job] > moment]
        nodes = frozenset().union(*parts)
        out, _ = usage_points_out(situation.network, mask, situation.rules, nodes=nodes)
        times |= {row: np.inf for row in out if row not in times}
        times |= {row: moment for row, at in times.items() if at == np.inf and row not in out}
    return times


def random_feeders(seed: int) -> Network:
    """Return radial feeders with switches between their sections, and open ties among them."""
    rng = random.Random(seed)
    lines, meters, nodes = [], [], []
    for feeder in range(rng.randint(2, 3)):
        last = f"S{feeder}"
        for step in range(rng.randint(3, 6)):
            node = f"n{feeder}-{step}"
            kind = rng.choice(("breaker", "load_break_switch", "ac_line_segment", "fuse"))
            kind = kind if step else "breaker"
            lines.append(f"E{feeder}-{step} {kind} {last} {node} ABC")
            last = node if rng.random() < 0.8 else last
            nodes.append(node)
            meters.append(f"M{node}@{node}:ABC*{rng.randint(1, 5)}")
    for tie in range(rng.randint(2, 4)):
        a, b = rng.sample(nodes, 2)
        lines.append(f"T{tie} load_break_switch {a} {b} ABC ABC")
    sources = [line.split()[2] for line in lines if line.split()[2].startswith("S")]
    return network(
        "\n".join(lines), meters=" ".join(meters), sources=" ".join(sorted(set(sources)))
    )


@pytest.mark.parametrize("make", [random_network, random_feeders])
@settings(max_examples=scale_examples(200), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_customer_is_back_when_brute_force_says(
    make: Callable[[int], Network], seed: int
) -> None:
    grid, rng = make(seed), random.Random(seed)
    control = grid.data.equipment.control
    control.setflags(write=True)
    control[:] = rng.choices((0, 1, 2), (1, 4, 4), k=len(control))
    situation = situation_of(grid)
    count = len(control)
    damaged = np.array(sorted(rng.sample(range(count), rng.randint(1, min(5, count)))), np.int32)
    response = Response(crews=2, assessors=1, remote_h=0.0)
    storm = plan_repairs(StormSituation(situation), damaged, response)
    outcome = simulate_storm(storm, response, draws=DRAWS, seed=seed % 1000)
    elements = [Element("equipment", int(row)) for row in damaged]
    assert (outcome.found <= outcome.switched).all()
    assert (outcome.switched <= outcome.done).all()
    tripped = set(compute_blast(situation, elements, "trip").out.tolist())
    isolated = set(compute_blast(situation, elements, "isolated").out.tolist())
    stays = set(compute_blast(situation, elements, "backfed").out.tolist())
    by_hand = [sections(situation, int(row), (1, 2)) for row in damaged]
    remotely = [sections(situation, int(row), (2,)) for row in damaged]
    picked = isolated - stays
    remote_picked = _picked_remotely(situation, elements)
    assert set(storm.points.tolist()) == tripped | isolated
    for draw in range(DRAWS):
        repaired = returns(situation, by_hand, outcome.done[:, draw])
        switched = returns(situation, remotely, outcome.switched[:, draw])
        for at, point in enumerate(storm.points.tolist()):
            if point not in switched or point in remote_picked:
                expected = 0.0
            elif point not in repaired:
                expected = switched[point]
            elif point in picked:
                expected = min(switched[point], repaired[point])
            else:
                expected = repaired[point]
            assert outcome.back[storm.group[at], draw] == expected


def _picked_remotely(situation: Situation, elements: list[Element]) -> set[int]:
    """Return who is picked up by ties if nobody can operate a switch on site."""
    control = situation.data.equipment.control
    kept = control.copy()
    control[control == 1] = 0
    only = situation_of(situation.network)
    dark = set(compute_blast(only, elements, "isolated").out.tolist())
    left = set(compute_blast(only, elements, "backfed").out.tolist())
    control[:] = kept
    return dark - left


def stages(storm: RepairPlan, situation: Situation) -> dict[str, str]:
    names = situation.data.usage_points.mrid[storm.points].tolist()
    codes = storm.groups.stage[storm.group].tolist()
    return {name.decode(): STAGES[code] for name, code in zip(names, codes, strict=True)}


def rows(situation: Situation, *names: str) -> np.ndarray:
    return situation.network.ids.find_rows("equipment", names)


def test_upstream_comes_back_from_the_control_room_and_downstream_over_the_tie() -> None:
    grid = network(
        """
        BKR1 breaker S n1 ABC
        L1 ac_line_segment n1 n2 ABC
        R1 load_break_switch n2 n3 ABC
        L2 ac_line_segment n3 n4 ABC
        D1 load_break_switch n4 n5 ABC
        L3 ac_line_segment n5 n6 ABC
        TIE load_break_switch n6 t1 ABC ABC
        BKR2 breaker t1 T ABC
        """,
        meters="M2@n2 M4@n4 M6@n6",
        sources="S T",
        heads="BKR1 BKR2",
    )
    control = grid.data.equipment.control
    control.setflags(write=True)
    control[grid.ids.find_rows("equipment", ["R1"])] = 2
    situation = situation_of(grid)
    storm = plan_repairs(StormSituation(situation), rows(situation, "L2"), Response())
    assert stages(storm, situation) == {"M2": "remote", "M4": "repair", "M6": "manual"}
    times = simulate_storm(storm, Response(), draws=200, seed=1).back.mean(axis=1)
    remote, manual, repair = (
        times[storm.groups.stage == code].item() for code in range(len(STAGES))
    )
    assert remote < manual < repair


def test_nobody_waits_for_a_tie_once_the_repair_is_done() -> None:
    grid = network(
        """
        BKR1 breaker S a ABC
        L1 ac_line_segment a b ABC
        D1 load_break_switch b c ABC
        D2 load_break_switch c d ABC
        L2 ac_line_segment d e ABC
        TIE load_break_switch c t ABC ABC
        BKR2 breaker T t ABC
        """,
        meters="MB@b:ABC*9 MC@c",
        sources="S T",
        heads="BKR1 BKR2",
    )
    situation = situation_of(grid)
    response = Response(crews=2, assessors=1, assess_h=20.0)
    storm = plan_repairs(StormSituation(situation), rows(situation, "L1", "L2"), response)
    assert stages(storm, situation) == {"MB": "repair", "MC": "manual"}
    outcome = simulate_storm(storm, response, draws=200, seed=1)
    first = np.flatnonzero(storm.equipment == rows(situation, "L1")).item()
    back = outcome.back[storm.groups.stage == STAGES.index("manual")].ravel()
    assert (back <= outcome.done[first]).all()
    assert (back == outcome.done[first]).any()
    assert (back < outcome.done[first]).any()


def test_a_customer_below_two_faults_waits_for_both() -> None:
    situation = situation_of(two_feeders_with_a_tie())
    response = Response(crews=1)
    storm = plan_repairs(StormSituation(situation), rows(situation, "L1", "FUSE"), response)
    outcome = simulate_storm(storm, response, draws=50, seed=3)
    below = storm.group[
        storm.points == situation.network.ids.find_rows("usage_points", ["M3"])
    ].item()
    assert (outcome.back[below] == outcome.done.max(axis=0)).all()


def test_repairs_that_bring_more_customers_per_hour_come_first() -> None:
    grid = network(
        """
        B1 breaker S a ABC
        B2 breaker S b ABC
        LA ac_line_segment a a1 ABC
        LB ac_line_segment b b1 ABC
        """,
        meters="MA@a1:ABC*10 MB@b1:ABC*20",
        sources="S",
        heads="B1 B2",
    )
    situation = situation_of(grid)
    damaged = rows(situation, "LA", "LB")
    storm = plan_repairs(StormSituation(situation), damaged, Response())
    assert storm.rank[np.searchsorted(storm.equipment, damaged)].tolist() == [1, 0]
    hospital = grid.ids.find_rows("usage_points", ["MA"])
    storm = plan_repairs(StormSituation(situation), damaged, Response(), priority=hospital)
    assert storm.rank[np.searchsorted(storm.equipment, damaged)].tolist() == [0, 1]


def test_more_crews_never_keep_customers_out_longer_on_average() -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=2_000, seed=1))
    situation = twin.situation()
    damaged = np.flatnonzero(situation.data.equipment.kind == 0)[::25].astype(np.int32)
    means = []
    for crews in (2, 5, 20):
        response = Response(crews=crews)
        storm = plan_repairs(StormSituation(situation), damaged, response)
        back = simulate_storm(storm, response, draws=50).back.mean(axis=1)
        means.append(np.average(back, weights=storm.groups.customers))
    assert means[0] > means[1] > means[2]


def test_groups_hold_every_customer_out_once() -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=2_000, seed=1))
    situation = twin.situation()
    damaged = np.flatnonzero(situation.data.equipment.kind == 0)[::25].astype(np.int32)
    storm = plan_repairs(StormSituation(situation), damaged, Response())
    assert storm.groups.customers.sum() == situation.customers_of(storm.points)
    assert storm.groups.points.sum() == len(storm.points)
    assert (storm.groups.customers[storm.groups.stage == REMOTE] >= 0).all()


def test_a_storm_without_damage_is_refused() -> None:
    with pytest.raises(InputError, match="nothing is damaged"):
        plan_repairs(
            StormSituation(situation_of(two_feeders_with_a_tie())),
            np.empty(0, np.int32),
            Response(),
        )


@pytest.mark.parametrize(
    "figures",
    [{"crews": 0}, {"share": "all"}, {"work_h": 0.0}, {"repair_factor": float("nan")}],
)
def test_a_response_that_cannot_be_is_refused(figures: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(figures))):
        Response(**figures)
