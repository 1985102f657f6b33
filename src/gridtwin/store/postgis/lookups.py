"""Answer the short questions of a control room from PostgreSQL: one indexed statement each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.errors import NotFoundError
from gridtwin.store.postgis.connect import CONNECT_PATIENCE_S
from gridtwin.store.postgis.pool import MOST_LENT, Pool

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

LOOKUP_TIMEOUT_S = 5.0

# Rows are found by their keys, so a plan once made is right for all of them.
LOOKUP_SETTINGS = (
    f"-c statement_timeout={LOOKUP_TIMEOUT_S:g}s -c plan_cache_mode=force_generic_plan"
)

LOOKUP_OUTAGE = """
SELECT o.id, o.status, o.cause, o.planned, o.began_at, p.began_at, o.device, o.crew_status,
    o.customers
FROM gridtwin.usage_points u
LEFT JOIN gridtwin.outage_usage_points p ON p.usage_point = u.mrid AND p.restored_at IS NULL
LEFT JOIN gridtwin.outages o ON o.id = p.outage
WHERE u.mrid = %s
"""
# A promise that has passed is none: it is being assessed again.
LOOKUP_ESTIMATE = """
SELECT e.outage, CASE WHEN e.etr > now() THEN e.etr END, CASE WHEN e.p50 > now() THEN e.p50 END,
    CASE WHEN e.p80 > now() THEN e.p80 END, CASE WHEN e.p95 > now() THEN e.p95 END, e.stage,
    e.source, e.issued_at
FROM gridtwin.usage_points u
LEFT JOIN gridtwin.erm_usage_points e ON e.usage_point = u.mrid
WHERE u.mrid = %s
"""
# What grid.circuit_status_realtime says of one feeder: the view adds up all of them first.
LOOKUP_CIRCUITS = """
SELECT f.mrid, f.name, b.mrid AS substation, e.mrid AS head,
    CASE WHEN NOT h.shared THEN g.connected + d.customers END AS customers,
    CASE WHEN NOT h.shared THEN g.connected - r.customers END AS customers_energized,
    d.customers + r.customers AS customers_out,
    CASE
        WHEN d.customers + r.customers = 0 THEN 'energized'
        WHEN h.shared OR g.connected > r.customers THEN 'partly_out'
        ELSE 'out'
    END AS status,
    greatest(v.at, r.began_at) AS last_change
FROM gridtwin.feeders f
LEFT JOIN gridtwin.substations b ON b.row = f.substation
LEFT JOIN gridtwin.equipment e ON e.row = f.head
CROSS JOIN LATERAL (
    SELECT max(s.feeder) AS feeder, coalesce(sum(t.below), 0)::bigint AS connected,
        max(s.version) AS version
    FROM gridtwin.segments s
    LEFT JOIN gridtwin.node_topology t ON t.node = s.root
    WHERE s.feeder = f.row
) g
CROSS JOIN LATERAL (
    SELECT coalesce(sum(u.customers), 0)::bigint AS customers, max(p.outage_began_at) AS began_at
    FROM gridtwin.segments s
    JOIN gridtwin.node_topology t ON t.segment = s.segment AND t.customers > 0
    JOIN gridtwin.usage_points u ON u.node = t.node
    CROSS JOIN LATERAL (
        SELECT i.began_at AS outage_began_at
        FROM gridtwin.outage_usage_points i
        WHERE i.usage_point = u.mrid AND i.restored_at IS NULL
        OFFSET 0 -- by its index, for each usage point of the feeder, however many are out elsewhere
    ) p
    WHERE s.feeder = f.row AND gridtwin.is_served(u.phases, t.live, t.designed)
) r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.customers - t.served), 0)::bigint AS customers
    FROM gridtwin.node_home n
    JOIN gridtwin.node_topology t ON t.node = n.node
    WHERE n.feeder = f.row AND t.served < t.customers
) d
LEFT JOIN LATERAL (
    SELECT g.feeder IS NULL AND a.segment >= 0 AND z.segment >= 0 AND p.passes <> 0 AS closed
    FROM gridtwin.equipment_topology p
    JOIN gridtwin.node_topology a ON a.node = p.node_a
    JOIN gridtwin.node_topology z ON z.node = p.node_b
    WHERE p.equipment = f.head
) c ON true
CROSS JOIN LATERAL (SELECT coalesce(c.closed, false) AS shared) h
LEFT JOIN gridtwin.events v ON v.version = g.version
"""
LOOKUP_CIRCUIT = f"{LOOKUP_CIRCUITS} WHERE f.mrid = %s"
LOOKUP_SUBSTATION = f"""
SELECT s.mrid, s.name, count(c.mrid), coalesce(sum(c.customers), 0)::bigint,
    coalesce(sum(c.customers_out), 0)::bigint
FROM gridtwin.substations s
LEFT JOIN LATERAL ({LOOKUP_CIRCUITS} WHERE f.substation = s.row) c ON true
WHERE s.mrid = %s
GROUP BY s.mrid, s.name
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class MeterOutage:
    """The open outage of a usage point."""

    id: str
    status: str  # predicted, confirmed or partially_restored
    cause: str  # empty = not known
    planned: bool
    began_at: datetime
    out_since: datetime  # when this usage point lost its supply
    device: str | None  # mRID of what opened or failed
    crew_status: str
    customers: int  # in it, back or not


@dataclass(frozen=True, slots=True)
class MeterEstimate:
    """The estimate in force for the open outage of a usage point."""

    outage: str
    etr: datetime | None  # what is promised; None while it is being assessed
    p50: datetime | None  # half of such come back before
    p80: datetime | None
    p95: datetime | None
    stage: str  # what brings it back: remote switching, manual switching, or repair
    source: str  # what decided: manual, crew, zone, model or table
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class CircuitStatus:
    """How one feeder stands now, as ``grid.circuit_status_realtime`` has it."""

    mrid: str
    name: str
    substation: str | None
    head: str | None
    customers: int | None  # None where other feeders feed the same
    customers_energized: int | None
    customers_out: int
    status: str  # energized, partly_out or out
    last_change: datetime | None


@dataclass(frozen=True, slots=True)
class SubstationStatus:
    """How the feeders of one substation stand now."""

    mrid: str
    name: str
    feeders: int
    customers: int
    customers_out: int


class LookUps:
    """
    Short questions, answered over connections that are kept open; threads may share it.

    Parameters
    ----------
    url
        The address.
    most
        How many connections there are at most.
    patience_s
        Seconds to try for when connections are lost, or all are in use.
    """

    def __init__(
        self, url: str, *, most: int = MOST_LENT, patience_s: float = CONNECT_PATIENCE_S
    ) -> None:
        self._pool = Pool(url, patience_s=patience_s, settings=LOOKUP_SETTINGS, most=most)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> LookUps:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def outage(self, usage_point: str) -> MeterOutage | None:
        """
        Return the open outage of a meter; None if it is in none.

        Raises
        ------
        NotFoundError
            If there is no such meter.
        """
        row = self._select_row(LOOKUP_OUTAGE, "usage point", usage_point)
        return None if row[0] is None else MeterOutage(*row)

    def estimate(self, usage_point: str) -> MeterEstimate | None:
        """
        Return the estimate in force for the open outage of a meter; None if there is none.

        Raises
        ------
        NotFoundError
            If there is no such meter.
        """
        row = self._select_row(LOOKUP_ESTIMATE, "usage point", usage_point)
        return None if row[0] is None else MeterEstimate(*row)

    def circuit(self, feeder: str) -> CircuitStatus:
        """Return how a feeder stands now; NotFoundError if there is none of that mRID."""
        return CircuitStatus(*self._select_row(LOOKUP_CIRCUIT, "feeder", feeder))

    def substation(self, mrid: str) -> SubstationStatus:
        """Return how the feeders of a substation stand; NotFoundError if there is none."""
        return SubstationStatus(*self._select_row(LOOKUP_SUBSTATION, "substation", mrid))

    def _select_row(self, statement: str, what: str, mrid: str) -> tuple[Any, ...]:
        row = self._pool.run_read(
            lambda connection: connection.execute(
                statement.encode(), (mrid,), prepare=True
            ).fetchone()
        )
        if row is None:
            raise NotFoundError(what, mrid)
        return row
