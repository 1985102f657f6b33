"""Show outages as a control room reads them: what is promised, who matters, where, when back."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.analysis.place.outline import draw_outline
from gridtwin.analysis.state import identity
from gridtwin.results.outage_answers import make_outage_record
from gridtwin.results.outage_board import (
    describe_estimate,
    find_point_rows,
    format_seconds,
    list_priority_out,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.estimate import Estimate, PointEstimates
    from gridtwin.model.network import Network
    from gridtwin.model.outage import Members, Outage

MOST_SITES = 100  # priority customers that are listed
CURVE_POINTS = 100  # moments of a curve


def build_cards(
    outages: Sequence[Outage],
    estimates: Mapping[str, Estimate],
    priority: Mapping[str, int],
    network: Network,
    features: FeatureIds,
) -> list[dict[str, Any]]:
    """
    Return outages, each with its estimate, its priority customers, and where its device lies.

    Parameters
    ----------
    outages
        The outages.
    estimates
        The estimate in force, by outage.
    priority
        Customers at priority sites that are out, by outage; see `count_priority_out`.
    network, features
        The network and the features of its tiles.
    """
    return [
        make_outage_record(each)
        | {
            "estimate": describe_estimate(estimates[each.id]) if each.id in estimates else None,
            "priority_customers": priority.get(each.id, 0),
        }
        | _locate_device(each, network, features)
        for each in outages
    ]


def _locate_device(outage: Outage, network: Network, features: FeatureIds) -> dict[str, Any]:
    """Return where the device of an outage is drawn; null where it is not known."""
    element = network.ids.find_first(outage.device) if outage.device else None
    if element is None:  # none is known, or it is of another network
        return {"feature": None, "at": None}
    drawn = identity.find_drawn(network.data, element)
    return {
        "feature": features.identify_element(drawn),
        "at": identity.find_place(network.data, element),
    }


def locate_outage(members: Members, network: Network, features: FeatureIds) -> dict[str, Any]:
    """Return who is out in an outage as features, the area they cover, and the priority sites."""
    rows = find_point_rows(members, network)
    out = rows[members.is_out & (rows >= 0)]
    points = network.data.usage_points
    area = draw_outline(points.xy[out], geographic=network.crs is not None)
    return {
        "members": len(members),
        "features": features.collect_ids(points=out),
        "area": None if area is None else json.loads(shapely.to_geojson(area)),
        "priority": list_priority_out(members, network)[:MOST_SITES],
    }


def build_restoration_curve(members: Members, estimates: PointEstimates) -> list[dict[str, Any]]:
    """
    Return how many customers of an outage are back by when: so far, and as estimated.

    Parameters
    ----------
    members
        Who is in the outage, back or not.
    estimates
        The estimates in force of its usage points.

    Returns
    -------
        At most `CURVE_POINTS` moments; who is back already counts in both from then on.
    """
    known = dict(zip(estimates.usage_point.tolist(), range(len(estimates)), strict=True))
    at = np.array([known.get(name, -1) for name in members.usage_point], dtype=np.int64)
    ends = []
    for column in (estimates.p50_s, estimates.p80_s):
        later = np.append(column, math.nan)[at]
        ends.append(np.where(members.is_out, later, members.restored_s))
    moments = np.unique(np.concatenate([each[np.isfinite(each)] for each in ends]))
    if len(moments) > CURVE_POINTS:
        moments = moments[np.linspace(0, len(moments) - 1, CURVE_POINTS).round().astype(np.int64)]
    backs = [_count_back_by(moments, each, members.customers) for each in ends]
    return [
        {"at": format_seconds(when), "customers_back_p50": p50, "customers_back_p80": p80}
        for when, p50, p80 in zip(moments.tolist(), *backs, strict=True)
    ]


def _count_back_by(
    moments: NDArray[np.float64], ends: NDArray[np.float64], customers: NDArray[np.int32]
) -> list[int]:
    order = np.argsort(ends, kind="stable")  # NaN, who has no estimate, comes last
    total = np.concatenate([[0], np.cumsum(customers[order], dtype=np.int64)])
    counts: list[int] = total[np.searchsorted(ends[order], moments, "right")].tolist()
    return counts
