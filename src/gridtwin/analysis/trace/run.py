"""Run a trace as its spec says: find the rows, then keep what the filters let through."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.place.intersect import find_intersecting
from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.analysis.trace import isolation, trace, upstream
from gridtwin.analysis.trace.where import where
from gridtwin.model.frames import show_column
from gridtwin.model.schema import GEOMETRY, SCHEMA
from gridtwin.topology.conduction import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.trace.spec import TraceSpec
    from gridtwin.analysis.trace.trace import Rows
    from gridtwin.analysis.trace.where import Columns
    from gridtwin.model.ids import Element


def run(
    situation: Situation,
    elements: list[Element],
    barriers: NDArray[np.int32],
    spec: TraceSpec,
) -> Rows:
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
        rows = rows.kept(rows.depth <= spec.max_depth)
    if spec.where:
        rows = rows.kept(
            where(spec.where, _columns(situation, rows), len(rows.equipment), _own(situation, rows))
        )
    if spec.polygon:
        rows = _inside(situation, rows, spec.polygon)
    if spec.nearest:
        order = np.lexsort((rows.equipment, rows.depth))[: spec.nearest]
        keep = np.zeros(len(rows.equipment), dtype=bool)
        keep[order] = True
        rows = rows.kept(keep)
    return rows


def _inside(situation: Situation, rows: Rows, polygon: str) -> Rows:
    given = read_polygon(polygon, geographic=situation.network.crs is not None)
    inside = find_intersecting(situation.data, given.geometry, layer="equipment")
    points = find_intersecting(situation.data, given.geometry, layer="usage_points")
    rows = rows.kept(np.isin(rows.equipment, inside)).warned(*given.warnings)
    return replace(rows, points=np.intersect1d(rows.points, points).astype(np.int32))


def rules_of(spec: TraceSpec) -> Rules:
    """Return how a spec reckons supply."""
    return Rules(spec.phase_mask(), spec.phase_policy, spec.allow_lv_backfeed, spec.islands)


def _own(situation: Situation, rows: Rows) -> Columns:
    """Return the own columns of equipment that a ``where`` expression can name."""
    return {
        name: partial(column.compare, rows.equipment)
        for name, column in situation.data.equipment.own.items()
    }


def _columns(situation: Situation, rows: Rows) -> Columns:
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
    Callable[[Situation, list[Element], NDArray[np.int32], TraceSpec], Rows],
] = {
    "downstream": lambda s, e, b, spec: trace.downstream(
        s, e, barriers=b, include_indeterminate=spec.include_indeterminate
    ),
    "upstream": lambda s, e, b, spec: upstream.upstream(s, e, mode=spec.mode, barriers=b),
    "connected": lambda s, e, b, spec: trace.connected(s, e, barriers=b),
    "feeder": lambda s, e, b, spec: isolation.feeder(s, e, barriers=b),
    "isolation": lambda s, e, b, spec: isolation.isolation(
        s, e, barriers=b, all_sides=spec.all_sides
    ),
    "protective": lambda s, e, b, spec: upstream.protective_devices(s, e, barriers=b)[0],
    "path": lambda s, e, b, spec: trace.path(s, e[:1], e[1:], barriers=b),
    "loops": lambda s, e, b, spec: isolation.loops(s, e),
    "ties": lambda s, e, b, spec: isolation.ties(s, e),
}
