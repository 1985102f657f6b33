"""What is in the network is in the tiles, where it is in the network, from the zoom it should."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

import gridtwin
from gridtwin.errors import CrsError, InputError, LostFeaturesError
from gridtwin.model import cim
from gridtwin.model.frames import equipment_lines
from gridtwin.model.network import Network
from gridtwin.publish.tiles.archive import TileArchive
from gridtwin.publish.tiles.build_tiles import BuiltTiles
from gridtwin.publish.tiles.tile_layers import assign_layers, build_layers
from gridtwin.publish.tiles.verify import verify_tiles
from gridtwin.publish.tiles.zoom_plan import LAYER_FIELDS, TILE_LAYERS
from gridtwin.store.protocol import Store
from tiles.conftest import built_of
from vector_tiles import Feature, decode, in_units, on_square

Seen = dict[tuple[int, int, int], dict[str, dict[int, Feature]]]


@pytest.fixture(scope="module")
def seen(archive: TileArchive) -> Seen:
    return {at: decode(tile) for at, tile in archive.tiles()}


def test_every_row_is_one_feature_and_no_feature_is_of_none(territory: Store, seen: Seen) -> None:
    data = territory.network.data
    layer = assign_layers(data)
    wanted = {
        name: set((np.flatnonzero(layer == code) + 1).tolist())
        for code, name in enumerate(TILE_LAYERS)
    }
    wanted["substations"] = set(range(1, len(data.substations.mrid) + 1))
    wanted["usage_points"] = set(range(1, len(data.usage_points.mrid) + 1))
    found: dict[str, set[int]] = {name: set() for name in TILE_LAYERS}
    for (zoom, _, _), layers in seen.items():
        for name, features in layers.items():
            if zoom == 15:
                found[name] |= features.keys()
    assert found == wanted


def test_points_lie_within_half_a_unit_of_their_place(territory: Store, seen: Seen) -> None:
    square = on_square(territory.network.data.usage_points.xy)
    core = np.zeros(len(square), dtype=int)
    for (zoom, x, y), layers in seen.items():
        features = layers.get("usage_points", {})
        if not features:
            continue
        rows = np.array(list(features)) - 1
        drawn = np.array([feature.geometry.coords[0] for feature in features.values()])
        wanted = in_units(square[rows], zoom, x, y)
        assert np.abs(drawn - wanted).max() <= 0.5 + 1e-3
        inside = ((wanted >= 0) & (wanted < 4096)).all(axis=1)
        core[rows[inside]] += 1
    assert (core == 1).all()


@pytest.mark.parametrize("zoom", [8, 11, 13, 15])
def test_lines_follow_their_course(territory: Store, seen: Seen, zoom: int) -> None:
    data = territory.network.data
    checked = 0
    for (level, x, y), layers in seen.items():
        if level != zoom:
            continue
        for name in ("lines", "secondaries"):
            for feature_id, feature in layers.get(name, {}).items():
                (course,) = equipment_lines(data, np.array([feature_id - 1]))
                square = on_square(shapely.get_coordinates(course))
                local = shapely.LineString(in_units(square, zoom, x, y))
                within = shapely.clip_by_rect(local, -64, -64, 4160, 4160)
                # A corner may move by half a unit each way; a tiny line is drawn one unit long.
                most = 1.25 if within.length > 1 else np.hypot(0.5, 1.5)
                assert feature.geometry.hausdorff_distance(within) <= most
                checked += 1
    assert checked > 20


def test_groups_begin_at_their_zoom(seen: Seen) -> None:
    first: dict[tuple[str, str], int] = {}
    for (zoom, _, _), layers in seen.items():
        for name, features in layers.items():
            for feature in features.values():
                kind = feature.properties.get("kind", feature.properties.get("class", ""))
                key = (name, kind if name in {"lines", "switches"} else "")
                first[key] = min(first.get(key, 99), zoom)
    assert first[("substations", "")] == 0
    assert first[("lines", "backbone")] == 7
    assert first[("lines", "lateral")] == 11
    assert first[("switches", "breaker")] == first[("switches", "recloser")] == 10
    assert first[("switches", "load_break_switch")] == 12
    assert first[("switches", "fuse")] == 13
    assert first[("secondaries", "")] == first[("usage_points", "")] == 15
    great = [
        feature
        for (zoom, _, _), layers in seen.items()
        if zoom < 13
        for feature in layers.get("transformers", {}).values()
    ]
    assert great
    assert all(feature.properties["usage_points"] == 0 for feature in great)


def test_features_say_what_the_network_says(territory: Store, seen: Seen) -> None:
    network = territory.network
    frames = dict.fromkeys(TILE_LAYERS, network.equipment)
    frames |= {"usage_points": network.usage_points, "substations": network.substations}
    checked = set()
    for layers in seen.values():
        for name, features in layers.items():
            for feature_id, feature in list(features.items())[:3]:
                row = frames[name].iloc[feature_id - 1]
                said = feature.properties
                assert said.keys() <= LAYER_FIELDS[name].keys()
                assert said["mrid"] == row.mrid
                assert said.get("phases", "") == row.get("phases", "")
                assert said.get("kind", row.get("kind")) == row.get("kind")
                assert said.get("normal_open", "") == row.get("normal_open", "")
                if name == "usage_points":
                    assert said.get("class", "") == row.service_class
                assert said.get("priority", "") == row.get("priority", "")
                checked.add(name)
    assert checked == set(TILE_LAYERS)


def test_transformers_count_what_hangs_on_them(territory: Store, seen: Seen) -> None:
    points = territory.network.usage_points
    counts = points.groupby("transformer").customers.agg(["size", "sum"])
    for (zoom, _, _), layers in seen.items():
        if zoom != 13:
            continue
        for feature in layers.get("transformers", {}).values():
            said = feature.properties
            wanted = counts.loc[said["mrid"]] if said["mrid"] in counts.index else [0, 0]
            assert [said["usage_points"], said["customers"]] == list(wanted)


def test_substations_count_the_customers_of_their_feeders(territory: Store, seen: Seen) -> None:
    twin = gridtwin.open(territory.network)
    for feature in seen[(0, 0, 0)]["substations"].values():
        feeders = territory.network.feeders
        mine = feeders.mrid[feeders.substation == feature.properties["mrid"]]
        wanted = sum(twin.trace("feeder", mrid).customers for mrid in mine)
        assert feature.properties["customers"] == wanted


def test_lines_and_heads_name_the_feeder_they_are_on(territory: Store, seen: Seen) -> None:
    twin = gridtwin.open(territory.network)
    feeders = territory.network.feeders
    for row, mrid in enumerate(feeders.mrid):
        extent = set(twin.trace("feeder", mrid).elements)
        for (zoom, _, _), layers in seen.items():
            if zoom != 11:
                continue
            for name in ("lines", "switches"):
                for feature in layers.get(name, {}).values():
                    said = feature.properties
                    if said["feeder"] == row + 1:
                        assert said["mrid"] in extent | {feeders["head"][row]}


def short_line() -> Network:
    """Return a network whose one line is five centimeters long."""
    return Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(5e-7, 0)]},
        equipment={
            "mrid": ["L"],
            "kind": ["ac_line_segment"],
            "node_a": ["a"],
            "node_b": ["b"],
            "phases": ["ABC"],
        },
        sources={"mrid": ["S"], "node": ["a"]},
    )


def test_a_line_shorter_than_a_unit_is_kept_at_the_highest_zoom() -> None:
    network = short_line()
    built = built_of(gridtwin.open(network).store)
    assert built.features["lines"] == 1


def test_where_a_zoom_would_be_too_large_a_group_begins_later_and_none_is_lost() -> None:
    store = gridtwin.open(gridtwin.synthesize("houston", meters=12_000, seed=1)).store
    wide = built_of(store)
    built = built_of(store, cap_bytes=wide.largest_bytes - 1)
    assert built.largest_bytes < wide.largest_bytes
    assert built.plan.gates == wide.plan.gates | {"lateral": 12}
    assert built.features == wide.features


def test_a_cap_below_the_highest_zoom_adds_a_zoom(territory: Store) -> None:
    built = built_of(territory, cap_bytes=3_000)
    assert built.plan.max_zoom > 15
    assert sum(built.features.values()) == sum(built_of(territory).features.values())


def test_a_cap_that_cannot_be_held_is_an_error() -> None:
    with pytest.raises(InputError, match="cap"):
        built_of(gridtwin.open(short_line()).store, cap_bytes=10)


def test_a_lost_feature_is_found(territory: Store, archive: TileArchive) -> None:
    layers = build_layers(territory.network, territory.read_index())
    tiles = {at: tile for at, tile in archive.tiles() if at[0] == 15}
    assert verify_tiles(tiles.values(), layers)["usage_points"] == 3_000
    counts = {at: {name: len(them) for name, them in decode(tiles[at]).items()} for at in tiles}
    streets = [at for at in tiles if "substations" not in counts[at]]  # one alone would be named
    del tiles[max(streets, key=lambda at: counts[at].get("usage_points", 0))]
    with pytest.raises(LostFeaturesError, match=r"lack [\d,]+ of .* \(.*-0.*, \.\.\.\)"):
        verify_tiles(tiles.values(), layers)


def test_the_same_network_makes_the_same_bytes(territory: Store, built: BuiltTiles) -> None:
    assert built_of(territory).content == built.content


def test_planar_coordinates_of_no_known_place_make_no_map() -> None:
    network = Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(900, 0)]},
        equipment={"mrid": ["L"], "kind": ["busbar"], "node_a": ["a"], "node_b": ["b"]},
        sources={"mrid": ["S"], "node": ["a"]},
        crs="none",
    )
    with pytest.raises(CrsError, match="--crs"):
        built_of(gridtwin.open(network).store)


def test_rows_without_a_place_are_counted() -> None:
    network = Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(0.01, 0)]},
        equipment={"mrid": ["L"], "kind": ["busbar"], "node_a": ["a"], "node_b": ["b"]},
        sources={"mrid": ["S"], "node": ["a"]},
        substations={"mrid": ["SUB"], "name": ["Nowhere"], "geometry": [None]},
    )
    built = built_of(gridtwin.open(network).store)
    assert built.unplaced == {"substations": 1}


def test_every_kind_of_equipment_has_its_layer() -> None:
    kinds = list(cim.KIND_NAMES)
    network = Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(0.01, 0)]},
        equipment={
            "mrid": kinds,
            "kind": kinds,
            "node_a": ["a"] * len(kinds),
            "node_b": ["b"] * len(kinds),
        },
        sources={"mrid": ["S"], "node": ["a"]},
    )
    layer = assign_layers(network.data)
    found = {kind: TILE_LAYERS[code] for kind, code in zip(kinds, layer.tolist(), strict=True)}
    assert {kind for kind, name in found.items() if name == "switches"} == {
        kind.name for kind in cim.KINDS if kind.switch
    }
    assert found["power_transformer"] == found["voltage_regulator"] == "transformers"
    assert found["service_drop"] == "secondaries"
    assert found["ac_line_segment"] == found["busbar"] == found["series_reactor"] == "lines"
