"""Show what lies inside an area: counts, groups, priority sites, and features of the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.place.outline import find_extent
from gridtwin.analysis.state.supply_state import OUT
from gridtwin.api.views.outage_cards import MOST_SITES
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.results.inside import Inside


def view_area(inside: Inside, features: FeatureIds, *, by: str, limit: int) -> dict[str, Any]:
    """
    Return counts, groups and features.

    Parameters
    ----------
    inside
        What lies inside.
    features
        The features of the network's tiles.
    by
        What usage points are counted by: ``feeder`` or ``substation``.
    limit
        The most usage points that are named, in order of mRID.
    """
    situation = inside.situation
    data, points = situation.data, situation.data.usage_points
    dark = inside.points[inside.supply.points[inside.points] == OUT]
    sites = inside.points[points.priority[inside.points] != b""]
    names = np.sort(points.mrid[inside.points])
    return {
        "state": situation.state,
        "version": situation.version,
        "counts": inside.counts(),
        "customers": situation.customers_of(inside.points),
        "customers_out": situation.customers_of(dark),
        "priority": [
            {"mrid": bytes(points.mrid[row]).decode(),
             "priority": bytes(points.priority[row]).decode()}
            for row in sites[:MOST_SITES].tolist()
        ],
        "by": by,
        "groups": inside.groups(by),
        "usage_points": decode_texts(names[:limit]).tolist(),
        "left_out": max(len(names) - limit, 0),
        "substations": decode_texts(data.substations.mrid[inside.substations]).tolist(),
        "features": features.collect_ids(inside.equipment, inside.points),
        "bounds": find_extent(data, inside.equipment, inside.points),
        "warnings": list(inside.warnings),
    }  # fmt: skip
