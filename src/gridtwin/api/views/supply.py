"""Show who and what is without supply, as features of the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.state.supply import FULL, OUT, PARTIAL
from gridtwin.model import phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.supply import Supply
    from gridtwin.api.views.features import FeatureIds
    from gridtwin.model.tables import NetworkData


def supply_document(features: FeatureIds, data: NetworkData, supply: Supply) -> dict[str, Any]:
    """
    Return everything without supply, or with less than it has by design.

    Returns
    -------
        ``out`` and ``partial``, features by layer; ``open`` and ``closed``, the switches that stand
        otherwise than designed, with their open phases.
    """
    moved = np.flatnonzero(supply.open_mask != data.equipment.normal_open)
    return {
        "version": supply.version,
        "customers_out": supply.customers_out,
        "out": _of(features, supply, OUT),
        "partial": _of(features, supply, PARTIAL),
        **positions(supply.open_mask, moved),
    }


def delta_document(features: FeatureIds, before: Supply, after: Supply) -> dict[str, Any]:
    """Return what became another: ``out``, ``partial``, ``back``, ``open`` and ``closed``."""
    moved = after.since(before)

    def become(code: int) -> dict[str, list[int]]:
        return features.of(
            moved.equipment[after.equipment[moved.equipment] == code],
            moved.points[after.points[moved.points] == code],
        )

    return {
        "version": after.version,
        "customers_out": after.customers_out,
        "out": become(OUT),
        "partial": become(PARTIAL),
        "back": become(FULL),
        **positions(after.open_mask, moved.switches),
    }


def positions(open_mask: NDArray[np.uint8], rows: NDArray[np.integer[Any]]) -> dict[str, Any]:
    """Return how some equipment stands, as ids: ``open`` with the open phases, ``closed``."""
    is_open = open_mask[rows] != 0
    opened = rows[is_open]
    return {
        "open": {
            "ids": (opened + 1).tolist(),
            "phases": phases.TEXTS[open_mask[opened] & 63].tolist(),
        },
        "closed": {"ids": (rows[~is_open] + 1).tolist(), "phases": [""] * int((~is_open).sum())},
    }


def _of(features: FeatureIds, supply: Supply, code: int) -> dict[str, list[int]]:
    return features.of(
        np.flatnonzero(supply.equipment == code).astype(np.int32),
        np.flatnonzero(supply.points == code).astype(np.int32),
    )
