"""Keep areas of vegetation risk, and the spans that lie in them, in PostgreSQL."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.model.vegetation import KeptSpan, KeptSpans, VegetationLayer
from gridtwin.store.acting_role import OWNER
from gridtwin.store.postgis.binary_copy import WGS84_SRID
from gridtwin.store.store_rules import build_changed_error, build_layer_error
from gridtwin.store.vegetation_rows import list_area_rows, list_span_row, make_areas, make_span

if TYPE_CHECKING:
    import psycopg

    from gridtwin.model.vegetation import VegetationAreas
    from gridtwin.store.postgis.pool import Pool
    from gridtwin.store.vegetation_book import LayerChange

    Connection = psycopg.Connection[Any]

PG_LAYERS = """
SELECT source, load_number, loaded_at, file, areas FROM gridtwin.vegetation_layers
ORDER BY source COLLATE "C"
"""
PG_AREAS = """
SELECT key, risk, failures_per_km_year, clearance_m, tree_height_m, species, geometry::text
FROM gridtwin.vegetation_areas WHERE source = %s ORDER BY place
"""
SAVE_LAYER = """
INSERT INTO gridtwin.vegetation_layers (source, load_number, loaded_at, file, areas)
VALUES (%s, %s, %s, %s, %s)
"""
COPY_AREAS = """
COPY gridtwin.vegetation_areas (source, place, key, risk, failures_per_km_year, clearance_m,
    tree_height_m, species, geometry) FROM STDIN
"""
SAVE_MEASURED = """
INSERT INTO gridtwin.vegetation_measured (network) VALUES (%s)
ON CONFLICT (only_row) DO UPDATE SET network = excluded.network, measured_at = now()
"""


class PostgisVegetation:
    """The vegetation of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_layers(self) -> tuple[VegetationLayer, ...]:
        """Return the sources as they were last loaded, by name."""
        return self._pool.run_read(select_layers)

    def read_areas(self) -> dict[str, VegetationAreas]:
        """Return the areas of every source."""
        return self._pool.run_read(
            lambda connection: {
                layer.source: make_areas(connection.execute(PG_AREAS, (layer.source,)).fetchall())
                for layer in select_layers(connection)
            }
        )

    def read_spans(self) -> KeptSpans:
        """Return the spans at risk as they were last measured."""
        return self._pool.run_read(_select_spans)

    def find_span(self, mrid: str) -> KeptSpan | None:
        """Return one span at risk as it was last measured; None if it is none."""
        return next(iter(self._pool.run_read(partial(_list_spans, mrid=mrid))), None)

    def change_layer(self, change: LayerChange) -> None:
        """Put areas and spans in the place of those of before, all of it or nothing."""
        self._pool.run_write(lambda connection: write_change(connection, change), role=OWNER)


def select_layers(connection: Connection) -> tuple[VegetationLayer, ...]:
    """Return the sources as they were last loaded, by name."""
    rows = connection.execute(PG_LAYERS).fetchall()
    return tuple(
        VegetationLayer(source, number, at.astimezone(UTC), file, areas)
        for source, number, at, file, areas in rows
    )


def write_change(connection: Connection, change: LayerChange) -> None:
    """Put areas and spans in the place of those of before, in a transaction of the caller."""
    connection.execute("LOCK TABLE gridtwin.vegetation_layers IN SHARE ROW EXCLUSIVE MODE")
    known = select_layers(connection)
    if known != change.known:
        raise build_changed_error()
    names = [each.source for each in known]
    if change.source and change.layer is None and change.source not in names:
        raise build_layer_error(change.source, names)
    connection.execute("DELETE FROM gridtwin.vegetation_layers WHERE source = %s", (change.source,))
    if change.layer is not None and change.areas is not None:
        connection.execute(SAVE_LAYER, change.layer)
        _copy_areas(connection, change.layer.source, change.areas)
    _replace_spans(connection, change.spans)


def _copy_areas(connection: Connection, source: str, areas: VegetationAreas) -> None:
    texts = _write_multipolygons(areas)
    with connection.cursor() as cursor, cursor.copy(COPY_AREAS) as copy:
        for place, (row, text) in enumerate(zip(list_area_rows(areas), texts, strict=True)):
            copy.write_row((source, place, *row[:-1], text))


def _write_multipolygons(areas: VegetationAreas) -> list[str]:
    """Return the geometries of areas as multipolygons in hexadecimal EWKB."""
    parts, owner = shapely.get_parts(areas.geometry, return_index=True)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(areas)))])
    whole = [
        shapely.multipolygons(parts[start:stop])
        for start, stop in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    ]
    marked = shapely.set_srid(np.array(whole, dtype=object), WGS84_SRID)
    return list(shapely.to_wkb(marked, hex=True, include_srid=True))


def _select_spans(connection: Connection) -> KeptSpans:
    measured = connection.execute("SELECT network FROM gridtwin.vegetation_measured").fetchone()
    return KeptSpans(measured[0] if measured else "", _list_spans(connection))


def _list_spans(connection: Connection, mrid: str | None = None) -> tuple[KeptSpan, ...]:
    """Return all spans at risk in their order, or the one of an mRID."""
    from psycopg import sql

    columns = sql.SQL(", ").join(map(sql.Identifier, KeptSpan._fields))
    asked = sql.SQL(
        "SELECT {} FROM gridtwin.vegetation_spans"
        " WHERE %(mrid)s::text IS NULL OR span = %(mrid)s ORDER BY place"
    ).format(columns)
    return tuple(map(make_span, connection.execute(asked, {"mrid": mrid})))


def _replace_spans(connection: Connection, kept: KeptSpans) -> None:
    from psycopg import sql

    connection.execute("DELETE FROM gridtwin.vegetation_spans")
    connection.execute(SAVE_MEASURED, (kept.network,))
    columns = sql.SQL(", ").join(map(sql.Identifier, ("place", *KeptSpan._fields)))
    asked = sql.SQL("COPY gridtwin.vegetation_spans ({}) FROM STDIN").format(columns)
    with connection.cursor() as cursor, cursor.copy(asked) as copy:
        for place, span in enumerate(kept.spans):
            copy.write_row((place, *list_span_row(span)))
