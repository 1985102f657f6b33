"""Read a raster of vegetation risk, or of how tall trees are, as areas of one class each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.errors import InputError, MissingExtraError, SourceError
from gridtwin.model.vegetation import RISK_CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas

RASTER_SUFFIXES = frozenset({".tif", ".tiff", ".vrt", ".img", ".asc"})
CLASS_LEVELS = (1.0, 2.0, 3.0, 4.0)  # of a grid that holds the number of the class
MOST_RASTER_CELLS = 400_000_000


def read_raster_areas(path: Path, levels: Sequence[float], crs: str = "") -> geopandas.GeoDataFrame:
    """
    Return the areas in which a raster reaches each class: cells side by side of one class are one.

    Parameters
    ----------
    path
        A raster that rasterio reads; its first band is taken.
    levels
        The least value of each of `RISK_CLASSES`, rising; what is less than the first is no risk.
    crs
        Coordinate system of a raster that states none.

    Returns
    -------
        A GeoDataFrame with ``risk`` and ``geometry`` in the raster's coordinates; one without a
        coordinate system where neither the raster nor `crs` says any.

    Raises
    ------
    MissingExtraError
        If rasterio is not installed.
    SourceError
        If the raster cannot be read, is too large, or reaches no class anywhere.
    InputError
        If the levels do not rise, or are not one for each class.
    """
    try:
        import rasterio
        from rasterio.features import shapes
    except ImportError as error:
        need = "a raster of vegetation risk"
        raise MissingExtraError(need, "raster") from error
    import geopandas

    bounds = np.asarray(levels, dtype=np.float64)
    if len(bounds) != len(RISK_CLASSES) or not (np.diff(bounds) > 0).all():
        msg = f"levels are {len(RISK_CLASSES)} rising numbers, the least value of each risk class"
        raise InputError(msg)
    try:
        with rasterio.open(path) as raster:
            if raster.width * raster.height > MOST_RASTER_CELLS:
                msg = f"{path}: more than {MOST_RASTER_CELLS:,} cells: cut it, or make it coarser"
                raise SourceError(msg)
            values = raster.read(1, masked=True)
            transform, stated = raster.transform, raster.crs
    except rasterio.errors.RasterioError as error:
        msg = f"{path}: the raster cannot be read ({error}): export it again"
        raise SourceError(msg) from error
    known = ~np.ma.getmaskarray(values) & np.isfinite(values.filled(0))
    classes = np.where(known, np.searchsorted(bounds, values.filled(0), "right"), 0).astype(
        np.uint8
    )
    drawn = list(shapes(classes, mask=classes > 0, transform=transform))
    if not drawn:
        msg = f"{path}: no cell reaches {bounds[0]:g}: say from which values on by --level"
        raise SourceError(msg)
    names = np.array(RISK_CLASSES, dtype=object)
    return geopandas.GeoDataFrame(
        {"risk": names[[int(value) - 1 for _, value in drawn]]},
        geometry=[shapely.geometry.shape(shape) for shape, _ in drawn],
        crs=stated.to_wkt() if stated else crs or None,
    )
