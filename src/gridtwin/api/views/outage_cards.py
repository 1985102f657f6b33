"""Show outages as a control room reads them: what is promised, who matters, where, when back."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.analysis.place.outline import draw_outline
from gridtwin.analysis.state import identity
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.results.outage_documents import make_outage_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.estimate import Estimate, PointEstimates
    from gridtwin.model.network import Network
    from gridtwin.model.outage import Members, Outage

MOST_SITES = 100  # priority customers that are listed
CURVE_POINTS = 100  # moments of a curve
ESTIMATE_TIMES = ("issued_at", "inputs_at", "p10", "p50", "p80", "p90", "p95", "etr")


def describe_estimate(estimate: Estimate) -> dict[str, Any]:
    """Return the fields of an estimate; times as text, null where not known."""
    record = {name: getattr(estimate, name) for name in type(estimate).__slots__}
    return record | {name: _format_time(record[name]) for name in ESTIMATE_TIMES}


def list_point_estimates(points: PointEstimates) -> list[dict[str, Any]]:
    """Return the estimates of usage points; times as text, null where there is none."""
    names = ("usage_point", "outage", "stage", "source", "p50", "p80", "p95", "etr")
    return [
        dict(zip(names, row[:4], strict=False))
        | {name: _format_seconds(at) for name, at in zip(names[4:], row[4:], strict=True)}
        for row in zip(*points.list_columns(), strict=True)
    ]


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


def find_point_rows(members: Members, network: Network) -> NDArray[np.int32]:
    """Return the row of each member's usage point; -1 for those of another network."""
    names = encode_texts(members.usage_point.tolist())
    return network.ids.tables["usage_points"].find_rows(names).astype(np.int32)


def count_priority_out(members: Members, network: Network) -> dict[str, int]:
    """Return how many customers at priority sites are out in each outage."""
    rows = find_point_rows(members, network)
    chosen = members.is_out & (rows >= 0)
    chosen[chosen] = network.data.usage_points.priority[rows[chosen]] != b""
    customers_out: dict[str, int] = {}
    for outage, customers in zip(
        members.outage[chosen], members.customers[chosen].tolist(), strict=True
    ):
        customers_out[outage] = customers_out.get(outage, 0) + customers
    return customers_out


def locate_outage(members: Members, network: Network, features: FeatureIds) -> dict[str, Any]:
    """Return who is out in an outage as features, the area they cover, and the priority sites."""
    rows = find_point_rows(members, network)
    out = rows[members.is_out & (rows >= 0)]
    points = network.data.usage_points
    area = draw_outline(points.xy[out], geographic=network.crs is not None)
    sites = out[points.priority[out] != b""][:MOST_SITES]
    return {
        "members": len(members),
        "features": features.collect_ids(points=out),
        "area": None if area is None else json.loads(shapely.to_geojson(area)),
        "priority": [
            {"mrid": mrid, "priority": word}
            for mrid, word in zip(
                decode_texts(points.mrid[sites]).tolist(),
                decode_texts(points.priority[sites]).tolist(),
                strict=True,
            )
        ],
    }  # fmt: skip


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
        {"at": _format_seconds(when), "customers_back_p50": p50, "customers_back_p80": p80}
        for when, p50, p80 in zip(moments.tolist(), *backs, strict=True)
    ]


def _count_back_by(
    moments: NDArray[np.float64], ends: NDArray[np.float64], customers: NDArray[np.int32]
) -> list[int]:
    order = np.argsort(ends, kind="stable")  # NaN, who has no estimate, comes last
    total = np.concatenate([[0], np.cumsum(customers[order], dtype=np.int64)])
    counts: list[int] = total[np.searchsorted(ends[order], moments, "right")].tolist()
    return counts


def _format_time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _format_seconds(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
