"""Find what opens by itself when things fault, and what is out once they are isolated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.trace.isolation import find_section
from gridtwin.analysis.trace.trace import find_start_nodes
from gridtwin.analysis.trace.upstream import find_protective_devices
from gridtwin.model import cim
from gridtwin.topology.loss import FaultSet
from gridtwin.topology.walk import flood_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.ids import Element


@dataclass(frozen=True, slots=True)
class Trip:
    """What has opened at t0."""

    faults: FaultSet  # what failed and all that has opened or gone with it
    devices: NDArray[np.int32]  # protective devices that opened
    sources: NDArray[np.int32]  # that nothing protects the fault from: they go with it
    warnings: tuple[str, ...]


def find_trip(situation: Situation, elements: Sequence[Element]) -> Trip:
    """Return what opens when elements fault: the first protective device on each way to supply."""
    faults = situation.find_faults(elements)
    devices: set[int] = set()
    bare: set[int] = set()
    warnings: list[str] = []
    for element in elements:
        if element.table == "feeders":
            devices.add(int(situation.data.feeders.head[element.row]))
        if element.table in {"feeders", "sources", "substations"}:
            continue
        found, covered = find_protective_devices(situation, [element])
        devices |= set(found.equipment.tolist())
        if not covered:
            warnings += found.warnings
            feeds = _find_bare_feeds(situation, element)
            bare |= set(situation.index.conduction.source_row[feeds].tolist())
    rows = np.array(sorted(devices), dtype=np.int32)
    sources = np.array(sorted(bare), dtype=np.int32)
    everything = FaultSet(
        faults.nodes,
        np.union1d(faults.equipment, rows).astype(np.int32),
        np.union1d(faults.sources, sources).astype(np.int32),
    )
    return Trip(everything, rows, sources, tuple(dict.fromkeys(warnings)))


def _find_bare_feeds(situation: Situation, element: Element) -> NDArray[np.bool_]:
    """Return the sources that would feed the fault: those of what the element is joined to."""
    passable = situation.conducts & ~cim.PROTECTS[situation.data.equipment.kind]
    walk = flood_network(situation.adjacency, find_start_nodes(situation, [element]), passable)
    return walk.reached[situation.index.conduction.source_node]


@dataclass(frozen=True, slots=True)
class FaultIsolation:
    """What is cut off around things that faulted."""

    faults: FaultSet  # all that is out until it is repaired, and the switches that are opened
    nodes: NDArray[np.int32]  # of the faulted sections
    equipment: NDArray[np.int32]  # of the faulted sections
    operate: NDArray[np.int32]  # closed switches around them: to be opened
    verify: NDArray[np.int32]  # open switches around them
    dead_beyond: NDArray[np.int32]  # switches around them that no source could reach them over
    warnings: tuple[str, ...]


def isolate_faults(
    situation: Situation,
    elements: Sequence[Element],
    *,
    operable: NDArray[np.bool_] | None = None,
    all_sides: bool = False,
) -> FaultIsolation:
    """
    Return the sections around elements that faulted, and what bounds them.

    Each section is bounded by itself: one may be repaired, and live again, before another.

    Parameters
    ----------
    situation
        The network before the faults.
    elements
        What faulted.
    operable, all_sides
        As for `find_section`.
    """
    faults = situation.find_faults(elements)
    found = [
        find_section(situation, [element], operable=operable, all_sides=all_sides)
        for element in elements
    ]
    nodes = _unite_rows([section.nodes for section in found])
    operate = _unite_rows([section.operate for section in found])
    verify = _unite_rows([section.verify for section in found])
    dead = _unite_rows([section.dead_beyond for section in found])
    out = FaultSet(
        _unite_rows([faults.nodes, nodes]), _unite_rows([faults.equipment, operate]), faults.sources
    )
    return FaultIsolation(
        faults=out,
        nodes=nodes,
        equipment=_unite_rows([section.equipment for section in found]),
        operate=operate,
        verify=verify,
        dead_beyond=dead[~np.isin(dead, np.concatenate([operate, verify]))],
        warnings=tuple(dict.fromkeys(text for section in found for text in section.warnings)),
    )


def _unite_rows(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.unique(np.concatenate(parts)).astype(np.int32) if parts else _NONE


_NONE: NDArray[np.int32] = np.empty(0, dtype=np.int32)
