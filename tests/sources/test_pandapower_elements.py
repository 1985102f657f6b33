"""Every family of elements of a pandapower net is joined or told by name; none goes silently."""

from __future__ import annotations

import copy
import warnings
from functools import cache
from typing import Any

import pandas as pd
import pytest

import gridtwin
from gridtwin.errors import NotFoundError, SourceError
from gridtwin.model.network import Network
from gridtwin.sources.pandapower_net import read_pandapower
from pandapower_oracle import dark, quiet

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what pandapower warns of at import is its own affair
    pp = pytest.importorskip("pandapower")

KILOVOLTS = (20.0, 20.0, 20.0, 20.0)
TRAFO = "0.4 MVA 20/0.4 kV"
TRAFO3W = "63/25/38 MVA 110/20/10 kV"
LINE = "NA2XS2Y 1x95 RM/25 12/20 kV"


@pytest.fixture
def net() -> Any:
    """Return a source at bus 0, a line 0 - 1, and two buses that nothing joins; a load at each."""
    return net_of(*KILOVOLTS)


def net_of(*kilovolts: float) -> Any:
    return copy.deepcopy(_made(*kilovolts))


@cache
def _made(*kilovolts: float) -> Any:
    with quiet():
        net = pp.create_empty_network()
        for place, volts in enumerate(kilovolts):
            pp.create_bus(net, volts, geodata=(7.0 + place / 100, 50.0))
            pp.create_load(net, place, p_mw=0.1)
        pp.create_ext_grid(net, 0)
        if kilovolts[1] == kilovolts[0]:
            pp.create_line(net, 0, 1, 1.0, LINE)
    return net


def make(create: Any, *args: Any, **options: Any) -> None:
    with quiet():
        create(*args, **options)


def out_of(network: Network) -> set[str]:
    situation = gridtwin.open(network).situation()
    points = network.data.usage_points
    return {
        mrid.decode()
        for mrid, lit in zip(points.mrid, situation.is_supplied[points.node], strict=True)
        if not lit
    }


def agreed(net: Any) -> Network:
    """Return the network of a net, whose dark loads are those of pandapower's topology."""
    network = read_pandapower(net)
    with quiet():
        assert out_of(network) == dark(net)
    return network


def told(network: Network) -> dict[str, str]:
    return {notice.rule: notice.evidence for notice in network.notices}


# ------------------------------------------------------------------ what joins two buses


def test_impedances_series_compensation_and_direct_current_lines_join(net: Any) -> None:
    make(pp.create_impedance, net, 1, 2, 0.01, 0.01, 1.0)
    make(pp.create_tcsc, net, 2, 3, 1.0, -10.0, -0.1, 90.0)
    assert out_of(agreed(net)) == set()
    net.tcsc["in_service"] = False
    make(pp.create_dcline, net, 1, 3, 0.1, 1.0, 0.0, 1.0, 1.0)
    network = agreed(net)
    assert out_of(network) == set()
    assert not network.notices
    kinds = network.equipment.set_index("mrid").kind.to_dict()
    assert (kinds["tcsc.0"], kinds["dcline.0"]) == ("series_reactor", "ac_line_segment")
    net.dcline["in_service"] = False
    assert out_of(agreed(net)) == {"load.3"}


def test_a_direct_current_line_between_two_voltages_is_no_line() -> None:
    net = net_of(20.0, 20.0, 110.0)
    make(pp.create_dcline, net, 1, 2, 0.1, 1.0, 0.0, 1.0, 1.0)
    network = agreed(net)
    assert network.equipment.set_index("mrid").kind["dcline.0"] == "power_transformer"
    assert out_of(network) == set()


@pytest.mark.parametrize("ends", [("from_bus", "to_bus"), ("hv_bus", "lv_bus")])
def test_a_table_that_nobody_knows_joins_by_its_columns_and_is_told(
    net: Any, ends: tuple[str, str]
) -> None:
    net["softopenpoint"] = pd.DataFrame(
        {"name": ["SOP", None], ends[0]: [1, 1], ends[1]: [2, 3], "in_service": [True, False]}
    )
    network = read_pandapower(net)
    assert out_of(network) == {"load.3"}
    assert "softopenpoint (2) is not known" in told(network)["unknown_table"]
    assert "softopenpoint.0" in network.equipment.mrid.tolist()


def test_what_only_stands_at_a_bus_is_told_by_name(net: Any) -> None:
    make(pp.create_svc, net, 0, 1.0, -10.0, 1.0, 90.0)
    make(pp.create_ssc, net, 0, 0.0, 1.0)
    make(pp.create_shunt, net, 0, 0.1)
    net["heat_pump"] = pd.DataFrame({"bus": [1], "p_mw": [0.1]})
    found = [notice.evidence.split(" ")[0] for notice in agreed(net).notices]
    assert sorted(found) == ["heat_pump", "shunt", "ssc", "svc"]


def test_results_and_what_is_no_element_are_not_told(net: Any) -> None:
    net["res_mine"] = pd.DataFrame({"from_bus": [0], "to_bus": [2]})
    net["_mine"] = pd.DataFrame({"from_bus": [0], "to_bus": [2]})
    net["mine"] = pd.DataFrame({"color": ["red"]})
    assert not agreed(net).notices


@pytest.mark.parametrize("mode", ["slack", "vm_pu", "q_mvar"])
def test_a_converter_supplies_where_it_is_slack_and_its_grid_is_told(net: Any, mode: str) -> None:
    make(pp.create_bus_dc, net, 20.0)
    make(pp.create_bus_dc, net, 20.0)
    make(pp.create_line_dc, net, 0, 1, 1.0, "2400-CU")
    make(pp.create_vsc, net, 1, 0, 0.0, 1.0, 0.0, control_mode_ac="vm_pu")
    make(pp.create_vsc, net, 2, 1, 0.0, 1.0, 0.0, control_mode_ac=mode)
    network = agreed(net)
    assert ("load.2" in out_of(network)) == (mode != "slack")
    found = {notice.evidence.split(" ")[0] for notice in network.notices}
    assert found == {"bus_dc", "line_dc", "vsc"}


# ------------------------------------------------------------------ what stands at one bus


def test_loads_of_every_family_are_usage_points_with_their_names(net: Any) -> None:
    make(pp.create_motor, net, 1, 0.1, 0.9, name="Pump")
    make(pp.create_ward, net, 1, 0.1, 0.0, 0.0, 0.0, name="Ward")
    make(pp.create_xward, net, 1, 0.1, 0.0, 0.0, 0.0, 0.1, 0.1, 1.0, name="Xward")
    make(pp.create_asymmetric_load, net, 1, p_b_mw=0.1, name="One phase")
    points = agreed(net).usage_points.set_index("mrid")
    assert points["name"].to_dict() == {
        **{f"load.{number}": "" for number in range(4)},
        "motor.0": "Pump",
        "ward.0": "Ward",
        "xward.0": "Xward",
        "asymmetric_load.0": "One phase",
    }
    assert points.phases["asymmetric_load.0"] == "B"


def test_generators_supply_only_as_slack(net: Any) -> None:
    make(pp.create_gen, net, 2, 0.1, slack=True)
    make(pp.create_gen, net, 3, 0.1)
    make(pp.create_sgen, net, 3, 0.1)
    make(pp.create_storage, net, 3, 0.1, 1.0)
    make(pp.create_asymmetric_sgen, net, 3, 0.1)
    network = agreed(net)
    assert out_of(network) == {"load.3"}
    kinds = network.sources.set_index("mrid").kind.to_dict()
    assert kinds.pop("ext_grid.0") == kinds.pop("gen.0") == "substation"
    assert set(kinds.values()) == {"der"}
    assert len(kinds) == 4


def test_a_net_fed_by_a_generator_alone(net: Any) -> None:
    net.ext_grid = net.ext_grid.iloc[:0]
    make(pp.create_gen, net, 0, 0.1, slack=True)
    assert out_of(agreed(net)) == {"load.2", "load.3"}


def test_a_source_at_a_bus_out_of_service_feeds_nobody(net: Any) -> None:
    net.bus.loc[0, "in_service"] = False
    assert out_of(agreed(net)) == {f"load.{number}" for number in range(4)}


# ------------------------------------------------------------------ three windings


@pytest.fixture
def star() -> Any:
    """Return a three-winding transformer, fed from 110 kV, with loads at 20 and 10 kV."""
    net = net_of(110.0, 20.0, 10.0)
    make(pp.create_transformer3w, net, 0, 1, 2, TRAFO3W, name="T1")
    return net


@pytest.mark.parametrize(
    ("bus", "lost"),
    [(0, {"load.0", "load.1", "load.2"}), (1, {"load.1"}), (2, {"load.2"})],
)
def test_a_bus_out_of_service_opens_its_own_winding(star: Any, bus: int, lost: set[str]) -> None:
    star.bus.loc[bus, "in_service"] = False
    assert out_of(agreed(star)) == lost


@pytest.mark.parametrize(("bus", "lost"), [(0, {"load.1", "load.2"}), (1, {"load.1"})])
def test_a_switch_opens_the_winding_at_its_side(star: Any, bus: int, lost: set[str]) -> None:
    make(pp.create_switch, star, bus, 0, et="t3", closed=False)
    assert out_of(agreed(star)) == lost


def test_windings_are_fed_by_one_another_when_the_high_side_is_open(star: Any) -> None:
    make(pp.create_switch, star, 0, 0, et="t3", closed=False)
    make(pp.create_ext_grid, star, 1)
    assert out_of(agreed(star)) == set()


# ------------------------------------------------------------------ switches


def test_a_switch_at_a_bus_that_is_no_end_of_its_line_opens_it_and_is_told(net: Any) -> None:
    make(pp.create_switch, net, 0, 0, et="l", closed=False)
    net.switch.loc[0, "bus"] = 3
    network = agreed(net)
    assert out_of(network) == {"load.1", "load.2", "load.3"}
    assert "switch.0 stands at bus 3" in told(network)["switch_off_its_element"]
    net.switch.loc[0, "closed"] = True
    assert out_of(agreed(net)) == {"load.2", "load.3"}


def test_so_does_one_of_a_transformer() -> None:
    net = net_of(20.0, 0.4, 0.4)
    make(pp.create_transformer, net, 0, 1, TRAFO)
    make(pp.create_switch, net, 1, 0, et="t", closed=False)
    net.switch.loc[0, "bus"] = 2
    assert out_of(agreed(net)) == {"load.1", "load.2"}


def test_one_away_from_a_three_winding_transformer_opens_nothing(star: Any) -> None:
    make(pp.create_bus, star, 20.0)
    make(pp.create_switch, star, 1, 0, et="t3", closed=False)
    star.switch.loc[0, "bus"] = 3
    network = agreed(star)
    assert out_of(network) == set()
    assert "opens none of it" in told(network)["switch_off_its_element"]


@pytest.mark.parametrize("kind", ["l", "t", "t3", "x", None])
def test_a_switch_without_its_element_is_told(net: Any, kind: str | None) -> None:
    make(pp.create_switch, net, 0, 0, et="l")
    net.switch.loc[0, ["element", "et"]] = [9, kind]
    network = read_pandapower(net)
    assert "switch.0 switches" in told(network)["switch_without_element"]
    with pytest.raises(NotFoundError):
        network.ids.find_element("switch.0")


def test_a_line_from_a_bus_to_itself_has_its_switch_once(net: Any) -> None:
    make(pp.create_line, net, 1, 1, 1.0, LINE)
    make(pp.create_switch, net, 1, 1, et="l", closed=False)
    assert agreed(net).equipment.mrid.tolist().count("switch.0") == 1


# ------------------------------------------------------------------ odd cells


def test_an_odd_value_is_taken_as_not_known_and_told(net: Any) -> None:
    net.line.loc[0, ["length_km", "max_i_ka"]] = [-1.0, float("inf")]
    network = agreed(net)
    line = network.equipment.set_index("mrid").loc["line.0"]
    assert line.rated_a != line.rated_a
    evidence = [notice.evidence for notice in network.notices]
    assert len(evidence) == 2
    assert all("line.0: " in each for each in evidence)


def test_a_word_for_closed_is_understood_and_another_told(net: Any) -> None:
    make(pp.create_switch, net, 0, 0, et="l")
    net.switch["closed"] = net.switch["closed"].astype(object)
    net.switch.loc[0, "closed"] = "False"
    network = read_pandapower(net)
    assert out_of(network) == {"load.1", "load.2", "load.3"}
    assert not network.notices
    net.switch.loc[0, "closed"] = "perhaps"
    network = read_pandapower(net)
    assert out_of(network) == {"load.2", "load.3"}
    assert "switch.0: closed 'perhaps'" in told(network)["odd_value"]


def test_a_bus_whose_place_is_a_line_is_named(net: Any) -> None:
    net.bus.loc[1, "geo"] = '{"type": "LineString", "coordinates": [[7, 50], [8, 50]]}'
    with pytest.raises(SourceError, match=r"the geo of bus\.1 is a LineString, not a Point"):
        read_pandapower(net)


@pytest.mark.parametrize("geo", ['{"type": "Point"}', "POINT (7 50)", '{"x": 1}'])
def test_a_place_that_is_no_geojson_is_told_and_the_neighbors_taken(net: Any, geo: str) -> None:
    net.bus.loc[1, "geo"] = geo
    network = read_pandapower(net)
    assert "the geo of bus.1 is no GeoJSON" in told(network)["odd_geometry"]
    nodes = network.nodes.set_index("mrid").geometry
    assert nodes["bus.1"] == nodes["bus.0"]


def test_the_course_of_a_line_is_merged_or_told(net: Any) -> None:
    parts = '{"type": "MultiLineString", "coordinates": [[[7, 50], [7, 51]], [[7, 51], [8, 51]]]}'
    net.line.loc[0, "geo"] = parts
    network = read_pandapower(net)
    assert network.equipment.geometry[0].wkt == "LINESTRING (7 50, 7 51, 8 51)"
    net.line.loc[0, "geo"] = parts.replace("[[7, 51], [8, 51]]", "[[9, 51], [8, 51]]")
    network = read_pandapower(net)
    assert "line.0 is a MultiLineString" in told(network)["odd_geometry"]
    assert len(network.equipment.geometry[0].coords) == 2


def test_what_is_no_net_is_refused() -> None:
    with pytest.raises(SourceError, match="a set is no pandapower net"):
        read_pandapower({"bus"})


def test_rows_may_be_counted_with_gaps_or_named(net: Any) -> None:
    net.bus.index = pd.Index(["North", "South", "7", 9], dtype=object)
    net.line[["from_bus", "to_bus"]] = net.line[["from_bus", "to_bus"]].astype(object)
    net.line.loc[0, ["from_bus", "to_bus"]] = ["North", 7.0]
    net.load["bus"] = ["North", "South", 7, 9.0]
    net.ext_grid["bus"] = ["North"]
    network = read_pandapower(net)
    assert out_of(network) == {"load.1", "load.3"}
    assert "bus.7" in network.nodes.mrid.tolist()
