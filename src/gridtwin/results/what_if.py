"""Show what some switch positions would change: who goes out, who comes back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.supply_state import FULL, OUT, PARTIAL
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.results.documents.loss_documents import MovedGroup, WhatIfDocument


@dataclass(frozen=True)
class WhatIf:
    """Two states of one network, and what differs for the customers."""

    before: Situation
    after: Situation
    supply_before: SupplyState
    supply_after: SupplyState

    @cached_property
    def out(self) -> NDArray[np.int32]:
        """Rows of the usage points that lose all supply."""
        return self._find_changed(OUT)

    @cached_property
    def back(self) -> NDArray[np.int32]:
        """Rows of the usage points that have supply again, be it in part."""
        was_out = self.supply_before.points == OUT
        return np.flatnonzero(was_out & (self.supply_after.points != OUT)).astype(np.int32)

    @cached_property
    def partial(self) -> NDArray[np.int32]:
        """Rows of the usage points that lose some of their phases."""
        rows = self._find_changed(PARTIAL)
        return rows[self.supply_before.points[rows] == FULL]

    def _find_changed(self, code: int) -> NDArray[np.int32]:
        moved = self.supply_after.find_changes(self.supply_before).points
        return moved[self.supply_after.points[moved] == code]

    @property
    def still_out(self) -> int:
        """Customers without supply before and after."""
        both = (self.supply_before.points == OUT) & (self.supply_after.points == OUT)
        return self.before.customers_of(np.flatnonzero(both).astype(np.int32))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader should know before anybody operates so."""
        before, after = self.before.index.core, self.after.index.core
        if after is not None and (before is None or len(after.nodes) > len(before.nodes)):
            return ("a loop is closed, or sources are joined: check before operating so",)
        return ()

    def describe_points(self, rows: NDArray[np.int32]) -> MovedGroup:
        """Return how many customers some usage points are, and which."""
        return {
            "customers": self.before.customers_of(rows),
            "usage_points": decode_texts(self.before.data.usage_points.mrid[rows]).tolist(),
        }

    def document(self) -> WhatIfDocument:
        """Return the answer as the JSON document ``gridtwin.what_if/1``."""
        return {
            "schema": DocumentTag.WHAT_IF,
            "base": self.before.state,
            "version": self.before.version,
            "out": self.describe_points(self.out),
            "back": self.describe_points(self.back),
            "partial": self.describe_points(self.partial),
            "still_out": {"customers": self.still_out},
            "warnings": list(self.warnings),
        }
