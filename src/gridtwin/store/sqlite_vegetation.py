"""Keep areas of vegetation risk, and the spans that lie in them, in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.model.vegetation import KeptSpan, KeptSpans, VegetationLayer
from gridtwin.store.store_rules import build_changed_error, build_layer_error
from gridtwin.store.vegetation_rows import list_area_rows, list_span_row, make_areas, make_span

if TYPE_CHECKING:
    import sqlite3

    from gridtwin.model.vegetation import VegetationAreas
    from gridtwin.store.sqlite_database import SqliteDatabase
    from gridtwin.store.vegetation_book import LayerChange

LAYERS_IN_FILE = (
    "SELECT source, load_number, loaded_at_s, file, areas FROM vegetation_layer ORDER BY source"
)
AREAS_IN_FILE = """
SELECT key, risk, failures_per_km_year, clearance_m, tree_height_m, species, geometry
FROM vegetation_area WHERE source = ? ORDER BY place
"""
SPAN_FIELDS = ", ".join(KeptSpan._fields)


class SqliteVegetation:
    """The vegetation of a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def list_layers(self) -> tuple[VegetationLayer, ...]:
        """Return the sources as they were last loaded, by name."""
        with self._kept.transaction() as connection:
            return _select_layers(connection)

    def read_areas(self) -> dict[str, VegetationAreas]:
        """Return the areas of every source."""
        with self._kept.transaction() as connection:
            return {
                layer.source: make_areas(
                    connection.execute(AREAS_IN_FILE, (layer.source,)).fetchall()
                )
                for layer in _select_layers(connection)
            }

    def read_spans(self) -> KeptSpans:
        """Return the spans at risk as they were last measured."""
        with self._kept.transaction() as connection:
            network = connection.execute("SELECT network FROM vegetation_measured").fetchone()
            rows = connection.execute(f"SELECT {SPAN_FIELDS} FROM vegetation_span ORDER BY place")  # noqa: S608 - fields of a type
            return KeptSpans(network[0] if network else "", tuple(map(make_span, rows)))

    def find_span(self, mrid: str) -> KeptSpan | None:
        """Return one span at risk as it was last measured; None if it is none."""
        with self._kept.transaction() as connection:
            asked = f"SELECT {SPAN_FIELDS} FROM vegetation_span WHERE span = ?"  # noqa: S608 - fields of a type
            row = connection.execute(asked, (mrid,)).fetchone()
            return make_span(row) if row else None

    def change_layer(self, change: LayerChange) -> None:
        """Put areas and spans in the place of those of before, all of it or nothing."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            known = _select_layers(connection)
            if known != change.known:
                raise build_changed_error()
            names = [each.source for each in known]
            if change.source and change.layer is None and change.source not in names:
                raise build_layer_error(change.source, names)
            connection.execute("DELETE FROM vegetation_layer WHERE source = ?", (change.source,))
            if change.layer is not None and change.areas is not None:
                _insert_layer(connection, change.layer, change.areas)
            _replace_spans(connection, change.spans)


def _select_layers(connection: sqlite3.Connection) -> tuple[VegetationLayer, ...]:
    return tuple(
        VegetationLayer(source, number, datetime.fromtimestamp(at_s, UTC), file, areas)
        for source, number, at_s, file, areas in connection.execute(LAYERS_IN_FILE)
    )


def _insert_layer(
    connection: sqlite3.Connection, layer: VegetationLayer, areas: VegetationAreas
) -> None:
    at_s = layer.loaded_at.timestamp()
    connection.execute(
        "INSERT INTO vegetation_layer VALUES (?, ?, ?, ?, ?)",
        (layer.source, layer.load_number, at_s, layer.file, layer.areas),
    )
    connection.executemany(
        "INSERT INTO vegetation_area VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((layer.source, place, *row) for place, row in enumerate(list_area_rows(areas))),
    )


def _replace_spans(connection: sqlite3.Connection, kept: KeptSpans) -> None:
    connection.execute("DELETE FROM vegetation_span")
    connection.execute("DELETE FROM vegetation_measured")
    connection.execute("INSERT INTO vegetation_measured VALUES (?)", (kept.network,))
    marks = ", ".join("?" * (1 + len(KeptSpan._fields)))
    connection.executemany(
        f"INSERT INTO vegetation_span VALUES ({marks})",  # noqa: S608 - question marks
        ((place, *list_span_row(each)) for place, each in enumerate(kept.spans)),
    )
