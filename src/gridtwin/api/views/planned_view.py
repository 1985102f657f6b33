"""Show who has no supply while planned work goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.tables import encode_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.network import Network
    from gridtwin.model.planned_outage import AffectedPoint


def locate_points(
    network: Network, features: FeatureIds, points: Sequence[AffectedPoint]
) -> dict[str, Any]:
    """Return usage points as features, and their middle; those the network no longer has not."""
    names = encode_texts([each.usage_point for each in points])
    rows = network.ids.tables["usage_points"].find_rows(names)
    rows = rows[rows >= 0]
    xy = network.data.usage_points.xy[rows]
    placed = xy[np.isfinite(xy).all(axis=1)]
    middle = np.median(placed, axis=0).tolist() if len(placed) else None
    return {"features": features.collect_ids(points=rows), "at": middle}
