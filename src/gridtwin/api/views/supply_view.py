"""Show who and what is without supply, as features of the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.state.supply_state import FULL, OUT, PARTIAL
from gridtwin.model import phases
from gridtwin.results.overview_answer import count_standing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.api.views.feature_ids import FeatureIds


def build_supply_document(
    features: FeatureIds, normal: Situation, supply: SupplyState
) -> dict[str, Any]:
    """
    Return everything without supply, or with less than it has by design.

    Parameters
    ----------
    features
        The features of the network.
    normal
        The network as designed.
    supply
        What has supply in the state that is shown.

    Returns
    -------
        ``out`` and ``partial``, features by layer; ``substations``, who is out in their service
        areas; ``open`` and ``closed``, the switches that stand otherwise than designed, with their
        open phases.
    """
    moved = np.flatnonzero(supply.open_mask != normal.data.equipment.normal_open)
    return {
        "version": supply.version,
        "customers_out": supply.customers_out,
        "out": _collect_ids(features, supply, OUT),
        "partial": _collect_ids(features, supply, PARTIAL),
        "substations": _count_stations(normal, supply),
        **collect_positions(supply.open_mask, moved),
    }


def _count_stations(normal: Situation, supply: SupplyState) -> dict[str, list[int]]:
    out = count_standing(normal, supply, "substation").out[1:]  # the first are of none
    rows = np.flatnonzero(out)
    return {"ids": (rows + 1).tolist(), "customers": out[rows].tolist()}


def build_delta_document(
    features: FeatureIds, before: SupplyState, after: SupplyState
) -> dict[str, Any]:
    """Return what became another: ``out``, ``partial``, ``back``, ``open`` and ``closed``."""
    moved = after.find_changes(before)

    def collect_became(code: int) -> dict[str, list[int]]:
        return features.collect_ids(
            moved.equipment[after.equipment[moved.equipment] == code],
            moved.points[after.points[moved.points] == code],
        )

    return {
        "version": after.version,
        "customers_out": after.customers_out,
        "out": collect_became(OUT),
        "partial": collect_became(PARTIAL),
        "back": collect_became(FULL),
        **collect_positions(after.open_mask, moved.switches),
    }


def collect_positions(
    open_mask: NDArray[np.uint8], rows: NDArray[np.integer[Any]]
) -> dict[str, Any]:
    """Return how some equipment stands, as ids: ``open`` with the open phases, ``closed``."""
    is_open = open_mask[rows] != 0
    opened = rows[is_open]
    return {
        "open": {
            "ids": (opened + 1).tolist(),
            "phases": phases.PHASE_CODES[open_mask[opened] & 63].tolist(),
        },
        "closed": {"ids": (rows[~is_open] + 1).tolist(), "phases": [""] * int((~is_open).sum())},
    }


def _collect_ids(features: FeatureIds, supply: SupplyState, code: int) -> dict[str, list[int]]:
    return features.collect_ids(
        np.flatnonzero(supply.equipment == code).astype(np.int32),
        np.flatnonzero(supply.points == code).astype(np.int32),
    )
