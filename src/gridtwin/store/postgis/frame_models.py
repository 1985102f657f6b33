"""Make the tables of the six frames for SQLAlchemy, from the schema of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gridtwin.model.schema import GEOMETRY, SCHEMA
from gridtwin.store.postgis.columns import Base, one_of
from gridtwin.store.postgis.rows import SQL_TYPES

if TYPE_CHECKING:
    from gridtwin.model.schema import ColumnKind, FrameColumn

SHAPES: dict[ColumnKind, str] = {"point": "POINT", "line": "LINESTRING"}
TYPES: dict[str, Any] = {
    "text": Text,
    "int2": SmallInteger,
    "int4": Integer,
    "float4": REAL,
    "bool": Boolean,
}
MERCATOR = "geometry_3857"
PROJECTED = (
    f"CASE WHEN {GEOMETRY} @ ST_MakeEnvelope(-180, -85.06, 180, 85.06, 4326)"
    f" THEN ST_Transform({GEOMETRY}, 3857) END"
)


def frame_table(
    name: str, *indexes: Index, nullable: frozenset[str] = frozenset(), fillfactor: int = 0
) -> Table:
    """
    Return the table of a frame.

    Parameters
    ----------
    name
        Name of the frame.
    indexes
        Further indexes.
    nullable
        Columns that may be NULL although the model requires them.
    fillfactor
        How full its pages are filled; 0 for whole.
    """
    columns = SCHEMA[name].columns
    shape = SHAPES.get(columns[-1].kind)
    places: list[Any] = []
    if shape is not None:
        computed = Computed(PROJECTED, persisted=True)
        places = [
            Column(MERCATOR, Geometry(shape, srid=3857, spatial_index=False), computed),
            Index(f"{name}_{GEOMETRY}", GEOMETRY, postgresql_using="gist"),
            Index(f"{name}_{MERCATOR}", MERCATOR, postgresql_using="gist"),
        ]
    return Table(
        name,
        Base.metadata,
        Column("row", Integer, CheckConstraint("row >= 0"), nullable=False),
        *(_column(each, nullable=each.name in nullable) for each in columns),
        *places,
        UniqueConstraint("row", name=f"{name}_row_key", deferrable=True),
        *indexes,
        postgresql_with={"fillfactor": fillfactor} if fillfactor else {},
    )


def _column(column: FrameColumn, *, nullable: bool) -> Column[Any]:
    if column.kind in SHAPES:
        shape = SHAPES[column.kind]
        return Column(column.name, Geometry(shape, srid=4326, spatial_index=False))
    unknown = column.kind == "number" or (column.kind == "row" and not column.required)
    return Column(
        column.name,
        TYPES[SQL_TYPES[column.kind]],
        *_checks(column),
        primary_key=column.kind == "id",
        nullable=nullable or unknown,
        server_default=_default(column),
    )


def _default(column: FrameColumn) -> Any:
    if column.required or column.kind in {"number", "row"}:
        return None
    if column.kind in {"text", "label"}:
        return ""
    if column.kind == "word":
        return column.words[column.blank(1)[0]]
    return text(str(column.blank(1)[0]).lower())


def _checks(column: FrameColumn) -> list[CheckConstraint]:
    match column.kind:
        case "word":
            return [one_of(column.name, column.words)]
        case "phases" | "open phases":
            return [CheckConstraint(f"{column.name} BETWEEN 0 AND 63")]
        case "count":
            return [CheckConstraint(f"{column.name} >= 0")]
    return []
