"""Show what lies inside an area: counts, groups, priority sites, and features of the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.analysis.place.outline import find_extent
from gridtwin.api.views.outage_cards import MOST_SITES

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
    document: dict[str, Any] = {**inside.document(by=by)}
    del document["schema"]
    names = document["usage_points"]
    return {
        **document,
        "priority": document["priority"][:MOST_SITES],
        "usage_points": names[:limit],
        "left_out": max(len(names) - limit, 0),
        "features": features.collect_ids(inside.equipment, inside.points),
        "bounds": find_extent(inside.situation.data, inside.equipment, inside.points),
    }
