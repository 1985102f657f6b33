"""Shape outages as a control room reads them: who is out, who matters, until when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.tables import decode_texts, encode_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.estimate import Estimate, PointEstimates
    from gridtwin.model.network import Network
    from gridtwin.model.outage import Members, Outage
    from gridtwin.results.documents.inside_documents import PrioritySite
    from gridtwin.results.documents.outage_board_documents import BoardRow, PromiseRecord

ESTIMATE_TIMES = ("issued_at", "inputs_at", "p10", "p50", "p80", "p90", "p95", "etr")


def describe_estimate(estimate: Estimate) -> dict[str, Any]:
    """Return the fields of an estimate; times as text, null where not known."""
    record = {name: getattr(estimate, name) for name in type(estimate).__slots__}
    return record | {name: format_time(record[name]) for name in ESTIMATE_TIMES}


def list_point_estimates(points: PointEstimates) -> list[dict[str, Any]]:
    """Return the estimates of usage points; times as text, null where there is none."""
    names = ("usage_point", "outage", "stage", "source", "p50", "p80", "p95", "etr")
    return [
        dict(zip(names, row[:4], strict=False))
        | {name: format_seconds(at) for name, at in zip(names[4:], row[4:], strict=True)}
        for row in zip(*points.list_columns(), strict=True)
    ]


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


def describe_promise(estimate: Estimate) -> PromiseRecord:
    """Return when an outage ends, as it is promised and estimated."""
    return {
        "etr": format_time(estimate.etr),
        "source": estimate.source,
        "reason": estimate.reason,
        "p50": format_time(estimate.p50),
        "p80": format_time(estimate.p80),
        "p95": format_time(estimate.p95),
        "issued_at": format_time(estimate.issued_at),
        "stage": estimate.stage,
    }


def make_board_row(
    outage: Outage, estimate: Estimate | None, *, feeder: str | None, priority: int
) -> BoardRow:
    """
    Return one outage in short.

    Parameters
    ----------
    outage, estimate
        The outage, and the estimate in force.
    feeder
        That its device is on as designed.
    priority
        Customers at priority sites that are out in it.
    """
    return {
        "id": outage.id,
        "status": outage.status,
        "device": outage.device or None,
        "feeder": feeder,
        "began_at": outage.began_at.isoformat(),
        "restored_at": format_time(outage.restored_at),
        "cause": outage.cause,
        "crew_status": outage.crew_status,
        "customers": outage.customers,
        "customers_out": outage.customers_out,
        "priority_customers": priority,
        "etr": None if estimate is None else format_time(estimate.etr),
        "source": None if estimate is None else estimate.source,
    }


def list_priority_out(members: Members, network: Network) -> list[PrioritySite]:
    """Return the priority sites that are out in an outage."""
    rows = find_point_rows(members, network)
    out = rows[members.is_out & (rows >= 0)]
    points = network.data.usage_points
    sites = out[points.priority[out] != b""]
    columns = decode_texts(points.mrid[sites]), decode_texts(points.priority[sites])
    return [
        {"mrid": mrid, "priority": word}
        for mrid, word in zip(*(each.tolist() for each in columns), strict=True)
    ]


def format_time(at: datetime | None) -> str | None:
    """Return a moment as text; None for none."""
    return None if at is None else at.isoformat()


def format_seconds(at: float | None) -> str | None:
    """Return unix seconds as text; None for none."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
