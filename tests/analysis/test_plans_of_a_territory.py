"""Faults on the trunks of a synthetic territory: no step of a plan isolates nothing."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import gridtwin
from gridtwin.analysis.plan.timetable import SwitchingAction
from gridtwin.analysis.trace.isolation import find_section
from gridtwin.results.plan_result import SwitchingPlan
from gridtwin.twin import Twin


@pytest.fixture(scope="module")
def twin() -> Twin:
    return gridtwin.open(gridtwin.synthesize("houston", meters=6_000, seed=1))


@pytest.fixture(scope="module")
def everything(twin: Twin) -> nx.Graph:
    """Return the network with every switch closed."""
    table = twin.network.data.equipment
    rows = np.flatnonzero(table.in_service)
    return nx.Graph(zip(table.node_a[rows].tolist(), table.node_b[rows].tolist(), strict=True))


def trunk_lines(twin: Twin, count: int) -> list[str]:
    """Return the line sections that most customers hang on."""
    sweep = twin.sweep().sort_values(["customers", "mrid"], ascending=[False, True])
    return sweep[sweep.kind == "ac_line_segment"].mrid.head(count).tolist()


def sides_without_a_source(twin: Twin, everything: nx.Graph, plan: SwitchingPlan) -> list[str]:
    """Return the boundaries a plan operates or tags though no source lies beyond them."""
    situation = twin.situation()
    section = set(find_section(situation, twin.find(*plan.of)).nodes.tolist())
    outside = everything.subgraph(set(everything) - section)
    sources = set(situation.data.sources.node.tolist())
    fed = set().union(*(part for part in nx.connected_components(outside) if part & sources))
    steps = [step for step in plan.rows.steps if step.action is not SwitchingAction.CLOSE]
    sides = [step.row for step in steps if set(situation.find_ends(step.row)) & section]
    names = situation.data.equipment.mrid
    return [names[row].decode() for row in sides if not set(situation.find_ends(row)) & fed]


def test_no_step_isolates_nothing(twin: Twin, everything: nx.Graph) -> None:
    spared = 0
    for line in trunk_lines(twin, 25):
        plan = twin.restore(line, alternatives=0)
        assert sides_without_a_source(twin, everything, plan) == []
        every = twin.restore(line, alternatives=0, all_sides=True)
        idle = sides_without_a_source(twin, everything, every)
        assert sorted(idle) == sorted(plan.dead_beyond)
        assert len(plan) == len(every) - len(idle)
        assert plan.usage_points.tolist() == every.usage_points.tolist()
        assert plan.manual_minutes <= every.manual_minutes
        spared += len(idle)
    assert spared > 25, "trunks have laterals that end"


def test_crews_go_home_once_everybody_is_back_who_can_be(twin: Twin) -> None:
    """On a trunk with laterals that end, the last step brings somebody back or bars a source."""
    (line,) = trunk_lines(twin, 1)
    plan, every = twin.restore(line), twin.restore(line, all_sides=True)
    assert plan.customers_restored == every.customers_restored > 0
    assert plan.steps()[-1]["customers_restored"] > 0
    assert every.steps()[-1]["customers_restored"] == 0
    assert [s.minutes for s in plan.stages()[:-1]] == [s.minutes for s in every.stages()[:-1]]


def test_isolating_first_brings_them_back_sooner_without_the_dead_ends(twin: Twin) -> None:
    """The batch job promises by these stages."""
    (line,) = trunk_lines(twin, 1)
    plan = twin.restore(line, isolate_first=True)
    every = twin.restore(line, isolate_first=True, all_sides=True)
    assert max(stage.minutes for stage in plan.stages()[:-1]) < min(
        stage.minutes for stage in every.stages()[:-1]
    )
