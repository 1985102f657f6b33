"""Every data-quality rule finds the one defect it is for, and nothing in a sound network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import shapely

import gridtwin
from gridtwin.analysis.quality.checks import RULES, Report
from gridtwin.errors import InputError
from gridtwin.model.network import Network
from gridtwin.model.origins import SourceRows
from networks import network

PAGE = Path(__file__).parents[2] / "docs/check.md"
FRAMES = ("nodes", "equipment", "usage_points", "sources", "feeders")


def sound(
    rows: str = "",
    *,
    meters: str = "",
    sources: str = "",
    heads: str = "",
    volts: str = "",
    east: float = 0.0,
    edit: dict[tuple[str, str, str], Any] | None = None,
) -> Network:
    """
    Return a sound network, with what a case adds to it or changes in it.

    ::

        S ─BKR1─ a ─TIE/ ─ b ─BKR2─ T
                 └─T1─ la(M1)   └─T2─ lb(M2)

    `east` moves it by so many degrees; `edit` maps frame, mRID and column to another value.
    """
    drawn = network(
        f"""
        BKR1 breaker S a ABC
        T1 power_transformer a la ABC
        TIE load_break_switch a b ABC ABC
        T2 power_transformer b lb ABC
        BKR2 breaker T b ABC
        {rows}
        """,
        meters=f"M1@la M2@lb {meters}",
        sources=f"S T {sources}",
        heads=f"BKR1 BKR2 {heads}",
        volts=f"S=12470 a=12470 la=240 T=12470 b=12470 lb=240 {volts}",
    )
    frames = {name: getattr(drawn, name) for name in FRAMES}
    if east:
        nodes = frames["nodes"]
        nodes["geometry"] = [shapely.Point(place.x + east, place.y) for place in nodes.geometry]
        for name in ("equipment", "usage_points"):
            frames[name] = frames[name].drop(columns="geometry")
    for (name, mrid, column), value in (edit or {}).items():
        frame = frames[name]
        frame.loc[frame.mrid == mrid, column] = value
    return Network.from_frames(**frames)


def check(drawn: Network, **options: Any) -> Report:
    return gridtwin.open(drawn).check(**options)


class Case(NamedTuple):
    """A defect: what is added to the sound network, and the one finding it must give."""

    rule: str
    severity: str
    mrid: str
    evidence: str  # all of it
    drawn: dict[str, Any]
    besides: tuple[str, ...] = ()  # other rules that this defect cannot but break


CASES = (
    # Errors: answers are wrong.
    Case(
        "island",
        "error",
        "x1",
        "2 nodes and 1 usage points without supply",
        {
            "rows": "LOST ac_line_segment x1 x2 ABC",
            "meters": "M3@x2",
            "volts": "x1=12470 x2=12470",
        },
    ),
    Case(
        "feeder_head",
        "error",
        "feeder-SPARE",
        "its head SPARE does not conduct",
        {"rows": "SPARE load_break_switch S a ABC ABC", "heads": "SPARE"},
        besides=("feeder_without_tie",),
    ),
    Case(
        "feeder_head",
        "error",
        "feeder-ASTRAY",
        "its head ASTRAY has no supply",
        {
            "rows": "ASTRAY breaker x1 x2 ABC",
            "heads": "ASTRAY",
            "volts": "x1=12470 x2=12470",
        },
        besides=("feeder_without_tie", "island"),
    ),
    Case(
        "phase_break",
        "error",
        "LINE",
        "records phases C, which no neighbor carries",
        {
            "rows": "FUSE fuse a c A\nLINE ac_line_segment c d C",
            "volts": "c=12470 d=12470",
        },
    ),
    Case(
        "voltage_change",
        "error",
        "LINE",
        "12,470 V on one side, 34,500 V on the other",
        {"rows": "LINE ac_line_segment a c ABC", "volts": "c=34500"},
    ),
    Case(
        "unsnapped",
        "error",
        "x1",
        "0.11 m from a, which has supply, and not joined to it",
        {
            "rows": "LINE ac_line_segment x1 x2 ABC",
            "volts": "x1=12470 x2=12470",
            "edit": {("nodes", "x1", "geometry"): shapely.Point(0.002, 1e-6)},
        },
        besides=("far_geometry", "island"),  # the line is drawn to where x1 was
    ),
    Case(
        "null_island",
        "error",
        "la",
        "at (0, 0), 10,563 km from the network",
        {"east": -95.0, "edit": {("nodes", "la", "geometry"): shapely.Point(0, 0)}},
        besides=("long_line",),
    ),
    Case(
        "long_line",
        "error",
        "LINE",
        "1,200 km long",
        {
            "rows": "LINE ac_line_segment a c ABC",
            "volts": "c=12470",
            "edit": {("equipment", "LINE", "length_m"): 1_200_000.0},
        },
    ),
    Case(
        "volts_in_kv",
        "error",
        "c",
        "1 nodes have a nominal_v of 0.48 V",
        {"rows": "T3 power_transformer a c ABC", "meters": "M3@c", "volts": "c=0.48"},
    ),
    Case(
        "no_transformer",
        "error",
        "M3",
        "no transformer lies on its way to the source",
        {
            "rows": "BKR3 breaker X c ABC\nTIE3 disconnector c la ABC ABC",
            "meters": "M3@c",
            "sources": "X",
            "heads": "BKR3",
            "volts": "X=240 c=240",
        },
    ),
    # Warnings: answers may be wrong.
    Case(
        "no_feeder",
        "warning",
        "M3",
        "no feeder head lies on its way to the source",
        {
            "rows": "T3 power_transformer S c ABC",
            "meters": "M3@c",
            "volts": "c=240",
        },
    ),
    Case(
        "multi_fed",
        "warning",
        "feeder-BKR1",
        "2 nodes have another way to a source, a, la",
        {"rows": "SHUT disconnector a b ABC"},
        besides=("loop", "multi_fed"),  # the loop through both sources; the other feeder
    ),
    Case(
        "loop",
        "warning",
        "SW",
        "closed loop of L1, L2, SW",
        {
            "rows": """L1 ac_line_segment a c ABC
                       L2 ac_line_segment c d ABC
                       SW load_break_switch d a ABC""",
            "volts": "c=12470 d=12470",
        },
    ),
    Case(
        "parallel_switches",
        "warning",
        "BYPASS",
        "closed switch RCL joins the same nodes",
        {
            "rows": "RCL recloser a c ABC\nBYPASS disconnector c a ABC",
            "volts": "c=12470",
        },
        besides=("loop",),
    ),
    Case(
        "duplicate",
        "warning",
        "TIE-COPY",
        "same nodes, kind and phases as TIE",
        {"rows": "TIE-COPY load_break_switch b a ABC ABC"},
    ),
    Case(
        "self_loop",
        "warning",
        "LINE",
        "both ends are at the same node",
        {"rows": "LINE ac_line_segment a a ABC"},
    ),
    Case(
        "head_is_no_switch",
        "warning",
        "feeder-LINE",
        "its head LINE (ac_line_segment) is no switch",
        {
            "rows": "LINE ac_line_segment S c ABC\nTIE3 disconnector c b ABC ABC",
            "heads": "LINE",
            "volts": "c=12470",
        },
    ),
    Case(
        "dead_phase",
        "warning",
        "LINE",
        "phase B cannot come here",
        {
            "rows": "FUSE fuse a c A\nLINE ac_line_segment c d AB",
            "volts": "c=12470 d=12470",
        },
    ),
    Case(
        "usage_point_phase",
        "warning",
        "M3",
        "records phases C; its node has others",
        {
            "rows": "FUSE fuse a c A",
            "meters": "M3@c:C",
            "volts": "c=12470",
        },
    ),
    Case(
        "fed_on_low_side",
        "warning",
        "STEP-UP",
        "supply comes in on the side of lower voltage",
        {
            "rows": "STEP-UP power_transformer a c ABC",
            "meters": "M3@c",
            "volts": "c=34500",
        },
    ),
    Case(
        "overloaded_transformer",
        "warning",
        "T1",
        "peaks add up to 90 kW on 50 kVA",
        {
            "edit": {
                ("equipment", "T1", "rated_va"): 50_000.0,
                ("usage_points", "M1", "peak_w"): 90_000.0,
            }
        },
    ),
    Case(
        "recorded_transformer",
        "warning",
        "M1",
        "records T2, which does not feed it",
        {"edit": {("usage_points", "M1", "transformer"): "T2"}},
    ),
    Case(
        "zero_length",
        "warning",
        "LINE",
        "length_m is 0",
        {
            "rows": "LINE ac_line_segment a c ABC",
            "volts": "c=12470",
            "edit": {("equipment", "LINE", "length_m"): 0.0},
        },
    ),
    Case(
        "far_usage_point",
        "warning",
        "M1",
        "drawn 1,112 m from its node",
        {"edit": {("usage_points", "M1", "geometry"): shapely.Point(0.004, 0.01)}},
    ),
    Case(
        "far_geometry",
        "warning",
        "LINE",
        "drawn 1,112 m from its nodes",
        {
            "rows": "LINE ac_line_segment a c ABC",
            "volts": "c=12470",
            "edit": {
                ("equipment", "LINE", "geometry"): shapely.LineString(
                    [(0.004, 0.01), (0.002, 0.01)]  # reversed, which is no fault
                )
            },
        },
    ),
    Case(
        "shared_id",
        "warning",
        "T1",
        "1 ids of equipment stand in usage_points too, T1",
        {"meters": "T1@la"},
    ),
    Case(
        "open_no_switch",
        "warning",
        "LINE",
        "stands open, and nobody can close it",
        {"rows": "LINE ac_line_segment a b ABC ABC"},
    ),
    # Infos: worth a look.
    Case(
        "tie_to_itself",
        "info",
        "RING",
        "both sides are fed by feeder-BKR1",
        {
            "rows": "LINE ac_line_segment a c ABC\nRING disconnector c a ABC ABC",
            "volts": "c=12470",
        },
    ),
    Case(
        "feeder_without_tie",
        "info",
        "feeder-BKR3",
        "no open switch leads to another feeder",
        {
            "rows": "BKR3 breaker S c ABC",
            "meters": "M3@c",
            "heads": "BKR3",
            "volts": "c=12470",
        },
    ),
    Case(
        "could_back_energize",
        "info",
        "T3",
        "its low-voltage side has another feed, which could back-energize medium voltage",
        {
            "rows": "T3 power_transformer a d ABC\nBUS busbar d la ABC",
            "volts": "d=240",
        },
        besides=("could_back_energize", "loop"),  # T1, which T3 stands in for, and the loop of both
    ),
    Case(
        "no_voltage",
        "info",
        "c",
        "1 nodes have no nominal_v",
        {"rows": "LINE ac_line_segment a c ABC"},
    ),
    Case(
        "idle_transformer",
        "info",
        "T3",
        "no usage point hangs on it",
        {"rows": "T3 power_transformer a c ABC", "volts": "c=240"},
    ),
    Case(
        "nobody_served",
        "info",
        "M3",
        "customers is 0",
        {"meters": "M3@la:ABC*0"},
    ),
    Case(
        "out_of_service",
        "info",
        "LINE",
        "in_service is false",
        {
            "rows": "LINE ac_line_segment a b ABC",
            "edit": {("equipment", "LINE", "in_service"): False},
        },
    ),
    Case(
        "out_of_service",
        "info",
        "source-a",
        "in_service is false",
        {"sources": "a", "edit": {("sources", "source-a", "in_service"): False}},
    ),
)


def test_a_sound_network_gives_no_finding() -> None:
    report = check(sound())
    assert report.findings == ()
    assert report.counts == {}
    assert report.worst == ""


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}-{case.mrid}" for case in CASES])
def test_a_defect_breaks_its_rule(case: Case) -> None:
    report = check(sound(**case.drawn))
    first, *others = sorted(
        report.findings, key=lambda found: (found.rule != case.rule, found.mrid != case.mrid)
    )
    assert (first.rule, first.severity, first.mrid, first.evidence) == (
        case.rule,
        case.severity,
        case.mrid,
        case.evidence,
    )
    assert {found.rule for found in others} == set(case.besides)


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.name for rule in RULES}


def test_a_transformer_feeds_what_hangs_on_feeders_below_it() -> None:
    """Low-voltage feeders have their heads below the transformer that their meters record."""
    drawn = sound(
        """T3 power_transformer a bus ABC
           H1 breaker bus c ABC
           H2 breaker bus d ABC
           TIE3 disconnector c d ABC ABC""",
        meters="M3@c M4@d",
        heads="H1 H2",
        volts="bus=400 c=400 d=400",
        edit={
            ("usage_points", "M3", "transformer"): "T3",
            ("usage_points", "M4", "transformer"): "T1",
        },
    )
    assert [found.mrid for found in check(drawn).findings] == ["M4"]


def test_a_finding_says_where_and_how_to_mend() -> None:
    (found,) = check(sound("LINE ac_line_segment a c ABC", volts="c=34500")).findings
    # Nodes stand on the equator in order of name, 0.001 degrees apart: S, T, a, b, c.
    assert found.place == pytest.approx((0.003, 0.0))
    assert found.mend == "correct nominal_v, or the kind"


def test_a_finding_names_the_row_of_the_source() -> None:
    bad = sound("L9 ac_line_segment a a ABC")
    rows = SourceRows(["L9"], ["LINES"], ["7"])
    (found,) = check(bad.with_origins({"equipment": rows}), rules=["self_loop"]).findings
    assert (found.mrid, found.layer, found.key) == ("L9", "LINES", "7")


def test_errors_come_first_and_one_rule_can_be_asked_for() -> None:
    drawn = sound("LINE ac_line_segment a c ABC\nLOOP ac_line_segment a a ABC", volts="c=34500")
    report = check(drawn)
    assert [found.severity for found in report.findings] == ["error", "warning"]
    assert report.worst == "error"
    alone = check(drawn, rules=["self_loop"])
    assert alone.counts == {"self_loop": 1}
    assert alone.worst == "warning"


def test_an_unknown_rule_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no rule is called 'islands': use one of island, "):
        check(sound(), rules=["islands"])


def test_page_lists_exactly_the_rules_there_are() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \|.*\| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert listed == [(rule.name, rule.severity, rule.mend) for rule in RULES]


def places(where: dict[str, tuple[float, float]], crs: str) -> list[str]:
    """Return the rules that some nodes on one line break by where they lie."""
    names = list(where)
    drawn = Network.from_frames(
        nodes={"mrid": names, "geometry": [shapely.Point(each) for each in where.values()]},
        equipment={
            "mrid": names[1:],
            "kind": ["ac_line_segment"] * (len(names) - 1),
            "node_a": names[:-1],
            "node_b": names[1:],
        },
        sources={"mrid": ["GRID"], "node": names[:1]},
        crs=crs,
    )
    found = check(drawn, rules=["null_island", "long_line"]).findings
    return [f"{each.rule} {each.mrid}" for each in found]


def test_a_network_at_the_origin_is_no_null_island() -> None:
    equator = {"a": (0.0, 0.0), "b": (0.001, 0.0), "c": (0.5, 0.5)}
    assert places(equator, "EPSG:4326") == []
    assert places(equator, "none") == []


def test_planar_coordinates_have_a_null_island_too() -> None:
    utm = {"a": (500_000.0, 3_300_000.0), "b": (500_100.0, 3_300_000.0), "c": (0.0, 0.0)}
    assert places(utm, "none") == ["long_line c", "null_island c"]


def test_a_line_that_is_far_longer_than_the_others_is_found() -> None:
    houston = {f"n{at}": (-95.0 + at / 1000, 29.7) for at in range(9)}
    assert places(houston | {"far": (-93.0, 29.7)}, "EPSG:4326") == ["long_line far"]
    assert places({"a": (-95.0, 29.7), "far": (-93.0, 29.7)}, "EPSG:4326") == []


def test_180_degrees_is_no_long_line() -> None:
    assert places({"a": (179.99, -17.0), "b": (-179.99, -17.0)}, "EPSG:4326") == []


def test_several_voltages_in_kilovolts_are_told_one_by_one() -> None:
    drawn = sound(volts="S=12.47 a=12.47 la=0.24")
    found = check(drawn, rules=["volts_in_kv"]).findings
    assert [each.evidence for each in found] == [
        "2 nodes have a nominal_v of 12.47 V",
        "1 nodes have a nominal_v of 0.24 V",
    ]
