"""Read the layers of a source to Arrow, with their places and what their codes stand for."""

from __future__ import annotations

import fnmatch
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from gridtwin.errors import CrsError, SourceError
from gridtwin.sources.layers import read_or_refuse, require_whole, split_domain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa
    import pyproj
    from numpy.typing import NDArray

LAYER_FILE_SUFFIXES = (".shp", ".csv", ".dbf", ".parquet", ".geojson")
FARTHEST_LONGITUDE = 540  # degrees: some drawings go on beyond the date line
GEODATABASE_ITEMS = "GDB_Items"
ROW_COLUMN = "mapped_row"  # the number of a row in its layer
DOMAIN_PREFIX = "domain of "  # begins the column of what the codes of another stand for


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
        self.files = _list_files(path)
        self.layers = list(self.files) or read_or_refuse(path, lambda: _list_layers(path))
        folded = [name.casefold() for name in self.layers]
        twice = [name for name in self.layers if folded.count(name.casefold()) > 1]
        if twice:
            msg = f"{path}: {' and '.join(twice)} are two layers of one name; rename one of them"
            raise SourceError(msg)
        self._domains: dict[str, dict[str, dict[str, str]]] | None = None
        self._fields: dict[str, list[str]] = {}

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
        import pyogrio

        if layer not in self._fields:
            path, inside = self._locate_layer(layer)
            info = read_or_refuse(path, lambda: pyogrio.read_info(path, layer=inside))
            fid = [info["fid_column"]] if info.get("fid_column") else []
            self._fields[layer] = [*fid, *(str(name) for name in info["fields"])]
        return self._fields[layer]

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
        wanted = [name for name in there if name.casefold() in text.casefold()]
        meta, table = read_or_refuse(
            path,
            lambda: pyogrio.raw.read_arrow(path, layer=inside, columns=wanted, return_fids=True),
        )
        columns: dict[str, Any] = {ROW_COLUMN: pa.array(np.arange(table.num_rows))}
        for name in wanted:
            columns |= self._decode_column(layer, name, table.column(name))
        shapes = None
        if meta["geometry_type"] is not None:
            geometry = table.column(meta["geometry_name"] or "wkb_geometry")
            drawn = shapely.from_wkb(geometry.to_numpy(zero_copy_only=False), on_invalid="ignore")
            shapes = shapely.force_2d(drawn)
        return SourceLayer(layer, pa.table(columns), shapes, meta["crs"])

    def _decode_column(self, layer: str, name: str, column: pa.ChunkedArray) -> dict[str, Any]:
        """Return a column as its codes, and what these stand for where the source says so."""
        import pyarrow as pa

        known = self._find_domain(layer, name)
        if pa.types.is_dictionary(column.type):  # GDAL gives whole numbers of a domain so
            codes, meanings = split_domain(column)
            return {name: codes, DOMAIN_PREFIX + name: meanings}
        if known:
            codes = column.cast(pa.string()).to_pylist()
            words = pa.array([known.get(code) for code in codes], type=pa.string())
            return {name: column, DOMAIN_PREFIX + name: words}
        return {name: column}

    def _find_domain(self, layer: str, name: str) -> dict[str, str]:
        """Return what the codes of a column stand for, as a geodatabase says of itself."""
        if self._domains is None:
            self._domains = {}
            if ".gdb" in self.path.name.casefold():
                self._domains = read_or_refuse(self.path, lambda: _read_domains(self.path))
            elif self.path.suffix.casefold() == ".gpkg":
                self._domains = _read_geopackage_domains(self.path)
        return self._domains.get(layer.casefold(), {}).get(name.casefold(), {})

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


def _read_domains(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Return the words of each code by layer and field, in lower case, from ``GDB_Items``."""
    import pyogrio

    _, table = pyogrio.raw.read_arrow(
        path, layer=GEODATABASE_ITEMS, columns=["Definition"], read_geometry=False
    )
    words: dict[str, dict[str, str]] = {}
    fields: dict[str, dict[str, str]] = {}
    for text in table["Definition"].to_pylist():
        if not text or "<!DOCTYPE" in text:
            continue
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities without a DOCTYPE
        if root.find("CodedValues") is not None:
            words[root.findtext("DomainName", "")] = {
                value.findtext("Code", ""): value.findtext("Name", "")
                for value in root.iter("CodedValue")
            }
        for each in root.iter("GPFieldInfoEx"):
            if each.findtext("DomainName"):
                layer = fields.setdefault(root.findtext("Name", "").casefold(), {})
                layer[each.findtext("Name", "").casefold()] = each.findtext("DomainName", "")
    return {
        layer: {name: words.get(domain, {}) for name, domain in named.items()}
        for layer, named in fields.items()
    }


def _read_geopackage_domains(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Return the same from the tables that the schema extension of GeoPackage lays out."""
    domains: dict[str, dict[str, dict[str, str]]] = {}
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        tables = "select count(*) from sqlite_master where name = 'gpkg_data_column_constraints'"
        if not connection.execute(tables).fetchone()[0]:
            return {}
        rows = connection.execute(
            "select c.table_name, c.column_name, d.value, d.description"
            " from gpkg_data_columns c join gpkg_data_column_constraints d"
            " on d.constraint_name = c.constraint_name where d.constraint_type = 'enum'"
        )
        for layer, name, code, word in rows:
            fields = domains.setdefault(layer.casefold(), {})
            fields.setdefault(name.casefold(), {})[str(code)] = word
    return domains


def name_domains(expression: str) -> str:
    """
    Return an expression with ``domain(COLUMN)`` as the name of the column that holds it.

    Examples
    --------
    >>> name_domains("lower(domain(SubtypeCD))")
    'lower("domain of SubtypeCD")'
    """
    return re.sub(
        r"\bdomain\s*\(\s*\"?(\w+)\"?\s*\)",
        rf'"{DOMAIN_PREFIX}\1"',
        expression,
        flags=re.IGNORECASE,
    )


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
