"""Encode pieces of features as Mapbox vector tiles, with DuckDB's ``ST_AsMVT``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.publish.tiles.zoom_plan import EXTENT, LAYER_FIELDS, NUMBER_FIELDS
from gridtwin.store.duckdb_extensions import open_duckdb

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.publish.tiles.cut import TilePieces
    from gridtwin.publish.tiles.tile_layers import TileLayer

EncodedTiles = dict[tuple[int, int], bytes]  # column and row of a tile -> one layer of it


class TileEncoder:
    """Layers of tiles from pieces; one for each thread."""

    def __init__(self) -> None:
        # One thread, so that the order of features is fixed.
        self._connection = open_duckdb("making vector tiles", "tiles", "spatial", threads=1)

    def encode_layer(
        self, layer: TileLayer, pieces: TilePieces, extra: Mapping[str, NDArray[Any]] | None = None
    ) -> EncodedTiles:
        """
        Return one layer of every tile that has some of its features.

        Parameters
        ----------
        layer
            The layer.
        pieces
            What is drawn, from `cut`.
        extra
            Further properties, one value for each piece.
        """
        if not len(pieces.feature):
            return {}
        rows = _build_table(layer, pieces, extra or {})
        fixed = LAYER_FIELDS[layer.name]
        own = [name for name in layer.columns if name not in fixed]
        names = [*fixed, *own, *(extra or ())]
        geometry = "ST_GeomFromWKB(wkb)" if layer.lines else "ST_Point(px, py)"
        fields = ", ".join(map(_name_field, names))
        tiles = self._connection.execute(
            f"SELECT tx, ty, ST_AsMVT({{'geometry': {geometry}, 'id': id, {fields}}},"  # noqa: S608
            f" '{layer.name}', {EXTENT}, 'geometry', 'id') FROM rows GROUP BY tx, ty"
        ).fetchall()
        del rows
        return {(x, y): tile for x, y, tile in tiles}


def _name_field(name: str) -> str:
    """Return a column as a field of the same name; own columns may have any letters."""
    field, column = name.replace("'", "''"), name.replace('"', '""')
    return f"'{field}': \"{column}\""


def _build_table(
    layer: TileLayer, pieces: TilePieces, extra: Mapping[str, NDArray[Any]]
) -> pa.Table:
    import pyarrow as pa

    at = pieces.feature
    columns: dict[str, Any] = {
        "tx": pieces.tile[:, 0],
        "ty": pieces.tile[:, 1],
        "id": layer.ids[at],
    }
    for name, values in layer.columns.items():
        number = name in NUMBER_FIELDS or name not in LAYER_FIELDS[layer.name]
        columns[name] = _blank_unknown(values[at], number=number)
    for name, values in extra.items():
        columns[name] = _blank_unknown(values, number=False)
    if layer.lines:
        columns["wkb"] = pa.array(_write_wkb(pieces), pa.binary())
    else:
        columns["px"] = pieces.xy[:, 0].astype(np.float64)
        columns["py"] = pieces.xy[:, 1].astype(np.float64)
    return pa.table(columns)


def _blank_unknown(values: NDArray[Any], *, number: bool) -> pa.Array:
    """Return values, with null for those that are not known: an empty text, or -1."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if values.dtype.kind == "S":
        texts = pa.array(values, pa.binary()).cast(pa.string())
        return pc.if_else(pc.not_equal(texts, ""), texts, pa.scalar(None, pa.string()))
    if values.dtype.kind == "f":
        return pa.array(values, mask=np.isnan(values))
    return pa.array(values, mask=values < 0 if number else None)


def _write_wkb(pieces: TilePieces) -> NDArray[np.object_]:
    import shapely

    courses = shapely.from_ragged_array(
        shapely.GeometryType.MULTILINESTRING,
        pieces.xy.astype(np.float64),
        (pieces.start, pieces.parts),
    )
    return np.asarray(shapely.to_wkb(courses))
