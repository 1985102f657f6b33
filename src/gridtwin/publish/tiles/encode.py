"""
Encode pieces of features as Mapbox vector tiles, with DuckDB's ``ST_AsMVT``.

The spatial extension is loaded from where it is: that of DuckDB itself if it is installed, else the
file in the wheel ``duckdb-extension-spatial``. Nothing is ever fetched from the network, and DuckDB
loads none but what its makers signed (docs/adr/0013-tiles.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError, MissingExtraError
from gridtwin.publish.tiles.zoom_plan import EXTENT, LAYER_FIELDS, NUMBER_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.publish.tiles.cut import TilePieces
    from gridtwin.publish.tiles.tile_layers import TileLayer

EncodedTiles = dict[tuple[int, int], bytes]  # column and row of a tile -> one layer of it


def open_duckdb() -> duckdb.DuckDBPyConnection:
    """
    Return a DuckDB in memory that makes vector tiles, of one thread so that its order is fixed.

    Raises
    ------
    MissingExtraError
        If DuckDB or its spatial extension is not installed.
    InputError
        If the extension is damaged, or is not the one that DuckDB signed.
    """
    what = "making vector tiles"
    extra = "tiles"
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtraError(what, extra) from error
    config: dict[str, Any] = {"threads": 1, "autoinstall_known_extensions": False}
    connection = duckdb.connect(config=config)
    try:
        connection.execute("LOAD spatial")
    except duckdb.Error:
        file = _find_extension(duckdb.__version__)
        if file is None:
            raise MissingExtraError(what, extra) from None
        try:
            connection.load_extension(str(file))
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            msg = f"{file} cannot be used ({reason}): install duckdb-extension-spatial again"
            raise InputError(msg) from error
    return connection


def _find_extension(version: str) -> Path | None:
    """Return the extension in the wheel that belongs to this version of DuckDB."""
    try:
        import duckdb_extension_spatial
    except ImportError:
        return None
    folder = Path(duckdb_extension_spatial.__file__).parent / "extensions" / f"v{version}"
    file = folder / "spatial.duckdb_extension"
    return file if file.is_file() else None


class TileEncoder:
    """Layers of tiles from pieces; one for each thread."""

    def __init__(self) -> None:
        self._connection = open_duckdb()

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
