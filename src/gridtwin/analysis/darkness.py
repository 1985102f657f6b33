"""Follow who is without supply while switches are operated, one operation after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.situation import NONE
from gridtwin.topology.conduction import passing
from gridtwin.topology.index import build
from gridtwin.topology.switching import Switching

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.situation import Situation
    from gridtwin.topology.index import TopologyIndex


class Darkness:
    """
    The usage points without supply, from one situation on.

    Parameters
    ----------
    situation
        Where to begin; it is not changed. Supply is reckoned as `Situation.supplied` has it.
    """

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._mask = np.array(situation.open_mask)
        self._switching = Switching(situation.index, situation.data.feeders.head)

    @property
    def dark(self) -> NDArray[np.bool_]:
        """Whether each usage point is without supply now."""
        return self._index.tin[self._situation.data.usage_points.node] < 0

    def operate(self, row: int, open_phases: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
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
        after = self._passing(row)
        if int(self._index.conduction.passes[row]) == after:
            return NONE, NONE
        hung = self._hanging(row)
        if not self._switching.operate(row, after):
            return self._built()
        if not after:
            return self._points(hung), NONE
        return NONE, self._points(self._hanging(row)) if not len(hung) else NONE

    @property
    def _index(self) -> TopologyIndex:
        return self._switching.index

    def _passing(self, row: int) -> int:
        equipment, only = self._situation.data.equipment, slice(row, row + 1)
        passes = passing(equipment.phases[only], self._mask[only])
        return int(passes[0]) if equipment.in_service[row] else 0

    def _hanging(self, row: int) -> NDArray[np.int32]:
        """Return the nodes that hang on a piece of equipment."""
        top = int(self._index.child[row])
        return NONE if top < 0 else self._index.dependents(top).copy()

    def _points(self, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
        return self._situation.points_at(nodes) if len(nodes) else NONE

    def _built(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Build the topology anew, and return what became another."""
        data, before = self._situation.data, self.dark
        self._switching = Switching(build(data, self._mask), data.feeders.head)
        after = self.dark
        went, came = np.flatnonzero(after & ~before), np.flatnonzero(before & ~after)
        return went.astype(np.int32), came.astype(np.int32)
