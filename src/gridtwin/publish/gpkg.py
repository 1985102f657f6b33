"""Write a network, and results about it, into one GeoPackage that any GIS opens."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from gridtwin.errors import InputError
from gridtwin.model.frames import COMPUTED_MARK, LETTERED_MARKS
from gridtwin.model.schema import SCHEMA
from gridtwin.results.geo import make_geo_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from gridtwin.model.network import Network

GPKG_GEOMETRIES = {"point": "Point", "line": "LineString"}
GPKG_VERSION = "1.2"  # every GIS of the last years reads it without a warning
GPKG_MAGIC = b"SQLite format 3\x00"
# The application_id of a GeoPackage (OGC 12-128r19, requirement 2, and its 1.0 and 1.1 editions).
APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")


def write_gpkg(
    network: Network, path: Path, *, extra: Mapping[str, gpd.GeoDataFrame] | None = None
) -> None:
    """
    Write every layer of a network into one GeoPackage, all of it or nothing.

    Parameters
    ----------
    network
        The network; its layers bear the names of its frames, so `gridtwin.read` reads them back.
    path
        The GeoPackage; one that is there already is replaced.
    extra
        Further layers, for example the result of a trace, by name.

    Raises
    ------
    InputError
        If `path` is something else than a GeoPackage, its folder is missing, or a layer of
        `extra` bears the name of a layer of the network.
    """
    results = dict(extra or {})
    taken = sorted(SCHEMA.keys() & {name.casefold() for name in results})
    if taken:
        msg = f"{path}: {', '.join(taken)} is a layer of the network: name the result otherwise"
        raise InputError(msg)
    seen = network.seen_as(make_geo_frame)
    with replace_gpkg(path) as partial:
        for name in SCHEMA:
            write_frame(getattr(seen, name), partial, name)
        for name, result in results.items():
            write_layer(result, partial, name, None)


@contextmanager
def replace_gpkg(path: Path) -> Iterator[Path]:
    """
    Yield a file to write that takes the place of a GeoPackage once it is whole.

    Raises
    ------
    InputError
        If `path` is something else than a GeoPackage, or its folder is missing.
    """
    require_gpkg_place(path)
    partial = path.with_name(f".{path.stem}.partial.gpkg")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_frame(
    frame: gpd.GeoDataFrame | pd.DataFrame,
    path: Path,
    name: str,
    *,
    computed: Sequence[str] = (),
) -> None:
    """
    Add one of the six frames to a GeoPackage; the first makes it.

    Parameters
    ----------
    frame, path, name
        The frame, the GeoPackage, and which frame it is.
    computed
        Its columns that say what the twin computed: who reads the network again passes them over.
    """
    marks = dict(LETTERED_MARKS) if name == "equipment" else {}
    if computed:
        marks[COMPUTED_MARK] = ",".join(computed)
    drawn = GPKG_GEOMETRIES.get(SCHEMA[name].columns[-1].kind)
    write_layer(frame, path, name, drawn, marks)


def require_gpkg_place(path: Path) -> None:
    """Refuse a place that cannot be written, or whose file is not ours to replace."""
    if not path.parent.is_dir():
        msg = f"{path}: the folder {path.parent} does not exist: make it first"
        raise InputError(msg)
    if path.suffix.casefold() != ".gpkg":
        msg = f"{path}: the name of a GeoPackage ends in .gpkg"
        raise InputError(msg)
    if not path.exists():
        return
    header = b""
    if path.is_file():
        with path.open("rb") as file:
            header = file.read(72)
    if not header.startswith(GPKG_MAGIC) or header[68:72] not in APPLICATION_IDS:
        msg = f"{path} is there already and is no GeoPackage: choose another name"
        raise InputError(msg)


def write_layer(
    frame: gpd.GeoDataFrame | pd.DataFrame,
    path: Path,
    name: str,
    geometry_type: str | None,
    marks: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write one layer into a GeoPackage, which is made if it is not there."""
    import pyogrio

    with warnings.catch_warnings():
        # A planar network has no CRS to write; that is no oversight.
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_dataframe(
            frame,
            path,
            layer=name,
            driver="GPKG",
            geometry_type=geometry_type,
            append=path.exists(),
            use_arrow=True,
            dataset_options=None if path.exists() else {"VERSION": GPKG_VERSION},
            layer_metadata=dict(marks) or None,
        )
