"""Hold a network as it is judged, and what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex

FEWEST_JUDGED = 20  # below this many, shares say little
SOME, MANY, MOST = 0.02, 0.2, 0.5  # shares


class Implausible(NamedTuple):
    """What is odd about a network, and what in the mapping makes it so."""

    rule: str
    evidence: str
    mend: str


@dataclass(frozen=True, slots=True)
class JudgedNetwork:
    """A network as it is judged: its tables, its supply, and what its source says itself."""

    data: NetworkData
    index: TopologyIndex
    length_m: NDArray[np.float64]  # as the source says; NaN where it does not
    placed: NDArray[np.bool_]  # which nodes have a place of their own, and not a neighbor's
    planar: bool

    def name_row(self, row: int) -> str:
        """Return the mRID of a piece of equipment."""
        return str(decode_texts(self.data.equipment.mrid[[row]])[0])
