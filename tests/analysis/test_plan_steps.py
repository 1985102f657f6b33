"""Small networks by their drawing, each with the steps of its plan written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import gridtwin
from gridtwin.analysis.plan.restoration_stages import find_restoration_stages
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.network import Network
from gridtwin.model.tables import encode_texts
from gridtwin.results.plan_result import SwitchingPlan
from networks import THREE_SECTIONS, feeder_in_three_sections, network, two_feeders_with_a_tie

REMOTE, MANUAL = 2, 1


def table(found: SwitchingPlan) -> list[str]:
    """Return the steps as lines: action, device, customers back, customers still out."""
    return [
        f"{step['action']} {step['mrid']} {step['customers_restored']} {step['customers_out']}"
        for step in found.steps()
    ]


def changed(drawn: Network, **columns: dict[str, Any]) -> Network:
    """Return a network with other values: ``rated_a={"TIE": 100.0}``, ``peak_w={"M": 1e6}``."""
    data = drawn.data
    tables = {"equipment": data.equipment, "usage_points": data.usage_points}
    tables |= {"sources": data.sources}
    homes = {"rated_a": "equipment", "rated_va": "equipment", "control": "equipment"}
    homes |= {"peak_w": "usage_points", "priority": "usage_points"}
    homes |= {"source_va": "sources", "source_kind": "sources"}
    for name, values in columns.items():
        home = homes[name]
        column = name.replace("source_va", "rated_va").replace("source_kind", "kind")
        old = getattr(tables[home], column)
        new = old.astype("S20") if old.dtype.kind == "S" else np.array(old)
        for mrid, value in values.items():
            at = np.flatnonzero(tables[home].mrid == mrid.encode())
            new[at] = encode_texts([value])[0] if isinstance(value, str) else value
        tables[home] = replace(tables[home], **{column: new})
    return Network(replace(data, **tables), crs=drawn.crs)


def plan(drawn: Network, *mrids: str, **options: Any) -> SwitchingPlan:
    return gridtwin.open(drawn).restore(mrids, **options)


def three_sections(**columns: dict[str, Any]) -> Network:
    """Return a feeder in three sections, all of it switched remotely."""
    remote = dict.fromkeys(("SW1", "SW2", "TIE"), REMOTE)
    return changed(feeder_in_three_sections(), **({"control": remote} | columns))


def test_a_fault_in_the_middle_is_isolated_and_both_ends_come_back() -> None:
    found = plan(three_sections(), "L2")
    assert found.tripped == ["B1"]
    assert found.customers_at_start == 70
    assert table(found) == [
        "open SW2 0 70",
        "close TIE 40 30",
        "open SW1 0 30",
        "close B1 10 20",
    ]
    assert found.usage_points.tolist() == ["Mb"]
    assert [step["done_min"] for step in found.steps()] == [1, 2, 3, 4]
    assert found.remote_minutes == 4
    assert found.manual_minutes == 0
    assert found.optimal


def test_isolating_first_closes_nothing_before_all_sides_are_open() -> None:
    found = plan(three_sections(), "L2", isolate_first=True)
    assert table(found) == [
        "open SW1 0 70",
        "open SW2 0 70",
        "close TIE 40 30",
        "close B1 10 20",
    ]


def test_the_breaker_that_tripped_bounds_the_section_and_is_tagged() -> None:
    found = plan(three_sections(), "L1")
    assert table(found) == ["verify_and_tag B1 0 70", "open SW1 0 70", "close TIE 60 10"]


def test_a_feeder_faults_beyond_its_head() -> None:
    assert table(plan(three_sections(), "feeder-B1")) == table(plan(three_sections(), "L1"))


def test_a_tie_at_the_faulted_section_is_verified_and_never_closed() -> None:
    found = plan(three_sections(), "L3")
    assert table(found) == ["open SW2 0 70", "close B1 30 40", "verify_and_tag TIE 0 40"]


def test_a_fault_on_a_live_neighbor_does_not_touch_the_feeder() -> None:
    found = plan(three_sections(), "B2")
    assert found.customers_at_start == 7
    assert found.usage_points.tolist() == ["Md"]


def test_remote_switching_comes_before_work_on_site() -> None:
    """SW2 and the tie are on site: the crew goes there while the control room restores a."""
    drawn = three_sections(control={"SW1": REMOTE, "SW2": MANUAL, "TIE": MANUAL})
    found = plan(drawn, "L2", speed_kmh=60)
    steps = found.steps()
    assert [(step["mrid"], step["control"]) for step in steps] == [
        ("SW1", "remote"),
        ("B1", "remote"),
        ("SW2", "manual"),
        ("TIE", "manual"),
    ]
    assert [step["done_min"] for step in steps[:3]] == [1, 2, 15]
    assert steps[3]["done_min"] > 30, "a second operation and the way there"
    assert found.remote_minutes == 2
    assert found.manual_minutes == pytest.approx(steps[3]["done_min"], abs=0.01)


def test_two_crews_do_what_one_does_in_half_the_time() -> None:
    drawn = three_sections(control={"SW1": MANUAL, "SW2": MANUAL, "TIE": MANUAL, "B1": MANUAL})
    one, two = plan(drawn, "L2"), plan(drawn, "L2", crews=2)
    assert {step["crew"] for step in two.steps()} == {1, 2}
    assert two.manual_minutes < 0.6 * one.manual_minutes


def test_remote_only_isolates_at_remote_switches_and_sends_nobody() -> None:
    """SW2 is on site, so the section grows to the tie: only the first part comes back."""
    drawn = three_sections(control={"SW1": REMOTE, "SW2": MANUAL, "TIE": MANUAL})
    found = plan(drawn, "L2", remote_only=True)
    assert [step["mrid"] for step in found.steps() if step["control"] == "remote"] == ["SW1", "B1"]
    assert set(found.usage_points.tolist()) == {"Mb", "Mc"}
    moved = [step for step in found.steps() if step["action"] != "verify_and_tag"]
    assert all(step["control"] == "remote" for step in moved)


def test_the_load_on_the_way_is_held_against_ratings_with_a_margin() -> None:
    """Md and Mc together are 1.5 MW over B2: 69.4 A on each phase at 12.47 kV."""
    peaks = {"Ma": 1e5, "Mb": 1e5, "Mc": 5e5, "Md": 1e6}
    drawn = three_sections(peak_w=peaks, rated_a={"B2": 100.0, "TIE": 200.0})
    found = plan(drawn, "L2")
    check = found.steps()[1]["check"]
    assert check["most_loaded"] == "B2"
    assert check["load_a"] == pytest.approx(1.5e6 / (3**0.5 * 12_470), abs=0.1)
    assert check["margin_pct"] == pytest.approx(30.6, abs=0.1)
    assert check["phases"] == "ABC"
    assert plan(drawn, "L2", margin_pct=30).customers_restored == 50
    tight = plan(drawn, "L2", margin_pct=31)
    assert [step["mrid"] for step in tight.steps() if step["action"] == "close"] == ["B1"]


def test_a_source_too_small_is_not_closed_onto() -> None:
    peaks = {"Mc": 5e5, "Md": 1e6}
    small = three_sections(peak_w=peaks, source_va={"source-T": 1.4e6})
    assert plan(small, "L2").customers_restored == 10
    large = three_sections(peak_w=peaks, source_va={"source-T": 1.7e6})
    assert plan(large, "L2").customers_restored == 50


def test_what_a_tie_cannot_carry_is_cut_off_before_it_is_closed() -> None:
    """Two sections hang behind the tie; it carries the near one, so SW2 is opened."""
    peaks = {"Ma": 1e5, "Mb": 9e5, "Mc": 5e5, "Md": 1e5}
    drawn = three_sections(peak_w=peaks, rated_a={"TIE": 40.0})
    found = plan(drawn, "L1")
    assert table(found) == [
        "verify_and_tag B1 0 70",
        "open SW2 0 70",
        "close TIE 40 30",
        "open SW1 0 30",
    ]
    assert found.optimal


def test_a_hospital_is_restored_before_more_customers() -> None:
    """
    Only one of two laterals fits the tie.

    ::

        S ─B1─ a ─SW1─ b ─FA─ x (Mx 30, 500 kW)
                       │ ╰FB─ y (My 5, hospital, 500 kW)
                       ╰TIE/ ─ d ─B2─ T
    """
    drawn = network(
        """
        B1 breaker S a ABC
        SW1 load_break_switch a b ABC
        FA load_break_switch b x ABC
        FB load_break_switch b y ABC
        TIE load_break_switch b d ABC ABC
        B2 breaker T d ABC
        """,
        meters="Mx@x:ABC*30 My@y:ABC*5",
        sources="S T",
        volts="S=12470 a=12470 b=12470 x=12470 y=12470 d=12470 T=12470",
    )
    tied = changed(drawn, peak_w={"Mx": 5e5, "My": 5e5}, rated_a={"TIE": 30.0})
    assert plan(tied, "a").usage_points.tolist() == ["My"]
    urgent = changed(tied, priority={"My": "hospital"})
    assert plan(urgent, "a").usage_points.tolist() == ["Mx"]
    assert plan(urgent, "a", priority_weight=5).usage_points.tolist() == ["My"]


def test_two_ties_share_what_neither_carries_alone() -> None:
    """
    The trunk is opened in the middle and fed from both ends.

    ::

        S ─B1─ a ─SW1─ b ─SW2─ c ─TIE1/ ─ d ─B2─ T
                       ╰TIE2/ ─ e ─B3─ U
    """
    drawn = network(
        """
        B1 breaker S a ABC
        SW1 load_break_switch a b ABC
        SW2 load_break_switch b c ABC
        TIE1 load_break_switch c d ABC ABC
        B2 breaker T d ABC
        TIE2 load_break_switch b e ABC ABC
        B3 breaker U e ABC
        """,
        meters="Mb@b:ABC*20 Mc@c:ABC*40",
        sources="S T U",
        volts=" ".join(f"{node}=12470" for node in "SabcdeTU"),
    )
    tied = changed(drawn, peak_w={"Mb": 5e5, "Mc": 5e5}, rated_a={"TIE1": 30.0, "TIE2": 30.0})
    found = plan(tied, "a")
    assert sorted(line.rsplit(maxsplit=2)[0] for line in table(found)) == [
        "close TIE1",
        "close TIE2",
        "open SW1",
        "open SW2",
        "verify_and_tag B1",
    ]
    assert found.customers_restored == 60
    assert not any(step["closes_loop"] for step in found.steps())


def test_one_tie_that_carries_all_is_enough_and_the_other_is_the_alternative() -> None:
    drawn = network(
        """
        B1 breaker S a ABC
        SW1 load_break_switch a b ABC
        NEAR load_break_switch b d ABC ABC
        FAR load_break_switch b e ABC ABC
        B2 breaker T d ABC
        B3 breaker U e ABC
        """,
        meters="Mb@b:ABC*20",
        sources="S T U",
    )
    drawn = changed(drawn, control={"SW1": REMOTE, "NEAR": REMOTE, "FAR": MANUAL})
    found = plan(drawn, "a")
    assert table(found)[-1] == "close NEAR 20 0"
    (other,) = found.alternatives
    assert table(other)[-1] == "close FAR 20 0"
    assert other.rows.customer_minutes > found.rows.customer_minutes
    assert plan(drawn, "a", alternatives=0).alternatives == []


def test_a_tie_between_two_voltages_is_never_closed() -> None:
    drawn = network(
        THREE_SECTIONS,
        meters="Mb@b Mc@c",
        sources="S T",
        volts="S=12470 a=12470 a1=12470 b=12470 b1=12470 c=12470 c1=12470 d=4160 T=4160",
    )
    assert "TIE" not in {step["mrid"] for step in plan(drawn, "L2").steps()}


def test_a_tie_of_one_phase_brings_back_whom_it_can() -> None:
    """
    A three-phase section behind a tie of phase B: B alone comes back, three phases in part.

    ::

        S ─B1─ a ─SW1─ b (MA@A, MB@B, M3@ABC) ─TIE(B)/ ─ d ─B2─ T
    """
    drawn = network(
        """
        B1 breaker S a ABC
        SW1 load_break_switch a b ABC
        TIE load_break_switch b d B B
        B2 breaker T d ABC
        """,
        meters="MA@b:A*3 MB@b:B*4 M3@b:ABC*5",
        sources="S T",
    )
    found = plan(drawn, "a")
    assert table(found)[-1] == "close TIE 9 3"
    assert found.usage_points.tolist() == ["MA"]
    assert found.document()["usage_points_partial"] == ["M3"]
    assert found.steps()[-1]["check"]["phases"] == "B"


def test_a_fault_on_one_phase_leaves_the_lateral_out_and_restores_the_trunk() -> None:
    """
    A lateral of phase A behind a cutout on a three-phase trunk.

    ::

        S ─RCL─ a ─L1─ b ─CUT(A)─ c ─LA(A)─ x
    """
    drawn = network(
        """
        RCL recloser S a ABC
        L1 ac_line_segment a b ABC
        CUT disconnector b c A
        LA ac_line_segment c x A
        """,
        meters="Mx@x:A*3 Mb@b:ABC*9",
    )
    found = plan(drawn, "LA")
    assert table(found) == ["open CUT 0 12", "close RCL 9 3"]


def test_a_blown_fuse_bounds_its_own_lateral_and_nothing_comes_back() -> None:
    found = plan(two_feeders_with_a_tie(), "M3")
    assert found.tripped == ["FUSE"]
    assert table(found) == ["verify_and_tag FUSE 0 3"]
    assert found.customers_restored == 0


def test_a_switch_that_cannot_break_load_is_opened_when_dead() -> None:
    """
    Nothing protects the source side of the fault, and D is closed with load beyond it.

    ::

        S ─L0─ a ─D(disconnector)─ b ─L1─ c
    """
    drawn = network(
        "L0 ac_line_segment S a ABC\nD disconnector a b ABC\nL1 ac_line_segment b c ABC",
        meters="Ma@a*2 Mc@c*3".replace("@a*", "@a:ABC*").replace("@c*", "@c:ABC*"),
    )
    found = plan(drawn, "L1")
    assert found.tripped == ["source-S"]
    assert table(found) == ["open D 0 5", "close source-S 2 3"]
    assert not any(step["warnings"] for step in found.steps()[:1])


def test_what_has_to_be_opened_live_is_relieved_first() -> None:
    """
    A source is lost; its bus stays live over a disconnector that cannot break load.

    ::

        S ─ b1 ─COUPLER(disconnector)─ b2 (M2) ─I2─ T
    """
    drawn = network(
        "COUPLER disconnector S b2 ABC\nI2 breaker T b2 ABC", meters="M1@S M2@b2", sources="S T"
    )
    found = plan(drawn, "source-S")
    assert table(found) == ["open I2 0 2", "open COUPLER 0 2", "close I2 1 1"]
    assert not any("under load" in text for step in found.steps() for text in step["warnings"])


def test_a_switch_that_has_faulted_is_not_operated() -> None:
    found = plan(three_sections(), "SW1")
    assert table(found) == ["verify_and_tag B1 0 70", "open SW2 0 70", "close TIE 40 30"]


def test_what_is_not_known_of_a_device_that_is_closed_is_said() -> None:
    drawn = network(
        """
        B1 breaker S a ABC
        SW1 load_break_switch a b ABC
        TIE disconnector b d ABC ABC
        B2 breaker T d ABC
        """,
        meters="Mb@b",
        sources="S T",
    )
    closing = plan(drawn, "a").steps()[-1]
    assert closing["mrid"] == "TIE"
    assert [text.split(":")[0] for text in closing["warnings"]] == [
        "its kind may not be made for closing onto load",
        "no nominal voltage is recorded",
    ]


def test_a_ring_is_not_closed_again_unless_asked() -> None:
    """
    Both breakers of a ring trip for a fault on a spur.

    ::

        S ─BA─ a ─RING─ b ─BB─ S,   a ─SPUR─ x
    """
    drawn = network(
        """
        BA breaker S a ABC
        BB breaker S b ABC
        RING ac_line_segment a b ABC
        SPUR load_break_switch a x ABC
        LX ac_line_segment x y ABC
        """,
        meters="Mb@b:ABC*8 Mx@y:ABC*2",
    )
    found = plan(drawn, "LX")
    assert sorted(found.tripped) == ["BA", "BB"]
    assert table(found) == ["open SPUR 0 10", "close BA 8 2"]
    asked = plan(drawn, "LX", allow_loops=True)
    assert table(asked) == ["open SPUR 0 10", "close BA 8 2", "close BB 0 2"]
    assert [step["closes_loop"] for step in asked.steps()] == [False, False, True]


def test_a_distributed_resource_is_no_source_and_is_warned_of() -> None:
    """A DER at c would not restore c; in the section it must be disconnected."""
    drawn = network(THREE_SECTIONS, meters="Mb@b Mc@c", sources="S c", heads="B1")
    drawn = changed(drawn, source_kind={"source-c": 2})
    found = plan(drawn, "L2")
    assert found.usage_points.tolist() == ["Mb", "Mc"]
    assert any("stand in the dark" in text and "source-c" in text for text in found.warnings)
    faulted = plan(drawn, "L3")
    assert any("stand in the faulted section" in text for text in faulted.warnings)


def test_low_voltage_never_feeds_medium_voltage() -> None:
    """
    A closed low-voltage tie between two transformers restores no feeder.

    ::

        S ─F1─ a ─SW─ m ─TA─ la ─LVTIE/ ─ lb ─TB─ b ─F2─ S
    """
    drawn = network(
        """
        F1 breaker S a ABC
        SW load_break_switch a m ABC
        TA power_transformer m la ABC
        LVTIE load_break_switch la lb ABC ABC
        TB power_transformer b lb ABC
        F2 breaker S b ABC
        """,
        meters="Mm@m Mla@la",
        volts="S=12470 a=12470 m=12470 b=12470 la=400 lb=400",
    )
    found = plan(drawn, "a")
    assert found.usage_points.tolist() == ["Mm"], "the tie restores low voltage alone"
    assert table(found)[-1].startswith("close LVTIE 1")


def test_a_customer_fed_from_two_sides_is_not_touched() -> None:
    """
    A network protector trips on one side; the other side keeps the customer on.

    ::

        S ─B1─ a ─L1─ x ─NP1─ m ─NP2─ y ─L2─ b ─B2─ S
    """
    drawn = network(
        """
        B1 breaker S a ABC
        L1 ac_line_segment a x ABC
        NP1 breaker x m ABC
        NP2 breaker y m ABC
        L2 ac_line_segment b y ABC
        B2 breaker S b ABC
        """,
        meters="Mx@x:ABC*2 Dual@m:ABC*5 My@y:ABC*3",
    )
    found = plan(drawn, "L1")
    assert sorted(found.tripped) == ["B1", "NP1"]
    assert found.customers_at_start == 2
    assert found.usage_points.tolist() == ["Mx"]


def test_what_was_dead_before_the_fault_is_not_energized() -> None:
    """The way from c to the neighbor leads over a part that somebody had switched off."""
    drawn = network(
        """
        B1 breaker S a ABC
        SW1 load_break_switch a b ABC
        T1 load_break_switch b off ABC ABC
        T2 load_break_switch off d ABC ABC
        B2 breaker T d ABC
        """,
        meters="Mb@b Moff@off",
        sources="S T",
    )
    found = plan(drawn, "a")
    assert found.customers_restored == 0
    assert not any(step["action"] == "close" for step in found.steps())


def test_a_switch_nobody_can_operate_widens_the_section() -> None:
    drawn = three_sections(control={"SW1": 0, "SW2": REMOTE, "TIE": REMOTE})
    found = plan(drawn, "L2")
    assert table(found) == ["verify_and_tag B1 0 70", "open SW2 0 70", "close TIE 40 30"]
    assert any("SW1" in text for text in found.warnings)


def test_loads_without_a_record_take_the_mean_of_the_others_and_it_is_said() -> None:
    """Md is known: 70 kW for 7 customers. Mc's 40 are taken for 400 kW."""
    peaks = {"Md": 7e4}
    drawn = three_sections(peak_w=peaks, rated_a={"TIE": 19.0})
    found = plan(drawn, "L2", margin_pct=0)
    assert any("10,000 W a customer are assumed" in text for text in found.warnings)
    check = found.steps()[1]["check"]
    assert (check["most_loaded"], check["load_w"]) == ("TIE", pytest.approx(4e5 / 3, abs=0.1))
    assert plan(drawn, "L2", default_peak_w=2e4).customers_restored == 10
    unknown = plan(three_sections(), "L2")
    assert any("nothing is checked against ratings" in text for text in unknown.warnings)


def test_peaks_that_do_not_coincide_leave_room() -> None:
    drawn = three_sections(peak_w={"Mc": 5e5, "Md": 1e6}, rated_a={"B2": 50.0})
    assert plan(drawn, "L2").customers_restored == 10
    assert plan(drawn, "L2", coincidence=0.6).customers_restored == 50


def test_several_faults_at_once_are_one_plan() -> None:
    found = plan(three_sections(), "L1", "L3")
    assert found.customers_restored == 0
    assert {step["mrid"] for step in found.steps()} == {"B1", "SW1", "SW2", "TIE"}


def test_stages_tell_when_each_group_comes_back() -> None:
    drawn = three_sections(control={"SW1": REMOTE, "SW2": MANUAL, "TIE": REMOTE})
    twin = gridtwin.open(drawn)
    mrid = drawn.data.usage_points.mrid
    found = find_restoration_stages(twin.situation(), twin.find("L2"))
    groups = [([mrid[row].decode() for row in g.points], g.stage, g.minutes) for g in found]
    assert groups[:2] == [(["Ma"], "remote", 2.0), (["Mc"], "manual", 16.0)]
    assert groups[2][:2] == (["Mb"], "repair")
    assert [group.stage for group in twin.restore("L2").stages()] == ["remote", "manual", "repair"]
    assert np.isnan(groups[2][2])


def test_nothing_is_operated_and_an_overlay_shows_the_end() -> None:
    twin = gridtwin.open(three_sections())
    found = twin.restore("L2")
    assert twin.version == 0
    twin.overlay("after", found.switches)
    assert found.switches == {"B1": False, "SW1": True, "SW2": True, "TIE": False}
    assert twin.explain("Mc", state="after").supplied
    assert not twin.explain("Mb", state="after").supplied


def test_a_plan_begins_at_the_state_it_is_asked_of() -> None:
    """With the tie closed and SW2 open, c hangs on the neighbor and stays on."""
    twin = gridtwin.open(three_sections())
    twin.switch("SW2", open=True)
    twin.switch("TIE", open=False)
    found = twin.restore("L2")
    assert found.customers_at_start == 30
    assert table(found) == ["open SW1 0 30", "close B1 10 20", "verify_and_tag SW2 0 20"]
    assert twin.restore("L2", state="normal").customers_at_start == 70


def test_wrong_options_and_names_are_refused() -> None:
    twin = gridtwin.open(three_sections())
    with pytest.raises(NotFoundError):
        twin.restore("NOWHERE")
    with pytest.raises(InputError, match="no option 'crew'"):
        twin.restore("L2", crew=2)
    with pytest.raises(InputError, match="margin_pct is 100"):
        twin.restore("L2", margin_pct=100)
    with pytest.raises(InputError, match="needs something that has faulted"):
        twin.restore([])
