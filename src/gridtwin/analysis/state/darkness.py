"""Follow who is without supply while switches are operated, one operation after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import NONE
from gridtwin.topology.conduction import passing
from gridtwin.topology.index import build
from gridtwin.topology.service import find_needs
from gridtwin.topology.switching import Switching

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.topology.index import TopologyIndex


class Darkness:
    """
    The usage points without supply, from one situation on.

    Parameters
    ----------
    situation
        Where to begin; it is not changed. Supply is reckoned as `Situation.served` has it.
    """

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._mask = np.array(situation.open_mask)
        self._follow(situation.index)

    @property
    def dark(self) -> NDArray[np.bool_]:
        """Whether each usage point is without supply now."""
        return ~self._served()

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
        before = self._points(self._hanging(row))
        had = self._served(before)
        if not self._switching.operate(row, after):
            return self._built()
        now = self._points(self._hanging(row)) if not len(before) else before
        has = self._served(now)
        if not len(before):
            had = np.zeros(len(now), dtype=bool)
        return now[had & ~has], now[has & ~had]

    @property
    def _index(self) -> TopologyIndex:
        return self._switching.index

    def _follow(self, index: TopologyIndex) -> None:
        situation = self._situation
        self._switching = Switching(index, situation.data, strict=situation.strict)

    def _served(self, rows: NDArray[np.int32] | None = None) -> NDArray[np.bool_]:
        """Return which usage points have supply now."""
        situation = self._situation
        points = situation.data.usage_points
        return find_needs(self._index, points, rows, strict=situation.strict) != 0

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
        situation, before = self._situation, self.dark
        index = build(situation.data, self._mask, situation.rules, designed=self._index.designed)
        self._follow(index)
        after = self.dark
        went, came = np.flatnonzero(after & ~before), np.flatnonzero(before & ~after)
        return went.astype(np.int32), came.astype(np.int32)
