"""Ask what phases, voltages and ratings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.quality.violations import RuleContext, Violation
from gridtwin.model import cim, phases

if TYPE_CHECKING:
    from collections.abc import Iterator

SAME_VOLTAGE = 0.05  # nominal voltages this far apart are different levels
LEAST_V = 50.0  # no grid serves customers with less; 12.47 and 0.48 are kilovolts
OVERLOAD_RATIO = 1.5  # times rated, before a sum of non-coincident peaks is remarkable


def find_phase_breaks(seen: RuleContext) -> Iterator[Violation]:
    """Yield equipment of whose recorded phases nothing could carry any to where it is joined."""
    equipment, conduction = seen.data.equipment, seen.index.conduction
    could = seen.index.designed
    joined = seen.has_supply[equipment.node_a] & seen.has_supply[equipment.node_b]
    there = could[equipment.node_a] | could[equipment.node_b]
    rows = np.flatnonzero(joined & (conduction.passes != 0) & (there & conduction.passes == 0))
    for row in rows:
        recorded = phases.format_phases(int(equipment.phases[row]))
        yield Violation(
            "equipment", int(row), f"records phases {recorded}, which no neighbor carries"
        )


def find_dead_phases(seen: RuleContext) -> Iterator[Violation]:
    """Yield conductors with a recorded phase that nothing could carry to them."""
    equipment, conduction = seen.data.equipment, seen.index.conduction
    could = seen.index.designed
    there = could[equipment.node_a] | could[equipment.node_b]
    recorded = equipment.phases & np.uint8(phases.ABC)
    missing = recorded & ~there
    some = (recorded & there) != 0
    rows = np.flatnonzero((missing != 0) & some & (conduction.passes == recorded))
    for row in rows:
        yield Violation(
            "equipment",
            int(row),
            f"phase {phases.format_phases(int(missing[row]))} cannot come here",
        )


def find_point_phase_conflicts(seen: RuleContext) -> Iterator[Violation]:
    """Yield usage points that have supply, but could have none of the phases they record."""
    points = seen.data.usage_points
    lacking = phases.to_supply_phases(points.phases) & seen.index.designed[points.node] == 0
    for row in np.flatnonzero(seen.has_supply[points.node] & lacking):
        recorded = phases.format_phases(int(points.phases[row]))
        yield Violation("usage_points", int(row), f"records phases {recorded}; its node has others")


def find_missing_voltages(seen: RuleContext) -> Iterator[Violation]:
    """Yield one violation if some nodes have no nominal voltage."""
    rows = np.flatnonzero(np.isnan(seen.data.nodes.nominal_v))
    if len(rows):
        yield Violation("nodes", int(rows[0]), f"{len(rows)} nodes have no nominal_v")


def find_volts_in_kv(seen: RuleContext) -> Iterator[Violation]:
    """Yield one violation for each nominal voltage so low that it must be in kilovolts."""
    volts = seen.data.nodes.nominal_v
    rows = np.flatnonzero((volts > 0) & (volts < LEAST_V))
    levels, first, counts = np.unique(volts[rows], return_index=True, return_counts=True)
    for level, at, count in zip(levels, first, counts, strict=True):
        yield Violation("nodes", int(rows[at]), f"{count} nodes have a nominal_v of {level:g} V")


def find_voltage_changes(seen: RuleContext) -> Iterator[Violation]:
    """Yield equipment other than transformers between nodes of different nominal voltage."""
    equipment, volts = seen.data.equipment, seen.data.nodes.nominal_v
    a, b = volts[equipment.node_a], volts[equipment.node_b]
    changes = np.abs(a - b) > SAME_VOLTAGE * np.fmax(a, b)
    for row in np.flatnonzero(changes & (equipment.kind != cim.TRANSFORMER)):
        yield Violation(
            "equipment", int(row), f"{a[row]:,.0f} V on one side, {b[row]:,.0f} V on the other"
        )


def find_low_side_feeds(seen: RuleContext) -> Iterator[Violation]:
    """Yield transformers that are fed from their side of lower voltage."""
    index, volts = seen.index, seen.data.nodes.nominal_v
    fed = np.flatnonzero(index.feed >= 0)
    rows, above = index.feed[fed], index.parent[fed]
    upward = volts[above] < (1 - SAME_VOLTAGE) * volts[fed]
    transformer = seen.data.equipment.kind[rows] == cim.TRANSFORMER
    for row in np.sort(rows[upward & transformer]):
        yield Violation("equipment", int(row), "supply comes in on the side of lower voltage")


def find_back_energizing(seen: RuleContext) -> Iterator[Violation]:
    """Yield transformers whose low-voltage side stays live by another way when they lose supply."""
    index = seen.index
    one_way = index.conduction.one_way != 0
    rows = np.flatnonzero(one_way & (index.conduction.passes != 0) & (index.child < 0))
    equipment = seen.data.equipment
    rows = rows[seen.has_supply[equipment.node_a[rows]] & seen.has_supply[equipment.node_b[rows]]]
    evidence = "its low-voltage side has another feed, which could back-energize medium voltage"
    yield from seen.make_violations("equipment", rows, evidence)


def find_overloaded_transformers(seen: RuleContext) -> Iterator[Violation]:
    """Yield transformers whose usage points' peaks add up to far more than they are rated for."""
    equipment, index = seen.data.equipment, seen.index
    peak = np.nan_to_num(seen.data.usage_points.peak_w).astype(np.int64)
    at_node = np.bincount(seen.data.usage_points.node, peak, len(index.tin)).astype(np.int32)
    rows = np.flatnonzero((equipment.kind == cim.TRANSFORMER) & (index.child >= 0))
    load = index.sum_dependents(at_node)[index.child[rows]]
    with np.errstate(invalid="ignore"):
        over = load > OVERLOAD_RATIO * equipment.rated_va[rows]
    for row, watts in zip(rows[over], load[over], strict=True):
        rated = equipment.rated_va[row] / 1000
        yield Violation(
            "equipment", int(row), f"peaks add up to {watts / 1000:,.0f} kW on {rated:,.0f} kVA"
        )
