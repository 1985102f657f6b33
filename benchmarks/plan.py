"""Switching plans: searched, and by trying every position of the switches with networkx."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from benchmarks.report import Limit, Row, seconds
from gridtwin.analysis.plan import fault_area as areas
from gridtwin.analysis.plan.fault_area import Area, find_area
from gridtwin.analysis.plan.plan_options import PlanOptions
from gridtwin.analysis.plan.switching_plan import make_plans
from gridtwin.analysis.state.situation import Situation
from gridtwin.model import cim
from gridtwin.model.ids import Element
from gridtwin.model.network import Network
from gridtwin.model.tables import make_unknown_numbers
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from gridtwin.model.tables import NetworkData

CHOICES = range(9, 12)  # switches of a case that is small enough to try every position
FAULTS = 40


def plan_rows(data: NetworkData) -> tuple[list[Row], list[Limit]]:
    """Return the rows and limits on switching plans."""
    situation = _situation(data)
    faults, each = _trunk_faults(situation, FAULTS), []
    make_plans(situation, faults[:1])  # what is kept for all plans is summed up once
    for fault in faults:
        start = time.perf_counter()
        make_plans(situation, [fault])
        each.append((time.perf_counter() - start) * 1e3)
    limits = [
        Limit("switching plan of a trunk fault, median", float(np.median(each)), 200, "ms"),
        Limit("switching plan of a trunk fault, slowest", max(each), 1_000, "ms"),
    ]
    return [_every_position(data)], limits


def _situation(data: NetworkData) -> Situation:
    mask, rules = data.equipment.normal_open, SupplyRules()
    return Situation(Network(data, crs=None), mask, build_index(data, mask, rules), rules)


def _trunk_faults(situation: Situation, count: int, share: float = 0.97) -> list[Element]:
    """Return lines with more customers below them than a share of all, spread over the network."""
    index, table = situation.index, situation.data.equipment
    below = np.where(index.child >= 0, index.sum_dependents()[index.child], 0)
    line = table.kind == cim.KIND_CODE["ac_line_segment"]
    rows = np.flatnonzero(line & (below >= np.quantile(below[line], share)))
    return [Element("equipment", int(row)) for row in rows[:: max(len(rows) // count, 1)]]


def _every_position(data: NetworkData) -> Row:
    """Measure one fault without ratings, so that both sides reckon supply and loops alone."""
    unrated = replace(
        data,
        equipment=replace(data.equipment, rated_a=make_unknown_numbers(len(data.equipment.mrid))),
        substations=replace(
            data.substations, rated_va=make_unknown_numbers(len(data.substations.mrid))
        ),
    )
    unrated = replace(
        unrated,
        equipment=replace(
            unrated.equipment, rated_va=make_unknown_numbers(len(data.equipment.mrid))
        ),
    )
    situation = _situation(unrated)
    options = PlanOptions(alternatives=0, priority_weight=1)
    fault, area, choices = next(_small_cases(situation))

    def ours() -> float:
        return make_plans(situation, [fault], options)[0].restored_weight

    def theirs() -> float:
        return _tried(area, choices)

    assert ours() == theirs() > 0
    mine, other = seconds(ours, theirs)
    what = f"switching plan / {2 ** len(choices)} positions of {len(choices)} switches, networkx"
    return Row(what, mine, other, 10)


def _small_cases(situation: Situation):  # noqa: ANN202 - a generator of three things
    """Yield faults that leave so many switches to try that every position can be."""
    for fault in _trunk_faults(situation, 1_000, share=0.8):
        area = find_area(situation, [fault], remote_only=False)
        table, healthy = area.data.equipment, area.kind == areas.HEALTHY
        touches = healthy[table.node_a] | healthy[table.node_b]
        useful = touches & area.operable & ~area.boundary
        choices = np.flatnonzero(useful).tolist()
        if len(choices) in CHOICES and _tried(area, choices):
            yield fault, area, choices


def _tried(area: Area, choices: list[int]) -> float:
    """Return the most customers that any positions bring back without closing a loop."""
    table = area.data.equipment
    a, b = table.node_a.tolist(), table.node_b.tolist()
    fixed = (area.passes != 0) & ~area.boundary & ~area.tripped
    fixed[choices] = False
    live = np.flatnonzero(area.kind == areas.LIVE).tolist()
    customers = np.bincount(
        area.data.usage_points.node, area.data.usage_points.customers, len(area.nodes)
    )
    customers[area.kind != areas.HEALTHY] = 0
    best = 0.0
    for stands in itertools.product((True, False), repeat=len(choices)):
        graph = nx.Graph()
        graph.add_nodes_from(range(len(area.nodes)))
        graph.add_edges_from((a[row], b[row]) for row in np.flatnonzero(fixed).tolist())
        graph.add_edges_from(("grid", node) for node in live)
        closed = [row for row, shut in zip(choices, stands, strict=True) if shut]
        loops = False
        for row in closed:
            loops |= nx.has_path(graph, a[row], b[row])
            graph.add_edge(a[row], b[row])
        reached = nx.node_connected_component(graph, "grid")
        if not loops:
            best = max(best, sum(customers[node] for node in reached if node != "grid"))
    return float(best)
