"""Read networks from layers named as the frames: GeoPackage, FileGDB, and folders of tables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gridtwin.errors import CrsError, SourceError
from gridtwin.model.frames import COMPUTED_MARK, LETTERED_MARKS
from gridtwin.model.network import Network
from gridtwin.model.origins import SourceRows
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts
from gridtwin.sources.csv_text import normalize_keys, normalize_numbers
from gridtwin.sources.layers import read_file, read_layer, read_or_refuse, require_whole
from gridtwin.sources.meanings import KNOWN_NAMES as COLUMNS
from gridtwin.sources.meanings import Meanings, require_known, require_phases
from gridtwin.sources.own_texts import type_own_columns
from gridtwin.sources.positions import read_positions
from gridtwin.sources.tables_of_text import with_geometry

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gridtwin.model.notices import Notice

DBF_NAME = 10  # characters a Shapefile keeps of a column name
FULL_NAME = {column[:DBF_NAME]: column for column in COLUMNS} | {name: name for name in COLUMNS}
SUFFIXES = {"shp": (".shp", ".dbf", ".csv"), "parquet": (".parquet",), "csv": (".csv",)}
AS_THE_MODEL = Meanings()
NAME_THE_LAYERS = f"name the layers {', '.join(SCHEMA)}"


def read_container(
    path: Path, *, crs: str | None = None, meanings: Meanings = AS_THE_MODEL
) -> Network:
    """
    Read a network from one GeoPackage or file geodatabase.

    Parameters
    ----------
    path
        ``NAME.gpkg``, or the folder ``NAME.gdb``.
    crs
        Coordinate system of the layers, stronger than what they state.
    meanings
        What columns and words mean that are not those of the model.

    Raises
    ------
    SourceError
        If it is empty, truncated, no such file, or lacks a layer a network needs.
    CrsError, NetworkError
        As `gridtwin.sources.read`.
    """
    require_whole(path)
    layers = read_or_refuse(path, lambda: _layer_names(path))
    _require_layers(path, layers)
    notices: list[Notice] = []
    frames = {
        name: read_or_refuse(path, partial(read_layer, path, layer, notices))
        for name, layer in layers.items()
    }
    network = _make_network(frames, dict.fromkeys(frames, path), crs, meanings, notices)
    return _name_layers(network, layers)


def read_folder(
    folder: Path, *, form: str, crs: str | None = None, meanings: Meanings = AS_THE_MODEL
) -> Network:
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
    meanings
        What columns and words mean that are not those of the model.

    Raises
    ------
    SourceError
        If a file is broken, or one that a network needs is missing.
    CrsError, NetworkError
        As `gridtwin.sources.read`.
    """
    paths = _tables_in(folder, SUFFIXES[form])
    _require_layers(folder, {name: path.name for name, path in paths.items()})
    notices: list[Notice] = []
    frames = {name: read_file(path, notices) for name, path in paths.items()}
    network = _make_network(frames, paths, crs, meanings, notices)
    return _name_layers(network, {name: path.name for name, path in paths.items()})


def _name_layers(network: Network, layers: dict[str, str]) -> Network:
    """Return a network whose rows say which table they stand in."""
    mrids = {name: decode_texts(getattr(network.data, name).mrid) for name in layers}
    return network.with_origins(
        {name: SourceRows(mrid, [layers[name]] * len(mrid)) for name, mrid in mrids.items()}
    )


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
            if path.suffix.casefold() == suffix and name in SCHEMA:
                found.setdefault(name, path)
    return {name: found[name] for name in SCHEMA if name in found}


def _require_layers(path: Path, layers: dict[str, str]) -> None:
    missing = [name for name, frame in SCHEMA.items() if frame.required and name not in layers]
    if missing:
        there = ", ".join(layers.values()) or "nothing of a network"
        msg = (
            f"{path}: no layer is called {' or '.join(missing)} (found {there}): {NAME_THE_LAYERS}"
        )
        raise SourceError(msg)


def _layer_names(path: Path) -> dict[str, str]:
    import pyogrio

    there = {str(name).casefold(): str(name) for name in pyogrio.list_layers(path)[:, 0]}
    return {name: there[name] for name in SCHEMA if name in there}


def _rename_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the model's column names; others keep theirs."""
    import geopandas as gpd

    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        places = frame.geometry.rename("geometry")
        attributes = frame.drop(columns={frame.active_geometry_name, "geometry"}, errors="ignore")
        attrs = frame.attrs
        frame = gpd.GeoDataFrame(attributes, geometry=places)
        frame.attrs = attrs
    names: dict[Any, str] = {}
    lowered = [str(column).strip().casefold() for column in frame.columns]
    for column, known in zip(frame.columns, lowered, strict=True):
        full = FULL_NAME.get(known, "")
        name = full if full == known or full not in lowered else ""
        name = name or str(column).strip()
        if name not in names.values():
            names[column] = name
    return frame[list(names)].rename(columns={k: v for k, v in names.items() if k != v})


def _make_network(
    frames: dict[str, pd.DataFrame],
    paths: dict[str, Path],
    crs: str | None,
    meanings: Meanings,
    notices: list[Notice],
) -> Network:
    """Return the network of tables as they were read."""
    where = str(paths["nodes"] if len(set(paths.values())) == 1 else paths["nodes"].parent)
    found: set[str] = set()
    for name, frame in frames.items():
        renamed, meant = meanings.rename_columns(_drop_computed(frame))
        found |= meant
        frames[name] = _rename_columns(renamed)
        _require_single(frames[name], f"{where}: {name}")
    require_known(meanings, found, where)
    texts = {name: frames[name] for name, path in paths.items() if _is_csv(path)}
    normalize_numbers(texts, paths)
    for name, frame in texts.items():
        frames[name] = type_own_columns(frame, name)
    for name, path in paths.items():
        if _is_csv(path) or path.suffix.casefold() == ".parquet":
            frames[name] = with_geometry(frames[name], path)
    notices += normalize_keys(frames, where)
    frames = {name: meanings.translate_words(frame) for name, frame in frames.items()}
    require_phases(frames, where)
    frames["equipment"] = read_positions(
        frames["equipment"],
        meanings.words.get("normal_open", {}),
        called=meanings.name_of("normal_open"),
        lettered=frames["equipment"].attrs.items() >= LETTERED_MARKS.items(),
        where=where,
    )
    network = Network.from_frames(**_in_one_crs(frames, paths, crs), crs=crs, where=where)
    return network.with_notices(notices)


def _drop_computed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the columns of which its file says that they were computed."""
    computed = str(frame.attrs.get(COMPUTED_MARK, "")).split(",")
    return frame.drop(columns=[name for name in computed if name in frame])


def _require_single(frame: pd.DataFrame, where: str) -> None:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        msg = f"{where}: column {twice[0]} is there twice: keep one of them, or rename the other"
        raise SourceError(msg)


def _is_csv(path: Path) -> bool:
    return path.suffix.casefold() == ".csv"


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
