"""Say where QGIS finds the rows of a layer in the PostGIS mirror, without a user or a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import Identifier, Literal

from gridtwin.model.schema import SCHEMA
from gridtwin.publish.qgis.map_colors import FEEDER_LINE_COLORS
from gridtwin.publish.qgis.project_xml import DataSource
from gridtwin.publish.qgis.twin_columns import (
    COLOR,
    ENERGIZED,
    FEEDER,
    FEEDER_NAME,
    OPEN,
    VOLTAGE,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.model.own_columns import OwnColumn
    from gridtwin.model.schema import FrameColumn
    from gridtwin.publish.qgis.map_layers import MapLayer

# What of an address says where the database is; who asks for it is QGIS's to know.
KEPT_PARTS = ("service", "host", "port", "dbname", "sslmode")
OWN_TYPES = {"text": "text", "number": "float8", "flag": "bool", "date": "date"}
SUPPLY_BY_CODE = "(ARRAY['no', 'yes', 'partial'])[1 + gridtwin.supply_code({})]"
FEEDER_OF_EQUIPMENT = """coalesce(
 (SELECT min(f.row) FROM gridtwin.feeders f WHERE f.head = e.row),
 (SELECT h.feeder FROM gridtwin.node_home h WHERE h.node = e.node_a),
 (SELECT h.feeder FROM gridtwin.node_home h WHERE h.node = e.node_b))"""
FEEDER_OF_USAGE_POINT = "(SELECT h.feeder FROM gridtwin.node_home h WHERE h.node = e.node)"
MRID_OF_FEEDER = "coalesce((SELECT f.mrid FROM gridtwin.feeders f WHERE f.row = {}), '')"
NAME_OF_FEEDER = (
    "coalesce((SELECT coalesce(nullif(f.name, ''), f.mrid) FROM gridtwin.feeders f"
    " WHERE f.row = {}), '')"
)
# As compute_twin_columns reckons them, from the state of the moment.
TWIN_SQL = {
    "equipment": {
        FEEDER.name: MRID_OF_FEEDER.format(FEEDER_OF_EQUIPMENT),
        FEEDER_NAME.name: NAME_OF_FEEDER.format(FEEDER_OF_EQUIPMENT),
        COLOR.name: f"coalesce({FEEDER_OF_EQUIPMENT} % {len(FEEDER_LINE_COLORS)}, -1)",
        ENERGIZED.name: SUPPLY_BY_CODE.format(
            "e.phases, coalesce(ta.live, 0) | coalesce(tb.live, 0),"
            " coalesce(ta.designed, 0) | coalesce(tb.designed, 0),"
            " coalesce(ta.segment, -1) >= 0 OR coalesce(tb.segment, -1) >= 0"
        ),
        OPEN.name: "gridtwin.phase_text(coalesce((SELECT w.open_phases FROM"
        " gridtwin.state_switches w WHERE w.state = 'current' AND w.mrid = e.mrid),"
        " e.normal_open))",
        VOLTAGE.name: "greatest((SELECT n.nominal_v FROM gridtwin.nodes n WHERE n.row = e.node_a),"
        " (SELECT n.nominal_v FROM gridtwin.nodes n WHERE n.row = e.node_b))",
    },
    "usage_points": {
        FEEDER.name: MRID_OF_FEEDER.format(FEEDER_OF_USAGE_POINT),
        ENERGIZED.name: SUPPLY_BY_CODE.format(
            "e.phases, coalesce(ta.live, 0), coalesce(ta.designed, 0),"
            " coalesce(ta.segment, -1) >= 0"
        ),
    },
}
JOINS = {
    "equipment": " LEFT JOIN gridtwin.node_topology ta ON ta.node = e.node_a"
    " LEFT JOIN gridtwin.node_topology tb ON tb.node = e.node_b",
    "usage_points": " LEFT JOIN gridtwin.node_topology ta ON ta.node = e.node",
}


def find_mirror_source(address: str, layer: MapLayer, own: Mapping[str, OwnColumn]) -> DataSource:
    """
    Return where a layer is in a database.

    Parameters
    ----------
    address
        ``postgresql://...``; with ``?service=NAME`` QGIS takes the service's settings.
    layer
        The layer.
    own
        The own columns of its frame.
    """
    parts = conninfo_to_dict(address)
    words = [f"{name}={_quote_part(str(parts[name]))}" for name in KEPT_PARTS if parts.get(name)]
    query = write_mirror_query(layer.frame, own).replace("\\", "\\\\").replace('"', '\\"')
    words += ["key='id'", "checkPrimaryKeyUnicity='0'"]
    if layer.geometry:
        words += ["srid=4326", f"type={layer.geometry}", f'table="({query})" (geometry)']
    else:
        words.append(f'table="({query})"')
    words.append(f"sql={layer.rows}")
    return DataSource("postgres", " ".join(words))


def _quote_part(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def write_mirror_query(frame: str, own: Mapping[str, OwnColumn]) -> str:
    """Return the SQL of the rows of a frame, with the columns that its table in a file has."""
    columns = {"id": "e.row + 1"}
    columns |= {column.name: _write_column(column) for column in SCHEMA[frame].columns}
    columns |= {
        name: f"(e.own ->> {Literal(name).as_string()})::{OWN_TYPES[column.kind]}"
        for name, column in own.items()
    }
    columns |= TWIN_SQL.get(frame, {})
    listed = ", ".join(f"{sql} AS {Identifier(name).as_string()}" for name, sql in columns.items())
    return f"SELECT {listed} FROM gridtwin.{frame} e{JOINS.get(frame, '')}"  # noqa: S608


def _write_column(column: FrameColumn) -> str:
    """Return the SQL of a column as people read it."""
    if column.kind in {"phases", "open phases"}:
        return f"gridtwin.phase_text(e.{column.name})"
    if column.kind == "row":
        named = f"SELECT r.mrid FROM gridtwin.{column.refers} r WHERE r.row = e.{column.name}"  # noqa: S608
        return f"coalesce(({named}), '')"
    return f"e.{column.name}"
