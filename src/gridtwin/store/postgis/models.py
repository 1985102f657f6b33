"""
Mirror the schema as SQLAlchemy models, for notebooks and programs that query through an ORM.

``sql/postgis`` makes the tables; a test holds these models against them, so that they never drift.
"""

# The columns come first: they say which extra is missing.
from gridtwin.store.postgis.columns import (  # isort: skip
    ROOM,
    Base,
    Clock,
    Label,
    Version,
    Written,
    mask,
)

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from gridtwin.store.postgis.frame_models import frame_table
from gridtwin.store.postgis.reading_records import (
    RAW_MESSAGES,
    Condition,
    DeadLetter,
    FeederLoad,
    JoinedReading,
    LoadDue,
    Meter,
    Reading,
    StreamOffset,
    TransformerLoad,
)
from gridtwin.store.postgis.records import (
    AuditEntry,
    ErmCurrent,
    ErmIssued,
    ErmRun,
    ErmUsagePoint,
    ErmZone,
    MeterEvent,
    Outage,
    OutageEvidence,
    OutageUsagePoint,
)
from gridtwin.store.postgis.tile_records import TileFeature, TileGate, TileNetwork

__all__ = [
    "RAW_MESSAGES",
    "AuditEntry",
    "Base",
    "Chord",
    "Condition",
    "DeadLetter",
    "Definition",
    "Equipment",
    "EquipmentTopology",
    "ErmCurrent",
    "ErmIssued",
    "ErmRun",
    "ErmUsagePoint",
    "ErmZone",
    "Event",
    "Feeder",
    "FeederLoad",
    "JoinedReading",
    "LoadDue",
    "Meter",
    "MeterEvent",
    "Migration",
    "MirroredBlock",
    "MirroredNetwork",
    "Node",
    "NodeHome",
    "NodeTopology",
    "Outage",
    "OutageEvidence",
    "OutageUsagePoint",
    "Reading",
    "Segment",
    "Source",
    "Spec",
    "StateSwitch",
    "StreamOffset",
    "Substation",
    "SwitchState",
    "TileFeature",
    "TileGate",
    "TileNetwork",
    "TransformerLoad",
    "UsagePoint",
]


class Migration(Base):
    """Which files of ``sql/postgis/tables`` have been applied."""

    __tablename__ = "migrations"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    checksum: Mapped[str | None]
    applied_at: Mapped[Written]


class Definition(Base):
    """Files of functions, views, comments and rights, each as it was last applied."""

    __tablename__ = "definitions"
    file: Mapped[str] = mapped_column(primary_key=True)
    checksum: Mapped[str | None]
    applied_at: Mapped[Written]


class MirroredNetwork(Base):
    """The network mirrored: one row."""

    __tablename__ = "network"
    only_row: Mapped[bool] = mapped_column(
        CheckConstraint("only_row"), primary_key=True, server_default=text("true")
    )
    id: Mapped[str]
    crs: Mapped[str | None]
    content_hash: Mapped[str]
    synced_at: Mapped[Written]
    state_version: Mapped[Version]


class MirroredBlock(Base):
    """What the last sync wrote, as fingerprints of its rows."""

    __tablename__ = "mirrored_blocks"
    table_name: Mapped[str] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprints: Mapped[bytes]


class Node(Base):
    """A point where terminals meet."""

    __table__ = frame_table("nodes", fillfactor=ROOM)


class Equipment(Base):
    """Two-terminal conducting equipment."""

    __table__ = frame_table("equipment", fillfactor=ROOM)


class UsagePoint(Base):
    """Where customers are served."""

    __table__ = frame_table(
        "usage_points",
        Index(
            "usage_points_node", "node", postgresql_include=["row", "mrid", "customers", "phases"]
        ),
        fillfactor=ROOM,
    )


class Source(Base):
    """Where energy enters."""

    __table__ = frame_table("sources")


class Substation(Base):
    """A substation by name and place."""

    __table__ = frame_table("substations")


class Feeder(Base):
    """A feeder, defined by its head switch."""

    __table__ = frame_table("feeders", Index("feeders_head", "head"), nullable=frozenset({"head"}))


class NodeTopology(Base):
    """How a node is supplied in the current state."""

    __tablename__ = "node_topology"
    __table_args__ = (
        Index(
            "node_topology_segment",
            "segment",
            "ltin",
            postgresql_include=["node", "depth", "feed_mrid", "feed_kind"],
        ),
        Index("node_topology_feed", "feed_mrid", postgresql_where=text("feed_mrid <> ''")),
        Index(
            "node_topology_lacking",
            "node",
            postgresql_where=text("segment = -1 OR designed & ~live <> 0"),
        ),
        CheckConstraint("designed BETWEEN 0 AND 7"),
        CheckConstraint("live BETWEEN 0 AND 7"),
        {"postgresql_with": {"fillfactor": 70}},
    )
    node: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    segment: Mapped[int]
    ltin: Mapped[int]
    ltout: Mapped[int]
    parent: Mapped[int]
    feed: Mapped[int]
    depth: Mapped[int]
    customers: Mapped[int]
    below: Mapped[int] = mapped_column(BigInteger)
    feed_mrid: Mapped[Label]
    feed_kind: Mapped[Label]
    designed: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    live: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    served: Mapped[int] = mapped_column(server_default=text("0"))


class Segment(Base):
    """A run of the preorder that a switch operation rewrites as a whole."""

    __tablename__ = "segments"
    __table_args__ = (Index("segments_feeder", "feeder"), Index("segments_hook", "hook"))
    segment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    feeder: Mapped[int | None]
    root: Mapped[int | None]
    hook: Mapped[int | None]
    meshed: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[Version]


class EquipmentTopology(Base):
    """What gets through a piece of equipment in the current state, and what hangs on it."""

    __tablename__ = "equipment_topology"
    __table_args__ = (
        CheckConstraint("passes BETWEEN 0 AND 7"),
        CheckConstraint("one_way BETWEEN -1 AND 1"),
        CheckConstraint("mixes BETWEEN -1 AND 1"),
        Index("equipment_topology_node_a", "node_a"),
        Index("equipment_topology_node_b", "node_b"),
        {"postgresql_with": {"fillfactor": 70}},
    )
    equipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node_a: Mapped[int]
    node_b: Mapped[int]
    passes: Mapped[int] = mapped_column(SmallInteger)
    one_way: Mapped[int] = mapped_column(SmallInteger)
    mixes: Mapped[int] = mapped_column(SmallInteger)
    child: Mapped[int] = mapped_column(server_default=text("-1"))


class Chord(Base):
    """Live equipment outside of the tree, which closes a loop."""

    __tablename__ = "chords"
    equipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node_a: Mapped[int]
    node_b: Mapped[int]


class NodeHome(Base):
    """The feeder that supplies a node as designed."""

    __tablename__ = "node_home"
    __table_args__ = (Index("node_home_feeder", "feeder"),)
    node: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    feeder: Mapped[int]


class SwitchState(Base):
    """A state of the switches by name."""

    __tablename__ = "states"
    name: Mapped[str] = mapped_column(
        CheckConstraint("name NOT IN ('', 'normal')"), primary_key=True
    )
    version: Mapped[Version]
    created_at: Mapped[Written]
    created_by: Mapped[str] = mapped_column(server_default=text("SESSION_USER"))


class StateSwitch(Base):
    """What differs from the design in a state."""

    __tablename__ = "state_switches"
    state: Mapped[str] = mapped_column(
        ForeignKey("states.name", ondelete="CASCADE"), primary_key=True
    )
    mrid: Mapped[str] = mapped_column(primary_key=True)
    open_phases: Mapped[int] = mask("open_phases", default=None)


class Event(Base):
    """One operation of a switch."""

    __tablename__ = "events"
    __table_args__ = (Index("events_at", "at", "version"), Index("events_mrid", "mrid", "version"))
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[Clock]
    actor: Mapped[Label]
    mrid: Mapped[str]
    open_before: Mapped[int] = mask("open_before", default=None)
    open_after: Mapped[int] = mask("open_after", default=None)
    request: Mapped[str | None] = mapped_column(unique=True)


class Spec(Base):
    """A trace spec by name."""

    __tablename__ = "specs"
    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[dict[str, Any]]
