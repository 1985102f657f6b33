"""Read networks from layers named as the frames: GeoPackage, FileGDB, and folders of tables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import shapely

from gridtwin.errors import CrsError, SourceError
from gridtwin.model.network import Network
from gridtwin.sources import tables_of_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

Read = TypeVar("Read")

FRAMES = ("nodes", "equipment", "usage_points", "sources", "substations", "feeders")
MANDATORY = ("nodes", "equipment")
COLUMNS = (
    "mrid", "geometry", "nominal_v", "kind", "node_a", "node_b", "phases", "normal_open", "name",
    "rated_a", "rated_va", "length_m", "placement", "control", "in_service", "vector_group",
    "node", "customers", "peak_w", "service_class", "priority", "transformer", "substation",
    "head", "lon", "lat", "longitude", "latitude", "x", "y",
)  # fmt: skip
DBF_NAME = 10  # characters a Shapefile keeps of a column name
FULL_NAME = {column[:DBF_NAME]: column for column in COLUMNS} | {name: name for name in COLUMNS}
SUFFIXES = {"shp": (".shp", ".dbf", ".csv"), "parquet": (".parquet",), "csv": (".csv",)}
SQLITE_MAGIC = b"SQLite format 3\x00"
NAMES = "name the layers nodes, equipment, usage_points, sources, substations, feeders"


def read_container(path: Path, *, crs: str | None = None) -> Network:
    """
    Read a network from one GeoPackage or file geodatabase.

    Parameters
    ----------
    path
        ``NAME.gpkg``, or the folder ``NAME.gdb``.
    crs
        Coordinate system of the layers, stronger than what they state.

    Raises
    ------
    SourceError
        If it is empty, truncated, no such file, or lacks a layer a network needs.
    CrsError, NetworkError
        As `gridtwin.sources.read`.
    """
    _require_whole(path)
    layers = _opened(path, lambda: _layer_names(path))
    _require(path, layers)
    frames = {
        name: _opened(path, partial(_read_layer, path, layer)) for name, layer in layers.items()
    }
    return _network(frames, dict.fromkeys(frames, path), crs)


def read_folder(folder: Path, *, form: str, crs: str | None = None) -> Network:
    """
    Read a network from a folder with one file per frame.

    Parameters
    ----------
    folder
        Where ``nodes``, ``equipment`` and the others stand.
    form
        ``"shp"``, ``"parquet"`` or ``"csv"``. Beside Shapefiles, tables without geometry are
        ``.dbf`` or ``.csv``.
    crs
        Coordinate system of the files, stronger than what they state.

    Raises
    ------
    SourceError
        If a file is broken, or one that a network needs is missing.
    CrsError, NetworkError
        As `gridtwin.sources.read`.
    """
    paths = _tables_in(folder, SUFFIXES[form])
    _require(folder, {name: path.name for name, path in paths.items()})
    frames = {name: _read_file(path) for name, path in paths.items()}
    return _network(frames, paths, crs)


def _tables_in(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Return the file of each frame; of two, the one whose suffix comes first."""
    if not folder.is_dir():
        msg = f"{folder} is no folder: give the folder that holds nodes and equipment"
        raise SourceError(msg)
    found: dict[str, Path] = {}
    entries = sorted(folder.iterdir())
    for suffix in suffixes:
        for path in entries:
            name = path.stem.casefold()
            if path.suffix.casefold() == suffix and name in FRAMES:
                found.setdefault(name, path)
    return {name: found[name] for name in FRAMES if name in found}


def _require(path: Path, layers: dict[str, str]) -> None:
    missing = [name for name in MANDATORY if name not in layers]
    if missing:
        there = ", ".join(layers.values()) or "nothing of a network"
        msg = f"{path}: no layer is called {' or '.join(missing)} (found {there}): {NAMES}"
        raise SourceError(msg)


def _require_whole(path: Path) -> None:
    """Refuse a file that is empty, or shorter than its own header says."""
    if path.is_dir():
        return
    size = path.stat().st_size
    if not size:
        msg = f"{path}: the file is empty; export it again"
        raise SourceError(msg)
    with path.open("rb") as file:
        header = file.read(100)
    suffix = path.suffix.casefold()
    if suffix == ".gpkg" and not header.startswith(SQLITE_MAGIC):
        msg = f"{path}: this is no GeoPackage, whatever its name says; export it again"
        raise SourceError(msg)
    stated = _stated_size(suffix, header)
    if size < stated:
        msg = f"{path}: the file is cut off at {size:,} of {stated:,} bytes; copy it again"
        raise SourceError(msg)


def _stated_size(suffix: str, header: bytes) -> int:
    """Return how many bytes a file has by its own header; 0 where its format does not say."""
    if suffix == ".gpkg":  # https://sqlite.org/fileformat2.html, section 1.3
        page = int.from_bytes(header[16:18], "big")
        return (page if page != 1 else 65_536) * int.from_bytes(header[28:32], "big")
    if suffix == ".shp":  # ESRI Shapefile Technical Description (1998), page 4: 16-bit words
        return 2 * int.from_bytes(header[24:28], "big")
    return 0


def _opened(path: Path, reader: Callable[[], Read]) -> Read:
    """Return what `reader` reads, turning the errors of the libraries below into one of ours."""
    import pyarrow as pa

    try:
        return reader()
    except SourceError:
        raise
    except (OSError, RuntimeError, ValueError, pa.ArrowException) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else "no reason"
        msg = f"{path}: the file cannot be read ({reason}); it is broken or of another format"
        raise SourceError(msg) from error


def _layer_names(path: Path) -> dict[str, str]:
    import pyogrio

    there = {str(name).casefold(): str(name) for name in pyogrio.list_layers(path)[:, 0]}
    return {name: there[name] for name in FRAMES if name in there}


def _read_layer(path: Path, layer: str | None) -> pd.DataFrame:
    """Return one layer; an error if fewer rows come than it says to have."""
    import pyogrio

    expected = pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"]
    frame = pyogrio.read_dataframe(path, layer=layer, use_arrow=True)
    if len(frame) < expected:
        msg = (
            f"{path}: layer {layer or path.stem} breaks off after {len(frame):,} of {expected:,}"
            " rows; copy it again"
        )
        raise SourceError(msg)
    return _canonical(frame)


def _read_file(path: Path) -> pd.DataFrame:
    _require_whole(path)
    readers = {
        ".csv": lambda: tables_of_text.with_geometry(
            _canonical(tables_of_text.read_csv(path)), path
        ),
        ".parquet": lambda: _read_parquet(path),
    }
    return _opened(path, readers.get(path.suffix.casefold(), lambda: _read_layer(path, None)))


def _read_parquet(path: Path) -> pd.DataFrame:
    import geopandas as gpd
    import pandas as pd
    import pyarrow.parquet as pq

    if b"geo" in (pq.read_schema(path).metadata or {}):
        return _canonical(gpd.read_parquet(path))
    return tables_of_text.with_geometry(_canonical(pd.read_parquet(path)), path)


def _canonical(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the model's column names, and geometries of a single part."""
    import geopandas as gpd

    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        parts = _single_parts(np.asarray(frame.geometry, dtype=object))
        places = gpd.GeoSeries(parts, index=frame.index, crs=frame.crs)
        attributes = frame.drop(columns={frame.active_geometry_name, "geometry"}, errors="ignore")
        frame = gpd.GeoDataFrame(attributes, geometry=places)
    names: dict[str, str] = {}
    lowered = [str(column).strip().casefold() for column in frame.columns]
    for column, known in zip(frame.columns, lowered, strict=True):
        full = FULL_NAME.get(known, known)
        name = full if full == known or full not in lowered else known
        if name not in names.values():
            names[column] = name
    return frame[list(names)].rename(columns={k: v for k, v in names.items() if k != v})


def _single_parts(
    geometry: np.ndarray[Any, np.dtype[np.object_]],
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return geometries with every collection of one part replaced by that part."""
    alone = (shapely.get_type_id(geometry) >= shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(geometry) == 1
    )
    if alone.any():
        geometry = geometry.copy()
        geometry[alone] = shapely.get_geometry(geometry[alone], 0)
    return geometry


def _network(frames: dict[str, Any], paths: dict[str, Path], crs: str | None) -> Network:
    where = str(paths["nodes"] if len(set(paths.values())) == 1 else paths["nodes"].parent)
    return Network.from_frames(**_in_one_crs(frames, paths, crs), crs=crs, where=where)


def _in_one_crs(frames: dict[str, Any], paths: dict[str, Path], crs: str | None) -> dict[str, Any]:
    """Return the frames in the CRS of the first; one that states none is an error."""
    if crs is not None:
        return frames
    drawn = [name for name, frame in frames.items() if getattr(frame, "crs", 0) != 0]
    stated = frames["nodes"].crs if "nodes" in drawn else None
    for name in drawn:
        frames[name] = _with_crs(frames[name], name, paths[name], stated)
    first = frames[drawn[0]].crs if drawn else None
    return {
        name: frame.to_crs(first) if name in drawn and frame.crs != first else frame
        for name, frame in frames.items()
    }


def _with_crs(frame: Any, name: str, path: Path, nodes_crs: Any) -> Any:
    """Return a frame that states its CRS; WKT in a CSV file lies where its nodes lie."""
    if frame.crs is None and nodes_crs is not None and path.suffix.casefold() == ".csv":
        frame = frame.set_crs(nodes_crs)
    if frame.crs is not None and (frame.crs.is_geographic or frame.crs.is_projected):
        unknown = "undefined" in frame.crs.name.casefold()
    else:
        unknown = frame.crs is None or not frame.crs.is_compound
    if unknown:
        msg = (
            f"{path}: layer {name} does not state its coordinate system: give --crs, such as"
            " --crs EPSG:2278, or --crs none for planar coordinates"
        )
        raise CrsError(msg)
    return frame
