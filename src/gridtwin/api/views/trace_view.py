"""Show answers as features of the tiles, in the order in which a map draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.place.outline import find_extent
from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.analysis.trace.trace import CLASS
from gridtwin.model import cim, frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.tables import NetworkData
    from gridtwin.results.plan_result import SwitchingPlan
    from gridtwin.results.trace_result import BlastRadius, TraceResult

MOST_DRAWN = 5_000  # lines of the animation
FLOW_DECIMALS = 6  # of a degree: a tenth of a meter


def draw_trace(result: TraceResult, features: FeatureIds) -> dict[str, Any]:
    """
    Return a trace as counts and features.

    Returns
    -------
        ``features`` are all elements and usage points found but those of the other groups:
        ``indeterminate``, and, of an isolation, the switches to ``operate``, to ``verify``, and
        those with nothing but ``dead_beyond``.
    """
    rows, data = result.rows, result.situation.data
    apart = {name: name for name in ("indeterminate", "operate", "dead_beyond")}
    apart["verify"] = "verify_and_tag"
    groups = {name: rows.kind == CLASS[word] for name, word in apart.items()}
    plain = ~np.any(list(groups.values()), axis=0)
    return {
        "trace": result.trace,
        "of": result.of,
        "state": result.state,
        "version": result.version,
        "customers": result.customers,
        "usage_points": len(rows.points),
        "elements": len(rows.equipment),
        "features": features.collect_ids(rows.equipment[plain], rows.points),
        **{name: features.collect_ids(rows.equipment[mask]) for name, mask in groups.items()},
        "geometry": draw_flow(data, rows.equipment, rows.depth),
        "bounds": find_extent(data, rows.equipment, rows.points),
        "warnings": list(result.warnings),
    }


def draw_blast(result: BlastRadius, features: FeatureIds) -> dict[str, Any]:
    """Return who goes dark as counts and features, with the area they cover."""
    rows = result.rows
    dark = result.document()
    return {
        "of": result.of,
        "scope": result.scope,
        "state": result.state,
        "version": result.version,
        **{name: dark[name] for name in ("customers", "priority_customers", "peak_w", "feeders")},
        "usage_points": len(rows.out),
        "features": features.collect_ids(points=rows.out),
        "partial": features.collect_ids(points=rows.partial),
        "devices": features.collect_ids(rows.devices),
        "area": dark["area"],
        "bounds": find_extent(result.situation.data, rows.devices, rows.out),
        "warnings": dark["warnings"],
    }


def draw_plan(plan: SwitchingPlan, features: FeatureIds) -> dict[str, Any]:
    """Return what a switching plan draws: who stays out, who is restored, what each step moves."""
    steps = plan.rows.steps
    restored = [step.restored for step in steps]
    return {
        "out": features.collect_ids(points=plan.rows.out),
        "restored": features.collect_ids(points=np.concatenate([NO_ROWS, *restored])),
        "dead_beyond": features.collect_ids(plan.rows.dead_beyond),
        "steps": [
            features.collect_ids(
                np.array([step.row] if step.table == "equipment" else [], dtype=np.int32)
            )
            for step in steps
        ],
    }


def find_plan_extent(plan: SwitchingPlan) -> list[float] | None:
    """Return the extent of all that a plan is about: the section, its switches, who is out."""
    rows = plan.rows
    switches = [step.row for step in rows.steps if step.table == "equipment"]
    equipment = np.concatenate([rows.section, rows.tripped, np.array(switches, dtype=np.int32)])
    return find_extent(plan.situation.data, equipment, rows.out_at_start)


def draw_flow(
    data: NetworkData, rows: NDArray[np.int32], depth: NDArray[np.int32]
) -> dict[str, Any] | None:
    """
    Return the lines among equipment as one GeoJSON MultiLineString, nearest first.

    At most `MOST_DRAWN`: of more, those nearest to the start. None without any.
    """
    is_line = data.equipment.kind[rows] == cim.KIND_CODE["ac_line_segment"]
    order = np.argsort(depth[is_line], kind="stable")[:MOST_DRAWN]
    chosen = rows[is_line][order]
    if not len(chosen):
        return None
    counts, xy = frames.equipment_courses(data, chosen)
    parts = np.split(np.round(xy, FLOW_DECIMALS), np.cumsum(counts)[:-1])
    lines = [part.tolist() for part in parts if np.isfinite(part).all()]
    return {"type": "MultiLineString", "coordinates": lines}
