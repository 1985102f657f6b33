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

DEGREES = (("lon", "lat"), ("longitude", "latitude"))
COORDINATES = (*DEGREES, ("x", "y"))


def read_csv(path: Path) -> pd.DataFrame:
    """Return a CSV file as texts; what is not there is an empty text."""
    import pandas as pd  # noqa: PLC0415 - slow to import

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
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if "geometry" in frame:
        return gpd.GeoDataFrame(frame, geometry=_parsed(frame["geometry"], path))
    for x, y in COORDINATES:
        if x in frame and y in frame:
            place = shapely.points(_numbers(frame, x, path), _numbers(frame, y, path))
            crs = WGS84 if (x, y) in DEGREES else None
            return gpd.GeoDataFrame(frame, geometry=place, crs=crs)
    return frame


def _parsed(column: pd.Series[Any], path: Path) -> np.ndarray[Any, np.dtype[np.object_]]:
    values = column.to_numpy(dtype=object)
    values = np.where(column.isna() | (values == ""), None, values)
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


def _numbers(
    frame: pd.DataFrame, column: str, path: Path
) -> np.ndarray[Any, np.dtype[np.float64]]:
    import pandas as pd  # noqa: PLC0415 - slow to import

    numbers = np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=np.float64)
    texts = frame[column].astype(str).str.strip()
    known_missing = frame[column].isna() | texts.str.casefold().isin(["", "nan", "null", "none"])
    bad = np.flatnonzero(np.isnan(numbers) & ~known_missing)
    if len(bad):
        msg = f"{path}: row {bad[0]}: {column} {texts.iloc[bad[0]]!r} is no number"
        raise SourceError(msg)
    return numbers
