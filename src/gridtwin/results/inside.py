"""Show all that lies inside a polygon: how much of each kind, who is served there, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gridtwin.analysis.state.supply_state import OUT
from gridtwin.model import cim
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.layer_frames import count_by_group

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.results.documents.inside_documents import (
        InsideDocument,
        PrioritySite,
        ServedGroup,
    )


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

    def list_priority(self) -> list[PrioritySite]:
        """Return the priority sites."""
        table = self.situation.data.usage_points
        rows = self.points[table.priority[self.points] != b""]
        columns = decode_texts(table.mrid[rows]), decode_texts(table.priority[rows])
        return [
            {"mrid": mrid, "priority": word}
            for mrid, word in zip(*(each.tolist() for each in columns), strict=True)
        ]

    def document(self, *, by: str = "feeder") -> InsideDocument:
        """Return the answer as the JSON document ``gridtwin.inside/1``."""
        situation, data = self.situation, self.situation.data
        dark = self.points[self.supply.points[self.points] == OUT]
        return {
            "schema": DocumentTag.INSIDE,
            "state": situation.state,
            "version": situation.version,
            "counts": self.counts(),
            "customers": situation.customers_of(self.points),
            "customers_out": situation.customers_of(dark),
            "by": by,
            "groups": cast("list[ServedGroup]", self.groups(by)),
            "priority": self.list_priority(),
            "substations": decode_texts(data.substations.mrid[self.substations]).tolist(),
            "usage_points": decode_texts(np.sort(data.usage_points.mrid[self.points])).tolist(),
            "warnings": list(self.warnings),
        }
