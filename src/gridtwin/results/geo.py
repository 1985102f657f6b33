"""See the frames of a network as GeoDataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.model.frames import mark_letters

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def make_geo_frame(columns: dict[str, Any], crs: str | None) -> gpd.GeoDataFrame | pd.DataFrame:
    """
    Return columns as a GeoDataFrame, or as a plain DataFrame if they have no geometry.

    Parameters
    ----------
    columns
        One array per column; ``geometry`` holds shapely geometries.
    crs
        Coordinate system of the geometry; None for planar coordinates.

    Returns
    -------
        The frame; a point whose place is not known has no geometry.

    Examples
    --------
    >>> nodes = {"mrid": ["N1"], "geometry": [shapely.Point(2, 1)]}
    >>> make_geo_frame(nodes, None).geometry.x.tolist()
    [2.0]
    """
    if "geometry" not in columns:
        import pandas as pd

        return pd.DataFrame(columns)
    import geopandas as gpd

    geometry = np.asarray(columns["geometry"], dtype=object)
    nowhere = (shapely.get_type_id(geometry) == shapely.GeometryType.POINT) & ~np.isfinite(
        shapely.get_x(geometry)
    )
    placed = geometry.copy()
    placed[nowhere] = None
    frame = gpd.GeoDataFrame({**columns, "geometry": placed}, geometry="geometry", crs=crs)
    return mark_letters(frame)
