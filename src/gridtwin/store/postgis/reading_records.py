"""Mirror the tables of readings as SQLAlchemy models; those that are cut by day are the whole."""

# The columns come first: they say which extra is missing.
from gridtwin.store.postgis.columns import (  # isort: skip
    Base,
    Clock,
    Label,
    Unknown,
    Written,
)

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column


def by_day(column: str) -> dict[str, Any]:
    """Return the options of a table that is cut by day."""
    return {"postgresql_partition_by": f"RANGE ({column})"}


class Meter(Base):
    """A meter that was ever known, and what it hangs on now."""

    __tablename__ = "meters"
    meter: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    mrid: Mapped[str] = mapped_column(unique=True)
    transformer: Mapped[str | None]
    feeder: Mapped[str | None]


class Condition(Base):
    """Weather and price of an interval."""

    __tablename__ = "conditions"
    time: Mapped[datetime] = mapped_column(primary_key=True)
    temperature_c: Mapped[Unknown]
    price_usd_mwh: Mapped[Unknown]
    kafka_offset: Mapped[int] = mapped_column(BigInteger, server_default=text("-1"))


# A message as it came. It has no key, so it is no class; there is one of each all the same, since
# the offsets are written with them.
RAW_MESSAGES = Table(
    "ami_bronze",
    Base.metadata,
    Column("received_at", DateTime(timezone=True), server_default=text("now()"), nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("kafka_offset", BigInteger, nullable=False),
    Column("value", LargeBinary),
    Index("ami_bronze_place", "kafka_offset", postgresql_using="brin"),
    **by_day("received_at"),
)


class Reading(Base):
    """The reading of a meter and an interval that counts."""

    __tablename__ = "ami_silver"
    __table_args__ = (by_day("reading_time"),)
    reading_time: Mapped[datetime] = mapped_column(primary_key=True)
    meter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kwh: Mapped[Unknown]
    voltage_v: Mapped[Unknown]
    kafka_offset: Mapped[int] = mapped_column(BigInteger)
    partition: Mapped[int] = mapped_column(SmallInteger)


class JoinedReading(Base):
    """A reading with what its meter hung on."""

    __tablename__ = "ami_gold"
    __table_args__ = (by_day("reading_time"),)
    reading_time: Mapped[datetime] = mapped_column(primary_key=True)
    meter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kwh: Mapped[Unknown]
    voltage_v: Mapped[Unknown]
    meter_id: Mapped[str]
    transformer: Mapped[str | None]
    feeder: Mapped[str | None]


class TransformerLoad(Base):
    """The load of a transformer in an interval."""

    __tablename__ = "transformer_load"
    __table_args__ = (by_day("reading_time"),)
    reading_time: Mapped[datetime] = mapped_column(primary_key=True)
    transformer: Mapped[str] = mapped_column(primary_key=True)
    kwh: Mapped[float | None]
    meters: Mapped[int]
    v_min: Mapped[Unknown]
    v_max: Mapped[Unknown]


class FeederLoad(Base):
    """The load and the voltages of a feeder in an interval."""

    __tablename__ = "feeder_load"
    reading_time: Mapped[datetime] = mapped_column(primary_key=True)
    feeder: Mapped[str] = mapped_column(primary_key=True)
    kwh: Mapped[float | None]
    meters: Mapped[int]
    missing: Mapped[int]
    below_a: Mapped[int]
    above_a: Mapped[int]
    below_b: Mapped[int]
    above_b: Mapped[int]
    v_min: Mapped[Unknown]
    v_max: Mapped[Unknown]


class LoadDue(Base):
    """An interval whose loads have to be summed."""

    __tablename__ = "loads_due"
    reading_time: Mapped[datetime] = mapped_column(primary_key=True)
    touched_at: Mapped[Clock]


class StreamOffset(Base):
    """How far a partition has been read."""

    __tablename__ = "stream_offsets"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)
    stream: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next_offset: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    epoch: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    worker: Mapped[Label]
    updated_at: Mapped[Clock]


class DeadLetter(Base):
    """A message that could not be used."""

    __tablename__ = "dead_letters"
    __table_args__ = (UniqueConstraint("topic", "partition", "kafka_offset"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    topic: Mapped[str]
    partition: Mapped[int]
    kafka_offset: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[Written]
    reason: Mapped[str]
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    replayed_at: Mapped[datetime | None]
