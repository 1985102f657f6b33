"""Restore by trying every position of every switch, with supply and loads worked out by hand."""

from __future__ import annotations

import itertools
import random
from collections import deque
from typing import Any, NamedTuple

import numpy as np
import shapely

from brute import designed_phases, flood
from gridtwin.analysis.state.situation import Situation
from gridtwin.analysis.trace.fault_isolation import find_trip
from gridtwin.model import cim
from gridtwin.model.ids import Element
from gridtwin.model.network import Network
from gridtwin.model.phases import to_supply_phases
from gridtwin.topology.conduction import Conduction, SupplyRules
from gridtwin.topology.topology_index import build_index

PHASES = (1, 2, 4)
AMPERES = (float("nan"), 15.0, 20.0, 30.0, 50.0)
SWITCHES = ("load_break_switch", "disconnector", "recloser", "breaker", "fuse")


def situation_of(network: Network, rules: SupplyRules | None = None) -> Situation:
    data, rules = network.data, rules or SupplyRules()
    mask = data.equipment.normal_open
    return Situation(network, mask, build_index(data, mask, rules), rules)


def trunk_with_ties(seed: int) -> Network:
    """
    Return a trunk of four sections, each with a tie of its own, where every rating is tight.

    ::

        S ─B─ a ─W0─ b0 ─W1─ b1 ─W2─ b2 ─W3─ b3,   and from each b: ─T/ ─ d ─D─ X
    """
    rng = random.Random(seed)
    rows = [("B", "breaker", "S", "a", "", 400.0)]
    nodes, sources = ["S", "a"], ["S"]
    for at in range(4):
        before = f"b{at - 1}" if at else "a"
        donor = f"x{rng.randint(0, 2)}"
        rows.append((f"W{at}", "load_break_switch", before, f"b{at}", "", 400.0))
        tie, phases = rng.choice((10.0, 20.0, 30.0, 40.0)), rng.choice(("ABC", "ABC", "A"))
        rows.append((f"T{at}", "load_break_switch", f"b{at}", donor, phases, tie))
        nodes.append(f"b{at}")
        if donor not in nodes:
            head = rng.choice((20.0, 40.0, 60.0))
            rows.append((f"D{donor}", "breaker", f"s{donor}", donor, "", head))
            nodes += [donor, f"s{donor}"]
            sources.append(f"s{donor}")
    names = ("mrid", "kind", "node_a", "node_b", "normal_open", "rated_a")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return Network.from_frames(
        nodes={
            "mrid": nodes,
            "geometry": [shapely.Point(at / 100, 0) for at in range(len(nodes))],
            "nominal_v": [12_470.0] * len(nodes),
        },
        equipment={**columns, "phases": [row[4] or "ABC" for row in rows]},
        usage_points={
            "mrid": [f"u{at}" for at in range(4)],
            "node": [f"b{at}" for at in range(4)],
            "customers": [rng.randint(1, 30) for _ in range(4)],
            "peak_w": [rng.choice((2e5, 3e5, 5e5, 7e5)) for _ in range(4)],
        },
        sources={"mrid": [f"S-{node}" for node in sources], "node": sources},
    )


def feeders_with_ties(seed: int, *, rings: bool = False) -> Network:
    """
    Return a few feeders with switches on them, and open ties between.

    Radial and with ratings; or with rings and without, as nobody can say by hand how load divides.
    """
    rng = random.Random(seed)
    one_phase = rng.random() < 0.4
    rows: list[dict[str, Any]] = []
    nodes: list[str] = []
    phases_of: dict[str, str] = {}

    def add(kind: str, a: str, b: str, phases: str, *, opened: bool = False) -> None:
        remote = rng.random() < 0.5
        rows.append(
            {
                "mrid": f"e{len(rows)}",
                "kind": kind,
                "node_a": a,
                "node_b": b,
                "phases": phases,
                "normal_open": phases if opened else "",
                "rated_a": float("nan") if rings else rng.choice(AMPERES),
                "control": "remote" if remote else "manual",
            }
        )

    feeders = rng.randint(1, 3)
    for feeder in range(feeders):
        source = f"s{feeder}"
        nodes.append(source)
        phases_of[source] = "ABC"
        ends = [source]
        for at in range(rng.randint(1, 6 if feeders < 3 else 4)):
            a, b = rng.choice(ends), f"f{feeder}n{at}"
            phases = phases_of[a]
            if one_phase and phases == "ABC" and rng.random() < 0.3:
                phases = rng.choice("ABC")
            first = at == 0
            kind = "breaker" if first else rng.choice(("ac_line_segment", *SWITCHES[:3]))
            add(kind, a, b, phases)
            if first:
                ends = []
            nodes.append(b)
            phases_of[b] = phases
            ends.append(b)
    for _ in range(rng.randint(1, 3)):
        a, b = rng.sample(nodes, 2)
        add("load_break_switch", a, b, rng.choice(("ABC", "ABC", phases_of[a])), opened=True)
    for _ in range(rng.randint(1, 2) if rings else 0):
        a, b = rng.sample(nodes, 2)
        add(rng.choice(("ac_line_segment", *SWITCHES[:3])), a, b, phases_of[a])
    points = [node for node in nodes if rng.random() < 0.8 or node == nodes[-1]]
    return Network.from_frames(
        nodes={
            "mrid": nodes,
            "geometry": [shapely.Point(at / 100, rng.random() / 100) for at in range(len(nodes))],
            "nominal_v": [12_470.0] * len(nodes),
        },
        equipment={name: [row[name] for row in rows] for name in rows[0]},
        usage_points={
            "mrid": [f"u{at}" for at in range(len(points))],
            "node": points,
            "phases": [rng.choice(("", phases_of[node])) for node in points],
            "customers": [rng.randint(1, 9) for _ in points],
            "peak_w": [rng.choice((5e4, 1e5, 2e5, 4e5)) for _ in points],
            "priority": [rng.choice(("", "", "", "hospital")) for _ in points],
        },
        sources={
            "mrid": [f"S{at}" for at in range(feeders)],
            "node": [f"s{at}" for at in range(feeders)],
            "rated_va": [
                float("nan") if rings else rng.choice((float("nan"), 6e5, 9e5))
                for _ in range(feeders)
            ],
        },
        feeders={"mrid": [], "head": []},
    )


class Case(NamedTuple):
    """A fault, and all that a planner may decide."""

    faulted: frozenset[int]  # nodes
    healthy: frozenset[int]  # nodes that are dark and may come back
    opened: frozenset[int]  # equipment that stays open
    choices: tuple[int, ...]  # switches that may stand either way
    gone: frozenset[int]  # sources in the faulted section


def case_of(situation: Situation, element: Element) -> Case:
    """Return the case of one fault: flooded node by node."""
    data = situation.data
    table = data.equipment
    opened = set(np.flatnonzero(situation.is_open).tolist())
    switches = set(np.flatnonzero(situation.is_operable).tolist())
    own = {element.row} if element.table == "equipment" else set()
    start = {element.row} if element.table == "nodes" else set()
    for row in own:
        start |= {int(table.node_a[row]), int(table.node_b[row])}
    faulted, queue = set(start), deque(start)
    while queue:
        node = queue.popleft()
        for row in range(len(table.mrid)):
            ends = int(table.node_a[row]), int(table.node_b[row])
            if node in ends and row not in opened and row not in switches:
                for end in set(ends) - faulted:
                    faulted.add(end)
                    queue.append(end)
    trip = find_trip(situation, [element])
    around = {
        row
        for row in range(len(table.mrid))
        if {int(table.node_a[row]), int(table.node_b[row])} & faulted
        and (row in switches or row in opened)
    }
    shut = opened | around | set(trip.devices.tolist())
    gone = frozenset(trip.faults.sources.tolist())
    before, _ = flood(situation.index.conduction)
    left, _ = flood(situation.index.conduction, equipment=frozenset(shut - opened), sources=gone)
    healthy = before - left - faulted
    choices = [
        row
        for row in sorted(switches - around)
        if {int(table.node_a[row]), int(table.node_b[row])} & healthy
    ]
    return Case(
        frozenset(faulted),
        frozenset(healthy),
        frozenset(shut - set(choices)),
        tuple(choices),
        frozenset(row for row in gone if int(data.sources.node[row]) in faulted),
    )


def best_gain(situation: Situation, case: Case, *, margin_pct: float, weight: float) -> float:
    """Return the most weighted customers that any positions of the switches bring back."""
    before = carried(situation, situation.index.conduction)
    best = 0.0
    for stands in itertools.product((True, False), repeat=len(case.choices)):
        closed = frozenset(row for row, shut in zip(case.choices, stands, strict=True) if shut)
        conduction = _conduction(situation, case, closed)
        reached, live = flood(conduction, sources=case.gone)
        if not _allowed(situation, case, closed, reached):
            continue
        if _overloaded(situation, case, conduction, before, margin_pct):
            continue
        best = max(best, _gain(situation, case, live, weight))
    return best


def _conduction(situation: Situation, case: Case, closed: frozenset[int]) -> Conduction:
    table = situation.data.equipment
    mask = np.array(situation.open_mask)
    for row in {*case.choices, *case.opened}:
        every = int(table.phases[row]) or 7
        mask[row] = 0 if row in closed else every
    return Conduction.from_state(situation.data, mask)


def _allowed(situation: Situation, case: Case, closed: frozenset[int], reached: set[int]) -> bool:
    """Return whether nothing faulted or dead before is energized, and no switch closes a ring."""
    before, _ = flood(situation.index.conduction)
    if reached & case.faulted or reached - before:
        return False
    table = situation.data.equipment
    group = list(range(len(situation.data.nodes.mrid)))

    def find(node: int) -> int:
        while group[node] != node:
            node = group[node]
        return node

    sources = situation.index.conduction.source_node.tolist()
    for node in sources[1:]:
        group[find(node)] = find(sources[0])
    for row in range(len(table.mrid)):
        if row not in case.choices and row not in case.opened and situation.conducts[row]:
            group[find(int(table.node_a[row]))] = find(int(table.node_b[row]))
    for row in sorted(closed):
        a, b = int(table.node_a[row]), int(table.node_b[row])
        if a in reached and b in reached:
            if find(a) == find(b):
                return False
            group[find(a)] = find(b)
    return True


def carried(
    situation: Situation, conduction: Conduction, gone: frozenset[int] = frozenset()
) -> dict[tuple[str, int, int], float]:
    """Return the watts over each piece of equipment and each source, phase by phase."""
    data = situation.data
    _, live_before = flood(situation.index.conduction)
    designed = designed_phases(situation.network, situation.rules)
    ways: dict[tuple[int, int], tuple[int, int]] = {}
    queue: deque[tuple[int, int]] = deque()
    for node, mask, row in zip(
        conduction.source_node.tolist(),
        conduction.source_mask.tolist(),
        conduction.source_row.tolist(),
        strict=True,
    ):
        for phase in PHASES:
            if mask & phase and row not in gone:
                ways[node, phase] = (-1, row)
                queue.append((node, phase))
    while queue:
        node, phase = queue.popleft()
        for row in range(len(data.equipment.mrid)):
            if not int(conduction.passes[row]) & phase:
                continue
            a, b = int(conduction.node_a[row]), int(conduction.node_b[row])
            if node in (a, b):
                other = b if node == a else a
                if (other, phase) not in ways:
                    ways[other, phase] = (node, row)
                    queue.append((other, phase))
    found: dict[tuple[str, int, int], float] = {}
    points = data.usage_points
    for node, own, watts in zip(
        points.node.tolist(),
        to_supply_phases(points.phases).tolist(),
        points.peak_w.tolist(),
        strict=True,
    ):
        on = {phase for phase in live_before.get(node, set()) if phase & own}
        if not any(phase & own for phase in designed.get(node, ())):  # its record is at fault
            on = live_before.get(node, set())
        for phase in on:
            at = node
            while (at, phase) in ways:
                above, row = ways[at, phase]
                key = ("source" if above < 0 else "equipment", row, phase)
                found[key] = found.get(key, 0.0) + watts / len(on)
                at = above
    return found


def _overloaded(
    situation: Situation,
    case: Case,
    conduction: Conduction,
    before: dict[tuple[str, int, int], float],
    margin_pct: float,
) -> bool:
    data, keep = situation.data, 1 - margin_pct / 100
    table = data.equipment
    now = carried(situation, conduction, case.gone)
    volts = data.nodes.nominal_v[table.node_a]
    for (kind, row, phase), watts in now.items():
        if kind == "equipment" and table.kind[row] != cim.TRANSFORMER:
            limit = float(volts[row]) / 3**0.5 * float(table.rated_a[row]) * keep
            if watts > max(limit, before.get((kind, row, phase), 0.0)) + 1:
                return True
    wholes = [("source", row, rated) for row, rated in enumerate(data.sources.rated_va.tolist())]
    transformers = np.flatnonzero(table.kind == cim.TRANSFORMER).tolist()
    wholes += [("equipment", row, float(table.rated_va[row])) for row in transformers]
    for kind, row, rated in wholes:
        total = sum(now.get((kind, row, phase), 0.0) for phase in PHASES)
        was = sum(before.get((kind, row, phase), 0.0) for phase in PHASES)
        if total > max(rated * keep, was) + 1:
            return True
    return False


def _gain(situation: Situation, case: Case, live: dict[int, set[int]], weight: float) -> float:
    points = situation.data.usage_points
    _, before = flood(situation.index.conduction)
    gain = 0.0
    for row, (node, own) in enumerate(
        zip(points.node.tolist(), to_supply_phases(points.phases).tolist(), strict=True)
    ):
        uses = {phase for phase in before.get(node, set()) if phase & own}
        if node in case.healthy and uses & live.get(node, set()):
            gain += int(points.customers[row]) * (weight if points.priority[row] else 1.0)
    return gain
