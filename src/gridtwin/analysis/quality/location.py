"""Ask whether things lie where they can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.quality.violations import RuleContext, Violation
from gridtwin.model import cim
from gridtwin.model.lengths import DRAWN_FAR_M, find_drawn_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FAR_M = 300.0  # a service longer than this is remarkable
ORIGIN_M = 1_000.0  # as near to (0, 0) a place has been rounded, or left out
AWAY_M = 100_000.0  # so far from (0, 0) a network does not reach it
LONG_M, LONGEST_M = 100_000.0, 1_000_000.0  # no line is longer; few are, and only among their like
TIMES_USUAL = 100.0


def find_null_island(seen: RuleContext) -> Iterator[Violation]:
    """Yield what lies at (0, 0) while the network lies elsewhere."""
    data = seen.data
    near, away = _find_at_origin(seen, data.nodes.xy)
    if not away:
        return
    yield from _report_null_island(seen, "nodes", near, away)
    own, _ = _find_at_origin(seen, data.usage_points.xy)
    yield from _report_null_island(seen, "usage_points", own & ~near[data.usage_points.node], away)
    own, _ = _find_at_origin(seen, data.substations.xy)
    yield from _report_null_island(seen, "substations", own, away)


def _find_at_origin(seen: RuleContext, xy: NDArray[np.float64]) -> tuple[NDArray[np.bool_], float]:
    """Return what lies at (0, 0), and how far away the others are; 0 if they are not."""
    distance = seen.measure_apart(xy, np.zeros((1, 2)))
    near = distance <= (1.0 if seen.crs is None else ORIGIN_M)
    others = distance[~near & np.isfinite(distance)]
    away = float(np.median(others)) if len(others) else 0.0
    return near, away if away > AWAY_M else 0.0


def _report_null_island(
    seen: RuleContext, table: str, near: NDArray[np.bool_], away: float
) -> Iterator[Violation]:
    where = f"at (0, 0), {away / 1000:,.0f} km from the network"
    yield from seen.make_violations(table, np.flatnonzero(near), where)


def find_long_lines(seen: RuleContext) -> Iterator[Violation]:
    """Yield equipment that is longer, or whose ends lie farther apart, than any line can be."""
    equipment, xy = seen.data.equipment, seen.data.nodes.xy
    recorded = np.where(np.isin(equipment.kind, cim.LINES), equipment.length_m, np.nan)
    apart = seen.measure_apart(xy[equipment.node_a], xy[equipment.node_b])
    longer = np.fmax(recorded, apart)
    positive = longer[longer > 0]
    if not len(positive):
        return
    limit = min(max(LONG_M, TIMES_USUAL * float(np.median(positive))), LONGEST_M)
    for row in np.flatnonzero(longer > limit):
        evidence = f"{recorded[row] / 1000:,.0f} km long"
        if not recorded[row] > limit:
            evidence = f"its ends lie {apart[row] / 1000:,.0f} km apart"
        yield Violation("equipment", int(row), evidence)


def find_far_geometry(seen: RuleContext) -> Iterator[Violation]:
    """Yield equipment drawn far from its nodes, in either direction."""
    rows, drawn, ends = find_drawn_ends(seen.data, np.arange(len(seen.data.equipment.mrid)))
    along = seen.measure_apart(drawn, ends).max(axis=1)
    back = seen.measure_apart(drawn, ends[:, ::-1]).max(axis=1)
    distance = np.fmin(along, back)
    for at in np.flatnonzero(distance > DRAWN_FAR_M):
        yield Violation("equipment", int(rows[at]), f"drawn {distance[at]:,.0f} m from its nodes")


def find_far_usage_points(seen: RuleContext) -> Iterator[Violation]:
    """Yield usage points drawn far from their node."""
    points = seen.data.usage_points
    distance = seen.measure_apart(points.xy, seen.data.nodes.xy[points.node])
    for row in np.flatnonzero(distance > FAR_M):
        yield Violation("usage_points", int(row), f"drawn {distance[row]:,.0f} m from its node")
