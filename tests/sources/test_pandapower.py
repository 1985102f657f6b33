"""Nets of pandapower and grids of SimBench arrive with every switch where it stands."""

from __future__ import annotations

import copy
import json
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from gridtwin.errors import NetworkError, SourceError
from gridtwin.sources import read
from gridtwin.sources.pandapower_net import read_pandapower

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what pandapower warns of at import is its own affair
    pp = pytest.importorskip("pandapower")
    import pandapower.networks as examples


def quietly(make: Any, *args: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(*args, **options)


@pytest.fixture
def net() -> Any:
    """110 kV grid - trafo - busbar - breaker - line half open at its far end - bus with a load."""
    return copy.deepcopy(quietly(_net))


@cache
def _net() -> Any:
    net = pp.create_empty_network()
    high = pp.create_bus(net, 110.0, name="HV", geodata=(7.0, 50.0))
    bar = pp.create_bus(net, 20.0, name="Busbar", geodata=(7.0, 50.0))
    far = pp.create_bus(net, 20.0, name="Far", geodata=(7.1, 50.1))
    low = pp.create_bus(net, 0.4, name="Low")
    pp.create_bus(net, 0.4, name="Alone")
    pp.create_transformer(net, high, bar, "25 MVA 110/20 kV")
    pp.create_transformer(net, far, low, "0.4 MVA 20/0.4 kV", parallel=2)
    line = pp.create_line(net, bar, far, 1.5, "NA2XS2Y 1x95 RM/25 12/20 kV", name="West")
    pp.create_switch(net, bar, line, et="l", type="CB", name="Q1")
    pp.create_switch(net, far, line, et="l", type="LBS", closed=False, name="Q2")
    pp.create_load(net, low, p_mw=0.1, name="Shop")
    pp.create_load(net, low, p_mw=0.2, in_service=False)
    pp.create_asymmetric_load(net, low, p_a_mw=0.003, p_c_mw=0.001)
    pp.create_sgen(net, low, p_mw=0.05, sn_mva=0.06)
    pp.create_ext_grid(net, high)
    return net


def rows(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return frame.set_index("mrid").to_dict("index")


def test_a_line_switch_has_a_node_of_its_own(net: Any) -> None:
    equipment = rows(read_pandapower(net).equipment)
    assert (equipment["switch.0"]["node_a"], equipment["switch.0"]["kind"]) == ("bus.1", "breaker")
    assert equipment["line.0"]["node_a"] == equipment["switch.0"]["node_b"]
    assert equipment["line.0"]["node_b"] == equipment["switch.1"]["node_b"]
    assert equipment["switch.1"]["node_a"] == "bus.2"
    assert equipment["switch.1"]["kind"] == "load_break_switch"
    assert [equipment[f"switch.{i}"]["normal_open"] for i in (0, 1)] == ["", "ABC"]


def test_ratings_lengths_and_names(net: Any) -> None:
    equipment = rows(read_pandapower(net).equipment)
    line = equipment["line.0"]
    assert (line["name"], line["length_m"], line["placement"]) == ("West", 1500, "underground")
    assert line["rated_a"] == pytest.approx(net.line.max_i_ka[0] * 1e3)
    assert equipment["trafo.0"]["rated_va"] == pytest.approx(25e6)
    assert equipment["trafo.0"]["vector_group"] == net.trafo.vector_group[0] == "YNd5"
    assert equipment["trafo.1"]["rated_va"] == pytest.approx(0.8e6)


def test_a_bus_without_coordinates_stands_at_its_neighbor(net: Any) -> None:
    network = read_pandapower(net)
    nodes = rows(network.nodes)
    assert network.crs == "EPSG:4326"
    assert nodes["bus.3"]["geometry"] == nodes["bus.2"]["geometry"]
    assert nodes["bus.3"]["nominal_v"] == 400


def test_a_bus_that_nothing_joins_is_left_out(net: Any) -> None:
    assert "bus.4" not in rows(read_pandapower(net).nodes)


def test_loads_become_usage_points(net: Any) -> None:
    points = rows(read_pandapower(net).usage_points)
    assert points["load.0"]["peak_w"] == pytest.approx(100_000)
    assert (points["load.0"]["customers"], points["load.1"]["customers"]) == (1, 0)
    assert points["asymmetric_load.0"]["phases"] == "AC"
    assert points["asymmetric_load.0"]["peak_w"] == pytest.approx(4_000)


def test_sources_substations_and_feeders(net: Any) -> None:
    network = read_pandapower(net)
    sources = rows(network.sources)
    assert sources["ext_grid.0"]["kind"] == "substation"
    assert sources["ext_grid.0"]["substation"] == "substation.1"
    assert sources["sgen.0"]["kind"] == "der"
    assert rows(network.feeders) == {
        "feeder.0": {"name": "West", "substation": "substation.1", "head": "switch.0"}
    }


def test_what_stands_at_a_dead_bus_is_out_of_service(net: Any) -> None:
    net.bus.loc[3, "in_service"] = False
    equipment = rows(read_pandapower(net).equipment)
    assert [equipment[f"trafo.{i}"]["in_service"] for i in (0, 1)] == [True, False]


def test_three_windings_are_a_star_and_no_coordinates_a_schematic() -> None:
    net = quietly(examples.example_multivoltage)
    network = read_pandapower(net)
    equipment = rows(network.equipment)
    legs = [equipment[f"trafo3w.0.{side}"] for side in ("hv", "mv", "lv")]
    assert {leg["node_b"] for leg in legs} == {"trafo3w.0.star"}
    assert [leg["rated_va"] for leg in legs] == [40e6, 15e6, 25e6]
    assert equipment["impedance.0"]["kind"] == "series_reactor"
    assert network.crs is None


def test_a_saved_net_is_the_same_net(tmp_path: Path) -> None:
    net = quietly(examples.mv_oberrhein)
    quietly(pp.to_json, net, str(tmp_path / "oberrhein.json"))
    network, direct = read(tmp_path / "oberrhein.json"), read_pandapower(net)
    assert repr(network) == repr(direct)
    assert network.equipment.equals(direct.equipment)
    assert len(network.data.feeders.mrid) == 4


@pytest.mark.parametrize(
    ("code", "buses", "points", "feeders"),
    [
        ("1-LV-rural1--0-sw", 15, 13, 0),
        pytest.param("1-MV-urban--0-sw", 144, 139, 11, marks=pytest.mark.long),
        pytest.param("1-MVLV-urban-all-0-sw", 10_458, 11_542, 11, marks=pytest.mark.long),
    ],
)
def test_simbench_grids(code: str, buses: int, points: int, feeders: int) -> None:
    pytest.importorskip("simbench")
    network = read(f"simbench:{code}")
    names = network.data.nodes.mrid
    assert sum(name.startswith(b"bus.") for name in names) == buses
    assert len(network.data.usage_points.mrid) == points
    assert len(network.data.feeders.mrid) == feeders


def test_an_unknown_simbench_code_gets_the_closest() -> None:
    pytest.importorskip("simbench")
    with pytest.raises(SourceError, match=r"no such grid; the closest: .*1-MV-urban--0-sw"):
        read("simbench:1-MV-urban-0-sw")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"_class": "pandapowerN', "empty, cut off or no JSON"),
        (json.dumps({"type": "FeatureCollection"}), "this JSON is no pandapower net"),
        (json.dumps({"_class": "pandapowerNet", "_object": 3}), "pandapower cannot read this net"),
    ],
)
def test_a_file_that_is_no_net(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text(text)
    with pytest.raises(SourceError, match=rf"net\.json: .*{reason}"):
        read(tmp_path / "net.json")


def test_an_element_at_a_bus_that_is_not_there(net: Any) -> None:
    net.line.loc[0, "to_bus"] = 77
    with pytest.raises(SourceError, match=r"line\.0 stands at bus 77, which the net does not have"):
        read_pandapower(net)


def test_coordinates_in_meters_need_their_system(net: Any) -> None:
    net.bus.loc[0, "geo"] = '{"type": "Point", "coordinates": [356000, 5645000]}'
    with pytest.raises(NetworkError, match="state the coordinate system"):
        read_pandapower(net)
