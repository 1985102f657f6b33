"""Streets, water and parks are read from extracts of OpenStreetMap as tools make them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gridtwin.errors import SourceError
from gridtwin.sources.synthetic.laid_territory import lay_territory
from gridtwin.sources.synthetic.road_file import read_roads
from gridtwin.sources.synthetic.road_ground import read_tags
from gridtwin.sources.synthetic.town_map import draw_town
from osm_floods import write_osm

SIDE = 8  # streets each way
BLOCK_DEG = 0.0015
CORNER = np.array([9.5, 47.1])
ORIGIN = "\u00a9 OpenStreetMap contributors"
# What is drawn: corners in blocks, and the tags of OpenStreetMap. The island lies in the lake. GDAL
# takes the bank of a river for an area where it is a relation, and for a line where it is a way.
BANK = (-1.0, -0.9, 8.0, -0.5)
LAKE, ISLAND = (1.2, 1.2, 1.8, 1.8), (1.4, 1.4, 1.6, 1.6)
AREAS = (
    ((2.2, 1.2, 2.8, 1.8), {"natural": "water", "water": "pond", "name": "Pond"}),
    ((3.2, 1.2, 3.8, 1.8), {"landuse": "reservoir"}),
    ((6.2, 1.2, 6.8, 1.8), {"waterway": "riverbank"}),
    ((4.2, 1.2, 4.8, 1.8), {"leisure": "park", "name": "Water Park"}),
    ((5.2, 1.2, 5.8, 1.8), {"landuse": "forest"}),
    ((5.2, 2.2, 5.8, 2.8), {"natural": "scrub"}),
    ((1.2, 3.2, 1.3, 3.3), {"building": "yes", "amenity": "school"}),
    ((2.2, 3.2, 2.8, 3.8), {"landuse": "residential", "note": "landuse=>forest"}),
    ((900.0, 1.2, 901.0, 1.8), {"natural": "water"}),
)
WATER, PARKS = (BANK, *(box for box, _ in AREAS[:3])), tuple(box for box, _ in AREAS[3:6])
NO_STREETS = (("footway", ""), ("track", "grade2"), ("", "rail"))
# Of Geofabrik, by the first tag of an area that it knows: its layer, and what it calls the area.
GEOFABRIK = {
    "water": ("water", "water"), "riverbank": ("water", "riverbank"),
    "reservoir": ("water", "reservoir"), "park": ("landuse", "park"),
    "forest": ("landuse", "forest"), "scrub": ("landuse", "scrub"),
    "residential": ("landuse", "residential"), "yes": ("buildings", "building"),
}  # fmt: skip


def lay_box(blocks: tuple[float, float, float, float]) -> shapely.Polygon:
    return shapely.box(*(np.tile(CORNER, 2) + BLOCK_DEG * np.array(blocks)))


def write_town(path: Path) -> Path:
    """Write a town of straight streets as people map it: ways that share nodes, and a relation."""
    lon, lat = CORNER.tolist()
    nodes = {
        1 + SIDE * row + column: ((lon + BLOCK_DEG * column, lat + BLOCK_DEG * row), {})
        for row in range(SIDE)
        for column in range(SIDE)
    }
    grid = np.array(list(nodes)).reshape(SIDE, SIDE)
    streets = [(line.tolist(), {"highway": "residential"}) for line in (*grid, *grid.T)]
    for number, (word, grade) in enumerate(NO_STREETS):
        tags = {"highway": word, "tracktype": grade} if word else {"railway": grade}
        streets.append((np.diagonal(grid, number).tolist(), {k: v for k, v in tags.items() if v}))
    ways = dict(enumerate(streets, 1))
    for box, tags in (*AREAS, (BANK, {}), (LAKE, {}), (ISLAND, {})):
        corners = shapely.get_coordinates(lay_box(box))[:-1]
        first = len(nodes) + 1
        nodes |= {first + number: (tuple(xy), {}) for number, xy in enumerate(corners.tolist())}
        ways[len(ways) + 1] = ([*range(first, first + 4), first], tags)
    last, area = len(ways), {"type": "multipolygon"}
    relations = {
        1: ([(last - 1, "outer"), (last, "inner")], area | {"natural": "water"}),
        2: ([(last - 2, "outer")], area | {"waterway": "riverbank", "name": 'The "old" river'}),
    }
    return write_osm(path, nodes, ways, relations)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(tmp_path_factory.mktemp("osm") / "town.osm")


def read_areas(mapped: Path) -> gpd.GeoDataFrame:
    """Return all areas, banks that GDAL takes for lines among them."""
    lines = gpd.read_file(mapped, layer="lines")
    banks = lines[lines["waterway"] == "riverbank"]
    banks = banks.set_geometry(shapely.polygons([each.coords for each in banks.geometry]))
    banks = banks.assign(other_tags='"waterway"=>"riverbank"')[["osm_id", "other_tags", "geometry"]]
    return pd.concat([gpd.read_file(mapped, layer="multipolygons"), banks], ignore_index=True)


def export_by_gdal(mapped: Path, folder: Path) -> Path:
    """Do as ``ogr2ogr town.gpkg town.osm`` does."""
    for name in ("points", "lines", "multilinestrings", "multipolygons", "other_relations"):
        meta, _, wkb, fields = pyogrio.raw.read(mapped, layer=name)
        pyogrio.raw.write(
            folder / "town.gpkg", wkb, fields, meta["fields"], layer=name, append=name != "points",
            geometry_type=meta["geometry_type"], crs=meta["crs"],
        )  # fmt: skip
    return folder / "town.gpkg"


def export_by_osm2pgsql(mapped: Path, folder: Path) -> Path:
    """Write the tables of osm2pgsql as ogr2ogr takes them out of PostGIS: of any geometry."""
    lines = gpd.read_file(mapped, layer="lines").to_crs("EPSG:3857")
    lines = lines[lines["waterway"].isna()]
    areas = read_areas(mapped).to_crs("EPSG:3857")
    areas = areas.rename(columns={"other_tags": "tags"})
    areas["osm_id"] = areas["osm_id"].fillna(areas.pop("osm_way_id"))
    for key in ("water", "waterway"):
        areas[key] = areas["tags"].str.extract(f'"{key}"=>"([^"]*)"')
    areas["tags"] = None
    lines = lines.rename(columns={"other_tags": "tags"})
    path = folder / "planet.gpkg"
    for name, frame in (
        ("planet_osm_line", lines),
        ("planet_osm_roads", lines.iloc[:2]),
        ("planet_osm_polygon", areas),
    ):
        pyogrio.write_dataframe(frame, path, layer=name, geometry_type="Unknown")
    return path


def list_geofabrik(mapped: Path) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that Geofabrik makes, without the suffix of their files."""
    lines = gpd.read_file(mapped, layer="lines")
    tracks = lines["highway"] == "track"
    lines["fclass"] = lines["highway"].where(~tracks, "track_grade2")
    areas = read_areas(mapped)
    tags = areas[["natural", "landuse", "leisure", "building"]].bfill(axis=1).iloc[:, 0]
    told = tags.fillna("riverbank").map(GEOFABRIK)
    areas["fclass"] = told.str[1]
    layers = {
        "roads": lines[lines["highway"].notna()],
        "railways": lines[lines["highway"].isna()].assign(fclass="rail"),
        "waterways": lines.iloc[:1].assign(fclass="river"),
        **{f"{name}_a": areas[told.str[0] == name] for name in ("water", "landuse", "buildings")},
    }
    return {
        f"gis_osm_{name}_free": frame.assign(code=1000)[["osm_id", "code", "fclass", "geometry"]]
        for name, frame in layers.items()
    }


def export_as_geofabrik(mapped: Path, folder: Path) -> Path:
    folder = folder / "town-latest-free.shp"
    folder.mkdir()
    for name, frame in list_geofabrik(mapped).items():
        pyogrio.write_dataframe(frame, folder / f"{name}_1.shp")
    return folder


def pack_geofabrik(mapped: Path, folder: Path) -> Path:
    made = export_as_geofabrik(mapped, folder)
    return Path(shutil.make_archive(str(folder / "town-latest-free.shp"), "zip", made))


def export_as_geofabrik_package(mapped: Path, folder: Path) -> Path:
    for name, frame in list_geofabrik(mapped).items():
        pyogrio.write_dataframe(frame, folder / "town.gpkg", layer=name)
    return folder / "town.gpkg"


MAKERS: dict[str, Callable[[Path, Path], Path]] = {
    "OpenStreetMap": lambda mapped, _: mapped,
    "GDAL": export_by_gdal,
    "osm2pgsql": export_by_osm2pgsql,
    "folder of Geofabrik": export_as_geofabrik,
    "Shapefile of Geofabrik": lambda mapped, folder: (
        export_as_geofabrik(mapped, folder) / "gis_osm_roads_free_1.shp"
    ),
    "archive of Geofabrik": pack_geofabrik,
    "GeoPackage of Geofabrik": export_as_geofabrik_package,
}


@pytest.mark.parametrize("maker", MAKERS)
def test_streets_water_and_parks_are_found_whoever_made_the_extract(
    mapped: Path, tmp_path: Path, maker: str
) -> None:
    path = MAKERS[maker](mapped, tmp_path)
    laid = lay_territory(meters=200, seed=4, roads=path)
    assert laid.roads is not None
    assert len(laid.roads.kind) == 2 * SIDE, "no footpath, track or railway is a street"
    assert laid.attribution == ORIGIN
    town = draw_town(laid)
    lake = shapely.difference(lay_box(LAKE), lay_box(ISLAND))
    window = town.earth[0]
    for shapes, boxes in ((town.water, WATER), (town.parks, PARKS)):
        expected = [shapely.intersection(lay_box(box), window) for box in boxes]
        expected += [lake] if boxes is not PARKS else []
        assert len(shapes) == len(expected)
        differs = shapely.symmetric_difference(
            shapely.union_all(shapes), shapely.union_all(expected)
        )
        assert differs.area < 1e-6 * shapely.area(expected).sum()


def test_streets_in_two_parts_want_a_name(mapped: Path, tmp_path: Path) -> None:
    """Geofabrik cuts what is too large for one Shapefile."""
    folder = export_as_geofabrik(mapped, tmp_path)
    for part in folder.glob("gis_osm_roads_free_1.*"):
        shutil.copy(part, folder / part.name.replace("_1", "_2"))
    with pytest.raises(SourceError, match=r"roads_free_\d, gis_osm_roads_free_\d\): name"):
        read_roads(folder)
    assert len(read_roads(folder, layer="gis_osm_roads_free_2").kind) == 2 * SIDE


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ('"water"=>"pond","name"=>"a \\"b\\" => c"', {"pond"}),
        ('{"waterway": "riverbank", "note": "natural"}', {"riverbank"}),
        ('"name"=>"natural","note"=>"landuse=>forest"', set()),
        ('"landuse"=>"Forest"', {"forest"}),
        ("water", set()),
        (None, set()),
        (float("nan"), set()),
    ],
)
def test_words_are_found_among_all_tags(tags: object, words: set[str]) -> None:
    assert read_tags(tags) == words
