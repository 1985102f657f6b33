"""What `unsnapped` advises to join can be joined without harm, and what is no gap is not told."""

from __future__ import annotations

import pytest
import shapely

import gridtwin
from gridtwin.model.network import Network

Places = dict[str, tuple[float, float]]

FEEDER = """
    BKR breaker S a ABC
    L1 ac_line_segment a b ABC
    """
WHERE: Places = {"S": (0, 0), "a": (5, 0), "b": (100, 0)}


def feeder(
    rows: str,
    places: Places,
    *,
    volts: dict[str, float] | None = None,
    meters: str = "",
    out: str = "",
    crs: str = "none",
) -> Network:
    """
    Return a feeder and what is drawn beside it, in meters.

    ::

        S ─BKR─ a ─L1─ b
    """
    lines = [line.split() for line in (FEEDER + rows).strip().splitlines()]
    where = WHERE | places
    level = dict.fromkeys(where, 12_470.0) | (volts or {})
    return Network.from_frames(
        nodes={
            "mrid": list(where),
            "geometry": [shapely.Point(place) for place in where.values()],
            "nominal_v": [level[node] for node in where],
        },
        equipment={
            "mrid": [line[0] for line in lines],
            "kind": [line[1] for line in lines],
            "node_a": [line[2] for line in lines],
            "node_b": [line[3] for line in lines],
            "phases": [line[4] for line in lines],
            "normal_open": [line[5] if len(line) > 5 else "" for line in lines],
            "in_service": [line[0] != out for line in lines],
        },
        usage_points={
            "mrid": [f"M-{node}" for node in meters.split()],
            "node": meters.split(),
        },
        sources={"mrid": ["GRID"], "node": ["S"]},
        crs=crs,
    )


def gaps(network: Network) -> list[tuple[str, str]]:
    findings = gridtwin.open(network).check(rules=["unsnapped"]).findings
    return [
        (found.mrid, found.evidence.partition("from ")[2].partition(",")[0]) for found in findings
    ]


def test_the_end_of_a_line_beside_another_is_found() -> None:
    drawn = feeder("L2 ac_line_segment x y ABC", {"x": (100.2, 0), "y": (200, 0)})
    assert gaps(drawn) == [("x", "b")]


def test_the_end_of_a_line_beside_the_middle_of_another_is_found() -> None:
    drawn = feeder("L2 ac_line_segment x y ABC", {"x": (5, 0.2), "y": (5, 80)})
    assert gaps(drawn) == [("x", "a")]


@pytest.mark.parametrize("code", ["load_break_switch", "fuse", "ac_line_segment"])
def test_the_two_sides_of_one_open_device_are_no_gap(code: str) -> None:
    rows = f"SW {code} b x ABC ABC\nL2 ac_line_segment x y ABC"
    assert gaps(feeder(rows, {"x": (100, 0), "y": (200, 0)})) == []


def test_the_two_sides_of_what_is_out_of_service_are_no_gap() -> None:
    rows = "SW load_break_switch b x ABC\nL2 ac_line_segment x y ABC"
    assert gaps(feeder(rows, {"x": (100, 0), "y": (200, 0)}, out="SW")) == []


def test_the_ends_of_a_chain_with_one_open_device_are_no_gap() -> None:
    rows = "F fuse b x ABC\nSW recloser x y ABC ABC\nL2 ac_line_segment y z ABC"
    places: Places = {"x": (103, 0), "y": (100.1, 0), "z": (200, 0)}
    assert gaps(feeder(rows, places)) == []


def test_long_chains_at_one_place_are_no_gap() -> None:
    rows = """J1 jumper b c ABC
        J2 jumper c d ABC
        J3 jumper d e ABC
        SW recloser e f ABC ABC
        J4 jumper f g ABC
        L2 ac_line_segment g z ABC"""
    assert gaps(feeder(rows, dict.fromkeys("cdefg", (100.0, 0.0)) | {"z": (200, 0)})) == []


def test_an_open_line_end_at_a_busbar_with_others_is_no_gap() -> None:
    rows = """SW1 load_break_switch b p ABC
        L2 ac_line_segment p q ABC
        SW2 load_break_switch b r ABC ABC
        L3 ac_line_segment r s ABC"""
    places: Places = {"p": (100, 0), "q": (150, 50), "r": (100, 0), "s": (150, -50)}
    assert gaps(feeder(rows, places)) == []


def test_the_loose_side_of_an_open_tie_is_dead_by_design() -> None:
    rows = """L2 ac_line_segment a c ABC
        L3 ac_line_segment c d ABC
        L4 ac_line_segment d e ABC
        TIE load_break_switch e x ABC ABC"""
    places: Places = {"c": (5, 60), "d": (60, 60), "e": (100, 60), "x": (100, 0.1)}
    assert gaps(feeder(rows, places)) == []


def test_what_may_belong_behind_an_open_device_is_not_joined_before_it() -> None:
    rows = "SW load_break_switch b x ABC {}\nL2 ac_line_segment y z ABC"
    places: Places = {"x": (100, 0), "y": (100, 0), "z": (200, 0)}
    assert gaps(feeder(rows.format("ABC"), places)) == []
    assert gaps(feeder(rows.format(""), places)) == [("y", "x")]


def test_different_voltages_are_never_joined() -> None:
    rows, places = "L2 ac_line_segment x y ABC", {"x": (100.2, 0.0), "y": (200.0, 0.0)}
    assert gaps(feeder(rows, places, volts={"x": 240.0, "y": 240.0})) == []
    told = {"x": float("nan"), "y": 240.0}  # y says what x is
    assert gaps(feeder(rows, places, volts=told)) == []
    unknown = dict.fromkeys("xy", float("nan"))
    assert gaps(feeder(rows, places, volts=unknown)) == [("x", "b")]


def test_phases_in_common_are_needed() -> None:
    rows = "F fuse a c A\nL2 ac_line_segment c d A\nL3 ac_line_segment x y {phase}"
    places: Places = {"c": (5, 9), "d": (5, 60), "x": (5, 60.1), "y": (5, 90)}
    assert gaps(feeder(rows.format(phase="B"), places)) == []
    assert gaps(feeder(rows.format(phase="A"), places)) == [("x", "d")]


def test_ends_of_lines_of_one_class_come_before_what_is_nearer() -> None:
    rows = """L2 ac_line_segment x y ABC
        D1 service_drop a p ABC
        L3 ac_line_segment a q ABC
        L4 ac_line_segment a r ABC
        L5 ac_line_segment r t ABC"""
    places: Places = {
        "x": (50, 50), "y": (50, 99), "p": (50.05, 50), "q": (50.2, 50), "r": (49.9, 50),
        "t": (20, 99),
    }  # fmt: skip
    assert gaps(feeder(rows, places)) == [("x", "q")]


def test_a_place_is_told_once() -> None:
    rows = "L2 ac_line_segment x y ABC\nJ jumper x z ABC"
    places: Places = {"x": (100.1, 0), "z": (100.2, 0), "y": (200, 0)}
    assert gaps(feeder(rows, places)) == [("z", "b")]


def test_circuits_that_share_a_pole_are_no_gap() -> None:
    rows = """L2 ac_line_segment b c ABC
        SW load_break_switch S x ABC ABC
        L3 ac_line_segment x y ABC
        L4 ac_line_segment y z ABC"""
    places: Places = {"c": (200, 0), "x": (5, 0), "y": (100, 0.1), "z": (150, 70)}
    assert gaps(feeder(rows, places)) == []


def test_neighbors_in_one_house_are_no_gap() -> None:
    rows = """D1 service_drop b p ABC
        SW fuse b q ABC ABC
        L2 ac_line_segment q r ABC
        L3 ac_line_segment r u ABC
        D2 service_drop u t ABC"""
    places: Places = {"p": (120, 9), "q": (101, 0), "r": (110, 0), "u": (115, 3), "t": (120, 9)}
    assert gaps(feeder(rows, places, meters="p t")) == []


def test_planar_numbers_that_are_small_are_no_degrees() -> None:
    rows, places = "L2 ac_line_segment x y ABC", {"x": (50.2, 50.0), "y": (60.0, 50.0)}
    drawn = feeder(rows, {**places, "a": (0.1, 0.0), "b": (50.0, 50.0)})
    assert gaps(drawn) == [("x", "b")]


def test_planar_coordinates_may_be_feet_or_of_a_small_diagram() -> None:
    rows = "L2 ac_line_segment x y ABC"
    assert gaps(feeder(rows, {"x": (100.9, 0), "y": (200, 0)})) == [("x", "b")]
    diagram: Places = {"a": (1, 0), "b": (2, 0), "x": (2.3, 0), "y": (3, 0)}
    assert gaps(feeder(rows, diagram)) == []


def test_180_degrees_is_no_gap_in_the_world() -> None:
    rows = "L2 ac_line_segment x y ABC"
    places: Places = {"b": (180, -17), "a": (179.9, -17), "S": (179.8, -17), "x": (-180, -17)}
    drawn = feeder(rows, places | {"y": (-179.9, -17)}, crs="EPSG:4326")
    assert gaps(drawn) == [("x", "b")]
