"""Follow who is without supply while switches are operated, one operation after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.topology.conduction import find_passing_phases
from gridtwin.topology.energized_nodes import find_needs
from gridtwin.topology.switching import Switching
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.topology.topology_index import TopologyIndex


class SupplyTracker:
    """
    The usage points without supply, from one situation on.

    Parameters
    ----------
    situation
        Where to begin; it is not changed. Supply is reckoned as `Situation.is_served` has it.
    """

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._mask = np.array(situation.open_mask)
        self._begin_tracking(situation.index)

    @property
    def is_deenergized(self) -> NDArray[np.bool_]:
        """Whether each usage point is without supply now."""
        return ~self._find_supplied()

    def operate_equipment(
        self, row: int, open_phases: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """
        Operate a piece of equipment.

        Parameters
        ----------
        row
            The equipment.
        open_phases
            Its phases that stand open from now on, as bits.

        Returns
        -------
            Rows of the usage points that went dark, and of those that came back.

        Notes
        -----
        O(feeder) where the network stays radial; a loop that closes or opens takes a full build.
        """
        self._mask[row] = open_phases
        after = self._find_passing(row)
        if int(self._index.conduction.passes[row]) == after:
            return NO_ROWS, NO_ROWS
        before = self._find_points(self._find_dependents(row))
        had_supply = self._find_supplied(before)
        if not self._switching.operate_equipment(row, after):
            return self._rebuild_topology()
        now = self._find_points(self._find_dependents(row)) if not len(before) else before
        has_supply = self._find_supplied(now)
        if not len(before):
            had_supply = np.zeros(len(now), dtype=bool)
        return now[had_supply & ~has_supply], now[has_supply & ~had_supply]

    @property
    def _index(self) -> TopologyIndex:
        return self._switching.index

    def _begin_tracking(self, index: TopologyIndex) -> None:
        situation = self._situation
        self._switching = Switching(index, situation.data, strict=situation.strict)

    def _find_supplied(self, rows: NDArray[np.int32] | None = None) -> NDArray[np.bool_]:
        """Return which usage points have supply now."""
        situation = self._situation
        points = situation.data.usage_points
        return find_needs(self._index, points, rows, strict=situation.strict) != 0

    def _find_passing(self, row: int) -> int:
        equipment, only = self._situation.data.equipment, slice(row, row + 1)
        passes = find_passing_phases(equipment.phases[only], self._mask[only])
        return int(passes[0]) if equipment.in_service[row] else 0

    def _find_dependents(self, row: int) -> NDArray[np.int32]:
        """Return the nodes that hang on a piece of equipment."""
        top = int(self._index.child[row])
        return NO_ROWS if top < 0 else self._index.find_dependents(top).copy()

    def _find_points(self, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
        return self._situation.points_at(nodes) if len(nodes) else NO_ROWS

    def _rebuild_topology(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Build the topology anew, and return what became another."""
        situation, before = self._situation, self.is_deenergized
        index = build_index(
            situation.data, self._mask, situation.rules, designed=self._index.designed
        )
        self._begin_tracking(index)
        after = self.is_deenergized
        went, came = np.flatnonzero(after & ~before), np.flatnonzero(before & ~after)
        return went.astype(np.int32), came.astype(np.int32)
