"""Twenty networks that break naive engines, each with the answer written by hand."""

from __future__ import annotations

import numpy as np

import gridtwin
from gridtwin.model.network import Network
from gridtwin.twin import Twin
from networks import network, two_feeders_with_a_tie


def twin(drawn: Network) -> Twin:
    return gridtwin.open(drawn)


def out(drawn: Twin, *mrids: str, **options: str) -> set[str]:
    return set(drawn.blast_radius(mrids, **options).usage_points.tolist())


def rows(drawn: Twin, kind: str, *mrids: str, wanted: str = "", **options: object) -> set[str]:
    found = drawn.trace(kind, *mrids, **options)
    chosen = found.classes == wanted if wanted else np.ones(len(found), dtype=bool)
    return set(found.elements[chosen].tolist())


def test_01_parallel_lines_are_no_bridge_and_their_spur_is() -> None:
    """S ═P1═P2═ n1 ─SPUR─ n2(M)."""
    drawn = twin(
        network(
            """
            P1 ac_line_segment S n1 ABC
            P2 ac_line_segment S n1 ABC
            SPUR ac_line_segment n1 n2 ABC
            """,
            meters="M@n2",
        )
    )
    assert out(drawn, "P1") == out(drawn, "P2") == set()
    assert out(drawn, "P1", "P2") == out(drawn, "SPUR") == {"M"}


def test_02_closed_ring_on_a_radial_is_indeterminate() -> None:
    """S ─L─ a ─R1─ b ─R2─ a' ... a ring a-b-c hanging on L."""
    drawn = twin(
        network(
            """
            L ac_line_segment S a ABC
            R1 ac_line_segment a b ABC
            R2 ac_line_segment b c ABC
            R3 ac_line_segment c a ABC
            """,
            meters="Mb@b Mc@c",
        )
    )
    assert out(drawn, "R1") == set()
    assert out(drawn, "L") == out(drawn, "R1", "R3") == {"Mb", "Mc"}
    assert rows(drawn, "downstream", "R1") == set()
    ring = rows(drawn, "downstream", "R1", wanted="indeterminate", include_indeterminate=True)
    assert ring == {"R2", "R3"}
    assert rows(drawn, "loops", "R1") == {"R1", "R2", "R3"}


def test_03_a_tie_belongs_to_both_feeders_and_closed_feeds_both() -> None:
    drawn = twin(two_feeders_with_a_tie())
    assert rows(drawn, "feeder", "feeder-BKR1", wanted="tie") == {"TIE"}
    assert rows(drawn, "feeder", "feeder-BKR2", wanted="tie") == {"TIE"}
    drawn.switch("TIE", open=False)
    assert out(drawn, "BKR1") == out(drawn, "BKR2") == set()
    assert out(drawn, "BKR1", "BKR2") == {"M3", "M4", "M5"}


def test_04_feeders_closed_by_mistake_are_found() -> None:
    drawn = twin(two_feeders_with_a_tie())
    drawn.switch("TIE", open=False)
    assert rows(drawn, "loops", "L1") == {"BKR1", "L1", "L2", "TIE", "BKR2"}
    assert "multi_fed" in drawn.check(state="current").counts


def test_05_half_open_line_keeps_its_live_stub() -> None:
    """S ─LINE─ a ─END/ ─ b(M): the line is open at its far end only."""
    drawn = twin(
        network(
            "LINE ac_line_segment S a ABC\nEND disconnector a b ABC ABC",
            meters="Ma@a Mb@b",
        )
    )
    assert drawn.explain("Ma").supplied
    assert not drawn.explain("Mb").supplied
    assert out(drawn, "LINE") == {"Ma"}


def test_06_one_open_pole_is_a_partial_outage() -> None:
    drawn = twin(
        network("SW load_break_switch S a ABC A", meters="MA@a:A MB@a:B M3@a:ABC", heads="SW")
    )
    assert set(drawn.energized_graph()) >= {"a"}
    assert drawn.explain("M3").phases == "BC"
    assert rows(drawn, "connected", "SW") == {"SW"}, "closed in part: calling it open kills people"
    assert set(drawn.trace("connected", "SW", phase_policy="strict").elements) == {"SW"}


def test_07_transposed_phases_are_no_electrical_loop() -> None:
    """S ─LA─ a, closed by LB on another phase."""
    drawn = twin(
        network(
            """
            L1 ac_line_segment S a A
            L2 ac_line_segment a b B
            L3 ac_line_segment b S A
            """,
            meters="M@a:A",
        )
    )
    assert rows(drawn, "loops", "L1") == set()
    assert out(drawn, "L1") == {"M"}


def test_08_three_winding_transformer_is_a_star_without_a_loop() -> None:
    drawn = twin(
        network(
            """
            T1 power_transformer S star ABC
            T2 power_transformer star m1 ABC
            T3 power_transformer star m2 ABC
            """,
            meters="M1@m1 M2@m2",
            volts="S=110000 star=110000 m1=20000 m2=10000",
        )
    )
    assert rows(drawn, "loops", "T1") == set()
    assert out(drawn, "T1") == {"M1", "M2"}
    assert out(drawn, "T2") == {"M1"}


LOW_VOLTAGE_MESH = """
    F1 breaker S a ABC
    F2 breaker S b ABC
    TA power_transformer a la ABC
    TB power_transformer b lb ABC
    LV ac_line_segment la lb ABC
    """


def test_09_low_voltage_mesh_feeds_no_medium_voltage() -> None:
    """Two feeders, each with a transformer into one low-voltage mesh."""
    drawn = twin(
        network(
            LOW_VOLTAGE_MESH,
            meters="MVA@a LVA@la",
            volts="S=12470 a=12470 b=12470 la=208 lb=208",
            heads="F1 F2",
        )
    )
    assert out(drawn, "F1") == {"MVA"}, "the mesh stays live, and does not feed the feeder"
    assert out(drawn, "F1", "F2") == {"MVA", "LVA"}
    assert "could_back_energize" in drawn.check().counts
    allowed = drawn.trace("downstream", "F1", allow_lv_backfeed=True)
    assert allowed.usage_points.tolist() == []


def test_10_fuse_on_a_two_phase_tap() -> None:
    drawn = twin(
        network("L ac_line_segment S a ABC\nFUSE fuse a b AB", meters="M@b:AB M1@b:A Mc@a:C")
    )
    assert out(drawn, "FUSE") == {"M", "M1"}


def test_11_fault_between_two_open_ties_is_backfed_from_neither() -> None:
    """The section between is isolated by its own switches; nothing else hangs on it."""
    drawn = twin(
        network(
            """
            B1 breaker S a ABC
            SW load_break_switch a b ABC
            L ac_line_segment b c ABC
            T1 load_break_switch c x ABC ABC
            T2 load_break_switch b y ABC ABC
            BX breaker X x ABC
            BY breaker X y ABC
            """,
            meters="M@c Ma@a",
            sources="S X",
        )
    )
    found = drawn.trace("isolation", "L")
    assert set(found.elements[found.classes == "operate"]) == {"SW"}
    assert set(found.elements[found.classes == "verify_and_tag"]) == {"T1", "T2"}
    assert out(drawn, "L", scope="backfed") == {"M"}


def test_12_a_switch_nobody_can_operate_does_not_bound_the_section() -> None:
    drawn = network(
        """
        B1 breaker S a ABC
        DEAD disconnector a b ABC
        L ac_line_segment b c ABC
        """,
        meters="M@c Ma@a",
    )
    frames = {name: getattr(drawn, name) for name in ("nodes", "usage_points", "sources")}
    equipment = drawn.equipment
    equipment.loc[equipment.mrid == "DEAD", "control"] = "none"
    opened = twin(Network.from_frames(equipment=equipment, **frames))
    found = opened.trace("isolation", "L")
    assert set(found.elements[found.classes == "operate"]) == {"B1"}
    assert "DEAD" in found.elements
    assert any("DEAD" in warning for warning in found.warnings)
    assert out(opened, "L", scope="isolated") == {"M", "Ma"}


def test_13_start_on_an_open_switch_looks_both_ways() -> None:
    drawn = twin(two_feeders_with_a_tie())
    assert rows(drawn, "upstream", "TIE") == {"BKR1", "L1", "L2", "BKR2"}
    assert out(drawn, "TIE") == set()
    assert drawn.explain("TIE").supplied


def test_14_a_start_within_a_line_is_the_line_with_both_its_ends() -> None:
    drawn = twin(two_feeders_with_a_tie())
    assert rows(drawn, "isolation", "L1", wanted="operate") == {"BKR1"}
    assert rows(drawn, "isolation", "L1", wanted="dead_beyond") == {"FUSE"}
    assert rows(drawn, "isolation", "L1", wanted="section") == {"L1", "L2"}


def test_15_a_source_out_of_service_feeds_nothing() -> None:
    drawn = two_feeders_with_a_tie()
    names = ("nodes", "equipment", "usage_points", "feeders")
    frames = {name: getattr(drawn, name) for name in names}
    sources = drawn.sources
    sources.loc[sources.node == "T", "in_service"] = False
    opened = twin(Network.from_frames(sources=sources, **frames))
    assert not opened.explain("M5").supplied
    assert out(opened, "BKR2") == set()


def test_16_a_der_supplies_only_when_islands_are_asked_for() -> None:
    drawn = network("B breaker S a ABC\nL ac_line_segment a b ABC", meters="M@b", sources="S b")
    names = ("nodes", "equipment", "usage_points")
    sources = drawn.sources
    sources.loc[sources.node == "b", "kind"] = "der"
    opened = twin(
        Network.from_frames(sources=sources, **{name: getattr(drawn, name) for name in names})
    )
    assert out(opened, "B") == {"M"}
    assert opened.trace("downstream", "B", islands=True).usage_points.tolist() == []


def test_17_busbar_coupler_makes_either_incomer_enough() -> None:
    drawn = twin(
        network(
            """
            I1 breaker S b1 ABC
            I2 breaker T b2 ABC
            COUPLER breaker b1 b2 ABC
            BUS busbar b1 f ABC
            """,
            meters="M@f",
            sources="S T",
        )
    )
    assert out(drawn, "I1") == out(drawn, "COUPLER") == set()
    assert out(drawn, "I1", "COUPLER") == out(drawn, "BUS") == {"M"}


def test_18_an_isolated_meter_is_found_and_never_lost() -> None:
    drawn = twin(network("L ac_line_segment S a ABC", meters="M@a ALONE@nowhere"))
    assert out(drawn, "L") == {"M"}
    assert not drawn.explain("ALONE").supplied
    assert "island" in drawn.check().counts


def test_19_a_self_loop_changes_nothing() -> None:
    drawn = twin(network("L ac_line_segment S a ABC\nSELF ac_line_segment a a ABC", meters="M@a"))
    assert out(drawn, "SELF") == set()
    assert out(drawn, "L") == {"M"}
    assert "self_loop" in drawn.check().counts


def test_20_two_switches_darken_together_what_neither_does_alone() -> None:
    drawn = twin(
        network(
            """
            A load_break_switch S a ABC
            B load_break_switch S b ABC
            L ac_line_segment a b ABC
            """,
            meters="M@a",
        )
    )
    assert out(drawn, "A") == out(drawn, "B") == set()
    assert out(drawn, "A", "B") == {"M"}
