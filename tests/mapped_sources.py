"""Small sources of a utility's own layers, and the mappings that read them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
from shapely import LineString, Point

import gridtwin

if TYPE_CHECKING:
    from pathlib import Path

UTM = "EPSG:32616"
ORIGIN = (500_000.0, 4_000_000.0)

# One street: station - line - switch - line - transformer - service - customer.
COLUMNS = """
[ids]
key = "ID"

[units]
rated_va = "kVA"

[[layer]]
from = "LINES"
to = "equipment"
kind = "ac_line_segment"
node_a = "FROM_NODE"
node_b = "TO_NODE"
phases = "PHASES"

[[layer]]
from = "DEVICES"
to = "equipment"
kind = { column = "TYPE", 1 = "disconnector", 2 = "power_transformer" }
node_a = "FROM_NODE"
node_b = "TO_NODE"
normal_open = { column = "POS", open = "O", closed = ["C", ""] }
rated_va = "KVA"

[[layer]]
from = "METERS"
to = "usage_points"
node = "NODE"

[[heads]]
from = "CIRCUITS"
feeder = "ID"
node = "START"

[checks]
recorded_feeder = "CIRCUIT"
"""


# Station - main - switch - main, with a transformer on the main and a service below it.
PLACES = """
[ids]
key = "ID"

[connect]
tolerance_m = 0.5

[[layer]]
from = "MAINS"
to = "equipment"
kind = "ac_line_segment"
class = "primary"
ends = "line_and_vertices"

[[layer]]
from = "SERVICES"
to = "equipment"
kind = "service_drop"
class = "secondary"
ends = "line"

[[layer]]
from = "SWITCHES"
to = "equipment"
kind = "load_break_switch"
normal_open = { column = "POS", open = 0, closed = 1 }
ends = "point"

[[layer]]
from = "TRANSFORMERS"
to = "equipment"
kind = "power_transformer"
ends = "point"
sides = { a = "primary", b = "secondary" }

[[layer]]
from = "METERS"
to = "usage_points"
ends = "point"

[[layer]]
from = "STATIONS"
to = "nodes"
ends = "point"

[[heads]]
from = "CIRCUITS"
feeder = "ID"
at = "STATION"
"""


def at(x: float, y: float = 0.0) -> Point:
    """Return a point so many meters from the origin."""
    return Point(ORIGIN[0] + x, ORIGIN[1] + y)


def line(*xy: tuple[float, float]) -> LineString:
    """Return a line through points so many meters from the origin."""
    return LineString([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in xy])


def street() -> dict[str, dict[str, Any]]:
    """Return the layers that `COLUMNS` reads; lines are drawn against the order of their nodes."""
    return {
        "LINES": {
            "ID": ["L1", "L2", "L3"],
            "FROM_NODE": ["n0", "n2", "n4"],
            "TO_NODE": ["n1", "n3", "n5"],
            "PHASES": ["CAB", "ABC", "A"],
            "CIRCUIT": ["F1", "F1", "F1"],
            "geometry": [
                line((100, 0), (0, 0)),
                line((200, 0), (100, 0)),
                line((250, 0), (200, 0)),
            ],
        },
        "DEVICES": {
            "ID": ["S1", "T1"],
            "FROM_NODE": ["n1", "n3"],
            "TO_NODE": ["n2", "n4"],
            "TYPE": [1, 2],
            "POS": ["C", None],
            "KVA": [None, 50.0],
            "CIRCUIT": ["F1", "F1"],
            "geometry": [at(100), at(200)],
        },
        "METERS": {
            "ID": ["M1", "M2"],
            "NODE": ["n5", "n2"],
            "CIRCUIT": ["F1", "F1"],
            "ACTIVE": [1, 1],
        },
        "CIRCUITS": {"ID": ["F1"], "START": ["n0"]},
    }


def places() -> dict[str, dict[str, Any]]:
    """Return the layers that `PLACES` reads: all that meets lies within half a meter."""
    return {
        "MAINS": {
            "ID": ["A", "B"],
            "geometry": [line((0, 0), (100, 0)), line((300, 0), (200, 0), (100.2, 0))],
        },
        "SERVICES": {"ID": ["D"], "geometry": [line((200, 0.1), (200, 30))]},
        "SWITCHES": {"ID": ["S"], "POS": [1], "geometry": [at(100, 0.1)]},
        "TRANSFORMERS": {"ID": ["T"], "geometry": [at(200, 0.2)]},
        "METERS": {"ID": ["M", "E"], "geometry": [at(200, 30.2), at(300, 0)]},
        "STATIONS": {"ID": ["ST"], "geometry": [at(0)]},
        "CIRCUITS": {"ID": ["F"], "STATION": ["ST"]},
    }


def write_source(path: Path, layers: dict[str, dict[str, Any]], *, crs: str | None = UTM) -> Path:
    """Write layers into one GeoPackage; those without a geometry are plain tables."""
    for name, columns in layers.items():
        if "geometry" in columns:
            frame = gpd.GeoDataFrame(columns, crs=crs)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "'crs' was not provided")
                frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        else:
            pyogrio.write_dataframe(pd.DataFrame(columns), path, layer=name, driver="GPKG")
    return path


def read_street(
    folder: Path, layers: dict[str, dict[str, Any]] | None = None, mapping: str = COLUMNS
) -> gridtwin.Network:
    """Write layers and a mapping into a folder, and read one by the other."""
    source = write_source(folder / "utility.gpkg", street() if layers is None else layers)
    file = folder / "utility.toml"
    file.write_text(mapping)
    return gridtwin.read(source, mapping=file)
