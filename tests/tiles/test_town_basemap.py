"""A synthetic territory brings its streets and water along, as a basemap of its own."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from api.conftest import answering
from basemaps import write_basemap as write_other
from command_line import run_cli
from gridtwin.api.app import create_app
from gridtwin.publish.tiles.archive import TileArchive
from gridtwin.publish.tiles.basemap import OWN_BASEMAP, open_basemap
from gridtwin.publish.tiles.mercator import to_square
from gridtwin.publish.tiles.town_basemap import LAST_ZOOM, write_basemap
from gridtwin.settings import ServeSettings
from gridtwin.sources.synthetic.laid_territory import LaidTerritory, lay_territory
from gridtwin.sources.synthetic.town_map import TownMap, draw_town

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def laid() -> LaidTerritory:
    return lay_territory("houston", meters=2_000, seed=2)


@pytest.fixture(scope="module")
def town(laid: LaidTerritory) -> TownMap:
    return draw_town(laid)


@pytest.fixture(scope="module")
def archive(laid: LaidTerritory, town: TownMap, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("basemap") / "town.pmtiles"
    write_basemap(path, town, attribution=laid.attribution)
    return TileArchive(path)


def read_tile(archive: TileArchive, zoom: int, place: np.ndarray) -> tuple[dict[str, Any], Any]:
    """Return the layers of the tile at a place, and where its north-west corner lies."""
    at = np.floor(to_square(place[None])[0] * (1 << zoom)).astype(int)
    packed = archive.get(zoom, *at.tolist())
    assert packed is not None
    options = {"y_coord_down": True}
    return mapbox_vector_tile.decode(gzip.decompress(packed), default_options=options), at


def test_its_layers_and_kinds_are_those_of_the_scheme(
    archive: TileArchive, laid: LaidTerritory
) -> None:
    assert open_basemap(archive.path).attribution == "Streets and water: synthetic"
    middle = np.median(laid.network.data.nodes.xy, axis=0)
    layers, _ = read_tile(archive, LAST_ZOOM, middle)
    assert {"earth", "roads", "buildings"} <= set(layers)
    kinds = {
        name: {feature["properties"]["kind"] for feature in layer["features"]}
        for name, layer in layers.items()
    }
    assert kinds["earth"] == {"earth"}
    assert kinds["roads"] <= {"highway", "major_road", "medium_road", "minor_road"}
    assert {"minor_road", "medium_road"} <= kinds["roads"]
    assert kinds["buildings"] == {"building"}


def test_from_afar_there_are_land_and_water_and_no_side_streets(
    archive: TileArchive, laid: LaidTerritory
) -> None:
    middle = np.median(laid.network.data.nodes.xy, axis=0)
    layers, _ = read_tile(archive, 9, middle)
    assert {"earth", "water"} <= set(layers)
    assert "buildings" not in layers
    kinds = {feature["properties"]["kind"] for feature in layers["roads"]["features"]}
    assert kinds == {"major_road"}


def test_streets_and_buildings_stand_where_they_are(
    archive: TileArchive, laid: LaidTerritory, town: TownMap
) -> None:
    """Every building of a tile covers, within the grid of the tile, one of the territory."""
    middle = np.median(laid.network.data.nodes.xy, axis=0)
    layers, at = read_tile(archive, LAST_ZOOM, middle)
    square = shapely.transform(town.buildings, to_square)
    unit = 1.0 / (1 << LAST_ZOOM) / 4096
    drawn = np.array(
        [shapely.geometry.shape(each["geometry"]) for each in layers["buildings"]["features"]]
    )
    assert len(drawn) > 100
    assert (shapely.get_type_id(drawn) == shapely.GeometryType.POLYGON).all()
    middles = shapely.get_coordinates(shapely.centroid(drawn)) * unit + at / (1 << LAST_ZOOM)
    _, distance = shapely.STRtree(shapely.centroid(square)).query_nearest(
        shapely.points(middles), return_distance=True, all_matches=False
    )
    assert np.median(distance) < unit


def test_every_building_is_in_one_tile_or_more_of_the_last_zoom(
    archive: TileArchive, town: TownMap
) -> None:
    seen: set[int] = set()
    for (zoom, _, _), packed in archive.tiles():
        if zoom == LAST_ZOOM:
            layers = mapbox_vector_tile.decode(gzip.decompress(packed))
            features = layers.get("buildings", {"features": []})["features"]
            seen |= {feature["id"] for feature in features}
    assert seen == set(range(1, len(town.buildings) + 1))


def test_new_keeps_it_in_the_twin_and_the_server_draws_it(tmp_path: Path) -> None:
    home = tmp_path / "town.twin"
    assert run_cli("new", str(home), "--meters", "500").returncode == 0
    settings = ServeSettings(str(home))
    with answering(create_app(settings), settings) as client:
        said = client.get("/api").json()["basemap"]
        assert said["attribution"] == "Streets and water: synthetic"
        part = client.get(said["url"], headers={"Range": "bytes=0-6"})
        assert part.content == b"PMTiles"
    other = write_other(tmp_path / "other.pmtiles")
    settings = ServeSettings(str(home), basemap=other)
    with answering(create_app(settings), settings) as client:
        assert client.get("/api").json()["basemap"]["attribution"] == "\u00a9 Example Mappers"


def test_new_leaves_it_out_on_request(tmp_path: Path) -> None:
    home = tmp_path / "bare.twin"
    assert run_cli("new", str(home), "--meters", "500", "--no-basemap").returncode == 0
    assert not (home / OWN_BASEMAP).exists()
