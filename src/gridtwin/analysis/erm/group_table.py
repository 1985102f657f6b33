"""Quantiles of like outages: the answer when there is too little history for trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.erm.quantile_forest import QUANTILE_LEVELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Rows = NDArray[np.int64]

STAGE_EDGES_H = np.array([0.5, 1.5, 3.0, 6.0])  # elapsed hours
SIZE_STEPS = np.array([1.5, 20.5, 100.5, 500.5])
TABLE_FEATURES = ("elapsed", "cause", "customers")
STAGE_PULL = 50.0  # a group counts as if so many outages of its stage had been in it
# Hours left when nothing at all is known: about the middle of public outage maps.
BLANK_H = (0.3, 1.8, 5.0, 9.0, 15.0)


@dataclass(frozen=True)
class GroupTable:
    """Hours left at `QUANTILE_LEVELS` by stage, cause and size; by stage if a group is unknown."""

    groups: Mapping[int, tuple[float, ...]]

    def predict_hours_left(self, names: tuple[str, ...], values: NDArray[np.float32]) -> Float:
        """Return the hours left at every level, shape (n, levels)."""
        fine, coarse = _number_groups(names, values)
        answer = np.tile(np.array(BLANK_H), (len(values), 1))
        for codes in (coarse, fine):
            for code in np.unique(codes):
                if int(code) in self.groups:
                    answer[codes == code] = self.groups[int(code)]
        return answer


def fit_table(names: tuple[str, ...], values: NDArray[np.float32], left_h: Float) -> GroupTable:
    """Measure the quantiles of every group; small ones lean on their stage."""
    fine, coarse = _number_groups(names, values)
    groups: dict[int, tuple[float, ...]] = {}
    for codes, parent in ((coarse, None), (fine, coarse)):
        for code in np.unique(codes):
            mine = codes == code
            logs = np.log(np.quantile(left_h[mine], QUANTILE_LEVELS))
            above = np.log(BLANK_H if parent is None else groups[int(parent[mine][0])])
            share = mine.sum() / (mine.sum() + STAGE_PULL)
            groups[int(code)] = tuple(np.exp(share * logs + (1 - share) * above).round(4).tolist())
    return GroupTable(groups)


def to_document(table: GroupTable) -> list[Any]:
    """Return a table as plain data."""
    return [[code, *hours] for code, hours in sorted(table.groups.items())]


def from_document(rows: list[Any]) -> GroupTable:
    """Return the table of `to_document`."""
    return GroupTable({int(code): tuple(map(float, hours)) for code, *hours in rows})


def _number_groups(names: tuple[str, ...], values: NDArray[np.float32]) -> tuple[Rows, Rows]:
    """Return the group of every row, and that of its stage alone."""
    elapsed, cause, customers = (
        np.nan_to_num(values[:, names.index(name)].astype(float)) for name in TABLE_FEATURES
    )
    stage = np.searchsorted(STAGE_EDGES_H, np.expm1(elapsed) + 1e-6)
    size = np.searchsorted(SIZE_STEPS, np.expm1(customers)) + 1
    coarse = stage.astype(np.int64) * 1000
    return coarse + cause.astype(np.int64) * 10 + size, coarse
