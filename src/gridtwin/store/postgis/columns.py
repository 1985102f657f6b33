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
        DateTime,
        Double,
        Integer,
        MetaData,
        SmallInteger,
        Text,
        text,
    )
    from sqlalchemy.dialects.postgresql import JSONB
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
except ImportError as error:
    NEED, EXTRA = "the SQLAlchemy models of a database", "postgis"
    raise MissingExtraError(NEED, EXTRA) from error

ROOM = 90  # fill factor: pages with room for updates that stay on them

Label = Annotated[str, mapped_column(Text, server_default="")]
Unknown = Annotated[float | None, mapped_column(REAL)]
Version = Annotated[int, mapped_column(BigInteger, server_default=text("0"))]
Written = Annotated[datetime, mapped_column(server_default=text("now()"))]
Clock = Annotated[datetime, mapped_column(server_default=text("clock_timestamp()"))]


class Base(DeclarativeBase):
    """What all models share."""

    metadata = MetaData(schema="gridtwin")
    type_annotation_map = {  # noqa: RUF012 - as SQLAlchemy wants it
        str: Text,
        int: Integer,
        float: Double,
        bool: Boolean,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
    }


def mask(column: str, *, default: str | None = "0") -> Mapped[int]:
    """Return a column of phases as bits; see `gridtwin.model.phases`."""
    return mapped_column(
        SmallInteger,
        CheckConstraint(f"{column} BETWEEN 0 AND 63"),
        server_default=None if default is None else text(default),
    )


def one_of(column: str, names: tuple[str, ...]) -> CheckConstraint:
    """Return the check that a column holds one of these names."""
    listed = ", ".join(f"'{name}'" for name in names)
    return CheckConstraint(f"{column} IN ({listed})")


def geometry(kind: str) -> Mapped[WKBElement | None]:
    """Return a column of places, in longitude and latitude."""
    return mapped_column(Geometry(kind, srid=4326, spatial_index=False))
