"""A district of four nodes as tables, which tests write as they need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

if TYPE_CHECKING:
    from pathlib import Path

PLACES = [(-95.37, 29.76), (-95.369, 29.76), (-95.368, 29.76), (-95.367, 29.76)]


def tables() -> dict[str, pd.DataFrame]:
    """Return breaker 11, line 12 and transformer 13 in a row, with usage points 21 and 22."""
    points = [shapely.Point(place) for place in PLACES]
    lines = [shapely.LineString(PLACES[i : i + 2]) for i in (0, 1)]
    return {
        "nodes": gpd.GeoDataFrame(
            {"mrid": ["1", "2", "3", "4"], "nominal_v": [12_470.0, 12_470.0, 12_470.0, 240.0]},
            geometry=points,
            crs="EPSG:4326",
        ),
        "equipment": gpd.GeoDataFrame(
            {
                "mrid": ["11", "12", "13"],
                "kind": ["breaker", "ac_line_segment", "power_transformer"],
                "node_a": ["1", "2", "3"],
                "node_b": ["2", "3", "4"],
                "phases": ["ABC", "ABC", "A"],
                "normal_open": ["", "", ""],
            },
            geometry=[*lines, None],
            crs="EPSG:4326",
        ),
        "usage_points": pd.DataFrame(
            {"mrid": ["21", "22"], "node": ["4", "3"], "transformer": ["13", None]}
        ),
        "sources": pd.DataFrame({"mrid": ["31"], "node": ["1"], "substation": ["41"]}),
        "substations": gpd.GeoDataFrame(
            {"mrid": ["41"], "name": ["West"]}, geometry=points[:1], crs="EPSG:4326"
        ),
        "feeders": pd.DataFrame({"mrid": ["51"], "head": ["11"], "name": ["F1"]}),
    }


def with_column(column: str, values: list[Any], *, table: str = "equipment") -> dict[str, Any]:
    """Return the tables with a column of their own."""
    frames = tables()
    frames[table][column] = values
    return frames


def geopackage(frames: dict[str, Any], path: Path) -> Path:
    """Write tables as layers of one GeoPackage, or of a file geodatabase."""
    driver, options = "GPKG", {}
    if path.suffix == ".gdb":
        driver, options = "OpenFileGDB", {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"}
    for name, frame in frames.items():
        pyogrio.write_dataframe(
            frame, path, layer=name, driver=driver, append=path.exists(), layer_options=options
        )
    return path


def csv_folder(frames: dict[str, Any], folder: Path, **options: Any) -> Path:
    """Write tables as CSV files, with coordinates in lon and lat."""
    for name, frame in frames.items():
        table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        if name == "nodes":
            table["lon"], table["lat"] = zip(*PLACES, strict=True)
        table.to_csv(folder / f"{name}.csv", index=False, **options)
    return folder
