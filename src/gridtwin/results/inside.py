"""Show all that lies inside a polygon: how much of each kind, who is served there, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model import cim
from gridtwin.results.layer_frames import count_by_group

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState


@dataclass(frozen=True, slots=True)
class Inside:
    """What of one network, in one state, lies inside a polygon; rows of its tables."""

    situation: Situation
    supply: SupplyState
    equipment: NDArray[np.int32]
    points: NDArray[np.int32]
    substations: NDArray[np.int32]
    warnings: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return how much there is of each kind of equipment, and of the other tables."""
        kinds = np.bincount(
            self.situation.data.equipment.kind[self.equipment], minlength=len(cim.KIND_NAMES)
        )
        counts = dict(zip(cim.KIND_NAMES, kinds.tolist(), strict=True))
        counts |= {"usage_points": len(self.points), "substations": len(self.substations)}
        return {name: count for name, count in counts.items() if count}

    def groups(self, by: str) -> list[dict[str, Any]]:
        """Return who serves the usage points, ``feeder`` or ``substation``, the most first."""
        frame = count_by_group(self.situation, "usage_points", self.points, by)
        columns = [frame[name].tolist() for name in (by, "count", "customers")]
        return [
            {"mrid": mrid or None, "usage_points": count, "customers": customers}
            for mrid, count, customers in zip(*columns, strict=True)
        ]
