"""Keep what all storms over one situation share: its sections, and what trips before devices."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridtwin.analysis.place.spatial_index import SpatialIndex
from gridtwin.analysis.storm.tripping import Tripping
from gridtwin.model import cim
from gridtwin.topology.loss import find_affected, find_loss
from gridtwin.topology.membership import find_nearest_feeder

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import MultiPolygon, Polygon

    from gridtwin.analysis.state.situation import Situation

KEPT_AREAS = 8
_REMOTE_CONTROL = cim.CONTROLS.index("remote")


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts that a network falls into when every operable and open switch is cut."""

    section: NDArray[np.int32]  # (nodes,)
    start: NDArray[np.int64]  # (sections + 1,): nodes[start[s] : start[s + 1]]
    nodes: NDArray[np.int32]  # by section

    @classmethod
    def from_situation(cls, situation: Situation) -> Sections:
        """Return the sections of a situation."""
        equipment = situation.data.equipment
        inside = equipment.in_service & ~(situation.is_operable | situation.is_open)
        a, b = equipment.node_a[inside], equipment.node_b[inside]
        count = len(situation.data.nodes.mrid)
        links = csr_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
        sections, section = connected_components(links, directed=False)
        nodes = np.argsort(section, kind="stable").astype(np.int32)
        start = np.concatenate([[0], np.cumsum(np.bincount(section, minlength=sections))])
        return cls(section, start, nodes)

    def find_section_around(self, ends: tuple[int, int]) -> NDArray[np.int32]:
        """Return the isolation section of equipment between two nodes; see `find_section`."""
        parts = np.unique(self.section[list(ends)])
        return np.concatenate([self.nodes[self.start[at] : self.start[at + 1]] for at in parts])


@dataclass(frozen=True)
class StormSituation:
    """A situation before storms, and what is made of it once for all of them."""

    situation: Situation

    @cached_property
    def _places(self) -> SpatialIndex:
        return SpatialIndex(self.situation.data)

    @cached_property
    def _inside(self) -> dict[bytes, NDArray[np.int32]]:
        return {}

    def find_inside(self, area: Polygon | MultiPolygon) -> NDArray[np.int32]:
        """Return the equipment that an area touches; the last few areas are kept."""
        if area.wkb not in self._inside:
            while len(self._inside) >= KEPT_AREAS:
                self._inside.pop(next(iter(self._inside)))
            self._inside[area.wkb] = self._places.find_inside(area, layer="equipment")
        return self._inside[area.wkb]

    @cached_property
    def feeder(self) -> NDArray[np.int32]:
        """The feeder of each node; -1 for none."""
        return find_nearest_feeder(self.situation.index, self.situation.data)

    @cached_property
    def remote(self) -> Situation:
        """The situation in which only remotely operated switches can be operated."""
        remote = copy(self.situation)
        control = self.situation.data.equipment.control
        vars(remote)["is_operable"] = self.situation.is_operable & (control == _REMOTE_CONTROL)
        return remote

    @cached_property
    def sections(self) -> Sections:
        """The sections between switches that anybody can operate."""
        return Sections.from_situation(self.situation)

    @cached_property
    def remote_sections(self) -> Sections:
        """The sections between switches that the control room can operate."""
        return Sections.from_situation(self.remote)

    @cached_property
    def _tripping(self) -> Tripping:
        return Tripping(self.situation)

    def find_tripped(self, rows: NDArray[np.int32]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return the usage points out when equipment fails and trips what protects it; warnings."""
        situation = self.situation
        faults = self._tripping.find_faults(rows)
        loss = find_loss(situation.index, faults)
        points = situation.data.usage_points
        out = find_affected(situation.index, points, loss, strict=situation.strict).out
        names = situation.data.sources.mrid[faults.sources].tolist()
        warning = "a source feeds damage with no protective device between"
        return out, (f"{warning}: {', '.join(name.decode() for name in names)}",) if names else ()
