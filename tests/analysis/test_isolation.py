"""What has to stand open around a section, and what only dead ends lie beyond."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import gridtwin
from gridtwin.analysis.trace.fault_isolation import isolate_faults
from gridtwin.analysis.trace.spec import TraceSpec
from gridtwin.model.network import Network
from gridtwin.twin import Twin
from networks import network

# A trunk with a lateral that ends, and a source at its head.
TRUNK = """
    B1 breaker S a ABC
    L1 ac_line_segment a b ABC
    FUSE fuse b c ABC
    LAT ac_line_segment c d ABC
    """
SIDES = ("operate", "verify_and_tag", "dead_beyond")


def sides(drawn: Network | Twin, *mrids: str, **options: Any) -> dict[str, set[str]]:
    """Return the boundaries of an isolation section by what is to be done with them."""
    twin = drawn if isinstance(drawn, Twin) else gridtwin.open(drawn)
    found = twin.trace("isolation", *mrids, **options)
    named = {side: set(found.elements[found.classes == side].tolist()) for side in SIDES}
    return {side: names for side, names in named.items() if names}


def edited(drawn: Network, table: str, column: str, values: dict[str, Any]) -> Network:
    """Return a network with other values of one column, by mRID."""
    rows = getattr(drawn.data, table)
    changed = np.array(getattr(rows, column))
    for mrid, value in values.items():
        changed[rows.mrid == mrid.encode()] = value
    tables = {table: replace(rows, **{column: changed})}
    return Network(replace(drawn.data, **tables), crs=drawn.crs)


def with_der(drawn: Network, mrid: str) -> Network:
    return edited(drawn, "sources", "kind", {mrid: 2})


def test_a_lateral_that_ends_needs_no_operation() -> None:
    assert sides(network(TRUNK), "L1") == {"operate": {"B1"}, "dead_beyond": {"FUSE"}}


def test_all_sides_are_operated_when_asked_for() -> None:
    assert sides(network(TRUNK), "L1", all_sides=True) == {"operate": {"B1", "FUSE"}}


def test_an_open_switch_before_a_dead_end_needs_no_tag() -> None:
    drawn = network(TRUNK + "SPARE load_break_switch b e ABC ABC")
    assert sides(drawn, "L1") == {"operate": {"B1"}, "dead_beyond": {"FUSE", "SPARE"}}
    every = sides(drawn, "L1", all_sides=True)
    assert every == {"operate": {"B1", "FUSE"}, "verify_and_tag": {"SPARE"}}


def test_an_open_tie_on_a_lateral_makes_its_fuse_count() -> None:
    drawn = network(TRUNK + "TIE load_break_switch d T ABC ABC", sources="S T")
    assert sides(drawn, "L1") == {"operate": {"B1", "FUSE"}}
    assert sides(drawn, "LAT") == {"operate": {"FUSE"}, "verify_and_tag": {"TIE"}}


def test_a_source_behind_several_open_switches_still_counts() -> None:
    """In some position of the switches it reaches the section: both could be closed."""
    drawn = network(
        TRUNK + "T1 load_break_switch d x ABC ABC\nT2 disconnector x T ABC ABC", sources="S T"
    )
    assert sides(drawn, "L1") == {"operate": {"B1", "FUSE"}}


def test_a_switch_on_site_that_nobody_operates_leads_on_to_a_source() -> None:
    """What stands open and has no control is open today; it does not make a dead end for ever."""
    drawn = network(TRUNK + "OLD disconnector d T ABC ABC", sources="S T")
    drawn = edited(drawn, "equipment", "control", {"OLD": 0})
    assert sides(drawn, "L1") == {"operate": {"B1", "FUSE"}}


def test_a_source_on_one_phase_counts() -> None:
    drawn = network(TRUNK + "TIE load_break_switch d T B B", sources="S T")
    assert sides(drawn, "L1")["operate"] == {"B1", "FUSE"}


def test_a_distributed_resource_on_a_lateral_counts_as_a_source() -> None:
    drawn = with_der(network(TRUNK, sources="S d"), "source-d")
    assert sides(drawn, "L1") == {"operate": {"B1", "FUSE"}}


def test_generation_of_a_customer_counts_through_his_transformer() -> None:
    """Low voltage feeds no medium voltage when supply is reckoned; it may kill a lineman."""
    drawn = network(
        TRUNK + "TX power_transformer d lv ABC",
        meters="M@lv",
        sources="S lv",
        volts="S=12470 a=12470 b=12470 c=12470 d=12470 lv=400",
    )
    assert sides(with_der(drawn, "source-lv"), "L1") == {"operate": {"B1", "FUSE"}}


def test_a_source_at_the_far_end_of_the_switch_itself_counts() -> None:
    drawn = with_der(network(TRUNK, sources="S c"), "source-c")
    assert sides(drawn, "L1") == {"operate": {"B1", "FUSE"}}


def test_a_source_or_a_line_out_of_service_feeds_nobody() -> None:
    drawn = network(TRUNK + "LINK ac_line_segment d T ABC", sources="S T")
    assert sides(drawn, "L1") == {"operate": {"B1", "FUSE"}}
    for table, mrid in (("sources", "source-T"), ("equipment", "LINK")):
        off = edited(drawn, table, "in_service", {mrid: False})
        assert sides(off, "L1") == {"operate": {"B1"}, "dead_beyond": {"FUSE"}}


def test_a_way_back_into_the_section_is_no_way_to_a_source() -> None:
    """
    A ring of two switches beyond the section leads back to it, and nowhere else.

    ::

        S ─B1─ a ─L1─ b,   a ─R1─ x ─R2─ b
    """
    drawn = network(
        """
        B1 breaker S a ABC
        L1 ac_line_segment a b ABC
        R1 load_break_switch a x ABC
        R2 load_break_switch x b ABC
        """,
        meters="M@x",
    )
    assert sides(drawn, "L1") == {"operate": {"B1"}, "dead_beyond": {"R1", "R2"}}


def test_the_way_to_a_source_that_leads_through_the_section_does_not_count() -> None:
    """Beyond FUSE the head is reached over the section alone; beyond B1 without it."""
    drawn = network(TRUNK + "B2 breaker S a ABC")
    assert sides(drawn, "L1") == {"operate": {"B1", "B2"}, "dead_beyond": {"FUSE"}}


def test_a_section_grows_past_what_cannot_be_operated_into_dead_ends_too() -> None:
    drawn = network(TRUNK + "F2 fuse d e ABC")
    drawn = edited(drawn, "equipment", "control", {"FUSE": 0})
    found = gridtwin.open(drawn).trace("isolation", "L1")
    assert sides(drawn, "L1") == {"operate": {"B1"}, "dead_beyond": {"F2"}}
    assert {"FUSE", "LAT"} <= set(found.elements[found.classes == "section"])
    assert any("FUSE" in warning for warning in found.warnings)


def test_a_switch_that_has_faulted_lies_in_its_section_and_does_not_bound_it() -> None:
    drawn = network(TRUNK + "SW load_break_switch d e ABC\nTIE load_break_switch e T ABC ABC",
                    sources="S T")  # fmt: skip
    assert sides(drawn, "SW") == {"operate": {"FUSE"}, "verify_and_tag": {"TIE"}}
    found = gridtwin.open(drawn).trace("isolation", "SW")
    assert "SW" in found.elements[found.classes == "section"]
    assert gridtwin.open(drawn).blast_radius("SW", scope="isolated").document()["devices"] == [
        "FUSE"
    ]


def test_a_resource_within_the_section_is_warned_of() -> None:
    drawn = with_der(network(TRUNK, sources="S b"), "source-b")
    found = gridtwin.open(drawn).trace("isolation", "L1")
    assert any("source-b" in text and "disconnect" in text for text in found.warnings)


def test_every_section_of_several_faults_is_bounded_by_itself() -> None:
    """The line beyond the fuse is repaired last: the fuse keeps the trunk from it until then."""
    twin = gridtwin.open(network(TRUNK + "F2 fuse d e ABC"))
    found = isolate_faults(twin.situation(), twin.find("L1", "LAT"))
    names = twin.network.data.equipment.mrid
    assert set(names[found.operate].tolist()) == {b"B1", b"FUSE"}
    assert set(names[found.dead_beyond].tolist()) == {b"F2"}


def test_the_state_decides_which_sides_are_open_and_not_which_are_dead() -> None:
    twin = gridtwin.open(network(TRUNK + "TIE load_break_switch d T ABC ABC", sources="S T"))
    twin.switch("FUSE", open=True)
    assert sides(twin, "L1") == {"operate": {"B1"}, "verify_and_tag": {"FUSE"}}
    twin.switch("TIE", open=False)
    assert sides(twin, "L1") == {"operate": {"B1"}, "verify_and_tag": {"FUSE"}}


def test_who_is_out_while_isolated_does_not_hang_on_the_dead_sides() -> None:
    drawn = network(TRUNK, meters="Mb@b:ABC*2 Md@d:ABC*3")
    found = gridtwin.open(drawn).blast_radius("L1", scope="isolated")
    assert found.customers == 5
    assert found.document()["devices"] == ["B1"]


def test_a_saved_trace_keeps_that_all_sides_are_wanted() -> None:
    twin = gridtwin.open(network(TRUNK))
    spec = TraceSpec("isolation", all_sides=True)
    twin.save_spec("every-side", spec)
    found = twin.trace("every-side", "L1")
    assert set(found.elements[found.classes == "operate"]) == {"B1", "FUSE"}
