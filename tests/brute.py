"""Answer by brute force what the engine answers by intervals: delete, flood, compare."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.topology.conduction import Conduction, SupplyRules

if TYPE_CHECKING:
    from gridtwin.model.network import Network

PHASES = (1, 2, 4)


def flood(
    conduction: Conduction,
    *,
    nodes: frozenset[int] = frozenset(),
    equipment: frozenset[int] = frozenset(),
    sources: frozenset[int] = frozenset(),
) -> tuple[set[int], dict[int, set[int]]]:
    """Return the nodes some conductor reaches, and the live phases of each node."""
    arcs: dict[int, list[tuple[int, int, int]]] = {}
    for row, passes in enumerate(conduction.passes.tolist()):
        if not passes or row in equipment:
            continue
        a, b = int(conduction.node_a[row]), int(conduction.node_b[row])
        if a in nodes or b in nodes:
            continue
        mixes = int(conduction.mixes[row])
        if conduction.one_way[row] >= 0:
            arcs.setdefault(a, []).append((b, passes, mixes))
        if conduction.one_way[row] <= 0:
            arcs.setdefault(b, []).append((a, passes, -mixes))
    starts = [
        (int(node), int(mask))
        for node, mask, row in zip(
            conduction.source_node, conduction.source_mask, conduction.source_row, strict=True
        )
        if int(row) not in sources and int(node) not in nodes
    ]
    reached = {node for node, _ in starts}
    queue = deque(reached)
    while queue:
        for head, _, _ in arcs.get(queue.popleft(), ()):
            if head not in reached:
                reached.add(head)
                queue.append(head)
    live: dict[int, set[int]] = {}
    states = deque((node, phase) for node, mask in starts for phase in PHASES if mask & phase)
    seen = set(states)
    while states:
        node, phase = states.popleft()
        live.setdefault(node, set()).add(phase)
        for head, passes, mixes in arcs.get(node, ()):
            if not passes & phase or mixes < 0:
                continue
            for other in PHASES if mixes > 0 else (phase,):
                if passes & other and (head, other) not in seen:
                    seen.add((head, other))
                    states.append((head, other))
    return reached, live


def usage_points_out(
    network: Network,
    open_mask: np.ndarray,
    rules: SupplyRules,
    *,
    nodes: frozenset[int] = frozenset(),
    equipment: frozenset[int] = frozenset(),
    sources: frozenset[int] = frozenset(),
) -> tuple[set[int], set[int]]:
    """Return the usage points that lose all supply, and those that lose some phases."""
    conduction = Conduction.from_state(network.data, open_mask, rules)
    reached, live = flood(conduction)
    designed = designed_phases(network, rules)
    reached_after, live_after = flood(conduction, nodes=nodes, equipment=equipment, sources=sources)
    points = network.data.usage_points
    out, partial = set(), set()
    for row, (node, own) in enumerate(
        zip(points.node.tolist(), points.phases.tolist(), strict=True)
    ):
        uses = {phase for phase in PHASES if (own & 7 or 7) & phase}
        had = live.get(node, set()) & uses
        has = live_after.get(node, set()) & uses
        at_fault = rules.phase_policy != "strict" and not designed.get(node, set()) & uses
        if had:
            if not has:
                out.add(row)
            elif has != had:
                partial.add(row)
        elif at_fault and node in reached and node not in reached_after:
            out.add(row)
    return out, partial


def designed_phases(network: Network, rules: SupplyRules) -> dict[int, set[int]]:
    """Return the phases each node could have were everything closed and in service."""
    data = network.data
    equipment = replace(data.equipment, in_service=np.ones(len(data.equipment.mrid), dtype=bool))
    sources = replace(data.sources, in_service=np.ones(len(data.sources.mrid), dtype=bool))
    whole = replace(data, equipment=equipment, sources=sources)
    closed = np.zeros(len(data.equipment.mrid), dtype=np.uint8)
    return flood(Conduction.from_state(whole, closed, replace(rules, phases=7)))[1]


def usage_points_dark(
    network: Network, open_mask: np.ndarray, rules: SupplyRules
) -> tuple[set[int], set[int]]:
    """Return the usage points that are out in a state, and those that lack some of their phases."""
    reached, live = flood(Conduction.from_state(network.data, open_mask, rules))
    designed = designed_phases(network, rules)
    points = network.data.usage_points
    out, partial = set(), set()
    for row, (node, own) in enumerate(
        zip(points.node.tolist(), points.phases.tolist(), strict=True)
    ):
        uses = {phase for phase in PHASES if (own & 7 or 7) & phase}
        could, has = designed.get(node, set()) & uses, live.get(node, set()) & uses
        at_fault = rules.phase_policy != "strict" and not could
        if not has and not (at_fault and node in reached):
            out.add(row)
        elif could - has:
            partial.add(row)
    return out, partial
