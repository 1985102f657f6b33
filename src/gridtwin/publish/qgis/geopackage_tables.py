"""Add to a GeoPackage what QGIS and others read beside layers: styles, meanings, relations."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from gridtwin.publish.qgis.map_layers import MAP_LAYERS, list_relations
from gridtwin.publish.qgis.map_styles import draw_equipment
from gridtwin.publish.qgis.project_xml import write_style

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridtwin.publish.qgis.map_fields import MapField

GEOMETRY_COLUMN = "geom"
SCHEMA_EXTENSION = "http://www.geopackage.org/spec121/#extension_schema"
RELATED_EXTENSION = "http://www.geopackage.org/18-000.html"
TABLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT,
    styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT, ui TEXT, update_time DATETIME DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO gpkg_contents (table_name, data_type, identifier)
    VALUES ('layer_styles', 'attributes', 'layer_styles');
CREATE TABLE IF NOT EXISTS gpkg_extensions (
    table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
    scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
    mime_type TEXT, constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name)
);
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (
    constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
    min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
);
CREATE TABLE gpkgext_relations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, base_table_name TEXT NOT NULL,
    base_primary_column TEXT NOT NULL DEFAULT 'id', related_table_name TEXT NOT NULL,
    related_primary_column TEXT NOT NULL DEFAULT 'id', relation_name TEXT NOT NULL,
    mapping_table_name TEXT NOT NULL UNIQUE
);
"""


def add_tables(path: Path, fields: Mapping[str, list[MapField]]) -> None:
    """
    Add styles, meanings of columns with their coded values, relations and indexes.

    Parameters
    ----------
    path
        A GeoPackage with the six frames.
    fields
        The columns of each.
    """
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(TABLES)
        _add_styles(connection)
        _add_meanings(connection, fields)
        _add_relations(connection, fields)
        connection.executescript("ANALYZE;")


def _add_styles(connection: sqlite3.Connection) -> None:
    """Add what each table looks like where it is opened by itself."""
    drawn = {
        layer.frame: (next(iter(layer.styles.values())), layer.labels, layer.scale)
        for layer in MAP_LAYERS
        if layer.styles and layer.frame != "equipment"
    }
    drawn["equipment"] = (draw_equipment(), None, 0)
    for frame, (rules, labels, scale) in drawn.items():
        qml = ElementTree.tostring(write_style(rules, labels, scale), encoding="unicode")
        connection.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
            " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description)"
            " VALUES ('', '', ?, ?, ?, ?, '', 1, '')",
            (frame, GEOMETRY_COLUMN, frame, qml),
        )


def _add_meanings(connection: sqlite3.Connection, fields: Mapping[str, list[MapField]]) -> None:
    """Add what columns are called and mean, and which values they may hold."""
    extensions = [
        (table, "gpkg_schema", SCHEMA_EXTENSION)
        for table in ("gpkg_data_columns", "gpkg_data_column_constraints")
    ]
    extensions.append(("gpkgext_relations", "related_tables", RELATED_EXTENSION))
    connection.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", extensions
    )
    for frame, columns in fields.items():
        for field in columns:
            coded = f"{frame}_{field.name}" if field.words else None
            connection.execute(
                "INSERT INTO gpkg_data_columns VALUES (?, ?, NULL, ?, ?, NULL, ?)",
                (frame, field.name, field.alias, field.meaning, coded),
            )
            connection.executemany(
                "INSERT INTO gpkg_data_column_constraints"
                " VALUES (?, 'enum', ?, NULL, NULL, NULL, NULL, ?)",
                [(coded, word, shown) for word, shown in field.words.items()],
            )


def _add_relations(connection: sqlite3.Connection, fields: Mapping[str, list[MapField]]) -> None:
    """Add the relations between the frames, and indexes that find the rows of one at once."""
    for frame in fields:
        connection.execute(f"CREATE INDEX {frame}_mrid ON {frame} (mrid)")
    connection.execute("CREATE INDEX equipment_kind ON equipment (kind)")
    for relation in list_relations(fields):
        base, related = relation.referred.frame, relation.referring.frame
        column = relation.field.name
        view = f"{related}_{column}"
        known = "SELECT count(*) FROM gpkgext_relations WHERE mapping_table_name = ?"
        if connection.execute(known, (view,)).fetchone()[0]:
            continue  # several layers show the rows of one frame
        connection.execute(f'CREATE INDEX {view}_rows ON {related} ("{column}")')
        connection.execute(
            f"CREATE VIEW {view} AS SELECT b.fid AS base_id, r.fid AS related_id"  # noqa: S608
            f' FROM {related} r JOIN {base} b ON b.mrid = r."{column}"'
        )
        drawn = relation.referring.geometry
        connection.execute(
            "INSERT INTO gpkgext_relations (base_table_name, base_primary_column,"
            " related_table_name, related_primary_column, relation_name, mapping_table_name)"
            " VALUES (?, 'fid', ?, 'fid', ?, ?)",
            (base, related, "features" if drawn else "attributes", view),
        )
        connection.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'related_tables', ?, 'read-write')",
            (view, RELATED_EXTENSION),
        )
