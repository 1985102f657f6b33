"""Say who goes dark when things fail: at once, after the trip, while isolated, until repaired."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.backfeed import restorable
from gridtwin.analysis.isolation import find_section
from gridtwin.analysis.situation import NONE, Situation
from gridtwin.analysis.upstream import protective_devices
from gridtwin.errors import InputError
from gridtwin.topology.loss import Affected, Faults, affected, find_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.ids import Element

SCOPES = ("element", "trip", "isolated", "backfed")


@dataclass(frozen=True, slots=True)
class Blast:
    """Who goes dark, as rows of the network's tables."""

    out: NDArray[np.int32]  # usage points without any supply
    partial: NDArray[np.int32]  # usage points that lose some of their phases
    devices: NDArray[np.int32]  # equipment that opens: what trips, or bounds the isolated section
    warnings: tuple[str, ...] = ()


def blast(situation: Situation, elements: Sequence[Element], scope: str = "element") -> Blast:
    """
    Return who goes dark when elements fail, all at once.

    Parameters
    ----------
    situation
        The network before the faults.
    elements
        What fails.
    scope
        ``element``: the elements alone are gone; ``trip``: the protective devices before them have
        opened; ``isolated``: the switches around them are open; ``backfed``: what stays dark until
        repair, after open ties have picked up what they can.
    """
    if scope not in SCOPES:
        msg = f"no scope is called {scope!r}: use one of {', '.join(SCOPES)}"
        raise InputError(msg)
    points = np.array([row for table, row in elements if table == "usage_points"], dtype=np.int32)
    others = [element for element in elements if element.table != "usage_points"]
    found = {"element": _element, "trip": _trip, "isolated": _isolated, "backfed": _backfed}[scope](
        situation, others
    )
    if not len(points):
        return found
    node = situation.data.usage_points.node[points]
    served = points[situation.supplied[node]]
    return replace(
        found,
        out=np.union1d(found.out, served).astype(np.int32),
        partial=np.setdiff1d(found.partial, served).astype(np.int32),
    )


def _lost(situation: Situation, faults: Faults) -> Affected:
    loss = find_loss(situation.index, faults)
    return affected(situation.index, situation.data.usage_points, loss, strict=situation.strict)


def _element(situation: Situation, elements: Sequence[Element]) -> Blast:
    lost = _lost(situation, situation.faults(elements))
    return Blast(lost.out, lost.partial, NONE)


def _trip(situation: Situation, elements: Sequence[Element]) -> Blast:
    faults = situation.faults(elements)
    devices: set[int] = set()
    bare: list[int] = []
    warnings: list[str] = []
    for element in elements:
        if element.table in {"feeders", "sources", "substations"}:
            continue
        found, covered = protective_devices(situation, [element])
        devices |= set(found.equipment.tolist())
        if not covered:
            warnings += found.warnings
            bare += situation.index.conduction.source_row[_feeds_bare(situation, element)].tolist()
    rows = np.array(sorted(devices), dtype=np.int32)
    lost = _lost(
        situation,
        Faults(
            faults.nodes,
            np.union1d(faults.equipment, rows).astype(np.int32),
            np.union1d(faults.sources, np.array(bare, dtype=np.int32)).astype(np.int32),
        ),
    )
    return Blast(lost.out, lost.partial, rows, tuple(dict.fromkeys(warnings)))


def _feeds_bare(situation: Situation, element: Element) -> NDArray[np.bool_]:
    """Return the sources that would feed the fault: those of what the element is joined to."""
    from gridtwin.analysis.trace import start_nodes
    from gridtwin.model import cim
    from gridtwin.topology.walk import flood

    passable = situation.conducts & ~cim.PROTECTS[situation.data.equipment.kind]
    walk = flood(situation.adjacency, start_nodes(situation, [element]), passable)
    return walk.reached[situation.index.conduction.source_node]


def isolated_faults(situation: Situation, elements: Sequence[Element]) -> tuple[Faults, Blast]:
    """Return what is out once elements are isolated, and the switches that were opened."""
    faults = situation.faults(elements)
    nodes, opened = set(faults.nodes.tolist()), set(faults.equipment.tolist())
    sources = set(faults.sources.tolist())
    operate: set[int] = set()
    warnings: list[str] = []
    for element in elements:
        section = find_section(situation, [element])
        nodes |= set(section.nodes.tolist())
        operate |= set(section.operate.tolist())
        warnings += section.warnings
    opened |= operate
    everything = Faults(
        np.array(sorted(nodes), dtype=np.int32),
        np.array(sorted(opened), dtype=np.int32),
        np.array(sorted(sources), dtype=np.int32),
    )
    boundary = np.array(sorted(operate), dtype=np.int32)
    return everything, Blast(NONE, NONE, boundary, tuple(dict.fromkeys(warnings)))


def _isolated(situation: Situation, elements: Sequence[Element]) -> Blast:
    faults, opened = isolated_faults(situation, elements)
    lost = _lost(situation, faults)
    return replace(opened, out=lost.out, partial=lost.partial)


def _backfed(situation: Situation, elements: Sequence[Element]) -> Blast:
    faults, opened = isolated_faults(situation, elements)
    lost = _lost(situation, faults)
    pickup = restorable(situation, faults)
    back = pickup.points
    return Blast(
        out=np.setdiff1d(lost.out, back).astype(np.int32),
        partial=lost.partial,
        devices=np.union1d(opened.devices, pickup.closed).astype(np.int32),
        warnings=opened.warnings + pickup.warnings,
    )
