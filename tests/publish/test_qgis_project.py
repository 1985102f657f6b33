"""A QGIS project says what the network is, in QGIS's own words, whole or not at all."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pyogrio
import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError
from gridtwin.model import cim
from gridtwin.model.schema import SCHEMA
from gridtwin.publish.qgis import map_colors, qgis_folder
from gridtwin.publish.qgis.map_layers import MAP_LAYERS
from gridtwin.publish.qgis.qgis_folder import write_qgis
from gridtwin.store.postgis.mirror import hash_network
from qgis_words import WORDS_FILE, collect_words, names_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    import pandas as pd

    from gridtwin import Twin

ROOT = Path(__file__).parents[2]
FRAMES = ("nodes", "equipment", "usage_points", "sources", "substations", "feeders")


@pytest.fixture(scope="module")
def project(qgis_folder: Path) -> Element:
    return ElementTree.parse(qgis_folder / "network.qgs").getroot()  # noqa: S314


@pytest.fixture
def ask(qgis_folder: Path) -> Callable[[str], list[Any]]:
    def ask_file(query: str) -> list[Any]:
        with closing(sqlite3.connect(qgis_folder / "network.gpkg")) as connection:
            return connection.execute(query).fetchall()

    return ask_file


def table(folder: Path, frame: str) -> pd.DataFrame:
    return pyogrio.read_dataframe(folder / "network.gpkg", layer=frame, read_geometry=False)


def test_colors_are_those_of_the_page() -> None:
    text = (ROOT / "web/src/map/palette.ts").read_text(encoding="utf-8")
    light = text.partition("const LIGHT")[2].partition("};")[0]
    single = dict(re.findall(r"(\w+): \"(#\w+)\"", light))
    assert {name: single[name] for name in map_colors.MAP_COLORS} == map_colors.MAP_COLORS
    feeders = re.findall(r"#\w+", light.partition("feeders: [")[2].partition("]")[0])
    assert tuple(feeders) == map_colors.FEEDER_LINE_COLORS
    volts = light.partition("voltages: [")[2].partition("],\n  loads")[0]
    ranges = re.findall(r"\[([\d_]+), \"(#\w+)\"\]", volts)
    assert tuple((int(low), color) for low, color in ranges) == map_colors.VOLTAGE_COLORS


def test_every_element_is_one_that_qgis_writes(project: Element) -> None:
    known = set(WORDS_FILE.read_text(encoding="utf-8").splitlines())
    assert sorted(collect_words(project) - known) == []


def test_paths_are_relative(project: Element, qgis_folder: Path) -> None:
    sources = [layer.findtext("datasource", "") for layer in project.iter("maplayer")]
    assert all(source.startswith("./network.gpkg|layername=") for source in sources)
    assert str(qgis_folder) not in ElementTree.tostring(project, encoding="unicode")


def test_rows_of_the_layers_are_all_of_the_equipment(qgis_folder: Path, ask: Any) -> None:
    counts = [
        ask(f"SELECT count(*) FROM equipment WHERE {layer.rows}")[0][0]  # noqa: S608
        for layer in MAP_LAYERS
        if layer.frame == "equipment"
    ]
    assert all(counts)
    assert sum(counts) == len(table(qgis_folder, "equipment"))


def test_every_kind_of_switch_has_a_symbol_for_each_position(project: Element) -> None:
    rules = names_in(project)["gridtwin_switches"].findall("renderer-v2/rules/rule")
    kinds = {rule.get("filter"): [each.get("label") for each in rule] for rule in rules}
    for kind in cim.KINDS:
        if kind.switch:
            told = kinds[f"\"kind\" = '{kind.name}'"]
            assert told == ["closed", "open on some phases", "open"]


def test_expressions_name_columns_that_are_there(project: Element, qgis_folder: Path) -> None:
    for layer in MAP_LAYERS:
        element = names_in(project)[layer.id]
        texts = [rule.get("filter", "") for rule in element.iter("rule")]
        texts += [label.get("fieldName", "") for label in element.iter("text-style")]
        texts += [
            option.get("value", "")
            for option in element.iter("Option")
            if option.get("name") == "expression"
        ]
        named = {name for text in texts for name in re.findall(r'"(\w+)"', text)}
        assert not named - set(table(qgis_folder, layer.frame)), layer.id


def test_relations_join_what_refers_to_what(project: Element, qgis_folder: Path) -> None:
    layers = {layer.id: layer.frame for layer in MAP_LAYERS}
    told = set()
    for relation in project.iter("relation"):
        pair = relation.find("fieldRef")
        assert pair is not None
        referring, referred = (
            layers[relation.get(f"{word}Layer", "")] for word in ("referencing", "referenced")
        )
        column = pair.get("referencingField", "")
        values = set(table(qgis_folder, referring)[column].dropna()) - {""}
        assert values <= set(table(qgis_folder, referred)["mrid"])
        told.add((referring, column, referred))
    assert {
        ("usage_points", "transformer", "equipment"),
        ("usage_points", "node", "nodes"),
        ("equipment", "twin_feeder", "feeders"),
        ("equipment", "node_a", "nodes"),
        ("equipment", "node_b", "nodes"),
        ("feeders", "head", "equipment"),
        ("feeders", "substation", "substations"),
    } <= told


def test_related_tables_hold_the_same_pairs(ask: Any) -> None:
    told = ask(
        "SELECT base_table_name, related_table_name, mapping_table_name FROM gpkgext_relations"
    )
    assert ("equipment", "usage_points", "usage_points_transformer") in told
    pairs = ask(
        "SELECT e.mrid, u.mrid FROM usage_points_transformer t"
        " JOIN equipment e ON e.fid = t.base_id JOIN usage_points u ON u.fid = t.related_id"
    )
    assert sorted(pairs) == sorted(
        ask("SELECT transformer, mrid FROM usage_points WHERE transformer <> ''")
    )
    for base, related, view in told:
        odd = (
            f"SELECT count(*) FROM {view} WHERE base_id NOT IN (SELECT fid FROM {base})"  # noqa: S608
            f" OR related_id NOT IN (SELECT fid FROM {related})"
        )
        assert ask(odd) == [(0,)]


def test_every_column_has_a_meaning_and_coded_values(qgis_folder: Path, ask: Any) -> None:
    told = ask("SELECT table_name, column_name, title, description FROM gpkg_data_columns")
    there = {(frame, name) for frame in FRAMES for name in table(qgis_folder, frame)}
    assert {(frame, name) for frame, name, _, _ in told} == there
    titles = {(frame, name): title for frame, name, title, _ in told}
    assert titles["equipment", "rated_va"] == "rated power [VA]"
    assert titles["equipment", "install_year"] == "install_year"
    coded = ask(
        "SELECT value FROM gpkg_data_column_constraints WHERE constraint_name = 'equipment_kind'"
    )
    assert {word for (word,) in coded} == set(cim.KIND_NAMES)


def test_tables_opened_by_themselves_have_styles(ask: Any) -> None:
    styles = ask("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault = 1")
    assert {name for name, _ in styles} == {"nodes", "equipment", "usage_points", "substations"}
    for _, qml in styles:
        assert ElementTree.fromstring(qml).find("renderer-v2") is not None  # noqa: S314


def test_rows_say_how_they_stand(town: Twin, qgis_folder: Path) -> None:
    equipment = table(qgis_folder, "equipment").set_index("mrid")
    fuse = next(iter(town.store.states.read_state().deviations))
    assert equipment.loc[fuse, "twin_open"] != equipment.loc[fuse, "normal_open"]
    lost = set(town.blast_radius(fuse, state="normal").usage_points)
    points = table(qgis_folder, "usage_points").set_index("mrid")
    assert set(points.index[points["twin_energized"] == "no"]) == lost
    feeder = town.network.feeders.iloc[0]
    assert equipment.loc[feeder["head"], "twin_feeder"] == feeder["mrid"]
    traced = town.trace("feeder", feeder["mrid"], state="normal").usage_points
    assert set(points.index[points["twin_feeder"] == feeder["mrid"]]) == set(traced)


def test_the_network_is_read_again_as_it_was(town: Twin, qgis_folder: Path) -> None:
    again = gridtwin.read(qgis_folder / "network.gpkg")
    frames = {name: replace(getattr(again.data, name), origins=None) for name in SCHEMA}
    assert hash_network(again.with_data(replace(again.data, **frames))) == hash_network(
        town.store.network
    )
    assert sorted(again.data.equipment.own) == ["install_year", "note"]


def test_bookmarks_are_of_the_substations(town: Twin, project: Element) -> None:
    names = {bookmark.get("name") for bookmark in project.iter("Bookmark")}
    assert names == set(town.network.substations["name"])


def test_nothing_is_left_of_what_fails(
    town: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> bytes:
        message = "the disk is full"
        raise OSError(message)

    monkeypatch.setattr(qgis_folder, "write_project", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_qgis(tmp_path / "map", town.situation("normal"), town.supply(), title="x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_kept(town: Twin, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "mine.txt").write_text("mine")
    given = (town.situation("normal"), town.supply())
    for overwrite in (False, True):
        with pytest.raises(InputError, match="there already: choose another name"):
            write_qgis(kept, *given, title="x", overwrite=overwrite)
    with pytest.raises(InputError, match="does not exist: make it first"):
        write_qgis(tmp_path / "no" / "map", *given, title="x")
    write_qgis(tmp_path / "map", *given, title="x")
    with pytest.raises(InputError, match="give --overwrite"):
        write_qgis(tmp_path / "map", *given, title="x")
    write_qgis(tmp_path / "map", *given, title="y", overwrite=True)
    assert "<title>y</title>" in (tmp_path / "map/network.qgs").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "map"]


def test_a_column_named_as_the_map_names_its_own_is_refused(town: Twin, tmp_path: Path) -> None:
    frames = {name: getattr(town.network, name) for name in FRAMES}
    frames["equipment"] = frames["equipment"].assign(Twin_Open="x")
    twin = gridtwin.open(gridtwin.Network.from_frames(**frames))
    with pytest.raises(InputError, match="equipment has an own column Twin_Open"):
        write_qgis(tmp_path / "map", twin.situation("normal"), twin.supply(), title="x")


def test_a_planar_network_has_no_coordinate_system(tmp_path: Path) -> None:
    twin = gridtwin.open(
        gridtwin.Network.from_frames(
            nodes={"mrid": ["a", "b"], "geometry": ["POINT (0 0)", "POINT (10 0)"]},
            equipment={
                "mrid": ["L"],
                "kind": ["ac_line_segment"],
                "node_a": ["a"],
                "node_b": ["b"],
            },
            crs="none",
        )
    )
    write_qgis(tmp_path / "map", twin.situation("normal"), twin.supply(), title="x")
    root = ElementTree.parse(tmp_path / "map/network.qgs").getroot()  # noqa: S314
    assert root.findtext("projectCrs/spatialrefsys/authid", "") == ""


def test_command_writes_a_project_in_a_state(town: Twin, tmp_path: Path) -> None:
    town.save(tmp_path / "town.twin")
    words = ["publish", "qgis", str(tmp_path / "map"), "--in", str(tmp_path / "town.twin")]
    done = CliRunner().invoke(app, [*words, "--state", "normal"], catch_exceptions=False)
    assert done.output.splitlines() == [
        f"{tmp_path / 'map' / name}: written" for name in ("network.gpkg", "network.qgs")
    ]
    assert set(table(tmp_path / "map", "usage_points")["twin_energized"]) == {"yes"}
