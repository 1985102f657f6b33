"""Run a trace as its spec says: find the rows, then keep what the filters let through."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.place.intersect import find_intersecting
from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.analysis.trace import isolation, trace, upstream
from gridtwin.analysis.trace.where import select_where
from gridtwin.model.frames import show_column
from gridtwin.model.schema import GEOMETRY, SCHEMA
from gridtwin.topology.conduction import SupplyRules

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.trace.spec import TraceSpec
    from gridtwin.analysis.trace.trace import TraceRows
    from gridtwin.analysis.trace.where import Columns
    from gridtwin.model.ids import Element


def run_trace(
    situation: Situation,
    elements: list[Element],
    barriers: NDArray[np.int32],
    spec: TraceSpec,
) -> TraceRows:
    """
    Return the rows of a trace.

    Parameters
    ----------
    situation
        The network in one state, reckoned by `rules_of` the spec.
    elements
        Where to begin; two for a path.
    barriers
        Equipment the trace meets and does not pass.
    spec
        What to trace and what to keep.
    """
    rows = _TRACES[spec.kind](situation, elements, barriers, spec)
    if spec.max_depth:
        rows = rows.keep_rows(rows.depth <= spec.max_depth)
    if spec.where:
        rows = rows.keep_rows(
            select_where(
                spec.where,
                _make_columns(situation, rows),
                len(rows.equipment),
                _own(situation, rows),
            )
        )
    if spec.polygon:
        rows = _keep_inside(situation, rows, spec.polygon)
    if spec.nearest:
        order = np.lexsort((rows.equipment, rows.depth))[: spec.nearest]
        keep = np.zeros(len(rows.equipment), dtype=bool)
        keep[order] = True
        rows = rows.keep_rows(keep)
    return rows


def _keep_inside(situation: Situation, rows: TraceRows, polygon: str) -> TraceRows:
    given = read_polygon(polygon, geographic=situation.network.crs is not None)
    inside = find_intersecting(situation.data, given.geometry, layer="equipment")
    points = find_intersecting(situation.data, given.geometry, layer="usage_points")
    rows = rows.keep_rows(np.isin(rows.equipment, inside)).add_warnings(*given.warnings)
    return replace(rows, points=np.intersect1d(rows.points, points).astype(np.int32))


def make_rules(spec: TraceSpec) -> SupplyRules:
    """Return how a spec reckons supply."""
    return SupplyRules(spec.phase_mask(), spec.phase_policy, spec.allow_lv_backfeed, spec.islands)


def _own(situation: Situation, rows: TraceRows) -> Columns:
    """Return the own columns of equipment that a ``where`` expression can name."""
    return {
        name: partial(column.compare, rows.equipment)
        for name, column in situation.data.equipment.own.items()
    }


def _make_columns(situation: Situation, rows: TraceRows) -> Columns:
    """Return what a ``where`` expression can name: each column is made when it is asked for."""
    at = rows.equipment
    return {
        column.name: partial(show_column, situation.data, "equipment", column, at)
        for column in SCHEMA["equipment"].columns
        if column.name != GEOMETRY
    } | {
        "depth": lambda: rows.depth,
        "class": lambda: np.array(trace.CLASSES)[rows.kind],
        "open": lambda: situation.is_open[at],
    }


_TRACES: dict[
    str,
    Callable[[Situation, list[Element], NDArray[np.int32], TraceSpec], TraceRows],
] = {
    "downstream": lambda s, e, b, spec: trace.trace_downstream(
        s, e, barriers=b, include_indeterminate=spec.include_indeterminate
    ),
    "upstream": lambda s, e, b, spec: upstream.trace_upstream(s, e, mode=spec.mode, barriers=b),
    "connected": lambda s, e, b, spec: trace.trace_connected(s, e, barriers=b),
    "feeder": lambda s, e, b, spec: isolation.trace_feeder(s, e, barriers=b),
    "isolation": lambda s, e, b, spec: isolation.trace_isolation(
        s, e, barriers=b, all_sides=spec.all_sides
    ),
    "protective": lambda s, e, b, spec: upstream.find_protective_devices(s, e, barriers=b)[0],
    "path": lambda s, e, b, spec: trace.trace_path(s, e[:1], e[1:], barriers=b),
    "loops": lambda s, e, b, spec: isolation.trace_loops(s, e),
    "ties": lambda s, e, b, spec: isolation.trace_ties(s, e),
}
