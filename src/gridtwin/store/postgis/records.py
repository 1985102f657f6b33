"""Mirror the tables of outages, estimates, readings and the audit as SQLAlchemy models."""

# The columns come first: they say which extra is missing.
from gridtwin.store.postgis.columns import (  # isort: skip
    Base,
    Clock,
    Label,
    Unknown,
    Written,
    geometry,
    one_of,
)

from datetime import datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

STATUSES = ("predicted", "confirmed", "partly_restored", "restored", "canceled")
CHANGES = ("insert", "update", "delete", "truncate")


class Outage(Base):
    """An outage, open or past."""

    __tablename__ = "outages"
    __table_args__ = (
        CheckConstraint("restored_at >= began_at"),
        CheckConstraint("status <> 'restored' OR restored_at IS NOT NULL"),
        Index("outages_open", "began_at", postgresql_where=text("restored_at IS NULL")),
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


class Estimate(Base):
    """The estimate in force for an outage."""

    __tablename__ = "estimates"
    __table_args__ = (
        CheckConstraint("etr >= issued_at"),
        CheckConstraint("etr_p10 <= etr AND etr <= etr_p90"),
    )
    outage: Mapped[str] = mapped_column(
        ForeignKey("outages.id", ondelete="CASCADE"), primary_key=True
    )
    etr: Mapped[datetime]
    etr_p10: Mapped[datetime | None]
    etr_p90: Mapped[datetime | None]
    model: Mapped[Label]
    reason: Mapped[Label]
    inputs_at: Mapped[datetime | None]
    issued_at: Mapped[Written]


class EstimateIssued(Base):
    """An estimate as it was issued."""

    __tablename__ = "estimates_history"
    __table_args__ = (Index("estimates_history_outage", "outage", "issued_at"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    outage: Mapped[str]
    etr: Mapped[datetime]
    etr_p10: Mapped[datetime | None]
    etr_p90: Mapped[datetime | None]
    model: Mapped[Label]
    reason: Mapped[Label]
    inputs_at: Mapped[datetime | None]
    issued_at: Mapped[datetime]
    recorded_at: Mapped[Clock]


class Reading(Base):
    """A reading of a meter."""

    __tablename__ = "readings"
    __table_args__ = (Index("readings_at", "at", postgresql_using="brin"),)
    usage_point: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    voltage_v: Mapped[Unknown]
    kwh: Mapped[float | None]
    energized: Mapped[bool | None]


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
