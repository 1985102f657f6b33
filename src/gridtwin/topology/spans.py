"""
Number all that is supplied in one row, so that what goes dark with a node is one slice of it.

The pool of the index keeps each feeder in a segment of its own, behind what lies above the heads.
Here every segment stands right behind the node it hangs on, so that a bus and a feeder, like any
node, are one slice: what is to be summed over many elements is sorted into places once, summed up
once, and each element is a difference of two sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.topology.topology_index import TopologyIndex


@dataclass(frozen=True, slots=True)
class Spans:
    """The slice of each node: what goes dark with it stands at ``start <= place < stop``."""

    start: NDArray[np.int32]  # (nodes,) the node's own place; -1 if dead
    stop: NDArray[np.int32]  # (nodes,) first place behind its slice; -1 if dead
    length: int  # places there are

    @classmethod
    def from_index(cls, index: TopologyIndex) -> Spans:
        """Lay out the segments of an index in one row; O(n) time for n nodes."""
        segments, hooks, _ = index.sort_hooks()
        origin = int(index.base[0])  # operations may have moved the first segment, too
        ahead = np.concatenate([[0], np.cumsum(index.length[segments])])  # of all before each
        shift = np.zeros(len(index.base) + 1, dtype=np.int64)  # the last entry is of the dead
        shift[segments] = hooks + 1 - origin + ahead[:-1] - index.base[segments]
        start = index.tin + shift[index.segment]
        stop = start + index.size
        top = np.flatnonzero(index.segment == 0)
        tin, size = index.tin[top], index.size[top]
        start[top] = tin - origin + ahead[hooks.searchsorted(tin)]
        stop[top] = tin - origin + size + ahead[hooks.searchsorted(tin + size)]
        dead = index.tin < 0
        start[dead], stop[dead] = -1, -1
        length = int(index.length[0] + ahead[-1])
        return cls(start.astype(np.int32), stop.astype(np.int32), length)
