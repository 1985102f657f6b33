"""A raster becomes areas of one class each: its cells where they lie, none of what is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from gridtwin.errors import CrsError, InputError, SourceError
from gridtwin.model.vegetation import RISK_CLASSES
from gridtwin.sources.vegetation_file import VegetationReading, read_vegetation

EDGE = 0.001
HEIGHTS = np.array([[0, 2, 9, 9], [2, 2, 25, -1], [0, 30, 30, 30]], dtype=np.float32)


def write(path: Path, values: Any, crs: str | None = "EPSG:4326") -> Path:
    with rasterio.open(
        *(path, "w"),
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        nodata=-1,
        crs=crs,
        transform=Affine(EDGE, 0.0, -95.0, 0.0, -EDGE, 29.0),
    ) as raster:
        raster.write(values, 1)
    return path


def test_each_cell_lies_in_the_area_of_its_class(tmp_path: Path) -> None:
    reading = VegetationReading(levels=(1.5, 8, 20, 28))
    areas, _ = read_vegetation(write(tmp_path / "heights.tif", HEIGHTS), reading)
    wanted = np.searchsorted((1.5, 8, 20, 28), HEIGHTS, "right")  # 0 = no risk
    for (row, column), code in np.ndenumerate(wanted):
        middle = shapely.Point(-95.0 + (column + 0.5) * EDGE, 29.0 - (row + 0.5) * EDGE)
        over = areas.risk[shapely.intersects(areas.geometry, middle)]
        known = code and HEIGHTS[row, column] >= 0
        assert over.tolist() == ([code - 1] if known else [])
    assert shapely.is_valid(areas.geometry).all()


def test_a_grid_of_class_numbers_needs_no_levels(tmp_path: Path) -> None:
    grid = np.array([[1, 2], [3, 4]], dtype=np.int16)
    areas, _ = read_vegetation(write(tmp_path / "grid.tif", grid), VegetationReading())
    assert sorted(RISK_CLASSES[each] for each in areas.risk) == sorted(RISK_CLASSES)


def test_what_a_raster_lacks_is_told(tmp_path: Path) -> None:
    bare = write(tmp_path / "bare.tif", HEIGHTS, crs=None)
    with pytest.raises(CrsError, match="--crs"):
        read_vegetation(bare, VegetationReading())
    assert len(read_vegetation(bare, VegetationReading(crs="EPSG:4326"))[0])
    low = write(tmp_path / "low.tif", HEIGHTS * 0)
    with pytest.raises(SourceError, match="no cell reaches 1"):
        read_vegetation(low, VegetationReading())
    with pytest.raises(InputError, match="4 rising numbers"):
        read_vegetation(low, VegetationReading(levels=(1, 2, 2, 3)))
    (tmp_path / "no.tif").write_bytes(b"no raster")
    with pytest.raises(SourceError, match="cannot be read"):
        read_vegetation(tmp_path / "no.tif", VegetationReading())
