"""Models of what the tiles are drawn from."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from gridtwin.store.postgis.columns import Base, one_of

LAYERS = ("substations", "lines", "switches", "transformers")


class TileGate(Base):
    """From which zoom on a group of features is drawn."""

    __tablename__ = "tile_gates"
    drawn: Mapped[str] = mapped_column(primary_key=True)
    gate: Mapped[int] = mapped_column(CheckConstraint("gate BETWEEN 0 AND 22"))


class TileNetwork(Base):
    """The network that the features are of: one row."""

    __tablename__ = "tile_network"
    only_row: Mapped[bool] = mapped_column(
        CheckConstraint("only_row"), primary_key=True, server_default=text("true")
    )
    content_hash: Mapped[str]


class TileFeature(Base):
    """A feature seen from afar, ready to be drawn."""

    __tablename__ = "tile_features"
    __table_args__ = tuple(
        Index(
            f"tile_features_{name}",
            "geometry",
            postgresql_using="gist",
            postgresql_where=text(zooms),
        )
        for name, zooms in (
            ("far", "gate < 10"),
            ("middle", "gate >= 10 AND gate < 13"),
            ("near", "gate >= 13"),
        )
    )
    layer: Mapped[str] = mapped_column(one_of("layer", LAYERS), primary_key=True)
    id: Mapped[int] = mapped_column(
        CheckConstraint("id > 0"), primary_key=True, autoincrement=False
    )
    gate: Mapped[int]
    mrid: Mapped[str]
    name: Mapped[str | None]
    kind: Mapped[str | None]
    class_: Mapped[str | None] = mapped_column("class")
    phases: Mapped[str | None]
    normal_open: Mapped[str | None]
    feeder: Mapped[int | None]
    v: Mapped[int | None]
    ug: Mapped[int | None]
    remote: Mapped[int | None]
    usage_points: Mapped[int | None]
    customers: Mapped[int | None]
    node_a: Mapped[int | None]
    node_b: Mapped[int | None]
    mask: Mapped[int | None] = mapped_column(SmallInteger)
    geometry: Mapped[WKBElement] = mapped_column(
        Geometry("GEOMETRY", srid=3857, spatial_index=False), nullable=False
    )
