"""Show all that lies inside a polygon: how much of each kind, who is served there, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.supply import OUT
from gridtwin.model import cim
from gridtwin.model.tables import decode
from gridtwin.publish.layers import grouped_frame
from gridtwin.publish.traces import extent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.situation import Situation
    from gridtwin.analysis.supply import Supply
    from gridtwin.publish.features import FeatureIds

SITES = 100  # priority sites that are listed


@dataclass(frozen=True, slots=True)
class Inside:
    """What of one network, in one state, lies inside a polygon; rows of its tables."""

    situation: Situation
    supply: Supply
    equipment: NDArray[np.int32]
    points: NDArray[np.int32]
    substations: NDArray[np.int32]
    warnings: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return how much there is of each kind of equipment, and of the other tables."""
        kinds = np.bincount(
            self.situation.data.equipment.kind[self.equipment], minlength=len(cim.KIND_NAMES)
        )
        found = dict(zip(cim.KIND_NAMES, kinds.tolist(), strict=True))
        found |= {"usage_points": len(self.points), "substations": len(self.substations)}
        return {name: count for name, count in found.items() if count}

    def groups(self, by: str) -> list[dict[str, Any]]:
        """Return who serves the usage points, ``feeder`` or ``substation``, the most first."""
        frame = grouped_frame(self.situation, "usage_points", self.points, by)
        columns = [frame[name].tolist() for name in (by, "count", "customers")]
        return [
            {"mrid": mrid or None, "usage_points": count, "customers": customers}
            for mrid, count, customers in zip(*columns, strict=True)
        ]

    def document(self, features: FeatureIds, *, by: str, limit: int) -> dict[str, Any]:
        """
        Return counts, groups and features.

        Parameters
        ----------
        features
            The features of the network's tiles.
        by
            What usage points are counted by: ``feeder`` or ``substation``.
        limit
            The most usage points that are named, in order of mRID.
        """
        data, points = self.situation.data, self.situation.data.usage_points
        dark = self.points[self.supply.points[self.points] == OUT]
        sites = self.points[points.priority[self.points] != b""]
        names = np.sort(points.mrid[self.points])
        return {
            "state": self.situation.state,
            "version": self.situation.version,
            "counts": self.counts(),
            "customers": self.situation.customers_of(self.points),
            "customers_out": self.situation.customers_of(dark),
            "priority": [
                {"mrid": bytes(points.mrid[row]).decode(),
                 "priority": bytes(points.priority[row]).decode()}
                for row in sites[:SITES].tolist()
            ],
            "by": by,
            "groups": self.groups(by),
            "usage_points": decode(names[:limit]).tolist(),
            "left_out": max(len(names) - limit, 0),
            "substations": decode(data.substations.mrid[self.substations]).tolist(),
            "features": features.of(self.equipment, self.points),
            "bounds": extent(data, self.equipment, self.points),
            "warnings": list(self.warnings),
        }  # fmt: skip
