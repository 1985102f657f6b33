"""Say in words why an element has supply or has none, and what else could feed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.trace.isolation import find_feeders_of, trace_ties
from gridtwin.analysis.trace.trace import CLASS, find_start_nodes
from gridtwin.analysis.trace.upstream import trace_upstream
from gridtwin.model import phases
from gridtwin.topology.meshed_core import live_phases
from gridtwin.topology.walk import flood_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.ids import Element

MOST_BLAMED = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an element is in or out, as mRIDs and one sentence."""

    mrid: str
    supplied: bool
    phases: str  # live there
    sentence: str
    feeders: list[str]
    sources: list[str]  # that reach it
    must_pass: list[str]  # devices each of which alone would put it out, nearest first
    open_devices: list[str] = field(default_factory=list)  # that keep it dark
    out_of_service: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)  # open ties with supply beyond


def explain_supply(situation: Situation, element: Element, mrid: str) -> Explanation:
    """Return why an element has supply or has none."""
    starts = find_start_nodes(situation, [element])
    could = _unite_phases(situation.index.designed[starts]) & _find_used_phases(situation, element)
    live = _unite_phases(live_phases(situation.index.mask)[starts]) & (could or phases.ABC)
    if element.table == "equipment" and situation.conducts[element.row]:
        live &= int(situation.index.conduction.passes[element.row])
    if _has_supply(situation, element, starts, could):
        return _explain_supplied(situation, element, mrid, (live, could))
    return _explain_dead(situation, starts, mrid, could)


def _unite_phases(masks: NDArray[np.uint8]) -> int:
    return int(np.bitwise_or.reduce(masks)) if len(masks) else 0


def _find_used_phases(situation: Situation, element: Element) -> int:
    """Return the phases A, B, C an element uses."""
    recorded = getattr(getattr(situation.data, element.table), "phases", None)
    return phases.ABC if recorded is None else int(phases.to_supply_phases(recorded[element.row]))


def _has_supply(
    situation: Situation, element: Element, starts: NDArray[np.int32], could: int
) -> bool:
    """Return whether some phase of an element is live; any conductor where it could have none."""
    if element.table == "usage_points":
        return bool(situation.is_served[element.row])
    reached = situation.is_supplied[starts].any()
    return bool(
        reached if not could else _unite_phases(live_phases(situation.index.mask)[starts]) & could
    )


def _list_mrids(situation: Situation, rows: Sequence[int] | NDArray[np.int32]) -> list[str]:
    return [situation.data.equipment.mrid[row].decode() for row in rows]


def _list_feeders(situation: Situation, element: Element) -> list[str]:
    rows = find_feeders_of(situation, [element])
    return [situation.data.feeders.mrid[row].decode() for row in rows]


def _list_sources(situation: Situation, starts: NDArray[np.int32]) -> list[str]:
    # Not over what is dark: a source beyond it, joined one way only, does not reach the element.
    walk = flood_network(
        situation.adjacency, starts[situation.is_supplied[starts]], situation.is_lit
    )
    conduction = situation.index.conduction
    rows = conduction.source_row[walk.reached[conduction.source_node]]
    return [situation.data.sources.mrid[row].decode() for row in rows.tolist()]


def _explain_supplied(
    situation: Situation, element: Element, mrid: str, phases_of: tuple[int, int]
) -> Explanation:
    live, lacking = (
        phases.format_phases(phases_of[0]),
        phases.format_phases(phases_of[1] & ~phases_of[0]),
    )
    must = trace_upstream(situation, [element], mode="must_pass").equipment
    border = trace_ties(situation, [element])
    spare = border.equipment[border.kind == CLASS["tie"]]
    feeders = _list_feeders(situation, element)
    sources = _list_sources(situation, find_start_nodes(situation, [element]))
    names = _list_mrids(situation, must)
    by = f" by {' and '.join(feeders)}" if feeders else ""
    on = f" on {live}" if live else ""
    if live and lacking and not _is_open(situation, element):
        on += f" and none on {lacking}"
    sentence = f"{mrid} has supply{on}{by}"
    if _is_open(situation, element):
        sentence = f"{mrid} stands open with supply{on}{by} at a side of it"
    if names:
        more = f" and {len(names) - MOST_BLAMED} more" if len(names) > MOST_BLAMED else ""
        sentence += f"; it alone depends on {', '.join(names[:MOST_BLAMED])}{more}"
    return Explanation(
        mrid=mrid,
        supplied=True,
        phases=live,
        sentence=sentence + ".",
        feeders=feeders,
        sources=sources,
        must_pass=names,
        alternatives=_list_mrids(situation, spare),
    )


def _is_open(situation: Situation, element: Element) -> bool:
    return element.table == "equipment" and bool(situation.is_open[element.row])


def _explain_dead(
    situation: Situation, starts: NDArray[np.int32], mrid: str, could: int
) -> Explanation:
    """Return what keeps an element dark: on all phases, or on those it could have."""
    reached = situation.is_supplied[starts].any()
    wanted = could if reached else phases.ABC
    shut = np.uint8(wanted) & situation.index.conduction.passes == 0
    walk = flood_network(situation.adjacency, starts, ~shut)
    edge = walk.stopped
    equipment = situation.data.equipment
    a, b = equipment.node_a[edge], equipment.node_b[edge]
    other = np.where(walk.reached[a], b, a)
    live = live_phases(situation.index.mask)[other] & np.uint8(wanted)
    fed = np.where(reached, live != 0, situation.is_supplied[other])
    is_open = equipment.in_service[edge] & (situation.open_mask[edge] & _expand_poles(wanted) != 0)
    opened = edge[is_open]
    normal = equipment.normal_open[opened] & _expand_poles(wanted) != 0
    beyond = fed[is_open]
    blamed = opened[~normal]
    spare = opened[normal & beyond]
    idle = edge[~equipment.in_service[edge]]
    on = f" on {phases.format_phases(wanted)}" if reached else ""
    parts = []
    if len(blamed):
        names = " and ".join(_list_mrids(situation, blamed[:MOST_BLAMED]))
        parts.append(f"out because {names} is open{on}")
    elif len(idle):
        names = " and ".join(_list_mrids(situation, idle[:MOST_BLAMED]))
        parts.append(f"out because {names} is out of service")
    elif len(opened):
        names = ", ".join(_list_mrids(situation, opened[:MOST_BLAMED]))
        parts.append(f"out: joined to supply{on} only through {names}")
    else:
        parts.append("out: nothing joins it to a source, open or closed")
    if len(spare):
        parts.append(f"would be fed by {', '.join(_list_mrids(situation, spare[:MOST_BLAMED]))}")
    return Explanation(
        mrid=mrid,
        supplied=False,
        phases="",
        sentence=f"{mrid} is {'; '.join(parts)}.",
        feeders=[],
        sources=[],
        must_pass=[],
        open_devices=_list_mrids(situation, blamed if len(blamed) else opened),
        out_of_service=_list_mrids(situation, idle),
        alternatives=_list_mrids(situation, spare),
    )


def _expand_poles(wanted: int) -> np.uint8:
    """Return the poles that stand for phases; the legs of a secondary stand for whatever feeds."""
    return np.uint8(wanted | phases.S1 | phases.S2)
