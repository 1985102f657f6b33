"""Show what differs between two states of the network, as features of the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.place.outline import find_extent
from gridtwin.analysis.state.supply_state import OUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.tables import NetworkData


def compare_supplies(
    features: FeatureIds, data: NetworkData, left: SupplyState, right: SupplyState
) -> dict[str, Any]:
    """
    Return what differs between two states.

    Returns
    -------
        ``only_left``, ``only_right`` and ``both``, the customers without supply there;
        ``differs``, the features of what has another supply and of switches that stand otherwise;
        ``bounds``, what these cover.
    """
    moved = right.find_changes(left)
    equipment = np.union1d(moved.equipment, moved.switches)
    dark_left, dark_right = left.points == OUT, right.points == OUT

    def count_customers(dark: NDArray[np.bool_]) -> int:
        return int(data.usage_points.customers[dark].sum())

    return {
        "only_left": count_customers(dark_left & ~dark_right),
        "only_right": count_customers(dark_right & ~dark_left),
        "both": count_customers(dark_left & dark_right),
        "differs": features.collect_ids(equipment, moved.points),
        "bounds": find_extent(data, equipment, moved.points),
    }
