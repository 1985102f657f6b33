"""Read tables that state their geometry in plain columns: CSV, and Parquet without metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import SourceError
from gridtwin.model.frames import WGS84

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

Geometries = np.ndarray[Any, np.dtype[np.object_]]

DEGREES = (("lon", "lat"), ("longitude", "latitude"))
COORDINATES = (*DEGREES, ("x", "y"))


def read_csv(path: Path) -> pd.DataFrame:
    """Return a CSV file as texts; what is not there is an empty text."""
    import pandas as pd

    return pd.read_csv(
        path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True
    )


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
    if "geometry" in frame:
        return _drawn(frame, _parsed(frame["geometry"], path), None)
    for x, y in COORDINATES:
        if x in frame and y in frame:
            xy = np.column_stack([_numbers(frame, x, path), _numbers(frame, y, path)])
            places: Geometries = np.asarray(shapely.points(xy), dtype=object)
            places[np.isnan(xy).all(axis=1)] = None
            return _drawn(frame, places, WGS84 if (x, y) in DEGREES else None)
    return frame


def _drawn(frame: pd.DataFrame, geometry: Geometries, crs: str | None) -> pd.DataFrame:
    import geopandas as gpd

    drawn: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=geometry, crs=crs)
    return drawn


def _parsed(column: pd.Series[Any], path: Path) -> Geometries:
    values: Geometries = column.to_numpy(dtype=object, copy=True)
    values[np.asarray(column.isna() | (column.astype(str) == ""))] = None
    is_text = any(isinstance(value, str) for value in values[:1000])
    parse = shapely.from_wkt if is_text else shapely.from_wkb
    geometry = np.asarray(parse(values, on_invalid="ignore"), dtype=object)
    bad = np.flatnonzero((values != None) & (geometry == None))  # noqa: E711 - of each element
    if len(bad):
        msg = (
            f"{path}: row {bad[0]}: geometry {str(values[bad[0]])[:40]!r} is no WKT, such as"
            " POINT (-95.37 29.76)"
        )
        raise SourceError(msg)
    return geometry


def _numbers(frame: pd.DataFrame, column: str, path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    import pandas as pd

    numbers = np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=np.float64)
    texts = frame[column].astype(str).str.strip()
    known_missing = frame[column].isna() | texts.str.casefold().isin(["", "nan", "null", "none"])
    bad = np.flatnonzero(np.isnan(numbers) & ~known_missing)
    if len(bad):
        msg = f"{path}: row {bad[0]}: {column} {texts.iloc[bad[0]]!r} is no number"
        raise SourceError(msg)
    return numbers
