"""Read the layers of a source to Arrow, with their places and what their codes stand for."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import CrsError, SourceError
from gridtwin.sources.layers import read_or_refuse, require_whole, split_domain
from gridtwin.sources.mapping.mapping_domains import (
    DOMAIN_PREFIX,
    SUBTYPE_COLUMN,
    TAG_PREFIX,
    TAGS_COLUMN,
    SourceWords,
    asks_for_subtype,
    list_tags,
    read_source_words,
    read_tag,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa
    import pyproj
    from numpy.typing import NDArray

LAYER_FILE_SUFFIXES = (".shp", ".csv", ".dbf", ".parquet", ".geojson")
FARTHEST_LONGITUDE = 540  # degrees: some drawings go on beyond the date line
ROW_COLUMN = "mapped_row"  # the number of a row in its layer


@dataclass(frozen=True, slots=True)
class SourceLayer:
    """One layer as it was read."""

    name: str
    table: pa.Table
    shapes: NDArray[np.object_] | None
    crs: Any


class MappedSource:
    """
    A file or folder whose layers are read as a mapping asks for them.

    Parameters
    ----------
    path
        Anything GDAL opens with layers, zipped or not, or a folder of one file per layer.

    Raises
    ------
    SourceError
        If it is missing, broken, or has two layers of one name.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            msg = f"{path}: there is no such file or folder"
            raise SourceError(msg)
        require_whole(path)
        self.path = path
        self._infos: dict[str, dict[str, Any]] = {}
        self.files = _list_files(path)
        self.layers = list(self.files) or read_or_refuse(path, lambda: _list_layers(path))
        folded = [name.casefold() for name in self.layers]
        twice = [name for name in self.layers if folded.count(name.casefold()) > 1]
        if twice:
            msg = f"{path}: {' and '.join(twice)} are two layers of one name; rename one of them"
            raise SourceError(msg)

    def match_layers(self, patterns: Iterable[str]) -> dict[str, list[str]]:
        """Return the layers that each pattern names, whatever their case."""
        return {
            pattern: [
                name
                for name in self.layers
                if fnmatch.fnmatchcase(name.casefold(), pattern.casefold())
            ]
            for pattern in patterns
        }

    def list_fields(self, layer: str) -> list[str]:
        """Return the columns of a layer, that of its FID first where it has one."""
        fid = self.find_fid(layer)
        fields = [str(name) for name in self._read_info(layer)["fields"]]
        return [fid, *fields] if fid else fields

    def find_fid(self, layer: str) -> str:
        """Return the column of the number that the format gives each row; empty if it has none."""
        return str(self._read_info(layer).get("fid_column") or "")

    def find_type(self, layer: str) -> str:
        """Return what the layer states that its shapes are, such as ``"MultiLineString"``."""
        return str(self._read_info(layer).get("geometry_type") or "")

    def _read_info(self, layer: str) -> dict[str, Any]:
        import pyogrio

        if layer not in self._infos:
            path, inside = self._locate_layer(layer)
            self._infos[layer] = read_or_refuse(path, lambda: pyogrio.read_info(path, layer=inside))
        return self._infos[layer]

    def count_rows(self, layer: str) -> tuple[int, bool]:
        """Return how many rows a layer has, and whether they are drawn."""
        import pyogrio

        path, inside = self._locate_layer(layer)
        info = read_or_refuse(
            path, lambda: pyogrio.read_info(path, layer=inside, force_feature_count=True)
        )
        return int(info["features"]), info["geometry_type"] is not None

    def read_layer(self, layer: str, text: str) -> SourceLayer:
        """
        Return a layer with the columns whose names stand in a text, and its shapes.

        Parameters
        ----------
        layer
            Its name.
        text
            The expressions over it; a column that none of them names is not read.
        """
        import pyarrow as pa
        import pyogrio
        import shapely

        path, inside = self._locate_layer(layer)
        there = self.list_fields(layer)
        wanted = self._list_wanted(layer, there, text)
        meta, table = read_or_refuse(
            path,
            lambda: pyogrio.raw.read_arrow(path, layer=inside, columns=wanted, return_fids=True),
        )
        columns: dict[str, Any] = {ROW_COLUMN: pa.array(np.arange(table.num_rows))}
        for name in wanted:
            columns[name] = _read_codes(table.column(name))
        columns |= self._add_words(layer, table.select(wanted), text)
        shapes = None
        if meta["geometry_type"] is not None:
            geometry = table.column(meta["geometry_name"] or "wkb_geometry")
            drawn = shapely.from_wkb(geometry.to_numpy(zero_copy_only=False), on_invalid="ignore")
            shapes = shapely.force_2d(drawn)
        return SourceLayer(layer, pa.table(columns), shapes, meta["crs"])

    def _list_wanted(self, layer: str, there: list[str], text: str) -> list[str]:
        """Return the columns that expressions name, or need without naming them."""
        folded = text.casefold()
        needed = {TAGS_COLUMN} if list_tags(text) else set()
        words = self.words.find_layer(layer)
        if asks_for_subtype(text) or words.by_subtype:
            needed.add(words.subtype_field.casefold())
        return [
            name
            for name in there
            if name.casefold().replace('"', '""') in folded or name.casefold() in needed
        ]

    def _add_words(self, layer: str, table: pa.Table, text: str) -> dict[str, Any]:
        """Return what the codes of columns stand for, the subtype of each row, and its tags."""
        import pyarrow as pa

        said = self.words.find_layer(layer)
        folded = {name.casefold(): name for name in table.column_names}
        own = folded.get(said.subtype_field.casefold())
        subtypes = None if own is None else _list_texts(table.column(own))
        added: dict[str, Any] = {}
        for name in table.column_names:
            column = table.column(name)
            if pa.types.is_dictionary(column.type):  # GDAL gives whole numbers of a domain so
                added[DOMAIN_PREFIX + name] = split_domain(column)[1]
            elif said.has_domain(name):
                told = said.decode_codes(name, _list_texts(column), subtypes)
                added[DOMAIN_PREFIX + name] = pa.array(told, type=pa.string())
        if subtypes is not None and said.subtypes and asks_for_subtype(text):
            named = [said.subtypes.get(code or "") for code in subtypes]
            added[SUBTYPE_COLUMN] = pa.array(named, type=pa.string())
        for key in list_tags(text):
            if key.casefold() in folded:
                added[TAG_PREFIX + key] = table.column(folded[key.casefold()]).cast(pa.string())
            elif TAGS_COLUMN in folded:
                tags = table.column(folded[TAGS_COLUMN]).to_pylist()
                added[TAG_PREFIX + key] = pa.array(
                    [read_tag(each, key) for each in tags], type=pa.string()
                )
        return added

    @cached_property
    def words(self) -> SourceWords:
        """What the source says of its own codes."""
        return read_or_refuse(self.path, lambda: read_source_words(self.path))

    def _locate_layer(self, layer: str) -> tuple[Path, str | None]:
        return (self.files[layer], None) if self.files else (self.path, layer)


def _list_files(path: Path) -> dict[str, Path]:
    """Return the files of a folder with one layer each; none where GDAL finds the layers."""
    if not path.is_dir() or path.suffix.casefold() == ".gdb":
        return {}
    names: dict[str, Path] = {}
    shapes = {entry.stem for entry in path.iterdir() if entry.suffix.casefold() == ".shp"}
    for entry in sorted(path.iterdir()):
        suffix = entry.suffix.casefold()
        if suffix in LAYER_FILE_SUFFIXES and not (suffix == ".dbf" and entry.stem in shapes):
            if entry.stem in names:
                msg = f"{entry}: {names[entry.stem].name} has the same name; keep one of them"
                raise SourceError(msg)
            names[entry.stem] = entry
    return names


def _list_layers(path: Path) -> list[str]:
    import pyogrio

    return [str(name) for name in pyogrio.list_layers(path)[:, 0]]


def _read_codes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as its codes, where GDAL gives the words of a domain with them."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column
    chunks = [chunk.indices for chunk in column.chunks]
    return pa.chunked_array(chunks, type=column.type.index_type)


def _list_texts(column: pa.ChunkedArray) -> list[str | None]:
    import pyarrow as pa

    codes = _read_codes(column)
    if pa.types.is_floating(codes.type):  # older geodatabases keep whole numbers so
        whole = [
            str(int(code)) if code is not None and code.is_integer() else code
            for code in codes.to_pylist()
        ]
        return [None if code is None else str(code) for code in whole]
    texts: list[str | None] = codes.cast(pa.string()).to_pylist()
    return texts


def project_shapes(layer: SourceLayer, crs: str | None, where: str) -> NDArray[np.object_]:
    """
    Return the shapes of a layer in longitude and latitude, or as they are where `crs` is none.

    Raises
    ------
    CrsError
        If neither the layer nor the mapping says in which system they lie.
    """
    import pyproj
    import shapely

    shapes = layer.shapes if layer.shapes is not None else np.empty(0, dtype=object)
    if crs is not None and crs.casefold() == "none":
        return shapes
    stated = crs or layer.crs
    if not stated:
        msg = (
            f"{where}: layer {layer.name} does not state its coordinate system: say [source]"
            ' crs = "EPSG:2278", or "none" for planar coordinates in meters'
        )
        raise CrsError(msg)
    try:
        transformer = find_transformer(str(stated))
    except pyproj.exceptions.CRSError as error:
        msg = f"{where}: [source], crs: {stated!r} is no coordinate system pyproj knows"
        raise CrsError(msg) from error
    if transformer is not None:
        shapes = np.array(shapes, dtype=object)
        x, y = transformer.transform(*shapely.get_coordinates(shapes).T)
        shapes = np.asarray(shapely.set_coordinates(shapes, np.column_stack([x, y])))
    x, y = shapely.get_coordinates(shapes).T
    lost = np.flatnonzero(~(np.abs(y) <= 90) | ~(np.abs(x) <= FARTHEST_LONGITUDE))
    if len(lost):
        msg = (
            f"{where}: layer {layer.name} has {len(lost):,} places such as {x[lost[0]]:,.6g},"
            f" {y[lost[0]]:,.6g} in {stated}, which are no longitude and latitude: say its own"
            " system in [source] crs"
        )
        raise CrsError(msg)
    return shapes


@lru_cache(maxsize=16)
def find_transformer(system: str) -> pyproj.Transformer | None:
    """Return what turns a coordinate system into longitude and latitude; None if it is that."""
    import pyproj

    crs = pyproj.CRS.from_user_input(system)
    if crs.equals(pyproj.CRS.from_epsg(4326), ignore_axis_order=True):
        return None
    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
