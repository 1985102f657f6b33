"""Say how many customers feeders and substations serve as designed, and how many are out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.state.supply_state import OUT, PARTIAL
from gridtwin.model.tables import decode_texts
from gridtwin.results.layer_frames import find_groups_of_nodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.results.documents.overview_documents import GroupStanding


class CustomersByGroup(NamedTuple):
    """Customers by group; the first of each is of those in no group."""

    served: NDArray[np.int64]
    out: NDArray[np.int64]


class SystemStanding(NamedTuple):
    """Customers of the whole network."""

    customers: int
    customers_partial: int
    priority_customers_out: int
    operated: int  # switches that stand otherwise than designed


def count_standing(normal: Situation, supply: SupplyState, by: str) -> CustomersByGroup:
    """
    Return the customers that each feeder or substation serves as designed, and who of them is out.

    Parameters
    ----------
    normal
        The network as designed.
    supply
        What has supply now.
    by
        ``feeder`` or ``substation``.
    """
    points = normal.data.usage_points
    table = normal.data.feeders if by == "feeder" else normal.data.substations
    group, size = find_groups_of_nodes(normal, by)[points.node] + 1, len(table.mrid) + 1
    dark = np.where(supply.points == OUT, points.customers, 0)
    served = np.bincount(group, points.customers, size).astype(np.int64)
    return CustomersByGroup(served, np.bincount(group, dark, size).astype(np.int64))


def list_standing(normal: Situation, supply: SupplyState, by: str) -> list[GroupStanding]:
    """Return the groups that serve anybody: who has most customers out first, then who serves."""
    table = normal.data.feeders if by == "feeder" else normal.data.substations
    served, out = count_standing(normal, supply, by)
    mrids: list[str | None] = [None, *decode_texts(table.mrid).tolist()]
    names = ["", *decode_texts(table.name).tolist()]
    order = np.lexsort([np.arange(len(served)), -served, -out])
    return [
        {
            "mrid": mrids[row],
            "name": names[row],
            "customers": int(served[row]),
            "customers_out": int(out[row]),
        }
        for row in order.tolist()
        if served[row]
    ]


def sum_standing(situation: Situation, supply: SupplyState) -> SystemStanding:
    """Return the customers of the whole network, and how they stand."""
    points = situation.data.usage_points
    dark = supply.points == OUT
    return SystemStanding(
        customers=int(points.customers.sum()),
        customers_partial=int(points.customers[supply.points == PARTIAL].sum()),
        priority_customers_out=int(points.customers[dark & (points.priority != b"")].sum()),
        operated=int((supply.open_mask != situation.data.equipment.normal_open).sum()),
    )
