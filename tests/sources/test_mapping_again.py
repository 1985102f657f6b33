"""A utility's own GIS loaded again: ids of nodes, origins, the mapping kept in the twin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.model.element_names import find_origin
from gridtwin.model.network import Network
from mapped_sources import COLUMNS, ORIGIN, UTM, at, line, street, write_source

LINES = """
[ids]
key = "ID"

[connect]
tolerance_m = 0.5

[[layer]]
from = "LINES"
to = "equipment"
kind = "ac_line_segment"
ends = "line_and_vertices"
keep = "*"

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


def chain() -> dict[str, dict[str, Any]]:
    """Return lines M1 to M4 end to end, a meter at the end of M2 and at that of M4."""
    return {
        "LINES": {
            "ID": ["M1", "M2", "M3", "M4"],
            "AGE": [1, 2, 3, 4],
            "geometry": [line((100 * i, 0), (100 * i + 100, 0)) for i in range(4)],
        },
        "METERS": {"ID": ["P2", "P4"], "geometry": [at(200), at(400)]},
        "STATIONS": {"ID": ["ST"], "geometry": [at(0)]},
        "CIRCUITS": {"ID": ["F"], "STATION": ["ST"]},
    }


def read(folder: Path, layers: dict[str, dict[str, Any]], former: Network | None = None) -> Network:
    source, file = folder / "utility.gpkg", folder / "utility.toml"
    source.unlink(missing_ok=True)
    file.write_text(LINES)
    return gridtwin.read(write_source(source, layers), mapping=file, former=former)


def nodes_of(network: Network) -> dict[str, tuple[str, str]]:
    """Return the two nodes of each line."""
    frame = network.equipment
    ends = zip(frame["node_a"], frame["node_b"], strict=True)
    return dict(zip(frame["mrid"].str.removeprefix("LINES:"), ends, strict=True))


def add_line(layers: dict[str, dict[str, Any]], mrid: str, *xy: tuple[float, float]) -> None:
    layers["LINES"]["ID"].append(mrid)
    layers["LINES"]["AGE"].append(9)
    layers["LINES"]["geometry"].append(line(*xy))


def test_a_line_that_sorts_first_names_no_node_anew(tmp_path: Path) -> None:
    before = read(tmp_path, chain())
    layers = chain()
    add_line(layers, "A0", (200, 0), (200, 50))
    anew, again = read(tmp_path, layers), read(tmp_path, layers, before)
    assert nodes_of(anew)["M2"] != nodes_of(before)["M2"], "loaded anew, A0 names the node"
    assert {name: ends for name, ends in nodes_of(again).items() if name != "A0"} == nodes_of(
        before
    )
    assert nodes_of(again)["A0"] == (nodes_of(before)["M2"][1], "LINES:A0@b")


def test_a_line_drawn_the_other_way_names_no_node_anew(tmp_path: Path) -> None:
    before = read(tmp_path, chain())
    layers = chain()
    layers["LINES"]["geometry"][1] = line((200, 0), (100, 0))
    after = nodes_of(read(tmp_path, layers, before))
    assert after["M2"] == nodes_of(before)["M2"][::-1]
    assert all(after[name] == nodes_of(before)[name] for name in ("M1", "M3", "M4"))


def test_a_node_that_is_parted_keeps_its_id_where_most_of_its_ends_are(tmp_path: Path) -> None:
    before = read(tmp_path, chain())
    was = nodes_of(before)["M2"][1]
    layers = chain()
    layers["LINES"]["geometry"][1] = line((100, 0), (190, 0))  # M3 and the meter stay at 200
    after = nodes_of(read(tmp_path, layers, before))
    assert after["M3"][0] == was
    assert after["M2"][1] not in set(before.nodes["mrid"]), "no id of another node of before"


def test_nodes_keep_their_ids_when_what_named_them_goes(tmp_path: Path) -> None:
    before = read(tmp_path, chain())
    layers = chain()
    for column in layers["LINES"].values():
        del column[2]
    add_line(layers, "Z9", (200, 0), (300, 0))
    after = nodes_of(read(tmp_path, layers, before))
    assert after["Z9"] == nodes_of(before)["M3"]


def test_elements_know_the_rows_they_are_made_of(tmp_path: Path) -> None:
    layers = chain()
    layers["LINES"]["geometry"][1] = line((100, 0), (150, 0), (200, 0))
    add_line(layers, "T1", (150, 0), (150, 40))  # taps M2, which is cut in two
    network = read(tmp_path, layers)
    origins = {
        mrid: find_origin(network.data, network.ids.find_element(mrid))
        for mrid in ("LINES:M1", "LINES:M2", "LINES:M2#2", "METERS:P2", "F")
    }
    assert origins == {
        "LINES:M1": ("LINES", "M1", 1),
        "LINES:M2": ("LINES", "M2", 1),
        "LINES:M2#2": ("LINES", "M2", 1),
        "METERS:P2": ("METERS", "P2", 1),
        "F": ("CIRCUITS", "F", 1),
    }
    made = network.ids.find_element(nodes_of(network)["M1"][1])
    assert find_origin(network.data, made) == ("", "", 1)


def tapped(*places: float, length: float = 100, shift: float = 0) -> dict[str, dict[str, Any]]:
    """Return a line L along the x axis, which taps part, and a meter at its end."""
    course = [(x, shift) for x in sorted({0, *places, length})]
    layers: dict[str, dict[str, Any]] = {
        "LINES": {"ID": ["L"], "AGE": [1], "geometry": [line(*course)]},
        "METERS": {"ID": ["P"], "geometry": [at(length, shift)]},
        "STATIONS": {"ID": ["ST"], "geometry": [at(0, shift)]},
        "CIRCUITS": {"ID": ["F"], "STATION": ["ST"]},
    }
    for x in places:
        add_line(layers, f"T{x:g}", (x, shift), (x, shift + 40))
    return layers


def pieces_of(network: Network) -> dict[str, list[tuple[float, ...]]]:
    """Return the course of each piece of L, as eastings in meters."""
    frame = network.equipment[network.equipment["mrid"].str.startswith("LINES:L")]
    shapes = gpd.GeoSeries(frame["geometry"], crs="EPSG:4326").to_crs(UTM)
    return {
        name.removeprefix("LINES:"): [round(x - ORIGIN[0]) for x, _ in shape.coords]
        for name, shape in zip(frame["mrid"], shapes, strict=True)
    }


def test_pieces_of_a_line_keep_their_ids_when_it_is_tapped_between(tmp_path: Path) -> None:
    before = read(tmp_path, tapped(40, 80))
    assert pieces_of(before) == {"L": [0, 40], "L#2": [40, 80], "L#3": [80, 100]}
    layers = tapped(40, 60, 80)
    assert pieces_of(read(tmp_path, layers))["L#3"] == [60, 80], "loaded anew, they are numbered"
    again = read(tmp_path, layers, before)
    assert pieces_of(again) == {
        "L": [0, 40],
        "L#2": [40, 60],
        "L#4": [60, 80],
        "L#3": [80, 100],
    }
    assert nodes_of(again)["L#3"] == nodes_of(before)["L#3"]
    origin = find_origin(again.data, again.ids.find_element("LINES:L#4"))
    assert origin[:2] == ("LINES", "L")
    layers["LINES"]["geometry"][0] = line((100, 0), (80, 0), (60, 0), (40, 0), (0, 0))
    turned = pieces_of(read(tmp_path, layers, again))
    assert {name: sorted(course) for name, course in turned.items()} == pieces_of(again)
    assert pieces_of(read(tmp_path, tapped(80), again)) == {"L": [0, 80], "L#3": [80, 100]}
    assert pieces_of(read(tmp_path, tapped(), again)) == {"L": [0, 100]}


def test_a_line_that_moved_as_a_whole_keeps_the_order_of_its_pieces(tmp_path: Path) -> None:
    before = read(tmp_path, tapped(40, 60, 80), read(tmp_path, tapped(40, 80)))
    moved = pieces_of(read(tmp_path, tapped(40, 60, 80, shift=7), before))
    assert moved == pieces_of(before)


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout if code == 0 else str(done.exception)


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[str, str]:
    """Return a source that was loaded by a mapping which is there no more, and the twin."""
    source, file = tmp_path / "utility.gpkg", tmp_path / "utility.toml"
    file.write_text(COLUMNS)
    twin = str(tmp_path / "utility.twin")
    run("load", str(write_source(source, street())), "--map", str(file), "--into", twin)
    file.unlink()
    return str(source), twin


def rewrite(source: str, layers: dict[str, dict[str, Any]]) -> None:
    Path(source).unlink()
    write_source(Path(source), layers)


def test_again_reads_by_the_mapping_of_the_twin(loaded: tuple[str, str]) -> None:
    source, twin = loaded
    assert run("map", "show", "--in", twin) == COLUMNS
    layers = street()
    layers["METERS"] = {
        "ID": ["M1", "M2", "M3"],
        "NODE": ["n5", "n1", "n5"],
        "CIRCUIT": ["F1"] * 3,
        "ACTIVE": [1, 1, 1],
    }
    layers["DEVICES"]["KVA"] = [None, 75.0]
    rewrite(source, layers)
    told = json.loads(run("load", source, "--into", twin, "--again", "--dry-run", "--json"))
    assert (told["written"], told["load"]) == (False, 2)
    assert len(json.loads(run("loads", "--in", twin, "--json"))["loads"]) == 1
    written = json.loads(run("load", source, "--into", twin, "--again", "--json"))
    assert written | {"at": ""} == told | {"written": True, "at": ""}
    changed = [row for row in told["layers"] if row["added"] or row["changed"] or row["removed"]]
    assert changed == [
        {
            "frame": "equipment", "layer": "DEVICES", "rows": 2,
            "added": 0, "changed": 1, "removed": 0,
        },
        {
            "frame": "usage_points", "layer": "METERS", "rows": 3,
            "added": 1, "changed": 1, "removed": 0,
        },
    ]  # fmt: skip
    assert {each["frame"]: each["columns"] for each in told["frames"] if each["columns"]} == {
        "equipment": {"rated_va": 1},
        "usage_points": {"node": 1},
    }
    found = json.loads(run("find", "METERS:M", "--in", twin, "--json"))["found"]
    assert {each["origin"]["key"]: each["origin"]["load"] for each in found} == {
        "M1": 1,
        "M2": 2,
        "M3": 2,
    }
    assert "METERS M3, load 2" in run("find", "METERS:M", "--in", twin)
    loads = json.loads(run("loads", "--in", twin, "--json"))["loads"]
    assert [(each["load"], each["added"], each["changed"]) for each in loads][1] == (2, 1, 2)
    assert loads[0]["mapping_hash"] == loads[1]["mapping_hash"] != ""


def test_a_source_that_does_not_fit_the_mapping_any_more_changes_nothing(
    loaded: tuple[str, str],
) -> None:
    source, twin = loaded
    layers = street()
    layers["METERS"]["AT"] = layers["METERS"].pop("NODE")
    rewrite(source, layers)
    assert "NODE" in run("load", source, "--into", twin, "--again", code=1)
    assert len(json.loads(run("loads", "--in", twin, "--json"))["loads"]) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--dry-run"], "--again"),
        (["--json"], "--again"),
        (["--allow-vanish", "9"], "--again"),
        (["--again", "--overwrite"], "--overwrite"),
    ],
)
def test_words_that_do_not_go_together_are_refused(
    loaded: tuple[str, str], words: list[str], says: str
) -> None:
    assert says in run("load", *loaded[:1], "--into", loaded[1], *words, code=1)


def test_what_vanishes_is_allowed_by_its_share(loaded: tuple[str, str]) -> None:
    source, twin = loaded
    layers = street()
    layers["METERS"] = {name: column[:1] for name, column in layers["METERS"].items()}
    rewrite(source, layers)
    assert "--allow-vanish 50" in run("load", source, "--into", twin, "--again", code=1)
    assert "METERS" in run("load", source, "--into", twin, "--again", "--dry-run")
    told = CliRunner().invoke(app, ["load", source, "--into", twin, "--again", "--dry-run"])
    assert "50.0 % of the equipment or of the usage points would vanish" in told.stderr
    run("load", source, "--into", twin, "--again", "--allow-vanish", "50")
    assert len(gridtwin.open(twin).network.usage_points) == 1
