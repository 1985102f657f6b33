"""Mirror the tables of outages, estimates, meter events and the audit as SQLAlchemy models."""

# The columns come first: they say which extra is missing.
from gridtwin.store.postgis.columns import (  # isort: skip
    Base,
    Clock,
    Label,
    Written,
    geometry,
    one_of,
)

from datetime import datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

STATUSES = ("predicted", "confirmed", "partially_restored", "restored", "closed", "invalid")
OPEN = "status IN ('predicted', 'confirmed', 'partially_restored')"
SOURCES = ("manual", "crew", "zone", "model", "table")
STAGES = ("remote", "manual", "repair")
CHANGES = ("insert", "update", "delete", "truncate")


class Outage(Base):
    """An outage, open or past."""

    __tablename__ = "outages"
    __table_args__ = (
        CheckConstraint("restored_at >= began_at"),
        CheckConstraint("status NOT IN ('restored', 'closed') OR restored_at IS NOT NULL"),
        CheckConstraint("customers_out BETWEEN 0 AND customers"),
        CheckConstraint("parent <> id"),
        Index("outages_open", "began_at", postgresql_where=text(OPEN)),
        Index("outages_restored", "restored_at"),
        Index("outages_parent", "parent"),
        Index("outages_area", "area", postgresql_using="gist"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    cause: Mapped[Label]
    status: Mapped[str] = mapped_column(one_of("status", STATUSES), server_default="predicted")
    planned: Mapped[bool] = mapped_column(server_default=text("false"))
    began_at: Mapped[datetime]
    restored_at: Mapped[datetime | None]
    device: Mapped[str | None]
    crew_status: Mapped[Label]
    customers: Mapped[int] = mapped_column(
        CheckConstraint("customers >= 0"), server_default=text("0")
    )
    area: Mapped[WKBElement | None] = geometry("MULTIPOLYGON")
    state_version: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[Written]
    phases: Mapped[Label]
    parent: Mapped[str | None] = mapped_column(ForeignKey("outages.id"))
    first_seen_at: Mapped[Written]
    confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    etr_manual: Mapped[datetime | None]
    etr_crew: Mapped[datetime | None]
    customers_out: Mapped[int] = mapped_column(server_default=text("0"))
    momentary: Mapped[bool | None] = mapped_column(
        Computed("restored_at - began_at <= interval '5 min'", persisted=True)
    )
    revision: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class OutageUsagePoint(Base):
    """Who is or was out in an outage."""

    __tablename__ = "outage_usage_points"
    __table_args__ = (
        CheckConstraint("restored_at >= began_at"),
        Index(
            "outage_usage_points_open",
            "usage_point",
            unique=True,
            postgresql_include=["outage"],
            postgresql_where=text("restored_at IS NULL"),
        ),
    )
    outage: Mapped[str] = mapped_column(
        ForeignKey("outages.id", ondelete="CASCADE"), primary_key=True
    )
    usage_point: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    restored_at: Mapped[datetime | None]
    customers: Mapped[int] = mapped_column(
        CheckConstraint("customers >= 0"), server_default=text("1")
    )


class OutageEvidence(Base):
    """One thing said of an outage, or done to it."""

    __tablename__ = "outage_evidence"
    __table_args__ = (Index("outage_evidence_outage", "outage", "at"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    outage: Mapped[str]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(CheckConstraint("kind <> ''"))
    mrid: Mapped[Label]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    actor: Mapped[Label]
    recorded_at: Mapped[Clock]


class LiveEvent(Base):
    """An event of the grid or of a meter that live operations took in."""

    __tablename__ = "live_events"
    __table_args__ = (
        Index("live_events_at", "at"),
        Index("live_events_open", "at", "event_id", postgresql_where=text("NOT done")),
    )
    event_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    mrid: Mapped[str]
    open_phases: Mapped[Label]
    actor: Mapped[Label]
    detail: Mapped[Label]
    done: Mapped[bool] = mapped_column(server_default=text("false"))


class LivePlace(Base):
    """How far live operations have read a source."""

    __tablename__ = "live_places"
    source: Mapped[str] = mapped_column(primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


class LiveLetter(Base):
    """A message to live operations that cannot be used."""

    __tablename__ = "live_letters"
    topic: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Clock]
    reason: Mapped[str]
    value: Mapped[bytes]


class OutageAlert(Base):
    """What became of an outage, to be told to everybody."""

    __tablename__ = "outage_alerts"
    __table_args__ = (
        Index("outage_alerts_outage", "outage"),
        Index("outage_alerts_untold", "number", postgresql_where=text("told_at IS NULL")),
    )
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[str] = mapped_column(unique=True)
    at: Mapped[Clock]
    outage: Mapped[str]
    kind: Mapped[str] = mapped_column(
        CheckConstraint("kind IN ('outage_opened', 'outage_changed', 'outage_closed')")
    )
    status: Mapped[str]
    device: Mapped[Label]
    customers_out: Mapped[int] = mapped_column(BigInteger)
    etr: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class ErmRun(Base):
    """One run of the estimation."""

    __tablename__ = "erm_runs"
    id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[Clock]
    model: Mapped[str]
    state_version: Mapped[int] = mapped_column(BigInteger)
    outages: Mapped[int]
    usage_points: Mapped[int]
    published: Mapped[int]


class ErmCurrent(Base):
    """The estimate in force for an outage."""

    __tablename__ = "erm_current"
    __table_args__ = (
        CheckConstraint("etr >= issued_at"),
        CheckConstraint("p10 <= p50 AND p50 <= p80 AND p80 <= p90 AND p90 <= p95"),
    )
    outage: Mapped[str] = mapped_column(
        ForeignKey("outages.id", ondelete="CASCADE"), primary_key=True
    )
    run: Mapped[Label]
    issued_at: Mapped[Written]
    inputs_at: Mapped[Written]
    p10: Mapped[datetime | None]
    p50: Mapped[datetime | None]
    p80: Mapped[datetime | None]
    p90: Mapped[datetime | None]
    p95: Mapped[datetime | None]
    etr: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(one_of("source", SOURCES), server_default="manual")
    model: Mapped[Label]
    reason: Mapped[Label]


class ErmUsagePoint(Base):
    """The estimate in force for a usage point that is out."""

    __tablename__ = "erm_usage_points"
    __table_args__ = (
        CheckConstraint("etr >= issued_at"),
        Index("erm_usage_points_outage", "outage"),
    )
    usage_point: Mapped[str] = mapped_column(primary_key=True)
    outage: Mapped[str]
    stage: Mapped[str] = mapped_column(one_of("stage", STAGES), server_default="repair")
    issued_at: Mapped[Written]
    p50: Mapped[datetime | None]
    p80: Mapped[datetime | None]
    p95: Mapped[datetime | None]
    etr: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(server_default="model")


class ErmIssued(Base):
    """An estimate as it was issued."""

    __tablename__ = "erm_history"
    __table_args__ = (Index("erm_history_outage", "outage", "issued_at"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    run: Mapped[str]
    outage: Mapped[str]
    stage: Mapped[str] = mapped_column(server_default="repair")
    usage_points: Mapped[int] = mapped_column(server_default=text("0"))
    issued_at: Mapped[datetime]
    inputs_at: Mapped[datetime]
    p10: Mapped[datetime | None]
    p50: Mapped[datetime | None]
    p80: Mapped[datetime | None]
    p90: Mapped[datetime | None]
    p95: Mapped[datetime | None]
    etr: Mapped[datetime | None]
    source: Mapped[str]
    model: Mapped[Label]
    reason: Mapped[Label]
    recorded_at: Mapped[Clock]


class ErmZone(Base):
    """What is promised for a part of the territory in a storm."""

    __tablename__ = "erm_zones"
    __table_args__ = (CheckConstraint("issued_at <= p50 AND p50 <= p80 AND p80 <= p95"),)
    zone: Mapped[str] = mapped_column(primary_key=True)
    issued_at: Mapped[Written]
    expires_at: Mapped[datetime]
    p50: Mapped[datetime]
    p80: Mapped[datetime]
    p95: Mapped[datetime]
    model: Mapped[Label]
    actor: Mapped[Label]


class MeterEvent(Base):
    """An event that a meter reported."""

    __tablename__ = "meter_events"
    __table_args__ = (
        Index("meter_events_at", "at", postgresql_using="brin"),
        Index("meter_events_usage_point", "usage_point", "at"),
    )
    event_id: Mapped[str] = mapped_column(primary_key=True)
    usage_point: Mapped[str]
    at: Mapped[datetime]
    kind: Mapped[str]
    received_at: Mapped[Clock]


class AuditEntry(Base):
    """Who changed a row; written by triggers alone."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_row", "table_name", "row_key", "at"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Clock]
    who: Mapped[str] = mapped_column(server_default=text("SESSION_USER"))
    table_name: Mapped[str]
    row_key: Mapped[str]
    change: Mapped[str] = mapped_column(one_of("change", CHANGES))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
