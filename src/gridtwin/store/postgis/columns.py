"""Make the kinds of columns that the models share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from gridtwin.errors import MissingExtraError

try:
    from geoalchemy2 import Geometry, WKBElement
    from sqlalchemy import (
        REAL,
        BigInteger,
        Boolean,
        CheckConstraint,
        Computed,
        DateTime,
        Double,
        Index,
        Integer,
        MetaData,
        SmallInteger,
        Text,
        UniqueConstraint,
        text,
    )
    from sqlalchemy.dialects.postgresql import JSONB
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
except ImportError as error:
    NEED, EXTRA = "the SQLAlchemy models of a database", "postgis"
    raise MissingExtraError(NEED, EXTRA) from error

SCHEMA = "gridtwin"
ROOM = {"postgresql_with": {"fillfactor": 90}}  # for updates that stay on their page

Label = Annotated[str, mapped_column(Text, server_default="")]
Switch = Annotated[bool, mapped_column(Boolean, server_default=text("true"))]
Unknown = Annotated[float | None, mapped_column(REAL)]
Version = Annotated[int, mapped_column(BigInteger, server_default=text("0"))]
Written = Annotated[datetime, mapped_column(server_default=text("now()"))]
Clock = Annotated[datetime, mapped_column(server_default=text("clock_timestamp()"))]


class Base(DeclarativeBase):
    """What all models share."""

    metadata = MetaData(schema=SCHEMA)
    type_annotation_map = {  # noqa: RUF012 - as SQLAlchemy wants it
        str: Text,
        int: Integer,
        float: Double,
        bool: Boolean,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
    }


def one_of(column: str, names: tuple[str, ...]) -> CheckConstraint:
    """Return the check that a column holds one of these names."""
    listed = ", ".join(f"'{name}'" for name in names)
    return CheckConstraint(f"{column} IN ({listed})")


def mask(column: str, *, default: str | None = "0") -> Mapped[int]:
    """Return a column of phases as bits; see `gridtwin.model.phases`."""
    return mapped_column(
        SmallInteger,
        CheckConstraint(f"{column} BETWEEN 0 AND 63"),
        server_default=None if default is None else text(default),
    )


def row() -> Mapped[int]:
    """Return the column of places in the engine's arrays."""
    return mapped_column(Integer, CheckConstraint("row >= 0"))


def geometry(kind: str) -> Mapped[WKBElement | None]:
    """Return a column of places, in longitude and latitude."""
    return mapped_column(Geometry(kind, srid=4326, spatial_index=False))


def mercator(kind: str) -> Mapped[WKBElement | None]:
    """Return the same places in web Mercator, which the database computes."""
    return mapped_column(
        Geometry(kind, srid=3857, spatial_index=False),
        Computed(
            "CASE WHEN geometry @ ST_MakeEnvelope(-180, -85.06, 180, 85.06, 4326)"
            " THEN ST_Transform(geometry, 3857) END",
            persisted=True,
        ),
    )


def unique_row(table: str) -> UniqueConstraint:
    """Return the constraint that no two rows of a frame have one place."""
    return UniqueConstraint("row", name=f"{table}_row_key", deferrable=True)


def placed(table: str) -> tuple[UniqueConstraint, Index, Index]:
    """Return the constraint and the indexes of a frame that has places."""
    return (
        unique_row(table),
        Index(f"{table}_geometry", "geometry", postgresql_using="gist"),
        Index(f"{table}_geometry_3857", "geometry_3857", postgresql_using="gist"),
    )
