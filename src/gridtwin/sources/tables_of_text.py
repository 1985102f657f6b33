"""Read tables that state their geometry in plain columns: CSV, and Parquet without metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import SourceError
from gridtwin.model import shapes
from gridtwin.model.frames import WGS84

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

Geometries = np.ndarray[Any, np.dtype[np.object_]]

DEGREES = (("lon", "lat"), ("longitude", "latitude"))
COORDINATES = (*DEGREES, ("x", "y"))


def with_geometry(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """
    Return a table with its geometry, as a GeoDataFrame if it states one.

    Parameters
    ----------
    frame
        A table with ``geometry`` as WKT or WKB, or coordinates in ``lon`` and ``lat``,
        ``longitude`` and ``latitude``, or ``x`` and ``y``; or with no geometry at all.
    path
        Where it was read, for errors.

    Returns
    -------
        A GeoDataFrame in EPSG:4326 when its columns are degrees, with no CRS when they are not;
        the frame itself if it states no geometry.

    Raises
    ------
    SourceError
        If a text is no geometry.
    """
    degrees = next((pair for pair in COORDINATES if frame.columns.isin(pair).sum() == 2), None)
    if "geometry" in frame:
        return _attach_geometry(frame, _parse_geometry(frame["geometry"], path), None)
    if degrees is None:
        return frame
    x, y = degrees
    xy = np.column_stack([_read_numbers(frame, x, path), _read_numbers(frame, y, path)])
    places: Geometries = np.asarray(shapely.points(xy), dtype=object)
    places[np.isnan(xy).all(axis=1)] = None
    return _attach_geometry(
        frame.drop(columns=[x, y]), places, WGS84 if degrees in DEGREES else None
    )


def _attach_geometry(frame: pd.DataFrame, geometry: Geometries, crs: str | None) -> pd.DataFrame:
    import geopandas as gpd

    drawn: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=geometry, crs=crs)
    drawn.attrs = frame.attrs
    return drawn


def _parse_geometry(column: pd.Series[Any], path: Path) -> Geometries:
    values: Geometries = column.to_numpy(dtype=object, copy=True)
    values[np.asarray(column.isna())] = None
    geometry, unread = shapes.parse_geometries(values)
    if len(unread):
        msg = (
            f"{path}: row {unread[0]}: geometry {str(values[unread[0]])[:40]!r} is no WKT of"
            " straight lines, such as POINT (-95.37 29.76)"
        )
        raise SourceError(msg)
    return geometry


def _read_numbers(
    frame: pd.DataFrame, column: str, path: Path
) -> np.ndarray[Any, np.dtype[np.float64]]:
    import pandas as pd

    numbers = np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=np.float64)
    texts = frame[column].astype(str).str.strip()
    known_missing = frame[column].isna() | texts.str.casefold().isin(["", "nan", "null", "none"])
    bad = np.flatnonzero(np.isnan(numbers) & ~known_missing)
    if len(bad):
        msg = f"{path}: row {bad[0]}: {column} {texts.iloc[bad[0]]!r} is no number"
        raise SourceError(msg)
    return numbers
