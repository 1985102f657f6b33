"""Write a folder with a QGIS project, and the GeoPackage it shows unless a database holds it."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts
from gridtwin.publish.gpkg import write_frame
from gridtwin.publish.qgis.geopackage_tables import add_tables
from gridtwin.publish.qgis.map_fields import list_fields
from gridtwin.publish.qgis.mirror_sources import find_mirror_source
from gridtwin.publish.qgis.project_xml import DataSource, MapBookmark, MapProject, write_project
from gridtwin.publish.qgis.twin_columns import compute_twin_columns, require_free_names
from gridtwin.results.geo import make_geo_frame
from gridtwin.results.layer_frames import find_groups_of_nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.publish.qgis.map_fields import MapField
    from gridtwin.publish.qgis.map_layers import MapLayer
    from gridtwin.publish.qgis.project_xml import Box

PROJECT_FILE = "network.qgs"
DATA_FILE = "network.gpkg"
UTM_NORTHERN, UTM_SOUTHERN = 32_600, 32_700  # EPSG codes of WGS 84 / UTM, without the zone


def write_qgis(
    folder: Path,
    normal: Situation,
    supply: SupplyState,
    *,
    title: str,
    mirror: str = "",
    overwrite: bool = False,
) -> list[Path]:
    """
    Write a QGIS project of a network into a folder, all of it or nothing.

    Parameters
    ----------
    folder
        The folder to make.
    normal
        The network as designed.
    supply
        What has supply, and what is open, in the state that is shown.
    title
        What the project is called.
    mirror
        The address of the database that mirrors the network: then the project shows its tables,
        and no data are written. Neither user nor password are.
    overwrite
        Replace the project of a folder that is there.

    Returns
    -------
        The files written.

    Raises
    ------
    InputError
        If the folder is there already, the one above is not, or a column has a name that the
        project uses.
    """
    _require_place(folder, overwrite=overwrite)
    data = normal.data
    require_free_names(data)
    fields = {frame: list_fields(frame, getattr(data, frame).own) for frame in SCHEMA}
    partial = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        if not mirror:
            _write_data(partial / DATA_FILE, normal, supply, fields)
        source = _find_file_source if not mirror else _ask_mirror(mirror, data)
        project = _make_project(title, normal, fields, source)
        (partial / PROJECT_FILE).write_bytes(write_project(project))
        partial.chmod(0o755)
        names = sorted(path.name for path in partial.iterdir())
        _move_folder(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return [folder / name for name in names]


def _require_place(folder: Path, *, overwrite: bool) -> None:
    if not folder.absolute().parent.is_dir():
        msg = f"{folder}: the folder {folder.parent} does not exist: make it first"
        raise InputError(msg)
    if not folder.exists():
        return
    is_ours = folder.is_dir() and (folder / PROJECT_FILE).is_file()
    if not (overwrite and is_ours):
        mend = "give --overwrite to replace it" if is_ours else "choose another name"
        msg = f"{folder} is there already: {mend}"
        raise InputError(msg)


def _move_folder(partial: Path, folder: Path) -> None:
    """Put a folder in its place; one that is there goes when the new one stands."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _write_data(
    path: Path, normal: Situation, supply: SupplyState, fields: Mapping[str, list[MapField]]
) -> None:
    """Write the six frames, with what the twin computed, and what QGIS reads beside them."""
    seen = normal.network.seen_as(make_geo_frame)
    for name in SCHEMA:
        added = compute_twin_columns(name, normal, supply)
        frame = getattr(seen, name).assign(**added)
        write_frame(frame, path, name, computed=list(added))
    add_tables(path, fields)


def _find_file_source(layer: MapLayer) -> DataSource:
    address = f"./{DATA_FILE}|layername={layer.frame}"
    return DataSource("ogr", f"{address}|subset={layer.rows}" if layer.rows else address)


def _ask_mirror(mirror: str, data: Any) -> Callable[[MapLayer], DataSource]:
    return lambda layer: find_mirror_source(mirror, layer, getattr(data, layer.frame).own)


def _make_project(
    title: str,
    normal: Situation,
    fields: Mapping[str, list[MapField]],
    source: Callable[[MapLayer], DataSource],
) -> MapProject:
    xy, crs = normal.data.nodes.xy, normal.network.crs or ""
    map_crs = choose_map_crs(xy) if crs else ""
    moved = xy
    if crs:
        import pyproj

        move = pyproj.Transformer.from_crs(crs, map_crs, always_xy=True).transform
        moved = np.column_stack(move(xy[:, 0], xy[:, 1]))
    bookmarks = list_bookmarks(normal)
    return MapProject(title, crs, map_crs, _find_box(moved), fields, source, bookmarks)


def choose_map_crs(xy: NDArray[np.float64]) -> str:
    """
    Return the UTM zone in whose middle places lie, so that scales on the map are true.

    Examples
    --------
    >>> choose_map_crs(np.array([[-95.4, 29.7], [-95.3, 29.8]]))
    'EPSG:32615'
    """
    lon, lat = np.nanmean(xy, axis=0)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return f"EPSG:{(UTM_NORTHERN if lat >= 0 else UTM_SOUTHERN) + zone}"


def _find_box(xy: NDArray[np.float64]) -> Box:
    west, south = np.nanmin(xy, axis=0).tolist()
    east, north = np.nanmax(xy, axis=0).tolist()
    return west, south, east, north


def list_bookmarks(normal: Situation) -> list[MapBookmark]:
    """Return the extent of what each substation supplies; of feeders, where there are none."""
    data = normal.data
    by = "substation" if len(data.substations.mrid) else "feeder"
    table = data.substations if by == "substation" else data.feeders
    groups = find_groups_of_nodes(normal, by)
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(len(table.mrid) + 1))
    names = [
        str(name or mrid)
        for name, mrid in zip(decode_texts(table.name), decode_texts(table.mrid), strict=True)
    ]
    return [
        MapBookmark(name, f"{by.capitalize()}s", _find_box(data.nodes.xy[order[first:end]]))
        for name, first, end in zip(names, starts, starts[1:], strict=False)
        if end > first
    ]
