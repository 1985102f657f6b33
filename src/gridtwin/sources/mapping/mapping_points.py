"""Hold the rows that stand at one node: customers, sources and junctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.sources.mapping.mapping_lines import locate_points
from gridtwin.sources.mapping.mapping_named import stack_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_nodes import NodeSlots
    from gridtwin.sources.mapping.mapping_rows import BlockRows


class MappedPoints:
    """
    Rows of one frame, with the slot of the node each stands at.

    Parameters
    ----------
    parts
        The rows of each block.
    slots
        Where those whose node is a column are numbered; the others take a slot by their place.
    is_placing
        Whether the node of a row lies where the row does, as that of a junction and not of a
        customer.
    """

    def __init__(
        self, parts: Sequence[BlockRows], slots: NodeSlots, *, is_placing: bool = False
    ) -> None:
        self.frame, self.shapes = stack_rows(parts)
        self.xy = locate_points(self.shapes)
        areas = [row for row, part in enumerate(parts) if part.block.ends == "area"]
        self.are_areas = self.frame["block"].isin(areas).to_numpy(dtype=bool)
        named = [row for row, part in enumerate(parts) if part.block.ends == "columns"]
        self._is_named = self.frame["block"].isin(named).to_numpy(dtype=bool)
        self.slots = np.full(len(self.frame), -1, dtype=np.int64)
        if self._is_named.any():
            own = slots.name_slots(self.frame["node"][self._is_named])
            self.slots[self._is_named] = own
            if is_placing:
                slots.place_slots(own, self.xy[self._is_named])

    @property
    def placed_xy(self) -> NDArray[np.float64]:
        """Where the rows lie that take their node by place, shape (n, 2)."""
        return self.xy[~self._is_named]

    def take_slots(self, slots: NDArray[np.int64]) -> None:
        """Give the rows that take their node by place their slots."""
        self.slots[~self._is_named] = slots
