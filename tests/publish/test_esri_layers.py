"""What is written as a Utility Network is read again as the same network, with the same losses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from typer.testing import CliRunner

import gridtwin
from examples import scale_examples
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError
from gridtwin.model import cim
from gridtwin.publish.esri import esri_writer
from gridtwin.publish.esri.asset_codes import DEVICE_CODES, LINE_CODES
from gridtwin.publish.esri.esri_pieces import make_guid
from gridtwin.publish.esri.esri_places import APART_M, spread_points
from gridtwin.publish.esri.esri_writer import choose_all, choose_rows, write_esri
from gridtwin.sources.mapping.mapping_file import parse_mapping, read_mapping_text

if TYPE_CHECKING:
    from gridtwin import Twin

MAPPING = "esri-utility-network"


def write_all(twin: Twin, out: Path, **options: Any) -> list[Any]:
    """Write a twin's network in its current state."""
    normal = twin.situation("normal")
    return write_esri(out, normal, twin.situation(), choose_all(normal), **options)


def read_again(out: Path, **options: Any) -> Twin:
    return gridtwin.open(gridtwin.read(out, mapping=MAPPING, **options))


def count_losses(twin: Twin, *, named: bool) -> dict[str, int]:
    """Return how many usage points each piece of equipment takes along, by its id or name."""
    equipment = twin.network.equipment
    names = dict(zip(equipment["mrid"], equipment["name" if named else "mrid"], strict=True))
    sweep = twin.sweep(state="normal")
    counts = zip(sweep["mrid"], sweep["usage_points"], strict=True)
    return {names[mrid]: int(count) for mrid, count in counts}


def layer(out: Path, name: str) -> pd.DataFrame:
    return pyogrio.read_dataframe(out, layer=name)


@pytest.fixture(scope="module")
def written(town: Twin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("esri") / "town.gdb"
    write_all(town, out)
    return out


def test_a_geodatabase_is_read_again_with_the_same_losses(town: Twin, written: Path) -> None:
    again = read_again(written)
    assert count_losses(again, named=True) == count_losses(town, named=False)
    kinds = dict(zip(again.network.equipment["name"], again.network.equipment["kind"], strict=True))
    equipment = town.network.equipment
    assert kinds == dict(zip(equipment["mrid"], equipment["kind"], strict=True))
    feeders = set(again.network.feeders["mrid"])
    assert feeders == set(town.network.feeders["mrid"])
    assert [n for n in again.network.notices if n.rule == "recorded_feeder"] == []


def test_blast_radii_name_the_same_usage_points(town: Twin, written: Path) -> None:
    again = read_again(written)
    points = again.network.usage_points
    names = dict(zip(points["mrid"], points["name"], strict=True))
    ids = dict(zip(again.network.equipment["name"], again.network.equipment["mrid"], strict=True))
    for mrid in town.network.equipment["mrid"].iloc[::40]:
        lost = again.blast_radius(ids[mrid], state="normal").usage_points
        expected = town.blast_radius(mrid, state="normal").usage_points
        assert {names[each] for each in lost} == set(expected), mrid


def test_a_folder_of_csv_is_read_again(town: Twin, tmp_path: Path) -> None:
    write_all(town, tmp_path / "town")
    again = read_again(tmp_path / "town", crs="EPSG:4326")
    assert count_losses(again, named=True) == count_losses(town, named=False)


def test_codes_are_those_of_the_domain(town: Twin, written: Path) -> None:
    devices = layer(written, "ElectricDevice").set_index("assetid")
    fuse = next(iter(town.store.states.read_state().deviations))
    told = devices.loc[fuse]
    assert (told["ASSETGROUP"], told["ASSETTYPE"]) == (29, 565)
    assert (told["normaldevicestatus"], told["currentdevicestatus"]) == (0, 1)
    assert told["TERMINALCONFIGURATION"] == "SS"
    head = town.network.feeders["head"].iloc[0]
    assert devices.loc[head, "ISSUBNETWORKCONTROLLER"] == 1
    assert devices.loc[head, "phasesnormal"] == 7
    assert devices.loc[head, "ASSETGROUP"] == 26
    lines = layer(written, "ElectricLine").set_index("assetid")
    phases = town.network.equipment.set_index("mrid")["phases"]
    bits = {"A": 4, "B": 2, "C": 1}
    for mrid, code in lines["phasesnormal"].items():
        assert code == sum(bits.get(letter, 0) for letter in phases[mrid].replace("s1s2", ""))


def test_subnetworks_name_their_controllers(town: Twin, written: Path) -> None:
    subnetworks = layer(written, "UN_6_Subnetworks")
    devices = layer(written, "ElectricDevice").set_index("GLOBALID")
    feeders = subnetworks[subnetworks["TIERNAME"] == "Electric Distribution"]
    heads = dict(zip(town.network.feeders["mrid"], town.network.feeders["head"], strict=True))
    told = zip(feeders["SUBNETWORKNAME"], feeders["FEATUREGLOBALID"], strict=True)
    assert {name: devices.loc[guid, "assetid"] for name, guid in told} == heads
    sources = subnetworks[subnetworks["TIERNAME"] == "Electric Transmission"]
    assert set(sources["SUBNETWORKNAME"]) == set(town.network.sources["mrid"])


def test_associations_join_what_is_there(written: Path) -> None:
    associations = layer(written, "UN_6_Associations")
    known = set(layer(written, "ElectricDevice")["GLOBALID"])
    known |= set(layer(written, "ElectricJunction")["GLOBALID"])
    assert set(associations["ASSOCIATIONTYPE"]) == {1}
    assert set(associations["FROMGLOBALID"]) | set(associations["TOGLOBALID"]) <= known
    assert associations["GLOBALID"].is_unique


def test_lines_end_at_devices_and_junctions(written: Path) -> None:
    lines = layer(written, "ElectricLine")
    points = pd.concat([layer(written, name) for name in ("ElectricDevice", "ElectricJunction")])
    places = np.column_stack([points.geometry.x, points.geometry.y])
    courses = lines.geometry.apply(lambda shape: shape.geoms[0])
    for end, column in ((0, "FROMDEVICETERMINAL"), (-1, "TODEVICETERMINAL")):
        xy = np.array([course.coords[end] for course in courses])
        distance, at = cKDTree(places).query(xy)
        assert distance.max() < 1e-8
        is_device = points["TERMINALCONFIGURATION"].notna().to_numpy()[at]
        assert (lines[column].notna().to_numpy() == is_device).all()


def test_a_trace_is_written_alone(town: Twin, tmp_path: Path) -> None:
    feeder = town.network.feeders["mrid"].iloc[0]
    result = town.trace("feeder", feeder, state="normal")
    normal = town.situation("normal")
    part = choose_rows(normal, result.rows.equipment, result.rows.points)
    write_esri(tmp_path / "feeder.gdb", normal, normal, part)
    again = read_again(tmp_path / "feeder.gdb")
    assert set(again.network.equipment["name"]) == set(result.elements)
    head = town.network.feeders["head"].iloc[0]
    ids = dict(zip(again.network.equipment["name"], again.network.equipment["mrid"], strict=True))
    lost = again.blast_radius(ids[head]).usage_points
    assert len(lost) == len(town.blast_radius(head, state="normal").usage_points)


def test_commands_write_networks_and_traces(town: Twin, tmp_path: Path) -> None:
    town.save(tmp_path / "t.twin")
    twin = ["--in", str(tmp_path / "t.twin")]
    feeder = town.network.feeders["mrid"].iloc[0]
    for words in (["publish", "esri", "all.gdb"], ["trace", "feeder", feeder, "--esri", "f.gdb"]):
        words[-1] = str(tmp_path / words[-1])
        done = CliRunner().invoke(app, [*words, *twin], catch_exceptions=False)
        assert done.output == f"{words[-1]}: written\n"
    assert len(layer(tmp_path / "f.gdb", "ElectricLine")) < len(
        layer(tmp_path / "all.gdb", "ElectricLine")
    )


def test_open_poles_are_told(town: Twin, tmp_path: Path) -> None:
    equipment = town.network.equipment
    three = equipment[(equipment["kind"] == "recloser") & (equipment["phases"] == "ABC")]
    twin = gridtwin.open(town.store.network)
    twin.switch(three["mrid"].iloc[0], open=True, phases="A")
    told = write_all(twin, tmp_path / "t.gdb")
    assert [notice.rule for notice in told] == ["open_on_some_phases"]


def test_what_is_there_is_kept(town: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.gdb").mkdir()
    with pytest.raises(InputError, match="there already: choose another name"):
        write_all(town, tmp_path / "mine.gdb", overwrite=True)
    with pytest.raises(InputError, match="make it first"):
        write_all(town, tmp_path / "no" / "t.gdb")
    write_all(town, tmp_path / "t.gdb")
    with pytest.raises(InputError, match="give --overwrite"):
        write_all(town, tmp_path / "t.gdb")

    def fail(*_: object) -> None:
        message = "the disk is full"
        raise OSError(message)

    with monkeypatch.context() as patched:
        patched.setattr(esri_writer, "_write_geodatabase", fail)
        with pytest.raises(OSError, match="disk is full"):
            write_all(town, tmp_path / "t.gdb", overwrite=True)
    assert len(layer(tmp_path / "t.gdb", "ElectricLine"))
    write_all(town, tmp_path / "t.gdb", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.gdb", "t.gdb"]


def test_every_kind_has_a_code_that_is_read_as_it(tmp_path: Path) -> None:
    text = read_mapping_text(MAPPING)
    blocks = [each for each in parse_mapping(text.text, text.name).layers if each.to == "equipment"]
    assert len(blocks) == 2
    kinds = [kind.name for kind in cim.KINDS]
    assert set(kinds) == {*LINE_CODES, *DEVICE_CODES}
    for volts in (400.0, 12_470.0):
        nodes = [f"n{i}" for i in range(len(kinds) + 1)]
        network = gridtwin.Network.from_frames(
            nodes={
                "mrid": nodes,
                "nominal_v": [volts] * len(nodes),
                "geometry": [f"POINT ({i * 10} 0)" for i in range(len(nodes))],
            },
            equipment={"mrid": kinds, "kind": kinds, "node_a": nodes[:-1], "node_b": nodes[1:]},
            usage_points={"mrid": ["m"], "node": [nodes[-1]]},
            sources={"mrid": ["s"], "node": [nodes[0]]},
            crs="none",
        )
        twin = gridtwin.open(network)
        write_all(twin, tmp_path / f"{volts:g}.gdb")
        again = read_again(tmp_path / f"{volts:g}.gdb", crs="none")
        read = again.network.equipment.set_index("name")["kind"]
        assert {kind: read[kind] for kind in kinds} == {kind: kind for kind in kinds}
        assert count_losses(again, named=True) == dict.fromkeys(kinds, 1)


@st.composite
def networks(draw: st.DrawFn) -> gridtwin.Network:
    """Return a small network: parallel pieces, loops, many at one place, several sources."""
    count = draw(st.integers(2, 7))
    nodes = [f"n{i}" for i in range(count)]
    at = st.sampled_from(nodes)
    pieces = draw(
        st.lists(
            st.tuples(st.sampled_from([k.name for k in cim.KINDS]), at, at), min_size=1, max_size=12
        )
    )
    pieces = [(kind, a, b) for kind, a, b in pieces if a != b] or [("fuse", "n0", "n1")]
    opened = [cim.KINDS[cim.KIND_CODE[kind]].switch and draw(st.booleans()) for kind, *_ in pieces]
    x = draw(st.lists(st.sampled_from([0, 0.2, 5, 40]), min_size=count, max_size=count))
    heads = draw(st.lists(st.integers(0, len(pieces) - 1), unique=True, max_size=2))
    serving = [True] + [draw(st.booleans()) for _ in pieces[1:]]
    return gridtwin.Network.from_frames(
        nodes={
            "mrid": nodes,
            "nominal_v": [12_470.0] * count,
            "geometry": [f"POINT ({each} 0)" for each in x],
        },
        equipment={
            "mrid": [f"e{i}" for i in range(len(pieces))],
            "kind": [kind for kind, *_ in pieces],
            "node_a": [a for _, a, _ in pieces],
            "node_b": [b for *_, b in pieces],
            "normal_open": opened,
            "in_service": serving,
        },
        usage_points={
            "mrid": [f"m{i}" for i in range(count)],
            "node": nodes,
        },
        sources={"mrid": ["s", "d"], "node": [draw(at), draw(at)], "kind": ["substation", "der"]},
        feeders={
            "mrid": [f"f{i}" for i in range(len(heads))],
            "head": [f"e{i}" for i in heads],
        },
        crs="none",
    )


@pytest.mark.long
@settings(
    max_examples=scale_examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(network=networks())
def test_any_network_keeps_its_losses(network: gridtwin.Network, tmp_path: Path) -> None:
    twin = gridtwin.open(network)
    write_all(twin, tmp_path / "any.gdb", overwrite=True)
    again = read_again(tmp_path / "any.gdb", crs="none")
    read, expected = count_losses(again, named=True), count_losses(twin, named=False)
    equipment = network.equipment
    assert set(read) - {f"f{i}:head" for i in range(2)} == set(
        equipment["mrid"][equipment["in_service"]]
    )
    assert {name: expected[name] for name in read if name in expected} == {
        name: count for name, count in read.items() if name in expected
    }


@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, 0.3, 0.9, 1.5, 40.0])] * 2), min_size=1, max_size=40)
)
def test_points_are_spread_apart_and_not_far(places: list[tuple[float, float]]) -> None:
    xy = np.array(places)
    spread = spread_points(xy, geographic=False)
    assert not len(cKDTree(spread).query_pairs(APART_M * 0.999))
    assert np.hypot(*(spread - xy).T).max() < 2 * APART_M * np.sqrt(len(xy)) + 1
    assert (spread[0] == xy[0]).all()


def test_ids_are_kept_or_follow_from_the_mrid() -> None:
    assert make_guid("nodes", "a") == make_guid("nodes", "a") != make_guid("equipment", "a")
